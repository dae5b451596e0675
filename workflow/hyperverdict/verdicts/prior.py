"""Earlier findings that the study states, set beside ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hyperverdict.checks.context import CheckContext
from hyperverdict.effects.effect import Effect
from hyperverdict.outcomes.arms import ArmRuns
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import count, digits, value_text

# Contrasts whose first and last arms are the two sides of an earlier finding.
SIDED = frozenset({"difference", "fit"})


def prior_sentences(contexts: Sequence[CheckContext]) -> tuple[str, ...]:
    """One sentence per metric of which the hypothesis states an earlier finding, over its budgets.

    For example "Your single runs: test accuracy 51% and 78%. Here, 10 seeds at 300 steps: 71.6% and
    84.5%, same direction."
    """
    if not contexts:
        return ()
    metrics = contexts[0].study.metrics
    prior = contexts[0].hypothesis.prior
    return tuple(_sentence(metrics[name], found, contexts) for name, found in prior.items())


def _sentence(metric: Metric, found: Mapping[str, float], contexts: Sequence[CheckContext]) -> str:
    ends = [end for end in ("from", "to") if end in found]
    stated = " and ".join(stated_text(found[end], metric) for end in ends)
    start = f"Your single {'runs' if len(ends) > 1 else 'run'}"
    ours = [part for context in contexts if (part := _ours(metric, found, ends, context))]
    here = f"Here, {'; '.join(ours)}." if ours else _nothing(metric, contexts)
    return f"{start}: {metric.title} {stated}. {here}"


def _nothing(metric: Metric, contexts: Sequence[CheckContext]) -> str:
    """Why nothing of ours stands beside an earlier finding."""
    if not any(a.summary.finished for context in contexts for a in context.arms):
        return "No run has finished here yet."
    if any(leg.metric == metric for context in contexts for leg in context.judgement.legs):
        return "The claim sets no two such arms against each other."
    return f"The claim is not about {metric.title}."


def stated_text(value: float, metric: Metric) -> str:
    """A value with the digits that the user gave it."""
    return f"{digits(100 * value)}%" if metric.is_fraction else value_text(value, metric)


def _ours(
    metric: Metric, found: Mapping[str, float], ends: Sequence[str], context: CheckContext
) -> str:
    """What the arms scored at one budget: "10 seeds at 300 steps: 71.6% and 84.5%, ..."."""
    sided = [e for e in context.effects if e.contrast.kind in SIDED]
    judged = next((e for e in sided if e.metric == metric and e.n), None)
    effect = judged or next(iter(sided), None)
    if effect is None:
        return ""
    sides: dict[str, ArmRuns] = {
        "from": context.by_label[effect.contrast.arms[0]],
        "to": context.by_label[effect.contrast.arms[-1]],
    }
    means = [_mean(sides[end], metric) for end in ends]
    if None in means:
        return ""
    budget = None if context.budgets else context.question.budget
    at = f" at {budget}" if budget else ""
    values = " and ".join(value_text(mean, metric) for mean in means if mean is not None)
    compared = judged is not None and len(ends) > 1
    same = f", {_direction(effect, found['to'] - found['from'])}" if compared else ""
    n = judged.n if judged else min(sides[end].summary.finished for end in ends)
    return f"{count(n, context.notes.replicate)}{at}: {values}{same}"


def _mean(a: ArmRuns, metric: Metric) -> float | None:
    """What an arm scored, None where that was not recorded."""
    other = a.summary.means.get(metric.complement_of)
    return a.summary.means.get(metric.name, None if other is None else 1 - other)


def _direction(effect: Effect, difference: float) -> str:
    if effect.evidence == "no meaningful effect":
        return "no difference that matters"
    if effect.evidence == "inconclusive":
        return "undecided"
    same = (effect.estimate - effect.contrast.neutral) * difference > 0
    return "same direction" if same else "opposite direction"
