"""Runs behind a report are counted once, whoever trained them."""

from __future__ import annotations

import pandas as pd
from hyperverdict.foreign.judge import judge_table


def test_runs_of_a_table_that_two_questions_share_count_once():
    rows = [
        {"lr": lr, "depth": depth, "seed": seed, "accuracy": 0.8 + 0.013 * seed + 0.1 * lr * depth}
        for lr in (0.1, 0.2)
        for depth in (2, 3)
        for seed in range(4)
    ]
    claims = {
        name: {
            "says": "x",
            "compare": {factor: {"from": low, "to": high}},
            "expect": {"accuracy": "higher"},
        }
        for name, factor, low, high in (("A", "lr", 0.1, 0.2), ("B", "depth", 2, 3))
    }
    study = {"study": "s", "hypotheses": claims}
    report = judge_table(pd.DataFrame(rows), study).report
    assert report.analysed == report.planned == 16
