"""Levels beside a claim's own: found without looking at every other claim for every claim."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hyperverdict.claims.factors import make_arm
from hyperverdict.outcomes import beside
from hyperverdict.outcomes.beside import StudyLevels, arms_beside
from hyperverdict.study.model import Study

from tests.unit.verdicts.synthetic import study_from

# Comparisons of neighbouring widths, a claim in several contexts, a grid, and another budget.
EACH = (
    "  H{n}: {{says: Wider, compare: {{width: {{from: {low}, to: {high}}}}}, "
    "expect: {{accuracy: higher}}}}"
)
STUDY = """
study: many
data: digits
seeds: 5
baseline: {{width: 256, depth: 2, batch_size: 64, optimizer: adam, learning_rate: 1e-3, budget: 300 steps}}
metrics: {{accuracy: {{matters_from: 0.01}}}}
hypotheses:
  deeper:
    says: Deeper is better at every batch size.
    compare: {{depth: {{from: 2, to: 3}}}}
    in_every: {{batch_size: [4, 8, 16, 32, 128]}}
    expect: {{accuracy: higher}}
  longer:
    says: Wider, trained longer.
    compare: {{width: {{from: 512, to: 1024}}}}
    at_equal: [600 steps]
    expect: {{accuracy: higher}}
{claims}
explore:
  grid: {{grid: {{depth: [1, 2, 4], batch_size: [4, 128]}}}}
"""


def many(claims: int, folder: Path) -> Study:
    lines = (EACH.format(n=n, low=8 * (n + 1), high=8 * (n + 2)) for n in range(claims))
    return study_from(STUDY.format(claims="\n".join(lines)), folder)


def found(study: Study) -> dict[str, tuple[str, ...]]:
    """Hypothesis id -> the labels of the arms beside its own."""
    levels = StudyLevels(study)
    return {
        h.id: tuple(
            arm.label for arm in arms_beside(levels, h, study.claimed_arms(h, budget), budget)
        )
        for h in study.hypotheses
        for budget in h.budgets
    }


def test_a_claim_finds_the_levels_of_other_claims_and_grids_in_its_own_contexts(
    tmp_path: Path,
) -> None:
    sizes = (4, 8, 16, 32, 128)
    assert found(many(3, tmp_path)) == {
        "deeper": tuple(f"depth {d}, batch_size {size}" for d in (1, 4) for size in sizes),
        "longer": (),
        "H0": ("width 24", "width 32"),
        "H1": ("width 8", "width 32"),
        "H2": ("width 8", "width 16"),
    }


def test_the_arms_of_a_study_are_made_once_and_not_for_every_claim(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: Counter[str] = Counter()
    arms_of = Study.claimed_arms

    def counted_arm(*args: Any) -> Any:
        made["arms"] += 1
        return make_arm(*args)

    def counted_claim(*args: Any) -> Any:
        made["claims"] += 1
        return arms_of(*args)

    monkeypatch.setattr(beside, "make_arm", counted_arm)
    monkeypatch.setattr(Study, "claimed_arms", counted_claim)
    counts = []
    for claims in (10, 20):
        study = many(claims, tmp_path)
        made.clear()
        found(study)
        counts.append(dict(made))
    few, more = counts
    # Ten more claims bring ten more widths; `found` itself asks for each claim's arms once.
    assert more["arms"] - few["arms"] == 10
    assert more["claims"] - few["claims"] == 2 * 10
