"""Tables of a known truth, disguised: the right verdict, a block or a refusal, never a wrong one."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hyperverdict.errors import UserError
from hyperverdict.foreign.judge import judge_table

from tests.unit.foreign.disguises import disguise, truth


def _outcomes(index):
    """(budget, headline, allowed headlines, what was done) of one table."""
    random = np.random.default_rng([9, index])
    made = truth(random)
    found = disguise(made, random)
    try:
        report = judge_table(found.table, found.study).report
    except UserError as refusal:
        return [("", f"refused: {refusal}", set(), found.notes)]
    verdicts = report.hypotheses[0].verdicts
    assert len(verdicts) == len(made.lengths), report.hypotheses[0].failed_because
    return [
        # "supported (1 of 8 runs failed)" is a verdict with a remark.
        (verdict.budget, _without_remark(verdict.headline), found.allowed[length], found.notes)
        for verdict, length in zip(verdicts, made.lengths, strict=True)
    ]


def _without_remark(headline):
    return headline if headline.startswith("inconclusive") else headline.partition(" (")[0]


def _is_wrong(headline, allowed):
    return not headline.startswith(("inconclusive", "refused")) and headline not in allowed


def _judged(indices):
    counts, wrong = Counter(), []
    for index in indices:
        for budget, headline, allowed, notes in _outcomes(index):
            conclusive = allowed - {"inconclusive"}
            if _is_wrong(headline, allowed):
                wrong.append((index, budget, headline, sorted(allowed), notes))
            kind = headline.partition(":")[0].partition(" (")[0]
            counts[
                "refused" if kind == "refused" else "right" if headline in conclusive else "open"
            ] += 1
    return counts, wrong


def test_sixty_disguised_tables_never_give_a_wrong_verdict():
    counts, wrong = _judged(range(60))
    assert not wrong
    # Refusing everything would be no understanding.
    assert counts["right"] > 0.3 * counts.total()


# In parts, so that several processes can share them.
@pytest.mark.slow
@pytest.mark.parametrize("first", range(0, 2000, 250))
def test_two_thousand_disguised_tables_never_give_a_wrong_verdict(first):
    counts, wrong = _judged(range(first, first + 250))
    assert not wrong
    assert counts["right"] > 0.3 * counts.total()
