"""Colours: apart for every eye, fixed for an arm in the whole study, variables in a page."""

import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hyperverdict import figures
from hyperverdict.figures import palette
from hyperverdict.figures.palette import ARMS, EVIDENCE, PALETTE
from hyperverdict.figures.runs import Runs, arm_looks
from hyperverdict.figures.svg import inline
from hyperverdict.verdicts.judge import judge_study

from tests.unit.report import made_runs, samples

STUDY, REPORT, TABLES = samples.whole()
VERDICTS = tuple(dict.fromkeys([*EVIDENCE.values(), "--depends"]))
# Linear RGB as it is seen: Machado, Oliveira and Fernandes (2009), severity 1.
VISIONS = {
    "normal": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
SCHEMES = ("light", "dark")
# In OKLab; two patches of the same kind side by side are told apart from about 0.02.
ARMS_APART, VERDICTS_APART = 0.08, 0.06


def linear(color):
    values = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def oklab(rgb):
    """Ottosson (2020), "A perceptual color space for image processing"."""
    to_cones = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    to_lab = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    return np.array(to_lab) @ np.cbrt(np.clip(np.array(to_cones) @ rgb, 0, None))


def seen(name, scheme, vision):
    color = linear(getattr(PALETTE[name], scheme))
    return oklab(np.clip(np.array(VISIONS[vision]) @ color, 0, 1))


def contrast(first, second):
    low, high = sorted(linear(c) @ [0.2126, 0.7152, 0.0722] for c in (first, second))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("vision", VISIONS)
def test_arms_are_told_apart_by_every_eye(scheme, vision):
    for one, other in combinations(ARMS, 2):
        distance = np.linalg.norm(seen(one, scheme, vision) - seen(other, scheme, vision))
        assert distance >= ARMS_APART, (one, other, distance)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("vision", VISIONS)
def test_no_arm_looks_like_a_verdict(scheme, vision):
    for arm in ARMS:
        for verdict in VERDICTS:
            distance = np.linalg.norm(seen(arm, scheme, vision) - seen(verdict, scheme, vision))
            assert distance >= VERDICTS_APART, (arm, verdict, distance)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_marks_and_text_stand_out_from_the_paper(scheme):
    paper = getattr(PALETTE["--paper"], scheme)
    for name in ARMS:
        assert contrast(getattr(PALETTE[name], scheme), paper) >= 3
    for name in ("--ink", "--soft", "--link", *VERDICTS):
        assert contrast(getattr(PALETTE[name], scheme), paper) >= 4.5


def test_each_light_colour_is_one_name_so_that_a_page_can_tell_them():
    lights = [shade.light for shade in PALETTE.values()]
    assert len(set(lights)) == len(lights)
    assert all(re.fullmatch("#[0-9a-f]{6}", c) for shade in PALETTE.values() for c in shade)
    sheet = palette.css()
    assert sheet.count("--arm-8:") == 2
    assert "prefers-color-scheme: dark" in sheet


def test_the_style_sheet_and_the_figures_have_no_colours_of_their_own():
    package = Path(figures.__file__).parents[1]
    sheets = [*(package / "report/templates").glob("*.css"), *(package / "figures").glob("c*.py")]
    sheets += [package / f"figures/{name}.py" for name in ("style", "runs", "ticks", "data")]
    for sheet in sheets:
        # The margin of a printed page knows no variables.
        text = re.sub(r"@page \{.*?\n\}", "", sheet.read_text(), flags=re.DOTALL)
        assert not re.findall(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b", text), sheet


def test_an_arm_looks_the_same_in_every_hypothesis():
    study = samples.read(
        samples.raw_study(
            {
                "a": samples.entry("comparison"),
                "b": samples.entry("optimum"),
                "c": samples.entry("comparison", compare={"batch_size": {"from": 128, "to": 4}}),
            }
        )
    )
    tables = made_runs.tables_of(study, lambda arm, seed: 0.7 + 0.001 * seed)
    reports = judge_study(study, tables.final, tables.curves).hypotheses
    looks = arm_looks(reports)
    assert looks["a", "batch_size 4"] == looks["b", "batch_size 4"] == looks["c", "batch_size 4"]
    assert len({looks["b", f"batch_size {n}"].color for n in (4, 32, 128)}) == 3
    runs = Runs(tables, reports)
    assert runs.look(reports[1], "batch_size 32") == looks["b", "batch_size 32"]


def test_arms_of_one_hypothesis_differ_in_colour_up_to_eight_and_in_dashes_beyond():
    [verdict] = REPORT.hypotheses[2].verdicts
    arm = verdict.arms[0]

    def looks(n):
        arms = tuple(replace(arm, label=str(i), path=f"a~{i}/steps~1") for i in range(n))
        report = replace(REPORT.hypotheses[2], verdicts=(replace(verdict, arms=arms),))
        return list(arm_looks([report]).values())

    assert len({look.color for look in looks(8)}) == 8
    assert len({(look.color, str(look.dash)) for look in looks(32)}) == 32
    assert len(looks(500)) == 500


def test_arms_that_differ_in_their_budget_alone_look_different():
    [verdict] = REPORT.hypotheses[2].verdicts
    arms = tuple(
        replace(verdict.arms[0], label=f"budget {n}", path=f"same/steps~{n}") for n in (1, 2)
    )
    report = replace(REPORT.hypotheses[2], verdicts=(replace(verdict, arms=arms),))
    first, second = arm_looks([report]).values()
    assert first != second


def test_known_colours_are_variables_in_a_page(tmp_path):
    figures.draw_all(REPORT, STUDY, TABLES, tmp_path)
    text = (tmp_path / "H5.curves.steps.svg").read_text()
    page = inline(text, "x")
    assert "var(--" not in text
    assert set(re.findall(r"#[0-9a-f]{6}", page)) <= {s.light for s in PALETTE.values()}
    bare = re.sub(r"var\(--[\w-]+,#[0-9a-f]{6}\)", "", page)
    assert not re.findall(r"#[0-9a-f]{6}\b", bare)


def test_one_configuration_looks_the_same_under_two_names():
    study = samples.read(
        samples.raw_study(
            {
                "batch": samples.entry("comparison", compare={"batch_size": {"from": 64, "to": 4}}),
                "width": samples.entry("comparison", compare={"width": {"from": 16, "to": 256}}),
            }
        )
    )
    tables = made_runs.tables_of(study, lambda arm, seed: 0.7 + 0.001 * seed)
    looks = arm_looks(judge_study(study, tables.final, tables.curves).hypotheses)
    # The baseline has batches of 64 and a width of 256.
    assert looks["batch", "batch_size 64"] == looks["width", "width 256"]
    assert len({look.color for look in looks.values()}) == 3
