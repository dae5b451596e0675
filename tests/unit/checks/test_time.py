"""Are times comparable?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hyperverdict.checks import time

from tests.unit.checks.contexts import claim_context, look
from tests.unit.verdicts.synthetic import batch_cost, context_of, one_claim, run_all, timing_of_arms


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"exclusive": False}, "other jobs ran beside the timing"),
        ({"merged": True}, "the arms were timed in different jobs, not in turn"),
        ({"warmup_steps": 0}, "warm-up was counted"),
        ({"arms": {}}, "batch size 4 and batch size 128 were not timed"),
    ],
)
def test_times_not_comparable(tmp_path, change, reason):
    study = one_claim(
        tmp_path, "compare: {batch_size: {from: 4, to: 128}}", expect="train_time: lower"
    )
    timing = timing_of_arms(study, batch_cost)
    tables = run_all(study, tmp_path / "runs")
    context = context_of(study, tables, "H", timings=[timing])
    assert look(time.times_not_comparable, context) is None
    check = look(time.times_not_comparable, replace(context, timing=replace(timing, **change)))
    assert (check.level, check.headline) == ("blocks", "times not comparable")
    assert reason in check.sentence


@pytest.mark.parametrize(
    ("change", "level"),
    [
        ({"load": 1.5}, "caveat"),
        ({"load": 1.5, "cpu_share": 0.99}, None),
        ({"load": 0.0, "cpu_share": 0.4}, "caveat"),
    ],
)
def test_a_busy_machine_is_a_caveat(tmp_path, change, level):
    study = one_claim(tmp_path, expect="train_time: lower")
    timing = replace(timing_of_arms(study, batch_cost), **change)
    context = context_of(study, run_all(study, tmp_path / "runs"), "H", timings=[timing])
    check = look(time.times_not_comparable, context)
    assert (check.level if check else None) == level


def test_no_timing_at_all_blocks(tmp_path):
    context = claim_context(tmp_path, expect="train_time: lower")
    assert look(time.times_not_comparable, context).headline == "times not comparable"
