"""Importance: one group of factors explains more of a metric's variance than another.

Keys::

    matters_more:
      these: {optimizer: [sgd, adam], learning_rate: [1e-4, 1e-3], budget: [300 steps, 1000 steps]}
      than: {width: [64, 256], depth: [1, 2, 3]}
    expect: {accuracy: {share_of_variance: higher, matters_from: 0.05}}

The full grid of all levels is trained. Which group explains more is judged on the difference of the
variances that they explain, how much more on the difference in their shares (`stats.importance`).
Interactions between the groups are shown on their own. Shares depend on the levels chosen, so
ranges and group sizes always stand beside them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np

from hyperverdict.claims.conjunction import judge_legs, leg_of_one, outcomes_of
from hyperverdict.claims.factors import (
    Factors,
    combinations,
    factor_title,
    find_arm,
    levels_text,
    make_arm,
    read_factors,
    refuse_single_run,
    unique_arms,
)
from hyperverdict.claims.model import (
    Claim,
    Design,
    Judgement,
    Leg,
    Question,
    UnanswerableError,
    Written,
)
from hyperverdict.claims.schemas import GRID
from hyperverdict.effects.contrast import Contrast
from hyperverdict.effects.effect import Effect, Evidence, Expectation
from hyperverdict.effects.failures import fail_alike
from hyperverdict.effects.outcomes import Arm
from hyperverdict.errors import UserError
from hyperverdict.stats.decision import decide_apart
from hyperverdict.stats.importance import Importance, importance
from hyperverdict.stats.intervals import (
    Floats,
    equivalence_p,
    interval,
    one_sample,
    t_statistic,
    two_sided_p,
)
from hyperverdict.stats.power import seeds_needed
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Baseline
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import count, listed, number, p_text, upper

# Of the intervals of single shares, which decide nothing.
SHOWN_ALPHA = 0.05
MINIMUM_SEEDS = 3

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


@dataclass(frozen=True)
class ImportanceClaim(Claim):
    """See the module.

    Attributes:
        these, than: the two groups of factors with their levels.
    """

    these: Factors
    than: Factors

    kind = "importance"
    verb = "matters_more"
    keys = frozenset({"matters_more"})
    required = frozenset({"matters_more"})
    figure = "shares"
    schema: ClassVar[Mapping[str, Any]] = {"matters_more": MATTERS_MORE}

    @classmethod
    def parse(cls, written: Written) -> Self:
        """Refuses a factor in both groups, and one of a single level."""
        raw = written.terms["matters_more"]
        these = read_factors(written.vocabulary, raw["these"], "matters_more, these")
        than = read_factors(written.vocabulary, raw["than"], "matters_more, than")
        both = sorted(these.keys() & than.keys())
        if both:
            raise UserError(f"matters_more: {both[0]} is in both groups")
        return cls(*written.common, these, than)

    @property
    def factors(self) -> Factors:
        """Both groups, in the order of the table's axes."""
        return {**self.these, **self.than}

    def check(self, design: Design) -> None:
        """Refuse claims that are not about shares, and fewer than 3 seeds."""
        self._check_expectations()
        for budget in design.budgets:
            self.arms(design.baseline, budget)
        refuse_single_run(design)
        if len(design.seeds) < MINIMUM_SEEDS:
            raise UnanswerableError(
                f"{len(design.seeds)} seeds cannot separate the variance of levels from noise; "
                f"importance needs at least {MINIMUM_SEEDS} (seeds: 10 is the default)"
            )

    def _check_expectations(self) -> None:
        if not self.expect:
            raise UserError(
                "expect is missing: e.g. expect: {accuracy: {share_of_variance: higher}}"
            )
        for expectation in self.expect:
            directed = expectation.direction in ("higher", "lower")
            if not expectation.share_of_variance or not directed:
                name = expectation.metric.name
                raise UserError(
                    f"expect: {name}: matters_more is about variance; write "
                    f"{name}: {{share_of_variance: higher}}",
                    about="expect",
                )

    def arms(self, baseline: Baseline, budget: Budget) -> tuple[Arm, ...]:
        """Every cell of the grid; a factor ``budget`` replaces the budget."""
        arms = (make_arm(baseline, cell, budget) for cell in combinations(self.factors))
        return unique_arms(arms, self.verb)

    def judge(self, question: Question) -> Judgement:
        """The difference in shares; facts hold all shares by metric."""
        found: dict[str, Importance | None] = {}

        def judge_leg(question: Question, expectation: Expectation) -> Leg:
            table = self._complete_table(question, expectation.metric)
            shares = self._shares(table)
            found[expectation.metric.name] = shares
            return leg_of_one(expectation, self._effect(question, expectation, shares, len(table)))

        judgement = judge_legs(question, judge_leg)
        apart = map(_told_apart, judgement.effects)
        notes = (*judgement.notes, *self._notes(found), *filter(None, apart))
        return replace(judgement, facts={"shares": self._facts(found)}, notes=notes)

    def _complete_table(self, question: Question, metric: Metric) -> Floats:
        """[n, L_1, ..., L_k] of seeds that finished in every cell, logarithms for ratio metrics."""
        outcomes = outcomes_of(question, metric)
        cells = [
            outcomes.values.get(find_arm(question.arms, cell).label, {})
            for cell in combinations(self.factors)
        ]
        seeds = sorted(
            set.intersection(*({s for s, v in c.items() if math.isfinite(v)} for c in cells))
        )
        flat = np.array([[cell[seed] for cell in cells] for seed in seeds], dtype=float)
        shape = (len(seeds), *(len(levels) for levels in self.factors.values()))
        table = flat.reshape(shape)
        return np.log(table) if metric.ratio else table

    def _shares(self, table: Floats) -> Importance | None:
        """Shares of variance, or None below 3 complete seeds."""
        if len(table) < MINIMUM_SEEDS:
            return None
        axes = range(len(self.factors))
        return importance(table, axes[: len(self.these)], axes[len(self.these) :])

    def _effect(
        self, question: Question, expectation: Expectation, shares: Importance | None, n: int
    ) -> Effect:
        """The difference in shares as an effect; pseudo-values stand for the seeds.

        Its t and p are those of the direction: of the difference in explained variance.
        """
        estimate = shares.difference if shares else one_sample([])
        # Without a share nothing has a size, and the direction alone is not the claim.
        direction = shares.excess if shares and estimate.df > 0 else one_sample([])
        delta, claim = expectation.matters_from, expectation.direction
        nominal = question.look_rule.nominal(question.alpha, estimate.n)
        decision = decide_apart(direction, estimate, delta, nominal, claim)
        decided = decision.outcome != "inconclusive"
        failing = decided and not fail_alike(outcomes_of(question, expectation.metric).values)
        evidence: Evidence = "inconclusive" if failing else decision.outcome
        needed = None
        if evidence == "inconclusive" and estimate.df > 0 and not failing:
            search = question.look_rule.seeds
            needed = seeds_needed(estimate.sd, estimate.df, delta, question.alpha, search)
        pseudo = shares.pseudo_values.tolist() if shares and estimate.df > 0 else []
        than, these = (tuple(map(factor_title, group)) for group in (self.than, self.these))
        return Effect(
            contrast=Contrast("share", expectation.metric, (), than, these),
            direction=claim,
            evidence=evidence,
            grade="" if failing else decision.grade,
            n=estimate.n or n,
            estimate=estimate.value,
            sd=estimate.sd,
            alpha=nominal,
            delta=delta,
            ci=decision.ci,
            ci_equivalence=decision.ci_equivalence,
            t=t_statistic(direction),
            p=two_sided_p(direction),
            p_equivalence=equivalence_p(estimate, delta),
            per_seed=tuple(enumerate(pseudo)),
            seeds_needed=needed,
            df=estimate.df,
            failures_decide=failing,
            standard_error=estimate.standard_error,
        )

    def _facts(self, found: Mapping[str, Importance | None]) -> dict[str, Any]:
        return {
            metric: {
                "these": shares.these,
                "than": shares.than,
                "between the groups": shares.cross,
                "single": dict(zip(self.factors, shares.single, strict=True)),
                "intervals": {
                    name: list(interval(estimate, SHOWN_ALPHA))
                    for name, estimate in zip(self.factors, shares.single_estimates, strict=True)
                    if estimate.df > 0
                },
                "variance": shares.total,
            }
            for metric, shares in found.items()
            if shares is not None
        }

    def _notes(self, found: Mapping[str, Importance | None]) -> tuple[str, ...]:
        titles = {e.metric.name: e.metric.title for e in self.expect}
        ranges = levels_text(self.factors, self.vocabulary)
        notes = [
            f"{count(len(self.these), 'factor')} against {len(self.than)}, over {ranges}. "
            "The shares depend on these ranges."
        ]
        for name, shares in found.items():
            if shares is None:
                notes.append(
                    f"Fewer than {MINIMUM_SEEDS} seeds finished in every cell for {titles[name]}."
                )
            elif not shares.varies:
                notes.append(f"{titles[name].capitalize()} does not vary over this grid.")
            elif shares.difference.df <= 0:
                notes.append(
                    f"Shares of the variance in {titles[name]} cannot be given: in some or all "
                    "of the seeds no variance between settings stands out from the noise."
                )
            else:
                own = (shares.these, self._group(self.these)), (shares.than, self._group(self.than))
                parts = ", ".join(f"{number(share, 2)} for {group}" for share, group in own)
                notes.append(
                    f"Shares of the variance in {titles[name]}: {parts}, "
                    f"{number(shares.cross, 2)} for interactions between the two groups."
                )
        return tuple(notes)

    def _group(self, factors: Factors) -> str:
        return listed(map(factor_title, factors))

    @property
    def topic(self) -> str:
        """The first group."""
        return f"importance of {self._group(self.these)}"

    @property
    def terms_text(self) -> str:
        """Both groups with their levels."""
        these, than = (levels_text(g, self.vocabulary) for g in (self.these, self.than))
        return f"{these} matter more than {than}"

    def null(self, leg: Leg) -> str:
        """Equal shares."""
        return f"both groups explain the same share of the variance in {leg.metric.title}"

    def meanings(self, judgement: Judgement) -> Mapping[Evidence, str]:
        """Which group matters more."""
        return MEANINGS


def _told_apart(effect: Effect) -> str:
    """Why the direction is settled although the shares leave it open, or the reverse; else ""."""
    low, high = effect.ci
    settled = low > 0 or high < 0
    if effect.failures_decide or not effect.is_measured or settled == effect.is_decided:
        return ""
    if effect.evidence == "no meaningful effect":
        return ""
    test = (
        f"the test of the direction compares the variances of {effect.metric.title} that the two "
        f"groups explain ({p_text(effect.p)})"
    )
    if effect.is_decided:
        return f"{upper(test)}. The interval of the difference in shares includes 0: it is wider."
    return (
        "The interval of the difference in shares excludes 0, but the direction is open: "
        f"{test}. Where noise is large, the interval of the shares is too narrow."
    )


MEANINGS: Mapping[Evidence, str] = {
    "supported": "Over the tested ranges the first group of hyperparameters matters more {where}. "
    "Other ranges could change that.",
    "refuted": "Over the tested ranges the second group of hyperparameters matters more {where}, "
    "against the claim. Other ranges could change that.",
    "no meaningful effect": "Over the tested ranges both groups of hyperparameters matter about "
    "equally {where}: their shares of the variance differ by less than {size}.",
    "inconclusive": "It is undecided {where} which group of hyperparameters matters more.",
}
