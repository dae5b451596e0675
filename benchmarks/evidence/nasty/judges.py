"""The peers' judges: the test that each makes, and its documented entry point."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np
import pandas as pd
import xarray as xr
from autorank import autorank
from crystallize import explore
from mushin.benchmark import IncompleteSweepError, compare, compare_methods
from preregister import Project
from preregister import Study as Registered
from preregister.analysis import claim_pvalues
from preregister.registry import AnalysisPlan
from preregister.runs import RunRecord
from scipy import special, stats

from nasty.draws import (
    level_name,
)
from nasty.studies import (
    LEVELS,
    OPEN,
    REFUTED,
    SUPPORTED,
    Arm,
    Floats,
    Study,
)

ALPHA = 0.05
PERMUTATIONS = 5_000

Judge = Callable[[Study], str]


def sided(p: float, difference: float, alpha: float = ALPHA) -> str:
    """A two-sided test's verdict, read as its users read it."""
    if not p < alpha:
        return OPEN
    return SUPPORTED if difference > 0 else REFUTED


# Tests of many studies at once


Pair = tuple[Floats, Floats]


def wilcoxon(pairs: Sequence[Pair], alternative: str = "two-sided") -> Floats:
    """scipy's p-values of b against a for many pairs; 1 where all differences are 0.

    Differences without ties or zeros go together by their number, the others one by one.
    """
    p, plain = np.ones(len(pairs)), defaultdict(list)
    for i, (a, b) in enumerate(pairs):
        if not len(a) or np.all(a == b):
            continue
        sizes = np.abs(b - a)
        if np.all(sizes > 0) and len(np.unique(sizes)) == len(sizes):
            plain[len(a)].append(i)
        else:
            p[i] = stats.wilcoxon(b, a, alternative=alternative).pvalue
    for these in plain.values():
        differences = np.array([pairs[i][1] - pairs[i][0] for i in these])
        p[these] = stats.wilcoxon(differences, axis=1, alternative=alternative).pvalue
    return p


def paired_t(pairs: Sequence[Pair]) -> Floats:
    """Two-sided p-values of `ttest_rel`; 1 where there is nothing to test."""
    p = np.ones(len(pairs))
    for i, (a, b) in enumerate(pairs):
        if len(a) > 1 and not np.all(a == b):
            d = b - a
            sd = d.std(ddof=1)
            t = d.mean() / (sd / np.sqrt(len(d))) if sd else np.inf
            p[i] = 2 * special.stdtr(len(d) - 1, -abs(t))
    return p


# mushin: Wilcoxon's signed rank test on the seeds of each pair of methods, Holm over the pairs


def constant(x: Floats) -> bool:
    """Whether mushin sees no distribution in these scores."""
    return len(x) < 2 or np.allclose(x, x[0])


def mushin_quick(studies: Sequence[Study]) -> list[str]:
    """Two methods on the seeds that finished in both."""
    pairs = [study.paired() for study in studies]
    return [
        OPEN if constant(a) or constant(b) or np.allclose(a, b) else sided(p, b.mean() - a.mean())
        for (a, b), p in zip(pairs, wilcoxon(pairs), strict=True)
    ]


def mushin_table(arms: Mapping[str, Arm]) -> xr.Dataset:
    """Its dataset (method, seed); nan where a run failed or is absent."""
    seeds = np.unique(np.concatenate([arm.seeds for arm in arms.values()]))
    values = np.full((len(arms), len(seeds)), np.nan)
    for row, arm in zip(values, arms.values(), strict=True):
        row[np.searchsorted(seeds, arm.seeds)] = arm.scores
    data = xr.Dataset(
        {"score": (("method", "seed"), values)}, {"method": list(arms), "seed": seeds}
    )
    absent = [
        f"{m}, seed {s}" for m, row in zip(arms, values, strict=True) for s in seeds[np.isnan(row)]
    ]
    data.attrs["mushin_failures"] = json.dumps(absent)
    return data


def mushin_public(study: Study, *, allow_incomplete: bool) -> str:
    """`compare_methods` on the two arms."""
    arms = {name: study.arms[name] for name in (study.start, study.to)}
    try:
        table = compare_methods(mushin_table(arms), allow_incomplete=allow_incomplete)
    except IncompleteSweepError:
        return "refused"
    row = table.iloc[0]
    return sided(row.p_corrected if row.significant else 1.0, -row.mean_diff)


def mushin_models(study: Study) -> str:
    """`benchmark.compare` itself, on models whose one score is the study's."""
    import torch
    from torchmetrics import MeanAbsoluteError

    class Constant(torch.nn.Module):
        def __init__(self, value: float) -> None:
            super().__init__()
            self.value = torch.nn.Parameter(torch.tensor([value]))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.value.expand(len(x))

    models = {
        name: [Constant(100.0 + score) for score in study.arms[name].scores.tolist()]
        for name in (study.start, study.to)
    }
    batch = [(torch.zeros(1, 1), torch.zeros(1))]
    metrics = {"score": MeanAbsoluteError()}
    row = compare(models, batch, task="regression", metrics=metrics).comparisons.iloc[0]
    return sided(row.p_corrected if row.significant else 1.0, -row.mean_diff)


def mushin_all_quick(studies: Sequence[Study]) -> list[str]:
    """All levels together: the claimed pair's p-value in Holm's order over all pairs."""
    return list(map(_mushin_all, studies))


def _mushin_all(study: Study) -> str:
    scores = np.array([study.arms[level_name(i)].scores for i in range(LEVELS)])
    first, second = np.triu_indices(LEVELS, 1)
    p = stats.wilcoxon(scores[first], scores[second], axis=1).pvalue
    names = [level_name(i) for i in range(LEVELS)]
    mine = (first == 0) & (second == names.index(study.to))
    order = np.argsort(p)
    adjusted = np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order])
    return sided(float(adjusted[np.flatnonzero(mine[order])[0]]), 1.0)


def mushin_all_public(study: Study) -> str:
    """`compare_methods` on all levels."""
    table = compare_methods(mushin_table(study.arms))
    row = table[(table.method_a == study.start) & (table.method_b == study.to)].iloc[0]
    return sided(row.p_corrected if row.significant else 1.0, -row.mean_diff)


# autorank: Shapiro-Wilk, then the paired t-test or Wilcoxon's test, one-sided for the larger median


def autorank_quick(studies: Sequence[Study]) -> list[str]:
    """Its tests for two populations, without its tables; Shapiro-Wilk only where it matters."""
    pairs = [study.paired() for study in studies]
    ordered = [(a, b) if np.median(b) > np.median(a) else (b, a) for a, b in _filled(pairs)]
    one_sided, t = wilcoxon(ordered, "greater"), paired_t(pairs)
    verdicts = []
    for (a, b), w, p in zip(pairs, one_sided, t, strict=True):
        if len(a) < 5:
            verdicts.append("refused")
            continue
        if (w < ALPHA) != (p < ALPHA):
            normal = all(stats.shapiro(x).pvalue >= ALPHA / 2 for x in (a, b))
            w = p if normal else w
        verdicts.append(sided(w, float(np.sum(b > a)) - float(np.sum(a > b))))
    return verdicts


def _filled(pairs: Sequence[Pair]) -> list[Pair]:
    """The pairs, with zeros where no seed finished in both arms."""
    return [(a, b) if len(a) else (np.zeros(1), np.zeros(1)) for a, b in pairs]


def autorank_public(study: Study) -> str:
    """`autorank` with its defaults; the better population is the one of the best mean rank."""
    a, b = study.paired()
    if len(a) < 5:
        return "refused"
    with contextlib.redirect_stdout(io.StringIO()):
        result = autorank(pd.DataFrame({"A": a, "B": b}), alpha=ALPHA)
    ranks = result.rankdf["meanrank"]
    return sided(result.pvalue, ranks["A"] - ranks["B"])


# preregister: the claim "B - A > 0", one-sided each way


PREREGISTER = {
    "iqm": AnalysisPlan(test="bootstrap", aggregation="iqm", alpha=ALPHA, n_boot=1_000),
    "welch": AnalysisPlan(test="welch", aggregation="mean", alpha=ALPHA),
}


def preregister_quick(studies: Sequence[Study], plan: AnalysisPlan) -> list[str]:
    """Its p-values, from 1,000 resamples instead of 10,000."""
    random = np.random.default_rng(plan.random_seed)
    return [_preregistered(study, plan, random) for study in studies]


def _preregistered(study: Study, plan: AnalysisPlan, random: np.random.Generator) -> str:
    a, b = (arm.finished for arm in study.pair)
    if min(len(a), len(b)) < 2:
        return OPEN
    confirm, refute = claim_pvalues(b, a, plan, random)
    return SUPPORTED if confirm < ALPHA else REFUTED if refute < ALPHA else OPEN


def preregister_public(study: Study, plan: AnalysisPlan) -> str:
    """The whole protocol in a ledger of its own: register, gate, link, analyze."""
    sizes = [len(arm.seeds) for arm in study.pair]
    if sizes[0] != sizes[1]:
        return "refused"
    spec = {
        "study": "nasty",
        "conditions": {
            "A": {"role": "control", "config": {"method": "A"}},
            "B": {"role": "treatment", "config": {"method": "B"}},
        },
        "metrics": {"score": {"version": "1", "higher_is_better": True}},
        "exclusions": [{"rule": "status != finished", "reason": "run crashed or was killed"}],
        "predictions": [
            {
                "id": "P1",
                "hypothesis": "B scores higher.",
                "metric": "score",
                "comparison": "B - A > 0",
                "min_effect": 1.0,
                "stopping_rule": "the declared seeds",
                "analysis": {
                    "test": plan.test,
                    "aggregation": plan.aggregation,
                    "alpha": ALPHA,
                    "n_seeds": sizes[0],
                },
                "gates": [{"type": "ControlPresent"}],
            }
        ],
    }
    with tempfile.TemporaryDirectory() as folder:
        project, registered = Project.init(folder), Registered.from_dict(spec)
        project.register(registered)
        project.run_gates(registered)
        later = pd.Timestamp.now(tz="UTC").to_pydatetime() + pd.Timedelta(minutes=1)
        runs = [
            RunRecord(
                run_id=f"{name}{i}",
                condition=name,
                seed=i,
                metrics={"score": float(score)},
                metric_versions={"score": "1"},
                started_at=later,
                status="failed" if np.isnan(score) else "finished",
            )
            for name, arm in zip("AB", study.pair, strict=True)
            for i, score in enumerate(arm.scores)
        ]
        project.link_runs(runs)
        verdict = project.analyze().verdicts()["P1"]
    return {"CONFIRMED": SUPPORTED, "REFUTED": REFUTED, "INCONCLUSIVE": OPEN}.get(verdict, verdict)


# crystallize-ml: a one-sided permutation test of the means


def crystallize_values(study: Study) -> tuple[Floats, Floats]:
    """What its confirmation sees: fresh runs of the two arms, where a choice came first."""
    if study.fresh:
        return study.fresh[study.start], study.fresh[study.to]
    first, second = study.pair
    return first.finished, second.finished


def crystallize_quick(studies: Sequence[Study]) -> list[str]:
    """Its `permutation_test`, vectorised.

    5,000 permutations as there, but 500 where these leave no doubt (p below 0.01 or above 0.15).
    """
    random = np.random.default_rng(0)
    return [_crystallized(study, random) for study in studies]


def _crystallized(study: Study, random: np.random.Generator) -> str:
    a, b = crystallize_values(study)
    if not len(a) or not len(b) or b.mean() <= a.mean():
        return OPEN
    p = permutation_p(a, b, PERMUTATIONS // 10, random)
    if 0.01 <= p <= 0.15:
        p = permutation_p(a, b, PERMUTATIONS, random)
    return SUPPORTED if p < ALPHA else OPEN


def permutation_p(a: Floats, b: Floats, number: int, random: np.random.Generator) -> float:
    """The share of permutations whose difference of means is at least as large."""
    pooled = np.concatenate([b, a])
    drawn = random.permuted(np.broadcast_to(pooled, (number, len(pooled))), axis=1)
    sums = drawn[:, : len(b)].sum(axis=1)
    differences = sums / len(b) - (pooled.sum() - sums) / len(a)
    observed = b.mean() - a.mean()
    return float(np.mean(differences >= observed - 1e-12 * max(1.0, abs(observed))))


def crystallize_public(study: Study) -> str:
    """`explore`, then `crystallize` on runs of its own; a failed run records no score."""
    a, b = crystallize_values(study)
    n = max(len(arm.seeds) for arm in study.pair)
    if study.fresh:
        n = len(a)
    values = {"A": iter([]), "B": iter([])}

    def run(config: dict[str, str], ctx: object) -> None:
        score = next(values[config["method"]], None)
        if score is not None:
            ctx.record("score", score)  # type: ignore[attr-defined]

    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()),
    ):
        configs = {name: {"method": name} for name in values}
        explored = explore(run, configs, replicates=1, progress=False, store_root=folder)
        values.update({"A": iter(a.tolist()), "B": iter(b.tolist())})
        result = explored.crystallize("B.score > A.score", replicates=n, progress=False)
    return SUPPORTED if result.supported else OPEN
