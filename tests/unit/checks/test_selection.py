"""Was anything picked by its results: levels of our own grids, runs of an arm?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hyperverdict.checks import selection
from hyperverdict.ledger.status import LedgerStatus
from hyperverdict.records.collect import collect
from hyperverdict.records.tables import Tables
from hyperverdict.study.tuning import possible_configurations

from tests.unit.checks.contexts import look
from tests.unit.verdicts.synthetic import (
    DEPTH,
    context_of,
    one_claim,
    run_all,
    study_from,
    write_synthetic,
)

GRID = """
study: picked
data: digits
seeds: 6
baseline: {batch_size: 64, depth: 2, budget: 300 steps}
metrics: {accuracy: {matters_from: 0.01}}
hypotheses:
  H:
    says: A width of 64 beats one of 16.
    compare: {width: {from: 16, to: 64}}
    expect: {accuracy: higher}
explore:
  size: {grid: {width: [16, 32, 64, 128, 256], depth: [2, 3]}, budget: 300 steps}
"""


def _context(folder, effect):
    """Widths of one mean, but for 64, on shared seeds; the other depth is better throughout."""
    study = study_from(GRID, folder)

    def score(configuration, seed):
        units = configuration["hidden_units"]
        own = np.random.default_rng([units[0], len(units), seed]).normal(0, 0.008)
        return 0.8 + own + (effect if units == (64, 64) else 0) + 0.1 * (len(units) == 3)

    configurations = list(possible_configurations(study))
    for configuration in configurations:
        write_synthetic(configuration, range(6), folder / "runs", score)
    return context_of(study, collect(configurations, folder / "runs"), "H")


def _supported(context):
    return replace(context, judgement=replace(context.judgement, evidence="supported"))


def test_levels_of_the_studys_own_grid_are_counted(tmp_path):
    context = _supported(_context(tmp_path, 0.013))
    assert sorted(arm.title for arm in context.beside.arms) == [
        "width 128", "width 256", "width 32",
    ]  # fmt: skip
    found = look(selection.picked_levels, context)
    assert found.sentence.startswith("Width 64 has the highest test accuracy of the 5 levels")


def test_what_the_correction_changes_is_blocked(tmp_path):
    strong = _context(tmp_path, 0.05)
    assert look(selection.picked_levels, strong).level == "caveat"
    (tmp_path / "weak").mkdir()
    weak = _supported(_context(tmp_path / "weak", 0.013))
    assert look(selection.picked_levels, weak).level == "blocks"


def test_a_claim_registered_before_its_results_picked_nothing(tmp_path):
    context = replace(_context(tmp_path, 0.05), status=LedgerStatus(registered="registered"))
    assert look(selection.picked_levels, context) is None


def test_runs_that_one_arm_lacks_leave_no_verdict(tmp_path):
    """A report with missing runs shows estimates; where it had a verdict, it would be blocked."""
    study = one_claim(tmp_path, DEPTH, seeds=8)

    def score(configuration, seed):
        noise = np.random.default_rng([seed, len(configuration["hidden_units"])]).normal(0, 0.002)
        return 0.8 + noise + 0.03 * (len(configuration["hidden_units"]) == 3)

    tables = run_all(study, tmp_path / "runs", score)
    whole = context_of(study, tables, "H")
    assert look(selection.unequal_arms, whole) is None
    cut = (tables.final["path"] == whole.arms[1].summary.path) & (tables.final["seed"] < 4)
    part = context_of(study, Tables(tables.final[~cut], tables.curves), "H")
    assert part.judgement.evidence == "estimated"
    assert look(selection.unequal_arms, part) is None
    found = look(selection.unequal_arms, _supported(part))
    assert found.level == "blocks"
    assert found.sentence.startswith("Depth 3 has 4 runs of 8 (planned), 4 used")
