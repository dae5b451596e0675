"""Each limit that decides verdicts has a source, and the sources hold."""

from __future__ import annotations

import ast
from pathlib import Path

import hyperverdict
import numpy as np
import pytest
from hyperverdict.stats import thresholds
from hyperverdict.stats.ranks import signed_rank_p

PACKAGE = Path(hyperverdict.__file__).parent


def test_every_limit_has_a_source_and_is_set_once():
    names = {n for n in vars(thresholds) if n.isupper() and n not in ("TABLE", "SAME_SHARES")}
    assert sorted(float(getattr(thresholds, n)) for n in names) == sorted(
        float(row.value) for row in thresholds.TABLE
    )
    assert all(row.source and row.decides for row in thresholds.TABLE)
    for file in PACKAGE.rglob("*.py"):
        tree = ast.parse(file.read_text())
        set_here = {
            target.id
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        assert file.name == "thresholds.py" or not set_here & names, file


@pytest.mark.parametrize("n", [5, 10, 20, 40, 60])
def test_with_more_lost_than_the_limit_ranks_support_nothing(n):
    lost = int(np.floor(thresholds.MOST_RUNS_LOST * n)) + 1
    best = np.r_[np.linspace(1, 2, n - lost), np.full(lost, -np.inf)]
    assert signed_rank_p(best) > 0.025


def test_amounts_that_count_as_equal_move_an_error_by_less_than_what_matters():
    assert 0.3 * (1 - thresholds.NOTABLE_SPREAD**-0.35) < 0.0055
