"""Two claims on depth, judged by the engine, and what is said of the changes between two reports."""

import math
from dataclasses import replace

from hyperverdict.records.tables import failed_seeds
from hyperverdict.verdicts.changes import changes
from hyperverdict.verdicts.judge import judge_study
from hyperverdict.verdicts.snapshot import snapshot_of

from tests.unit.report import made_runs, samples


def score(arm, seed, gap=0.02, noise=0.004):
    """A difference of `gap` between two depths, with noise that seeds do not share."""
    wide = arm.configuration["hidden_units"]
    return 0.7 + gap * (len(wide) - 2) + noise * ((seed * 7 + len(wide) * 3) % 5 - 2)


def report(*args, **options):
    return judged(*args, **options)[0]


def judged(seeds=10, gap=0.02, only=None, study=None, failing=(), **edits):
    """(report, study, failed seeds by path) of two claims.

    Args:
        study: keys of the study file; failing: (depth, seed) of runs that fail.
        edits: keys of H1.
    """
    claims = {"H1": samples.entry("comparison", compare={"depth": {"from": 2, "to": 3}}, **edits)}
    claims["H2"] = samples.entry("comparison", compare={"depth": {"from": 2, "to": 4}})
    kept = {key: claim for key, claim in claims.items() if only is None or key in only}
    for claim in kept.values():
        claim["seeds"] = seeds
    read = samples.read({**samples.raw_study(kept), **(study or {})})
    tables = made_runs.tables_of(read, lambda arm, seed: score(arm, seed, gap))
    final = tables.final.copy()
    for depth, seed in failing:
        lost = final["path"].str.contains(f"hidden_units~256x{depth}/") & (final["seed"] == seed)
        assert lost.any()
        scores = [name for name in final if name.startswith(("test_", "validation_"))]
        final.loc[lost, scores] = math.nan
        final.loc[lost, "failed"] = True
        final.loc[lost, "status"] = "diverged"
    return judge_study(read, final, tables.curves), read, failed_seeds(final)


def told(before, now):
    """Sentences where the studies and their failed runs are known: each as of `judged`."""
    marks = [snapshot_of(r, "1", "", study, failed) for r, study, failed in (before, now)]
    return changes(*marks)


def said(before, now, version="1"):
    return changes(snapshot_of(before, "1"), snapshot_of(now, version))


def unjudged(found, key, why):
    """The same report where one claim could not be judged."""
    return replace(
        found,
        hypotheses=tuple(
            replace(h, verdicts=(), failed_because=why) if h.id == key else h
            for h in found.hypotheses
        ),
    )
