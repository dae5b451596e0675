"""What state of training does the number stand for?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from hyperverdict.checks import training
from hyperverdict.checks.context import CheckContext
from hyperverdict.outcomes.elsewhere import Elsewhere
from hyperverdict.records.collect import collect

from tests.unit.checks.contexts import look
from tests.unit.verdicts.synthetic import (
    DEPTH,
    ONE,
    all_arms,
    context_of,
    levels_fired,
    one_claim,
    run_all,
    study_from,
    write_synthetic,
)


def _curve(
    context: CheckContext, position: int, values: list[float], column: str = "accuracy"
) -> CheckContext:
    """The context with one arm's validation curve replaced by the same values for every seed."""
    steps = np.linspace(25, 300, len(values)).round()
    rows = [
        {
            "path": context.arms[position].arm.configuration.path,
            "seed": seed,
            "step": step,
            "epoch": step / 17,
            "split": split,
            "accuracy": value if column == "accuracy" else 0.5,
            "loss": (value if split != "train" else 1 - step / 400) if column == "loss" else 0.5,
        }
        for seed in range(6)
        for step, value in zip(steps, values, strict=True)
        for split in ("train", "validation_curve")
    ]
    arms = list(context.arms)
    arms[position] = replace(arms[position], curve=pd.DataFrame(rows))
    return replace(context, arms=tuple(arms))


def test_still_improving(depth_context):
    flat, rising = [0.7] * 12, list(np.linspace(0.4, 0.8, 12))
    context = _curve(_curve(depth_context, 0, flat), 1, flat)
    assert look(training.still_improving, context) is None
    check = look(training.still_improving, _curve(context, 1, rising))
    # 0.4 over 11/12 of the training is 0.109 in a quarter of it.
    assert check.sentence.startswith(
        "Depth 3 was still improving: at the pace of its last quarter, by 11 points more"
    )


def test_crossing_curves(depth_context):
    early = [0.6] * 8 + [0.7] * 4
    late = [0.65] * 12
    context = _curve(_curve(depth_context, 0, early), 1, late)
    assert (
        "The order depends on when training stops" in look(training.curves_cross, context).sentence
    )
    apart = _curve(_curve(depth_context, 0, [0.8] * 12), 1, late)
    assert look(training.curves_cross, apart) is None


def test_overfitting(depth_context):
    dip = [1.0, 0.8, 0.6, 0.5, 0.55, 0.6, 0.65, 0.7]
    context = _curve(depth_context, 1, dip, "loss")
    assert "depth 3" in look(training.overfitting, context).sentence
    assert look(training.overfitting, depth_context) is None


def test_maximum_over_epochs(depth_context):
    assert look(training.maximum_over_epochs, depth_context) is None
    context = replace(depth_context, elsewhere=Elsewhere(maximum="best_acc"))
    assert look(training.maximum_over_epochs, context).level == "caveat"
    uneven = _curve(context, 0, [0.7] * 30)
    check = look(training.maximum_over_epochs, uneven)
    assert check.level == "blocks"
    assert "30 for depth 2" in check.sentence


def test_ceiling_and_floor(tmp_path):
    study = one_claim(tmp_path, DEPTH)
    for level, word in ((0.995, "Ceiling"), (0.101, "Floor"), (0.6, None)):
        tables = run_all(study, tmp_path / f"runs{level}", lambda c, s, level=level: level)
        check = look(training.ceiling_or_floor, context_of(study, tables, "H"))
        assert (check.sentence.split(":")[0] if check else None) == word


def test_a_ratio_that_matters_is_no_distance_from_a_perfect_score(tmp_path):
    for size, level in (("1.2x", None), ("0.09", "caveat")):
        folder = tmp_path / size
        folder.mkdir()
        text = ONE.format(
            claim=DEPTH,
            expect="error: lower",
            at_equal="[300 steps]",
            seeds=6,
            more="",
            data="digits",
            model="mlp",
        )
        metrics = f"error: {{matters_from: {size}}}, accuracy: "
        study = study_from(text.replace("accuracy: ", metrics, 1), folder)
        runs = run_all(study, folder / "runs", lambda configuration, seed: 0.93 + 0.001 * seed)
        context = context_of(study, runs, "H")
        assert levels_fired(context).get("ceiling_or_floor") == level


def test_failure_rates(tmp_path):
    study = one_claim(tmp_path, DEPTH)
    arms = [configuration for configuration, _ in all_arms(study).values()]
    write_synthetic(arms[0], range(6), tmp_path)
    write_synthetic(arms[1], range(6), tmp_path, failed=[0, 5])
    context = context_of(study, collect(arms, tmp_path), "H")
    assert look(training.failures_differ, context).sentence == (
        "4 of 6 runs of depth 3 finished; its mean covers only those."
    )
