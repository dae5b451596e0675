"""The ledger of a table that was trained elsewhere: looks at one growing table are counted."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hyperverdict import compare
from hyperverdict.elsewhere import judge_files, ledger_beside
from hyperverdict.foreign.judge import judge_table
from hyperverdict.ledger.chain import append, read_ledger
from hyperverdict.stats.intervals import t_tail
from hyperverdict.stats.sequential import nominal_alphas, sequence_t
from hyperverdict.verdicts.facts import UNGUARDED

RANDOM = np.random.default_rng(11)
A = 0.7 + 0.01 * RANDOM.standard_normal(60)
B = 0.703 + 0.01 * RANDOM.standard_normal(60)


def _table(n, first=A, second=B, **columns):
    names = {"factor": "batch_size", "levels": (4, 128), "score": "accuracy", **columns}
    rows = [
        {names["factor"]: level, "seed": seed, names["score"]: value}
        for level, values in zip(names["levels"], (first, second), strict=True)
        for seed, value in enumerate(values[:n])
    ]
    return pd.DataFrame(rows)


@pytest.fixture
def ledger(tmp_path):
    return tmp_path / "looks.jsonl"


def _look(table, ledger, change=None, expect=None, **more):
    change, expect = change or {"batch_size": (4, 128)}, expect or {"accuracy": "higher"}
    return compare(table, change, expect, ledger=ledger, **more)


def _looks(ledger):
    return read_ledger(ledger).of_kind("look")


def _alpha(comparison):
    return comparison.verdict.judgement.effects[0].alpha


def _is_second(comparison, n):
    """Whether it got what a first look leaves: a confidence sequence at a fifth of alpha."""
    return _alpha(comparison) == pytest.approx(2 * t_tail(sequence_t(n, 0.2 * 0.05), n - 1))


def _fired(comparison):
    return {check.id: check for check in comparison.verdict.fired}


def test_looks_at_a_growing_table_are_counted(ledger):
    first = _look(_table(10), ledger)
    assert _alpha(first) == pytest.approx(0.05)
    assert first.verdict.registered == "post hoc"
    second = _look(_table(20), ledger)
    assert _is_second(second, 20)
    assert [line.content["look"] for line in _looks(ledger)] == [1, 2]
    assert second.report.ledger == read_ledger(ledger).head


def test_judging_the_same_table_again_is_no_look(ledger):
    first, again = _look(_table(10), ledger), _look(_table(10), ledger)
    assert _alpha(first) == _alpha(again)
    assert len(_looks(ledger)) == 1


def _without_seeds(table):
    return table.drop(columns="seed")


@pytest.mark.parametrize("seeds", [True, False])
def test_rows_may_move(ledger, seeds):
    tables = [t if seeds else _without_seeds(t) for t in (_table(10), _table(20))]
    _look(tables[0], ledger)
    _look(tables[0].sample(frac=1, random_state=1), ledger)
    assert len(_looks(ledger)) == 1
    assert _is_second(_look(tables[1].sample(frac=1, random_state=2), ledger), 20)


def test_seeds_may_be_numbered_anew(ledger):
    _look(_table(10), ledger)
    assert _is_second(_look(_table(20).assign(seed=lambda t: t["seed"] + 100), ledger), 20)


def test_seeds_paired_otherwise_are_a_new_look(ledger):
    """Else somebody could shuffle them until the differences suit."""
    _look(_table(10), ledger)
    shuffled = _table(10, second=np.r_[B[9:0:-1], B[0]])
    assert _is_second(_look(shuffled, ledger), 10)


@pytest.mark.parametrize(
    ("columns", "change", "expect", "more"),
    [
        ({"score": "val"}, None, None, {"columns": {"accuracy": "val"}}),
        ({"factor": "bs"}, {"bs": (4, 128)}, None, {}),
        ({"levels": (8, 256)}, {"batch_size": (8, 256)}, None, {}),
        ({"factor": "model_name", "levels": ("a", "b")}, {"model_name": ("a", "b")}, None, {}),
    ],
    ids=["score", "factor", "levels", "arms"],
)
def test_columns_and_arms_may_be_renamed(ledger, columns, change, expect, more):
    _look(_table(10), ledger)
    assert _is_second(_look(_table(20, **columns), ledger, change, expect, **more), 20)
    assert len({line.content["question"] for line in _looks(ledger)}) == 1


def test_arms_may_change_places(ledger):
    _look(_table(10), ledger)
    assert _is_second(_look(_table(20), ledger, {"batch_size": (128, 4)}), 20)


def test_other_runs_are_another_question(ledger):
    _look(_table(10), ledger)
    other = _look(_table(20, A[30:], B[30:]), ledger)
    assert _alpha(other) == pytest.approx(0.05)
    assert "runs_left_out" not in _fired(other)
    third_arm = _look(_table(10, second=B[40:], levels=(4, 16)), ledger, {"batch_size": (4, 16)})
    assert _alpha(third_arm) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("table", "left_out"),
    [
        (_table(8), 4),
        (_table(10, second=np.r_[B[:9], B[30]]), 1),
        (_table(20, second=np.r_[B[1:21]]), 1),
        (_table(10, second=B[40:]), 10),
    ],
    ids=["shrunk", "one replaced", "one left out while growing", "one arm trained again"],
)
def test_runs_that_were_looked_at_cannot_be_left_out(ledger, table, left_out):
    _look(_table(10), ledger)
    found = _look(table, ledger)
    assert found.headline == "inconclusive (runs left out after a look)"
    assert f"{left_out} run" in _fired(found)["runs_left_out"].sentence


def test_failed_runs_cannot_be_left_out_either(ledger):
    table = _table(10).assign(state="finished")
    table.loc[3, ["accuracy", "state"]] = [np.nan, "failed"]
    _look(table, ledger, states={"failed": "failed", "finished": "finished"})
    found = _look(table.drop(index=3), ledger, states={"finished": "finished"})
    assert "runs_left_out" in _fired(found)


def _study(looks=""):
    study = {
        "study": "grown",
        "hypotheses": {
            "H": {
                "says": "s",
                "compare": {"batch_size": {"from": 4, "to": 128}},
                "expect": {"accuracy": "higher"},
            }
        },
    }
    return {**study, "looks": looks} if looks else study


def _judged(n, looks, ledger):
    report = judge_table(_table(n), _study(looks), ledger).report
    return report.hypotheses[0].verdicts[0]


def test_looks_that_the_study_states_are_honoured(ledger):
    alphas = [_judged(n, [10, 20], ledger).judgement.effects[0].alpha for n in (10, 20)]
    assert alphas == pytest.approx(nominal_alphas((10, 20), "even", 0.05))
    after = _judged(30, [10, 20, 30], ledger)
    assert after.judgement.effects[0].n == 20
    assert after.closed
    assert any("the verdict on 20 runs stands" in sentence for sentence in after.scope)


def test_looks_stated_after_a_look_come_too_late(ledger):
    _judged(10, [], ledger)
    late = _judged(20, [10, 20], ledger)
    assert late.sequential


def test_versions_of_a_claim_on_a_table_are_listed(ledger):
    _look(_table(10), ledger)
    for size in (0.02, 0.005):
        found = _look(_table(10), ledger, matters_from={"accuracy": size})
    assert _fired(found)["several_versions"].sentence.startswith("One of 3 versions of this claim")
    assert len(_looks(ledger)) == 1


def test_a_rewritten_ledger_of_a_table_is_noticed(tmp_path):
    files = _on_disk(tmp_path, 10)
    judge_files(**files)
    ledger = ledger_beside(files["out"])
    lines = [(line.kind, dict(line.content)) for line in read_ledger(ledger).lines]
    for file in (ledger, ledger.with_suffix(".head")):
        file.unlink()
    append(ledger, lines[:1])
    judge_files(**files)
    html = (files["out"] / "report.html").read_text()
    assert "what the last report recorded" in html


def _on_disk(folder, n):
    _table(n).to_csv(folder / "runs.csv", index=False)
    (folder / "study.yaml").write_text(
        "study: grown\nhypotheses:\n  H: {says: s, compare: {batch_size: {from: 4, to: 128}}, "
        "expect: {accuracy: higher}}\n"
    )
    return {"runs": [folder / "runs.csv"], "study": folder / "study.yaml", "out": folder / "out"}


def test_the_command_keeps_a_ledger_beside_its_results(tmp_path, capsys):
    for n in (10, 20):
        judge_files(**_on_disk(tmp_path, n))
    assert len(_looks(tmp_path / "out.ledger.jsonl")) == 2
    assert "Post hoc" in capsys.readouterr().out


def test_without_a_ledger_the_first_screen_says_that_nothing_guards(tmp_path, capsys):
    html = judge_files(**_on_disk(tmp_path, 10), keep_ledger=False)
    assert not list(tmp_path.glob("*.jsonl"))
    screen = " ".join(capsys.readouterr().out.split())
    assert UNGUARDED in screen
    first_screen = re.sub(
        "<[^>]*>", "", html.read_text().partition('<section class="hypothesis"')[0]
    )
    assert UNGUARDED in first_screen


def test_a_comparison_without_a_ledger_says_so():
    found = compare(_table(10, second=B + 0.015), {"batch_size": (4, 128)})
    assert found.headline == "supported"
    assert "nothing guards against repeated looks" in repr(found)
    assert "nothing guards against repeated looks" in found._repr_html_()
    assert "Valid however often you look" in repr(found)


@pytest.mark.parametrize(("shift", "hangs"), [(0.0103, True), (0.1, False)])
def test_a_verdict_that_hangs_on_one_look_has_a_caveat(ledger, shift, hangs):
    table = _table(10, second=A + shift + 0.01 * (-1.0) ** np.arange(60))
    found = compare(table, {"batch_size": (4, 128)})
    assert found.headline == "supported"
    assert ("unguarded_looks" in _fired(found)) == hangs
    assert "unguarded_looks" not in _fired(_look(table, ledger))
