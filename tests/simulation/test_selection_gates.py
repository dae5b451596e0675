"""What people pick from a table keeps alpha: levels, runs, shares of settings, folds.

The draws are vectorised; the claim types and the checks themselves judge them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hyperverdict.checks import selection
from hyperverdict.checks.context import CheckContext
from hyperverdict.checks.model import Finding
from hyperverdict.claims.model import Question
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.foreign.arms import arms_of
from hyperverdict.foreign.judge import read_table
from hyperverdict.foreign.replication import replicates
from hyperverdict.foreign.strata import _outcome
from hyperverdict.foreign.study import load
from hyperverdict.foreign.table import table_of_frame
from hyperverdict.outcomes.arms import ArmRuns
from hyperverdict.outcomes.beside import Beside
from hyperverdict.outcomes.elsewhere import Elsewhere
from hyperverdict.study.structure import Source

from .claims_engine import HIGHER, METRIC, Claim
from .simulate import ALPHA, generator, judge, limit

REPLICATIONS = 1_000


@cache
def _claim(start, to):
    return Claim({"compare": {"width": {"from": start, "to": to}}})


def _context(claim, values, beside=None):
    """A check's context on arm -> {seed: score}, with the levels beside the claim's own."""
    outcomes = Outcomes(METRIC, {a.label: v for a, v in zip(claim.arms, values, strict=True)})
    question = Question(
        claim.claim, claim.budget, claim.arms, {METRIC.name: outcomes}, (0, 1), ALPHA
    )
    arms = tuple(
        ArmRuns(
            arm,
            SimpleNamespace(finished=len(runs)),
            pd.DataFrame({"seed": list(runs)}),
            None,
        )
        for arm, runs in zip(claim.arms, values, strict=True)
    )
    return CheckContext(
        study=None,
        hypothesis=SimpleNamespace(id="H"),
        question=question,
        judgement=claim.claim.judge(question),
        arms=arms,
        elsewhere=Elsewhere(),
        beside=beside or Beside(),
    )


def _wrong(contexts, check):
    """(rate at which the arms alone give a verdict on no effect, the same unless it is blocked)."""
    claimed, kept = [], []
    for context in contexts:
        decided = context.judgement.evidence in ("supported", "refuted")
        found = check.look(context) if decided else None
        claimed.append(decided)
        kept.append(decided and not (isinstance(found, Finding) and found.level == "blocks"))
    return float(np.mean(claimed)), float(np.mean(kept))


def _row(scores):
    return dict(enumerate(scores.tolist()))


def _picks(levels, n, replications, pick):
    """Contexts of claims on a pair picked from levels that are all equal."""
    draws = generator("picks", levels, n).standard_normal((replications, levels, n))
    for scores in draws:
        start, to = pick(scores.mean(axis=1))
        claim, others = _claim(1 + start, 1 + to), _others(levels)
        named = {arm.label for arm in claim.arms}
        values = {arm.label: _row(scores[i]) for i, arm in enumerate(others)}
        beside = Beside(
            tuple(arm for arm in others if arm.label not in named),
            {METRIC.name: Outcomes(METRIC, values)},
        )
        yield _context(claim, [_row(scores[start]), _row(scores[to])], beside)


@cache
def _others(levels):
    arms = [_claim(1, 2).arms[0], *(_claim(1, 1 + i).arms[1] for i in range(1, levels))]
    return tuple(arms)


def best_against_first(means):
    return 0, 1 + int(np.argmax(means[1:]))


def best_against_worst(means):
    return int(np.argmin(means)), int(np.argmax(means))


def picked(levels, n, pick, replications=REPLICATIONS):
    return _wrong(_picks(levels, n, replications, pick), selection.picked_levels)


@pytest.mark.parametrize(
    ("levels", "n", "pick"),
    [(40, 5, best_against_first), (5, 10, best_against_first), (10, 5, best_against_worst)],
)
def test_the_best_of_equal_levels_is_not_supported(levels, n, pick):
    alone, corrected = picked(levels, n, pick)
    assert corrected <= limit(ALPHA, REPLICATIONS)
    assert alone > limit(ALPHA, REPLICATIONS)  # What the two arms alone would say.


def best_runs(n, kept, seeds, replications=REPLICATIONS):
    """Contexts in which one arm holds its best runs only; seeds shared, own, or restarted."""
    for scores in generator("runs", n, kept, seeds).standard_normal((replications, 2, n)):
        order = np.argsort(scores[1])[n - kept :]
        runs = {int(seed): float(scores[1, seed]) for seed in order}
        if seeds == "own":
            runs = {100 + seed: score for seed, score in runs.items()}
        if seeds == "restarted":
            again = generator("again", tuple(order)).standard_normal(n - kept)
            runs |= {100 + i: float(score) for i, score in enumerate(again)}
        yield _context(_claim(1, 2), [_row(scores[0]), runs])


@pytest.mark.parametrize("seeds", ["shared", "own", "restarted"])
@pytest.mark.parametrize(("n", "kept"), [(10, 5), (10, 9), (20, 18)])
def test_an_arms_best_runs_are_not_supported(n, kept, seeds):
    alone, ranked = _wrong(best_runs(n, kept, seeds), selection.unequal_arms)
    assert ranked <= limit(ALPHA, REPLICATIONS)
    if (n, seeds) == (10, "shared"):
        assert alone > limit(ALPHA, REPLICATIONS)


def shares(n, first, second, gap, replications=REPLICATIONS):
    """(rates of a verdict on no effect: by the mixture, and unless the levels give another)."""
    random, mixed, kept = generator("shares", n, first, second, gap), [], []
    for _ in range(replications):
        arms = []
        for share in (first, second):
            levels = (np.arange(n) < round(share * n)).astype(np.int64)
            arms.append((random.standard_normal(n) + gap * levels, levels))
        plain = _outcome(*arms, HIGHER, ALPHA, stratified=False)
        within = _outcome(*arms, HIGHER, ALPHA, stratified=True)
        decided = plain in ("supported", "refuted")
        mixed.append(decided)
        kept.append(decided and plain == within)
    return float(np.mean(mixed)), float(np.mean(kept))


@pytest.mark.parametrize("gap", [1.0, 3.0, 6.0])
def test_other_shares_of_a_setting_are_no_effect(gap):
    mixed, within = shares(50, 0.60, 0.36, gap)
    assert within <= limit(ALPHA, REPLICATIONS)
    if gap > 1:
        assert mixed > limit(ALPHA, REPLICATIONS)


SEEDS, K = 3, 5
CLAIM = {
    "says": "b is better",
    "compare": {"method": {"from": "a", "to": "b"}},
    "expect": {"accuracy": "higher"},
}


def _fold_table():
    """Each of two methods with each seed on each fold; the scores are drawn later."""
    arm, seed, fold = (x.ravel() for x in np.indices((2, SEEDS, K)))
    return pd.DataFrame(
        {"method": np.array(["a", "b"])[arm], "seed": seed, "fold": fold, "test_acc": 0.5}
    )


def _arms_read(table):
    """The arms of a table as it is read for a claim."""
    raw = {"study": "s", "data": "", "hypotheses": {"H": CLAIM}}
    runs, _ = read_table(table_of_frame(table), raw, Source())
    loaded = load(raw, Source(), runs)
    (hypothesis,) = loaded.study.hypotheses
    arms = loaded.study.claimed_arms(hypothesis, hypothesis.at_equal[0])
    return arms_of(runs, loaded, hypothesis, None, arms)


def folds_wrong(replications=REPLICATIONS):
    """(rate with every fit as a seed of its own, rate as the table of seeds and folds is read).

    The noise is mostly the seed's, so that the folds of a seed go together.
    """
    table = _fold_table()
    fits = table.assign(seed=table["seed"] * K + table["fold"]).drop(columns="fold")
    random, rates = generator("folds"), []
    own = random.standard_normal((replications, 2, SEEDS, 1))
    scores = (own + 0.5 * random.standard_normal((replications, 2, SEEDS, K))).reshape(
        replications, -1
    )
    for rows in (fits, table):
        claim = _arms_read(rows)
        wrong = []
        for drawn in scores:
            values = []
            for arm in claim.selections:
                # A run has one row here, and the rows are in the table's order.
                selected = replace(arm, scores={"accuracy": drawn[arm.rows]})
                found = replicates(selected, claim.number, claim.cells)
                values.append(found.scores["accuracy"])
            wrong.append(judge(values[1] - values[0]) in ("supported", "refuted"))
        rates.append(float(np.mean(wrong)))
    return rates[0], rates[1]


def test_folds_within_seeds_are_no_replicates():
    as_fits, as_folds = folds_wrong()
    assert as_folds <= limit(ALPHA, REPLICATIONS)
    assert as_fits > limit(ALPHA, REPLICATIONS)


@pytest.mark.parametrize("common", [4, 6, 8])
def test_arms_that_share_some_seeds_keep_alpha_on_either_side_of_the_limit(common):
    n, rho, wrong = 8, 0.7, []
    random = generator("matched", common)
    for _ in range(REPLICATIONS):
        shared = random.standard_normal(2 * n) * np.sqrt(rho)
        own = random.standard_normal((2, 2 * n)) * np.sqrt(1 - rho)
        seeds = (range(n), range(n - common, 2 * n - common))
        values = [{s: float(shared[s] + own[i, s]) for s in seeds[i]} for i in range(2)]
        evidence = _context(_claim(1, 2), values).judgement.evidence
        wrong.append(evidence in ("supported", "refuted"))
    assert np.mean(wrong) <= limit(ALPHA, REPLICATIONS)
