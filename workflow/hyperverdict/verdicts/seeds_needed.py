"""How many more seeds would settle a verdict, what they cost, and the line that adds them."""

from __future__ import annotations

import math
from collections.abc import Iterable

from hyperverdict.checks.context import Case
from hyperverdict.study.model import TIME_METRIC

Range = tuple[int, int]

# A search is chosen on one seed and scored on another.
SEEDS_PER_REPLICATE = {"strategy": 2}


def seeds_needed(case: Case) -> Range | None:
    """(low, high) seeds that would settle the open effects of a case; None when none is open.

    Times are settled by repeats of the timing job, not by seeds.
    """
    open_effects = [
        effect.seeds_needed
        for effect in case.effects()
        if effect.evidence == "inconclusive"
        and effect.seeds_needed is not None
        and effect.metric != TIME_METRIC
    ]
    if not open_effects or case.judgement.evidence != "inconclusive":
        return None
    each = SEEDS_PER_REPLICATE.get(case.judgement.kind, 1)
    low, high = (max(ends) for ends in zip(*open_effects, strict=True))
    return each * low, each * high


def cost_hours(case: Case, needed: Range) -> tuple[float, float] | None:
    """Hours of training that `needed` seeds cost beyond those that exist; None when unknown."""
    per_seed = 0.0
    for a in case.arms:
        seconds = a.rows["train_seconds"].dropna() if "train_seconds" in a.rows else ()
        if not len(seconds):
            return None
        per_seed += float(sum(seconds)) / len(seconds)
    have = len(case.question.hypothesis.seeds)
    low, high = (max(0, seeds - have) * per_seed / 3600 for seeds in needed)
    return (low, high) if math.isfinite(high) else None


def processor(case: Case) -> str:
    """``GPU`` when the arms trained on one, else ``CPU``."""
    devices: Iterable[str] = (
        str(device) for a in case.arms if "device" in a.rows for device in a.rows["device"].dropna()
    )
    return "GPU" if any("cuda" in device for device in devices) else "CPU"


def command(case: Case, needed: Range) -> str:
    """The line that adds seeds and runs the study again; "" where more seeds cannot be judged."""
    path, id_ = case.question.study.path, case.question.hypothesis.id
    wanted = next_look(case, needed)
    if case.foreign or wanted is None:
        return ""
    return (
        f"hyperverdict replicates {path} {id_} {wanted} && "
        f"snakemake --profile profiles/local --configfile {path}"
    )


def next_look(case: Case, needed: Range) -> int | None:
    """The number of seeds of the next look: a registered one where one is left.

    None when the looks that were taken used all of alpha.
    """
    have = len(case.question.hypothesis.seeds)
    planned = [n for n in case.standing.schedule if n > have]
    if planned:
        return min(planned)
    look = case.standing.look
    return None if look is not None and look.spends >= 1 else max(needed[1], have + 1)
