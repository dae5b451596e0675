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
    here = f"Here, {'; '.join(ours)}." if ours else "No run has finished here yet."
    return f"{start}: {metric.title} {stated}. {here}"


def stated_text(value: float, metric: Metric) -> str:
    """A value with the digits that the user gave it."""
    return f"{digits(100 * value)}%" if metric.is_fraction else value_text(value, metric)


def _ours(
    metric: Metric, found: Mapping[str, float], ends: Sequence[str], context: CheckContext
) -> str:
    """What the arms scored at one budget: "10 seeds at 300 steps: 71.6% and 84.5%, ..."."""
    effect = next((e for e in context.effects if e.metric == metric), None)
    if effect is None or effect.n == 0 or effect.contrast.kind not in SIDED:
        return ""
    sides: dict[str, ArmRuns] = {
        "from": context.by_label[effect.contrast.arms[0]],
        "to": context.by_label[effect.contrast.arms[-1]],
    }
    means = [sides[end].summary.means.get(metric.name) for end in ends]
    if None in means:
        return ""
    at = f" at {context.question.budget}" if context.question.budget else ""
    values = " and ".join(value_text(mean, metric) for mean in means if mean is not None)
    same = "" if len(ends) < 2 else f", {_direction(effect, found['to'] - found['from'])}"
    return f"{count(effect.n, context.notes.replicate)}{at}: {values}{same}"


def _direction(effect: Effect, difference: float) -> str:
    if effect.evidence == "no meaningful effect":
        return "no difference that matters"
    if effect.evidence == "inconclusive":
        return "undecided"
    same = (effect.estimate - effect.contrast.neutral) * difference > 0
    return "same direction" if same else "opposite direction"
