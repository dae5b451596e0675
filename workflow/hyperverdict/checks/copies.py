"""Runs that agree to the last digit, over the seeds of an arm or between arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from hyperverdict.checks.context import CheckContext
from hyperverdict.checks.model import NOT_APPLICABLE, Check, Found, blocks, caveat, check
from hyperverdict.claims.factors import factor_title
from hyperverdict.effects.effect import Effect
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.effects.rounding import is_fine, step_of
from hyperverdict.outcomes.arms import ArmRuns
from hyperverdict.vocabulary.metrics import RECORDED
from hyperverdict.words.numbers import digits, listed

# As many runs, or different scores, tell a pattern from a chance.
FEWEST = 3
# Contrasts that are nothing when all arms behind them agree.
BETWEEN_ARMS = frozenset({"difference", "fit"})


@check(
    "blocks",
    "caveat",
    title="Seeds change the scores",
    explains="Tables from elsewhere in which all runs of each arm have one score: copies of one "
    "run, or seeds that the training ignored. A caveat where the scores are too coarse to tell.",
    remedy="Find out why all runs of an arm are alike, and record scores with all their decimals.",
)
def seeds_change_nothing(context: CheckContext) -> Found:
    """In every arm all runs have one score."""
    outcomes = [o for o in context.question.outcomes.values() if not o.metric.is_time]
    if context.elsewhere is None or not outcomes:
        return NOT_APPLICABLE
    return next((found for o in outcomes if (found := _alike(context, o))), None)


def _alike(context: CheckContext, outcomes: Outcomes) -> Found:
    metric = outcomes.metric
    arms = {label: list(runs.values()) for label, runs in outcomes.finished().items()}
    if outcomes.curves or min(map(len, arms.values()), default=0) < FEWEST:
        return None
    exact = metric.is_fraction and all(scores[0] in (0.0, 1.0) for scores in arms.values())
    if exact or any(len(set(scores)) > 1 for scores in arms.values()):
        return None
    if any(a.rows[column].nunique() > 1 for a in context.arms for column in _score_columns(a)):
        return None
    label, scores = next(iter(arms.items()))
    same = (
        f"All {len(scores)} runs of {context.by_label[label].title} have {metric.title} "
        f"{digits(scores[0], 5)}, and every other arm repeats its score too"
    )
    if outcomes.fine:
        sentence = f"{same}: copies of one run, or seeds that never reached the training."
        return blocks(sentence, "no replication", 11)
    return caveat(f"{same}: copies of one run, or scores too coarse to tell seeds apart.", 7.9)


@check(
    "blocks",
    "caveat",
    title="The factor changes the scores",
    explains="Whether arms agree in every recorded score of every seed, the loss included: then "
    "the factor changed nothing, whoever trained them. It blocks a claimed difference; it is a "
    "caveat for levels that agree within a larger claim, and for claims of no difference.",
    remedy="Check that the factor reaches the training code and has an effect there.",
)
def same_results(context: CheckContext) -> Found:
    """Arms score the same with every seed."""
    compared = [
        effect
        for effect in context.effects
        if effect.contrast.kind in BETWEEN_ARMS and not effect.metric.is_time
    ]
    if not compared:
        return NOT_APPLICABLE
    agreeing = [(effect, n) for effect in compared if (n := _agreeing(context, effect))]
    if not agreeing:
        return None
    effect, seeds = agreeing[0]
    arms = listed(context.by_label[label].title for label in effect.contrast.arms)
    factor = listed(map(factor_title, sorted(context.compared)))
    sentence = (
        f"{arms} have exactly the same scores with each of {seeds} seeds: changing the {factor} "
        "changed no score"
    )
    sentence += "." if context.elsewhere is None else ", or never reached the training."
    if len(agreeing) == len(compared) and effect.direction in ("higher", "lower"):
        return blocks(sentence, "same results", 10.5)
    return caveat(sentence, 7.6)


def _agreeing(context: CheckContext, effect: Effect) -> int:
    """How many seeds the arms agree in, in all that was recorded; 0 where chance may do that."""
    outcomes = context.question.outcomes.get(effect.metric.name)
    if outcomes is None:
        return 0
    arms = [context.by_label[label] for label in effect.contrast.arms]
    first, *others = (_scores(outcomes.values.get(a.label, {}), a) for a in arms)
    different = first.drop_duplicates().dropna(how="all")
    if len(different) < max(2, min(FEWEST, len(first))):
        return 0
    same = all(first.equals(other) for other in others)
    return len(first) if same and (outcomes.fine or _loss_is_fine(arms)) else 0


def _loss_is_fine(arms: Sequence[ArmRuns]) -> bool:
    """Whether equal losses are no chance, as equal scores on few images may be."""
    loss = RECORDED["loss"]
    if any(loss.final not in a.rows for a in arms):
        return False
    values = [dict(enumerate(a.rows[loss.final].astype(float))) for a in arms]
    sizes = [abs(v) for runs in values for v in runs.values() if v == v]
    varied = len(set(sizes)) >= min(FEWEST, len(values[0]))
    return varied and is_fine(step_of(loss, values), max(sizes, default=0.0))


def _scores(judged: Mapping[int, float], a: ArmRuns) -> pd.DataFrame:
    """All scores of an arm [seeds, scores], in the order of its seeds."""
    recorded = a.rows.set_index("seed")[_score_columns(a)]
    return recorded.assign(judged=pd.Series(judged, dtype=float)).sort_index()


def _score_columns(a: ArmRuns) -> list[str]:
    """Columns of our final table that hold scores."""
    scores = [c for c in map(str, a.rows) if c.startswith(("test_", "validation_", "train_loss"))]
    return [c for c in scores if c != "test_size" and pd.api.types.is_numeric_dtype(a.rows[c])]


CHECKS: tuple[Check, ...] = (seeds_change_nothing, same_results)
