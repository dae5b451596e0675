"""Figures of trainings of the user's own: only what they report, in their own units."""

import json

import pytest
from hyperverdict import figures
from hyperverdict.figures import curves
from hyperverdict.figures.runs import Runs
from hyperverdict.pipeline import plot
from hyperverdict.records.tables import read_tables

from tests.unit.programs.test_verdicts import NOISE, STUDY, judge, open_own

WAY = NOISE + "rate = float(a['rate'])\n"


def drawn_of(own, program, **changed):
    own.program(WAY + program)
    study = open_own(own, **changed)
    report = judge(own, study)
    folder = own.folder / "results/studies/own"
    plot(study, folder)
    index = json.loads((folder / "figures" / figures.INDEX_FILE).read_text())["figures"]
    runs = Runs(read_tables(folder / "tables"), report.hypotheses)
    [hypothesis] = report.hypotheses
    info = curves.curves_info(hypothesis, study, runs)
    shown = {p.key: p for p in figures.pictures(hypothesis, study, folder / "figures")}
    return info, shown, index


def test_epochs_without_seconds_have_one_axis(own):
    info, shown, _ = drawn_of(own, "table([(e, n + rate * e / 10) for e in (1, 2, 3)])")
    [panel] = info.panels
    assert panel.scale.title == "epochs"
    assert [(line.x, line.name) for line in panel.lines] == [(3.0, "3 epochs")]
    assert info.axis == "score"
    assert [curve.positions["epoch"] for curve in info.curves] == [(1.0, 2.0, 3.0)] * 2
    assert len(shown["H.curves"].panels) == 1
    words = " ".join(f"{p.title} {p.caption} {p.text}" for p in shown.values())
    assert "image" not in words
    assert "validation" not in words


def test_seconds_and_samples_that_are_reported_have_axes_too(own):
    info, shown, _ = drawn_of(
        own,
        "table([(e, n + rate * e / 10, 64 * e, e * 1.5) for e in (1, 2, 3)],"
        " 'epoch,score,samples,train_seconds')",
    )
    assert [panel.scale.title for panel in info.panels] == [
        "epochs",
        "samples seen",
        "training seconds",
    ]
    assert len(shown["H.curves"].panels) == 3


@pytest.mark.parametrize("unit", ["trees", "rounds"])
def test_another_unit_is_the_name_of_the_axis(own, unit):
    command = STUDY["train"]["command"].replace("{epochs}", f"{{{unit}}}")
    info, _, _ = drawn_of(
        own,
        f"table([(e, n + rate * e / 10) for e in (1, 2, 3)], '{unit},score')",
        train={**STUDY["train"], "command": command},
        baseline={"budget": f"3 {unit}"},
    )
    assert [panel.scale.title for panel in info.panels] == [unit]
    assert [line.name for line in info.panels[0].lines] == [f"3 {unit}"]


def test_final_values_alone_have_no_curves_and_no_empty_figure(own):
    info, shown, index = drawn_of(own, "table([(n + rate,)], 'score')")
    assert not info.panels
    assert "H.curves" not in shown
    assert "H.effect" in shown
    assert index["H.curves"]["empty"] == "H: no learning curves are recorded for it."
