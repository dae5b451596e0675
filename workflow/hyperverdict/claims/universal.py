"""Universal: a comparison or a trend that must hold in every one of at least 3 contexts.

Keys::

    compare: {depth: {from: 2, to: 3}}            # or trend: {depth: [1, 2, 3]}
    in_every: {data: [digits, mnist, kmnist]}     # every combination of these levels
    shape: every_step                             # or never_worse; trends also on_average

or several of them at once::

    all_of:
      - {trend: {width: [16, 64, 256]}, in_every: {depth: [1, 2, 3]}}
      - {trend: {depth: [1, 2, 3]}, in_every: {width: [16, 64, 256]}}
    shape: every_step

Shapes:
    every_step ("always better", the default of a comparison): supported when the effect is
        supported in every context; refuted when one is opposite or proven negligible.
    never_worse: supported when no context is worse by delta; refuted when one is, beyond delta.
    on_average: each context's fitted line rises.

One context refutes the claim at alpha / contexts (trends: / steps too), whether its effect is
opposite or proven negligible, whatever the shape; refuted takes precedence.
What is supported holds in the contexts tested, and the findings say so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from hyperverdict.claims import trend
from hyperverdict.claims.conjunction import (
    TwoAlphas,
    against,
    check_design,
    check_directions,
    judge_legs,
    leg_of,
    tolerant,
    two_alphas,
)
from hyperverdict.claims.factors import (
    Factors,
    Levels,
    change_text,
    combinations,
    factor_title,
    find_arm,
    levels_text,
    make_arm,
    read_change,
    read_factors,
    refuse_single_run,
    title,
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
from hyperverdict.claims.schemas import COMPARE, IN_EVERY, SHAPE, TREND
from hyperverdict.effects.contrast import difference
from hyperverdict.effects.effect import Evidence, Expectation
from hyperverdict.effects.outcomes import Arm
from hyperverdict.errors import UserError
from hyperverdict.stats.thresholds import MINIMUM_CONTEXTS
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Baseline
from hyperverdict.vocabulary.vocabulary import Vocabulary
from hyperverdict.words.numbers import listed

# From here on the claim is rarely supported even where it is true (each context has power 0.8).
MANY_CONTEXTS = 6

ALL_OF: dict[str, Any] = {
    "type": "array",
    "description": "several claims over contexts, all of which must hold",
    "minItems": 1,
    "items": {
        "type": "object",
        "description": "a comparison or a trend with its contexts",
        "required": ["in_every"],
        "additionalProperties": False,
        "properties": {"compare": COMPARE, "trend": TREND, "in_every": IN_EVERY},
    },
}


@dataclass(frozen=True)
class Item:
    """One comparison or trend with its contexts.

    Attributes:
        ordered: the factor of a trend, "" for a comparison.
        arms: levels of the arms, in order; two of them for a comparison.
        within: factors of the contexts, each with its levels.
    """

    ordered: str
    arms: tuple[Levels, ...]
    within: Factors

    @property
    def contexts(self) -> tuple[dict[str, Any], ...]:
        """Every combination of the context factors' levels."""
        return combinations(self.within)


@dataclass(frozen=True)
class Universal(Claim):
    """See the module.

    Attributes:
        items: the parts, all of which must hold.
    """

    items: tuple[Item, ...]
    shape: str

    kind = "universal"
    verb = "in_every"
    keys = frozenset({"compare", "trend", "in_every", "all_of", "shape"})
    required = frozenset()
    one_of = frozenset({"in_every", "all_of"})
    schema: ClassVar[Mapping[str, Any]] = {
        "compare": COMPARE,
        "trend": TREND,
        "in_every": IN_EVERY,
        "all_of": ALL_OF,
        "shape": SHAPE,
    }

    @classmethod
    def parse(cls, written: Written) -> Self:
        """Refuses a part that is neither comparison nor trend, or both, or has no contexts."""
        items = read_items(written.vocabulary, written.terms)
        return cls(*written.common, items, read_shape(written.terms, items))

    def check(self, design: Design) -> None:
        """Refuse fewer than 3 contexts, trends over 2 levels, a single seed."""
        check_design(self, design)
        check_directions(self)
        for item in self.items:
            self._refuse_small(item)
        refuse_single_run(design)

    def arms(self, baseline: Baseline, budget: Budget) -> tuple[Arm, ...]:
        """Every arm in every context; an arm that two parts share is there once."""
        order = factor_order(self.items)
        arms: dict[str, Arm] = {}
        for item in self.items:
            made = (
                make_arm(baseline, x, budget, context, order)
                for context in item.contexts
                for x in item.arms
            )
            for arm in unique_arms(made, self.verb):
                arms.setdefault(arm.label, arm)
        return tuple(arms.values())

    def judge(self, question: Question) -> Judgement:
        """The claim in every context; facts hold their number."""
        judgement = judge_legs(question, self._judge_leg)
        notes = list(judgement.notes)
        if judgement.evidence == "supported":
            notes.append(
                f"It holds in all {self._contexts} contexts tested; others were not tested."
            )
        facts = {
            "contexts": self._contexts,
            "most_exceptions": exceptions_bound(self._contexts),
        }
        return replace(judgement, notes=tuple(notes), facts=facts)

    def forewarnings(self) -> tuple[str, ...]:
        """Many contexts can rarely all be supported."""
        if self._contexts < MANY_CONTEXTS:
            return ()
        return (
            f"{self._contexts} contexts must all agree: one can refute the claim, but enough "
            "evidence in all of them is unlikely.",
        )

    @property
    def _contexts(self) -> int:
        return sum(len(item.contexts) for item in self.items)

    def _refuse_small(self, item: Item) -> None:
        contexts = len(item.contexts)
        if contexts < MINIMUM_CONTEXTS:
            plural = "1 context" if contexts == 1 else f"{contexts} contexts"
            raise UnanswerableError(
                f"{plural}: exceptions up to {exceptions_bound(contexts):.0%} are not excluded; "
                f"give in_every at least {MINIMUM_CONTEXTS} contexts"
            )
        if item.ordered:
            levels = [settings[item.ordered] for settings in item.arms]
            trend.refuse_few_levels(item.ordered, levels, self.vocabulary)

    def _judge_leg(self, question: Question, expectation: Expectation) -> Leg:
        """One leg over all contexts of all parts."""
        verdicts: list[Evidence] = []
        effects: list[TwoAlphas] = []
        for item in self.items:
            for context in item.contexts:
                arms = [
                    self._seen(find_arm(question.arms, x, context), x, context) for x in item.arms
                ]
                name = title(context, self.vocabulary)
                evidence, found = self._in_context(question, arms, item, expectation, name)
                verdicts.append(evidence)
                effects.extend(found)
        return leg_of(expectation, _in_all(verdicts), effects)

    def _seen(self, arm: Arm, settings: Levels, context: Levels) -> Arm:
        """An arm that parts share, as this part sees it."""
        name = title(settings, self.vocabulary)
        return replace(arm, name=name, settings=settings, context=context)

    def _in_context(
        self,
        question: Question,
        arms: Sequence[Arm],
        item: Item,
        expectation: Expectation,
        context: str,
    ) -> tuple[Evidence, tuple[TwoAlphas, ...]]:
        parts, shape = self._contexts, self.shape
        if item.ordered:
            evidence, effects = trend.judge_shape(
                question, arms, item.ordered, expectation, shape, parts, context
            )
            if shape == "every_step" and any(against(e.strict) for e in effects):
                evidence = "refuted"
            return evidence, effects
        wanted = tolerant(expectation) if shape == "never_worse" else expectation
        contrast = difference(expectation.metric, arms[0], arms[1], context)
        effect = two_alphas(question, contrast, wanted, parts)
        return _alone(effect), (effect,)

    @property
    def topic(self) -> str:
        """Its factors, in every context."""
        factors = dict.fromkeys(name for item in self.items for name in item.arms[0])
        return f"{listed(map(factor_title, factors))} in every context"

    @property
    def terms_text(self) -> str:
        """For example "depth 2 → 3 in every data digits, mnist, kmnist"."""
        parts = [self._item_text(item) for item in self.items]
        shape = "" if self.shape == "every_step" else f", {SHAPE_WORDS[self.shape]}"
        return f"{' and '.join(parts)}{shape}"

    def _item_text(self, item: Item) -> str:
        if item.ordered:
            levels = tuple(settings[item.ordered] for settings in item.arms)
            what = f"trend over {levels_text({item.ordered: levels}, self.vocabulary)}"
        else:
            what = change_text(item.arms[0], item.arms[1], self.vocabulary)
        return f"{what} in every {levels_text(item.within, self.vocabulary)}"

    def null(self, leg: Leg) -> str:
        """No difference in a context."""
        return f"{leg.metric.title} is the same on average in both arms of a context"

    def meanings(self, judgement: Judgement) -> Mapping[Evidence, str]:
        """What became of "always"."""
        return MEANINGS


SHAPE_WORDS = {"never_worse": "never worse", "on_average": "on average over the range"}


def read_items(vocabulary: Vocabulary, terms: Mapping[str, Any]) -> tuple[Item, ...]:
    """The parts of the claim; UserError for a part that is neither or both, or has no contexts."""
    if "all_of" not in terms:
        return (_read_item(vocabulary, terms, "in_every"),)
    beside = sorted(terms.keys() & {"compare", "trend", "in_every"})
    if beside:
        raise UserError(f"{beside[0]} and all_of: move {beside[0]} into all_of")
    parts = enumerate(terms["all_of"], 1)
    return tuple(_read_item(vocabulary, item, f"all_of, part {i}") for i, item in parts)


def _read_item(vocabulary: Vocabulary, raw: Mapping[str, Any], where: str) -> Item:
    if ("compare" in raw) == ("trend" in raw):
        raise UserError(f"{where} must have either compare or trend")
    within = read_factors(vocabulary, raw["in_every"], f"{where}, in_every", minimum=1)
    if "compare" in raw:
        return Item("", read_change(vocabulary, raw["compare"], where), within)
    factor, levels = trend.read_trend(vocabulary, raw["trend"], where)
    return Item(factor, tuple({factor: level} for level in levels), within)


def read_shape(terms: Mapping[str, Any], items: Sequence[Item]) -> str:
    """The claimed shape; a comparison's default is every_step."""
    if "shape" not in terms and not any(item.ordered for item in items):
        return "every_step"
    shape = trend.read_shape(terms)
    if shape == "on_average" and not all(item.ordered for item in items):
        raise UserError("shape on_average is for trends; a comparison is every_step or never_worse")
    return shape


def factor_order(items: Sequence[Item]) -> tuple[str, ...]:
    """Factors in the order in which the parts name them, so that equal arms get equal labels."""
    return tuple(dict.fromkeys(name for item in items for name in (*item.arms[0], *item.within)))


def exceptions_bound(contexts: int) -> float:
    """The share of exceptions that randomly drawn contexts without one leave possible at 95%."""
    return 1.0 - float(0.05 ** (1.0 / contexts))


def _alone(effect: TwoAlphas) -> Evidence:
    """Against at the strict alpha, for at the plain one."""
    if against(effect.strict):
        return "refuted"
    return "supported" if effect.plain.evidence == "supported" else "inconclusive"


def _in_all(verdicts: Sequence[Evidence]) -> Evidence:
    if "refuted" in verdicts or "no meaningful effect" in verdicts:
        return "refuted"
    return "supported" if set(verdicts) == {"supported"} else "inconclusive"


MEANINGS: Mapping[Evidence, str] = {
    "supported": "The claim holds in every context that was tested {where}. “Always” means no more "
    "than that: other contexts were not tested.",
    "refuted": "“Always” is wrong {where}: at least one tested context shows the opposite, or no "
    "effect that matters.",
    "no meaningful effect": "“Always” is wrong {where}: in the tested contexts the effect is "
    "below {size}.",
    "inconclusive": "“Always” is neither confirmed nor contradicted {where}: no context "
    "contradicts it, but at least one is undecided.",
}
