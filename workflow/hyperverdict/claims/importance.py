"""Importance: one group of factors explains more of a metric's variance than another.

Keys::

    matters_more:
      these: {optimizer: [sgd, adam], learning_rate: [1e-4, 1e-3], budget: [300 steps, 1000 steps]}
      than: {width: [64, 256], depth: [1, 2, 3]}
    expect: {accuracy: {share_of_variance: higher, matters_from: 0.05}}

The full grid of all levels is trained. Judged on the difference in shares of variance (see
`stats.importance`); interactions between the groups are shown on their own. Shares depend on the
levels chosen, so ranges and group sizes always stand beside them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from hyperverdict.claims.conjunction import judge_legs, outcomes_of
from hyperverdict.claims.factors import (
    contexts_of,
    label,
    level_text,
    make_arm,
    read_factors,
    refuse_single_run,
    unique_arms,
)
from hyperverdict.claims.model import Arm, Effect, Judgement, Leg, Question, UnanswerableError
from hyperverdict.claims.schemas import GRID
from hyperverdict.effects.effect import MOST_FAILURES
from hyperverdict.errors import UserError
from hyperverdict.stats.decision import Claim, decide
from hyperverdict.stats.importance import Importance, importance
from hyperverdict.stats.intervals import Floats, equivalence_p, one_sample, t_statistic, two_sided_p
from hyperverdict.stats.power import seeds_needed
from hyperverdict.study.model import Expectation, Hypothesis, Study
from hyperverdict.vocabulary.budget import Budget

DELTA = 0.05
LEAST_SEEDS = 3
NAME = "share of these - share of than"

MATTERS_MORE: dict[str, Any] = {
    "type": "object",
    "description": "two groups of factors; the first is claimed to matter more",
    "required": ["these", "than"],
    "additionalProperties": False,
    "properties": {
        "these": {**GRID, "description": "factors claimed to matter more, each with its levels"},
        "than": {**GRID, "description": "factors claimed to matter less, each with its levels"},
    },
}

Groups = tuple[dict[str, tuple[Any, ...]], dict[str, tuple[Any, ...]]]


class ImportanceClaim:
    """See the module."""

    name = "importance"
    verb = "matters_more"
    keys = frozenset({"matters_more"})
    required = frozenset({"matters_more"})
    one_of: frozenset[str] = frozenset()
    schema: Mapping[str, Mapping[str, Any]] = {"matters_more": MATTERS_MORE}

    def check(self, hypothesis: Hypothesis, study: Study) -> None:
        """Refuse overlapping groups, claims that are not about shares, fewer than 3 seeds."""
        _check_expectations(hypothesis)
        for budget in hypothesis.at_equal:
            self.arms(hypothesis, study, budget)
        refuse_single_run(hypothesis)
        if len(hypothesis.seeds) < LEAST_SEEDS:
            raise UnanswerableError(
                f"{len(hypothesis.seeds)} seeds cannot tell variance of levels from noise; "
                f"importance needs at least {LEAST_SEEDS} (seeds: 10 is the default)"
            )

    def arms(self, hypothesis: Hypothesis, study: Study, budget: Budget) -> tuple[Arm, ...]:
        """Every cell of the grid; a factor ``budget`` replaces the budget."""
        these, than = read_groups(hypothesis.terms["matters_more"])
        cells = contexts_of({**these, **than})
        return unique_arms([make_arm(study, cell, budget) for cell in cells], self.verb)

    def judge(self, question: Question) -> Judgement:
        """Section 1 on the difference in shares; facts hold all shares, ranges and group sizes."""
        found: dict[str, Importance | None] = {}

        def judge_leg(question: Question, expectation: Expectation) -> Leg:
            table = complete_table(question, expectation.metric)
            shares = shares_of(question, table)
            found[expectation.metric] = shares
            effect = effect_of(question, expectation, shares, len(table))
            rule = "difference in share of variance over the whole grid"
            metric, direction = expectation.metric, expectation.direction
            return Leg(metric, direction, effect.evidence, (effect,), rule, effect.grade)

        judgement = judge_legs(question, self.name, judge_leg)
        facts = {"ranges": _ranges(question), "shares": _shares_by_metric(question, found)}
        return replace(judgement, facts=facts, notes=(*judgement.notes, *_notes(question, found)))


def _check_expectations(hypothesis: Hypothesis) -> None:
    if not hypothesis.expect:
        raise UserError("expect is missing: e.g. expect: {accuracy: {share_of_variance: higher}}")
    for expectation in hypothesis.expect:
        if not expectation.share_of_variance or expectation.direction not in ("higher", "lower"):
            raise UserError(
                f"expect: {expectation.metric}: matters_more is about variance; write "
                f"{expectation.metric}: {{share_of_variance: higher}}"
            )


def read_groups(raw: object) -> Groups:
    """The two groups with their levels; UserError when a factor is in both, or alone in a pair."""
    if not isinstance(raw, Mapping) or set(raw) != {"these", "than"}:
        raise UserError(f"matters_more must have 'these' and 'than', not {raw!r}")
    these = read_factors(raw["these"], "matters_more, these")
    than = read_factors(raw["than"], "matters_more, than")
    both = sorted(these.keys() & than.keys())
    if both:
        raise UserError(f"matters_more: {both[0]} is in both groups")
    return these, than


def complete_table(question: Question, metric: str) -> Floats:
    """[n, L_1, ..., L_k] of the seeds that finished in every cell, logarithms for ratio metrics."""
    these, than = read_groups(question.hypothesis.terms["matters_more"])
    factors = {**these, **than}
    outcomes = outcomes_of(question, metric)
    cells = [outcomes.values.get(label(cell), {}) for cell in contexts_of(factors)]
    seeds = sorted(
        set.intersection(*({s for s, v in c.items() if math.isfinite(v)} for c in cells))
    )
    flat = np.array([[cell[seed] for cell in cells] for seed in seeds], dtype=float)
    shape = (len(seeds), *(len(levels) for levels in factors.values()))
    table = flat.reshape(shape)
    return np.log(table) if outcomes.metric.ratio else table


def shares_of(question: Question, table: Floats) -> Importance | None:
    """Shares of variance, or None below 3 complete seeds."""
    if len(table) < LEAST_SEEDS:
        return None
    these, than = read_groups(question.hypothesis.terms["matters_more"])
    axes = range(len(these) + len(than))
    return importance(table, axes[: len(these)], axes[len(these) :])


def effect_of(
    question: Question, expectation: Expectation, shares: Importance | None, n: int
) -> Effect:
    """The difference in shares as an effect; pseudo-values stand for the seeds."""
    estimate = shares.difference if shares else one_sample([])
    delta = DELTA if expectation.matters_from is None else expectation.matters_from
    claim: Claim = expectation.direction
    nominal = question.looks.nominal(question.alpha, estimate.n)
    decision = decide(estimate, delta, nominal, claim)
    evidence, failing = decision.outcome, _too_many_failed(question, expectation.metric)
    needed = None
    if failing:
        evidence = "inconclusive"
    if evidence == "inconclusive" and estimate.df > 0 and not failing:
        search = question.looks.seeds
        needed = seeds_needed(estimate.sd, estimate.df, delta, question.alpha, search)
    pseudo = shares.pseudo_values.tolist() if shares and estimate.df > 0 else []
    return Effect(
        name=NAME,
        metric=expectation.metric,
        ratio=False,
        direction=claim,
        evidence=evidence,
        grade="" if failing else decision.grade,
        n=estimate.n or n,
        estimate=estimate.value,
        sd=estimate.sd,
        alpha=nominal,
        delta=delta,
        ci1=decision.ci1,
        ci2=decision.ci2,
        t=t_statistic(estimate),
        p=two_sided_p(estimate),
        p_equivalence=equivalence_p(estimate, delta),
        per_seed=tuple(enumerate(pseudo)),
        seeds_needed=needed,
        df=estimate.df,
        failures_decide=failing,
    )


def _too_many_failed(question: Question, metric: str) -> bool:
    runs = outcomes_of(question, metric).values.values()
    rates = [sum(not math.isfinite(v) for v in r.values()) / len(r) for r in runs if r]
    return any(rate > MOST_FAILURES for rate in rates)


def _ranges(question: Question) -> dict[str, Any]:
    these, than = read_groups(question.hypothesis.terms["matters_more"])
    return {
        name: {factor: [level_text(factor, x) for x in levels] for factor, levels in group.items()}
        for name, group in (("these", these), ("than", than))
    }


def _shares_by_metric(question: Question, found: Mapping[str, Importance | None]) -> dict[str, Any]:
    these, than = read_groups(question.hypothesis.terms["matters_more"])
    factors = [*these, *than]
    return {
        metric: {
            "these": shares.these,
            "than": shares.than,
            "between the groups": shares.cross,
            "single": dict(zip(factors, shares.single, strict=True)),
            "variance": shares.total,
        }
        for metric, shares in found.items()
        if shares is not None
    }


def _notes(question: Question, found: Mapping[str, Importance | None]) -> tuple[str, ...]:
    these, than = read_groups(question.hypothesis.terms["matters_more"])
    ranges = [
        f"{factor} {', '.join(level_text(factor, x) for x in levels)}"
        for factor, levels in {**these, **than}.items()
    ]
    notes = [
        f"{len(these)} against {len(than)} factors, over {'; '.join(ranges)}. "
        "Other ranges would give other shares."
    ]
    for metric, shares in found.items():
        if shares is None:
            notes.append(f"Fewer than {LEAST_SEEDS} seeds finished in every cell for {metric}.")
        elif shares.difference.df <= 0:
            notes.append(f"Seeds agree on no variance of {metric} over this grid.")
        else:
            notes.append(
                f"Shares of {metric} variance: these {shares.these:.2f}, than {shares.than:.2f}, "
                f"interactions between the groups {shares.cross:.2f}."
            )
    return tuple(notes)


TYPE = ImportanceClaim()
