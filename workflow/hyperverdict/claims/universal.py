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

One context refutes the claim at alpha / contexts (trends: / steps too); refuted takes precedence.
What is supported holds in the contexts tested, and is said so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from hyperverdict.claims import trend
from hyperverdict.claims.conjunction import (
    TwoAlphas,
    against,
    check_legs,
    judge_legs,
    two_alphas,
    weakest_grade,
)
from hyperverdict.claims.factors import (
    contexts_of,
    label,
    make_arm,
    read_change,
    read_factors,
    refuse_single_run,
    unique_arms,
)
from hyperverdict.claims.model import (
    Arm,
    Evidence,
    Judgement,
    Leg,
    Question,
    UnanswerableError,
)
from hyperverdict.claims.schemas import COMPARE, IN_EVERY, SHAPE, TREND
from hyperverdict.effects.effect import difference
from hyperverdict.errors import UserError, nearest
from hyperverdict.study.model import Expectation, Hypothesis, Study
from hyperverdict.vocabulary.budget import Budget

LEAST_CONTEXTS = 3
# From here on the claim is hardly supported even where it is true (each context has power 0.8).
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
        arms: settings of the arms, in order; two of them for a comparison.
        contexts: every combination of the context factors' levels.
    """

    is_trend: bool
    arms: tuple[dict[str, Any], ...]
    contexts: tuple[dict[str, Any], ...]


class Universal:
    """See the module."""

    name = "universal"
    verb = "in_every"
    keys = frozenset({"compare", "trend", "in_every", "all_of", "shape"})
    required: frozenset[str] = frozenset()
    one_of = frozenset({"in_every", "all_of"})
    schema: Mapping[str, Mapping[str, Any]] = {
        "compare": COMPARE,
        "trend": TREND,
        "in_every": IN_EVERY,
        "all_of": ALL_OF,
        "shape": SHAPE,
    }

    def check(self, hypothesis: Hypothesis, study: Study) -> None:
        """Refuse malformed parts, fewer than 3 contexts, trends over 2 levels, a single seed."""
        check_legs(hypothesis)
        trend.check_directions(hypothesis)
        items = read_items(hypothesis.terms)
        read_shape(hypothesis.terms, items)
        for budget in hypothesis.at_equal:
            self.arms(hypothesis, study, budget)
        for item in items:
            _refuse_small(item)
        refuse_single_run(hypothesis)

    def arms(self, hypothesis: Hypothesis, study: Study, budget: Budget) -> tuple[Arm, ...]:
        """Every arm in every context; an arm that two parts share is there once."""
        items = read_items(hypothesis.terms)
        order = factor_order(items)
        arms: dict[str, Arm] = {}
        for item in items:
            for context in item.contexts:
                made = [_arm(study, settings, context, budget, order) for settings in item.arms]
                for arm in unique_arms(made, self.verb):
                    arms.setdefault(arm.label, arm)
        return tuple(arms.values())

    def judge(self, question: Question) -> Judgement:
        """The claim in every context; facts list the contexts with their evidence."""
        items = read_items(question.hypothesis.terms)
        contexts = sum(len(item.contexts) for item in items)
        judgement = judge_legs(question, self.name, judge_leg)
        notes = list(judgement.notes)
        if judgement.evidence == "supported":
            notes.append(f"It holds in all {contexts} contexts tested; others were not tested.")
        facts = {"contexts": contexts, "most_exceptions": exceptions_bound(contexts)}
        return replace(judgement, notes=tuple(notes), facts=facts)

    def forewarnings(self, hypothesis: Hypothesis) -> tuple[str, ...]:
        """What is already known before training: many contexts can hardly all be supported."""
        contexts = sum(len(item.contexts) for item in read_items(hypothesis.terms))
        if contexts < MANY_CONTEXTS:
            return ()
        return (
            f"{contexts} contexts must all agree: the claim can be refuted by one, "
            "but hardly supported.",
        )


def read_items(terms: Mapping[str, Any]) -> tuple[Item, ...]:
    """The parts of the claim; UserError for a part that is neither or both, or has no contexts."""
    if "all_of" not in terms:
        return (_read_item({k: v for k, v in terms.items() if k != "shape"}, "in_every"),)
    beside = sorted(terms.keys() & {"compare", "trend", "in_every"})
    if beside:
        raise UserError(f"{beside[0]} and all_of: move {beside[0]} into all_of")
    raw = terms["all_of"]
    if not isinstance(raw, (list, tuple)) or not raw:
        raise UserError(f"all_of must be a list of claims over contexts, not {raw!r}")
    return tuple(_read_item(item, f"all_of, part {i}") for i, item in enumerate(raw, 1))


def _read_item(raw: object, where: str) -> Item:
    if not isinstance(raw, Mapping):
        raise UserError(f"{where} must be a comparison or a trend with in_every, not {raw!r}")
    for key in raw:
        if key not in ("compare", "trend", "in_every"):
            raise UserError(
                f"{where}: unknown key {key!r}; {nearest(key, ('compare', 'trend', 'in_every'))}"
            )
    if ("compare" in raw) == ("trend" in raw):
        raise UserError(f"{where} must have either compare or trend")
    if "in_every" not in raw:
        raise UserError(f"{where}: in_every is missing: in which contexts must it hold?")
    contexts = contexts_of(read_factors(raw["in_every"], f"{where}, in_every", least=1))
    if "compare" in raw:
        return Item(False, read_change(raw["compare"], where), contexts)
    factor, levels = trend.read_trend(raw["trend"], where)
    return Item(True, tuple({factor: level} for level in levels), contexts)


def read_shape(terms: Mapping[str, Any], items: Sequence[Item]) -> str:
    """The claimed shape; a comparison's default is every_step."""
    if "shape" not in terms and not any(item.is_trend for item in items):
        return "every_step"
    shape = trend.read_shape(terms)
    if shape == "on_average" and not all(item.is_trend for item in items):
        raise UserError("shape on_average is for trends; a comparison is every_step or never_worse")
    return shape


def factor_order(items: Sequence[Item]) -> tuple[str, ...]:
    """Factors in the order in which the parts name them, so that equal arms get equal labels."""
    names = [
        name for item in items for levels in (item.arms[0], item.contexts[0]) for name in levels
    ]
    return tuple(dict.fromkeys(names))


def exceptions_bound(contexts: int) -> float:
    """The share of exceptions that randomly drawn contexts without one leave possible at 95%."""
    return 1.0 - float(0.05 ** (1.0 / contexts))


def _refuse_small(item: Item) -> None:
    contexts = len(item.contexts)
    if contexts < LEAST_CONTEXTS:
        raise UnanswerableError(
            f"{contexts} contexts: exceptions up to {exceptions_bound(contexts):.0%} are not "
            f"excluded; give in_every at least {LEAST_CONTEXTS} contexts"
        )
    if item.is_trend:
        [factor] = item.arms[0]
        trend.refuse_few_levels({factor: [settings[factor] for settings in item.arms]})


def _label(levels: Mapping[str, Any], order: Sequence[str]) -> str:
    return label({name: levels[name] for name in order if name in levels})


def _arm(
    study: Study,
    settings: Mapping[str, Any],
    context: Mapping[str, Any],
    budget: Budget,
    order: Sequence[str],
) -> Arm:
    arm = make_arm(study, settings, budget, context)
    return replace(arm, label=_label({**context, **settings}, order))


def judge_leg(question: Question, expectation: Expectation) -> Leg:
    """One leg over all contexts of all parts."""
    items = read_items(question.hypothesis.terms)
    shape = read_shape(question.hypothesis.terms, items)
    order = factor_order(items)
    parts = sum(len(item.contexts) for item in items)
    verdicts: list[Evidence] = []
    effects: list[TwoAlphas] = []
    for item in items:
        for context in item.contexts:
            labels = [_label({**context, **settings}, order) for settings in item.arms]
            by_label = {arm.label: arm for arm in question.arms}
            arms = [
                replace(by_label[name], settings=settings, context=context)
                for name, settings in zip(labels, item.arms, strict=True)
            ]
            evidence, found = _in_context(question, arms, item, expectation, shape, parts)
            verdicts.append(evidence)
            effects.extend(found)
    evidence = _in_all(verdicts)
    shown = tuple(e.shown for e in effects)
    grade = weakest_grade([e.grade for e in shown]) if evidence == "supported" else ""
    return Leg(
        expectation.metric, expectation.direction, evidence, shown, _rule(shape, parts), grade
    )


def _rule(shape: str, contexts: int) -> str:
    words = {
        "every_step": "better",
        "never_worse": "not worse by the size that matters",
        "on_average": "rising on average",
    }
    return f"{words[shape]} in every one of {contexts} contexts"


def _in_context(
    question: Question,
    arms: Sequence[Arm],
    item: Item,
    expectation: Expectation,
    shape: str,
    parts: int,
) -> tuple[Evidence, tuple[TwoAlphas, ...]]:
    context = label(arms[0].context)
    if item.is_trend:
        evidence, effects = trend.judge_shape(question, arms, expectation, shape, parts, context)
        if shape == "every_step" and any(against(e.strict) for e in effects):
            evidence = "refuted"
        return evidence, effects
    wanted = trend.tolerant(expectation) if shape == "never_worse" else expectation
    contrast = difference(arms[1].label, arms[0].label, context)
    effect = two_alphas(question, contrast, wanted, parts)
    return _alone(effect), (effect,)


def _alone(effect: TwoAlphas) -> Evidence:
    """Against at the strict alpha, for at the plain one."""
    if against(effect.strict):
        return "refuted"
    return "supported" if effect.plain.evidence == "supported" else "inconclusive"


def _in_all(verdicts: Sequence[Evidence]) -> Evidence:
    if "refuted" in verdicts or "no meaningful effect" in verdicts:
        return "refuted"
    return "supported" if set(verdicts) == {"supported"} else "inconclusive"


TYPE = Universal()
