"""Runs that agree to the last digit, over the seeds of an arm or between arms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from hyperverdict.checks.context import CheckContext
from hyperverdict.checks.model import NOT_APPLICABLE, Check, Found, blocks, caveat, check
from hyperverdict.claims.factors import factor_title
from hyperverdict.claims.model import Leg
from hyperverdict.claims.trend import Trend
from hyperverdict.effects.effect import Effect
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.effects.rounding import is_fine, step_of
from hyperverdict.outcomes.arms import ArmRuns
from hyperverdict.vocabulary.metrics import RECORDED
from hyperverdict.words.numbers import digits, listed

# As many runs, or different scores, tell a pattern from a chance.
FEWEST = 3
# Contrasts within the runs of one arm.
WITHIN_RUNS = frozenset({"epoch"})
# Contrasts between the effects in several contexts.
CHANGES = frozenset({"interaction", "conditional"})

# Labels of arms that agree.
Groups = tuple[tuple[str, ...], ...]


@check(
    "blocks",
    "caveat",
    title="Seeds change the scores",
    explains="Tables from elsewhere, and trainings of your own, in which all runs of each arm have "
    "one score: copies of one run, or seeds that the training ignored. A caveat where the scores "
    "are too coarse to tell.",
    remedy="Find out why all runs of an arm are alike, and record scores with all their decimals.",
)
def seeds_change_nothing(context: CheckContext) -> Found:
    """In every arm all runs have one score."""
    outcomes = [o for o in context.question.outcomes.values() if not o.metric.is_time]
    ours = context.elsewhere is None and context.study.vocabulary.ours
    if ours or not outcomes:
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
    "the factor changed nothing, whoever trained them. It blocks a claimed difference, trend or "
    "interaction that rests on such arms. It is a caveat for other levels that agree within a "
    "larger claim, and for claims of no difference.",
    remedy="Check that the factor reaches the training code and has an effect there.",
)
def same_results(context: CheckContext) -> Found:
    """Arms score the same with every seed."""
    legs = [
        leg
        for leg in context.judged
        if not leg.metric.is_time and any(e.contrast.kind not in WITHIN_RUNS for e in leg.effects)
    ]
    if not legs:
        return NOT_APPLICABLE
    alike = {leg.metric.name: _alike_arms(context, leg.metric.name) for leg in legs}
    copied = [leg for leg in legs if alike[leg.metric.name]]
    if not copied:
        return None
    blocking = [leg for leg in copied if _is_empty(leg, alike[leg.metric.name], context)]
    leg = (blocking or copied)[0]
    groups = alike[leg.metric.name]
    together = (_among(effect, group) for effect in leg.effects for group in groups)
    named = next((labels for labels in together if len(labels) > 1), groups[0])
    sentence = _same_sentence(context, named)
    return blocks(sentence, "same results", 10.5) if blocking else caveat(sentence, 7.6)


def _same_sentence(context: CheckContext, group: Sequence[str]) -> str:
    """Which arms agree, and in which factors they differ."""
    arms = [context.by_label[label] for label in group]
    levels = [a.arm.levels for a in arms]
    changed = sorted(f for f in levels[0] if any(x.get(f) != levels[0][f] for x in levels))
    sentence = (
        f"{listed(a.title for a in arms)} have exactly the same scores with each of "
        f"{len(arms[0].rows)} seeds: changing the {listed(map(factor_title, changed))} changed no "
        "score"
    )
    return sentence + ("." if context.elsewhere is None else ", or never reached the training.")


def _among(effect: Effect, group: Sequence[str]) -> tuple[str, ...]:
    """The arms of a group that stand behind an effect."""
    return tuple(label for label in effect.contrast.arms if label in group)


def _is_empty(leg: Leg, groups: Groups, context: CheckContext) -> bool:
    """Whether a claimed difference rests on arms that agree: then nothing was tested."""
    if leg.expectation.direction not in ("higher", "lower"):
        return False
    group_of = {label: i for i, group in enumerate(groups) for label in group}
    labels = [a.label for a in context.arms]
    between = [e for e in leg.effects if e.contrast.kind in CHANGES]
    if any(_is_nothing(e, group_of, labels) for e in between):
        return True
    directed = [e for e in leg.effects if e.direction == leg.expectation.direction]
    found = [_is_nothing(e, group_of, labels) for e in directed or leg.effects if e not in between]
    some = isinstance(context.claim, Trend) and any(found)
    return some or (bool(found) and all(found))


def _is_nothing(effect: Effect, group_of: Mapping[str, int], labels: Sequence[str]) -> bool:
    """Whether an effect is 0 because arms behind it agree, whatever the factor may do."""
    contrast = effect.contrast
    arms = contrast.arms or labels
    # An arm that agrees with no other is a group of its own.
    groups = [group_of.get(label, -1 - i) for i, label in enumerate(arms)]
    if contrast.kind == "fit":
        return len(set(groups)) < len(groups)
    if contrast.kind not in CHANGES:
        return len(set(groups)) == 1
    firsts, seconds = groups[::2], groups[1::2]  # the two compared arms of each context
    return firsts == seconds or len(set(firsts)) == len(set(seconds)) == 1


def _alike_arms(context: CheckContext, metric: str) -> Groups:
    """Groups of arms that agree in all that was recorded, where chance cannot do that."""
    outcomes = context.question.outcomes.get(metric)
    if outcomes is None:
        return ()
    groups: dict[object, list[ArmRuns]] = {}
    for a in context.arms:
        scores = _scores(outcomes.values.get(a.label, {}), a)
        different = scores.drop_duplicates().dropna(how="all")
        if len(different) >= max(2, min(FEWEST, len(scores))):
            table = scores.astype(float)
            key = (tuple(table), tuple(table.index), table.to_numpy().tobytes())
            groups.setdefault(key, []).append(a)
    return tuple(
        tuple(a.label for a in group)
        for group in groups.values()
        if len(group) > 1 and (outcomes.fine or _loss_is_fine(group))
    )


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
    training = a.arm.configuration.vocabulary.training
    if training is not None and not a.arm.elsewhere:
        # A program also reports what changes with the machine, such as times.
        known = {*training.scores, RECORDED["loss"].name}
        scores = [c for c in scores if c.partition("_")[2] in known]
    return [c for c in scores if c != "test_size" and pd.api.types.is_numeric_dtype(a.rows[c])]


CHECKS: tuple[Check, ...] = (seeds_change_nothing, same_results)
