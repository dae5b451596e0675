"""What was picked as the best of a grid or by tuning: its score, corrected, and on fresh seeds.

The best of many noisy means is partly lucky. Beside it stands what the whole grid says of it, and
what runs found that were not used to pick it, once there are any.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from statistics import fmean

import numpy as np

from hyperverdict.checks.context import CheckContext
from hyperverdict.claims.factors import factor_title
from hyperverdict.outcomes.values import RunIndex, scores_on
from hyperverdict.stats.shrinkage import FEWEST, Floats, corrected_means, noise_variances
from hyperverdict.study.model import Heatmap, Study
from hyperverdict.study.tuning import tuning_arms
from hyperverdict.verdicts.model import Pick, PickedBy
from hyperverdict.vocabulary.hyperparameters import Level
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import count, listed, plain, upper, value_text

Scores = Mapping[int, float]


@dataclass(frozen=True)
class _Candidate:
    """A configuration that could be picked: its scores by seed, on those seeds and on others.

    Attributes:
        failed: runs without a score among the seeds that picked.
    """

    settings: str
    scores: Scores
    fresh: Scores
    failed: int


def picks(study: Study, runs: RunIndex, contexts: Iterable[CheckContext]) -> tuple[Pick, ...]:
    """Everything that this study picked: the best cell of every heatmap, then tuned settings."""
    found = [_heatmap_pick(heatmap, study, runs) for heatmap in study.heatmaps]
    found += [pick for context in contexts for pick in _tuning_picks(context, study, runs)]
    return tuple(pick for pick in found if pick is not None)


def _heatmap_pick(heatmap: Heatmap, study: Study, runs: RunIndex) -> Pick | None:
    metric = heatmap.metric
    column = next((name for name in metric.columns if name in runs.final), "")
    cells = (
        dict(zip(heatmap.grid, levels, strict=True)) for levels in product(*heatmap.grid.values())
    )
    candidates = [
        _candidate(study, runs, cell, path, metric, column, heatmap.seeds)
        for cell in cells
        for path in [study.baseline.configure(cell, heatmap.budget).path]
    ]
    return _pick("heatmap", heatmap.id, "", metric, candidates)


def _tuning_picks(context: CheckContext, study: Study, runs: RunIndex) -> Iterator[Pick | None]:
    hypothesis, budget = context.hypothesis, context.question.budget
    metric = study.chosen_by(hypothesis) if hypothesis.tune else None
    if metric is None or budget is None or not context.chosen:
        return
    trials = tuning_arms(hypothesis, study, budget)
    for arm in context.question.arms:
        candidates = [
            _candidate(
                study, runs, trial.settings, trial.configuration.path, metric, metric.validation,
                trial.seeds,
            )
            for trial in trials
            if trial.arm == arm.label
        ]  # fmt: skip
        yield _pick("tuning", hypothesis.id, f"{arm.title} at {budget}", metric, candidates)


def _candidate(
    study: Study,
    runs: RunIndex,
    settings: Mapping[str, Level],
    path: str,
    metric: Metric,
    column: str,
    picked_on: Sequence[int],
) -> _Candidate:
    spell = study.vocabulary.spell
    named = listed(f"{factor_title(name)} {spell(name, at)}" for name, at in settings.items())
    rows = runs.rows(path)
    found = scores_on(rows, metric, column) if len(rows) and column in rows else {}
    used, scores = set(picked_on), {s: v for s, v in found.items() if math.isfinite(v)}
    return _Candidate(
        named,
        {seed: score for seed, score in scores.items() if seed in used},
        {seed: score for seed, score in scores.items() if seed not in used},
        sum(seed in used for seed in found.keys() - scores.keys()),
    )


def _pick(
    of: PickedBy, name: str, where: str, metric: Metric, candidates: Sequence[_Candidate]
) -> Pick | None:
    """The best candidate by its mean; None where no direction is better or fewer than two ran."""
    ran = [candidate for candidate in candidates if candidate.scores]
    if metric.better is None or len(ran) < 2:
        return None
    means = np.array([fmean(candidate.scores.values()) for candidate in ran])
    best = int(means.argmax() if metric.better == "higher" else means.argmin())
    corrected, fresh = _corrected(ran, means)[best], ran[best].fresh
    pick = Pick(
        of=of,
        id=name,
        where=where,
        metric=metric.title,
        settings=ran[best].settings,
        candidates=len(ran),
        seeds=len(ran[best].scores),
        failed=ran[best].failed,
        score=float(means[best]),
        corrected=float(corrected) if math.isfinite(corrected) else None,
        fresh_seeds=len(fresh),
        fresh_score=fmean(fresh.values()) if fresh else None,
    )
    return replace(pick, sentence=_sentence(pick, metric))


def _corrected(ran: Sequence[_Candidate], means: Floats) -> Floats:
    """The means [K] corrected; nan where too few candidates or runs say what noise there is."""
    seeds = sorted({seed for candidate in ran for seed in candidate.scores})
    table = np.array([[c.scores.get(seed, math.nan) for seed in seeds] for c in ran])
    noise = noise_variances(table)
    if len(ran) < FEWEST or np.isnan(noise).any():
        return np.full(len(ran), math.nan)
    return corrected_means(means, noise / np.array([len(c.scores) for c in ran]))


def _sentence(pick: Pick, metric: Metric) -> str:
    seeds = count(pick.seeds, "seed")
    failed = f", {count(pick.failed, 'more run')} failed" if pick.failed else ""
    score = value_text(pick.score, metric)
    among = f"the best of {pick.candidates}"
    if pick.of == "heatmap":
        first = (
            f"{upper(among)} cells is {pick.settings}, with a mean {pick.metric} of {score} "
            f"({seeds}{failed})."
        )
    else:
        first = (
            f"For {pick.where}, tuning chose {pick.settings}, {among} values by "
            f"{plain(metric.name)} on the validation set: {score} on average ({seeds}{failed})."
        )
    luck = (
        ""
        if pick.corrected is None
        else "What looks best among many is partly lucky: corrected for that, about "
        f"{value_text(pick.corrected, metric)} can be expected."
    )
    fresh = (
        "No other seeds have run it yet."
        if pick.fresh_score is None
        else f"{upper(count(pick.fresh_seeds, 'other seed'))}, which did not take part in the "
        f"choice, gave {value_text(pick.fresh_score, metric)}."
    )
    return " ".join(filter(None, (first, luck, fresh)))
