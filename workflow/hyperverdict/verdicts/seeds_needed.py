"""How many more seeds would settle a verdict, what they cost, and the line that adds them."""

from __future__ import annotations

import math
import shlex

from hyperverdict.checks.context import CheckContext
from hyperverdict.study.edit import MAXIMUM_SEEDS
from hyperverdict.verdicts.model import NextLook
from hyperverdict.words.commands import snakemake
from hyperverdict.words.numbers import digits

Range = tuple[int, int]


def next_look(context: CheckContext) -> NextLook | None:
    """What would settle an open question.

    None where nothing is open that seeds settle, and where the looks have used all of alpha.
    """
    needed = seeds_needed(context)
    look = context.status.look
    if needed is None or (look is not None and look.is_last):
        return None
    seeds = _next_seeds(context, needed)
    return NextLook(
        seeds_needed=needed,
        cost_hours=cost_hours(context, needed),
        processor=processor(context),
        seeds=seeds,
        command="" if seeds is None or context.elsewhere else _command(context, seeds),
    )


def seeds_needed(context: CheckContext) -> Range | None:
    """(low, high) seeds that would settle the open effects; None when none is open.

    Times are settled by repeats of the timing job, not by seeds.
    """
    open_effects = [
        effect.seeds_needed
        for effect in context.effects
        if effect.evidence == "inconclusive"
        and effect.seeds_needed is not None
        and not effect.metric.is_time
    ]
    if not open_effects or context.judgement.evidence != "inconclusive":
        return None
    low, high = (max(ends) for ends in zip(*open_effects, strict=True))
    return low, high


def cost_hours(context: CheckContext, needed: Range) -> tuple[float, float] | None:
    """Hours of training that `needed` seeds in every arm cost beyond its own; None when unknown."""
    low, high = 0.0, 0.0
    for a in context.arms:
        seconds = a.rows["train_seconds"].dropna() if "train_seconds" in a.rows else ()
        if not len(seconds):
            return None
        per_seed = float(sum(seconds)) / len(seconds) / 3600
        low += max(0, needed[0] - len(a.rows)) * per_seed
        high += max(0, needed[1] - len(a.rows)) * per_seed
    return (low, high) if math.isfinite(high) else None


def processor(context: CheckContext) -> str:
    """``GPU`` when the arms trained on one, else ``CPU``."""
    devices = (level for a in context.arms for level in a.levels_of("device"))
    return "GPU" if any("cuda" in device for device in devices) else "CPU"


def _next_seeds(context: CheckContext, needed: Range) -> int | None:
    """The number of seeds of the next look: a registered one where one is left.

    None where no study file may list as many seeds as the effect needs.
    """
    have, status = len(context.question.seeds), context.status
    planned = [n for n in status.schedule if n > have]
    if planned:
        return min(planned)
    if context.elsewhere:
        return max(needed[1], have + 1)
    hopeless = max(needed[0], have + 1) > MAXIMUM_SEEDS
    return None if hopeless else min(max(needed[1], have + 1), MAXIMUM_SEEDS)


def _command(context: CheckContext, seeds: int) -> str:
    """The line that adds seeds and runs the study again."""
    path = shlex.quote(context.study.path)
    return (
        f"hyperverdict seeds {path} {context.hypothesis.id} {seeds} && "
        f"{snakemake(context.study.path)}"
    )


def needed_text(look: NextLook) -> str:
    """``About 20 to 31 seeds per arm would settle it, at a cost of about 2 CPU hours``."""
    cost = ""
    if look.cost_hours is not None:
        cost = f", at a cost of about {hours_text(look.cost_hours, look.processor)}"
    return f"About {needed_seeds(look)} seeds per arm would settle it{cost}"


def needed_seeds(look: NextLook) -> str:
    """``20 to 31``."""
    low, high = look.seeds_needed
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"


def hours_text(hours: tuple[float, float], processor: str = "") -> str:
    """A range of hours, in seconds or minutes where it is short: ``6 to 30 CPU minutes``."""
    low, high = hours
    for unit, per_hour in (("hours", 1), ("minutes", 60), ("seconds", 3600)):
        if high * per_hour >= 1 or unit == "seconds":
            ends = [digits(low * per_hour, 2), digits(high * per_hour, 2)]
            shown = ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"
            unit = unit.removesuffix("s") if shown == "1" else unit
            return " ".join(part for part in (shown, processor, unit) if part)
    return ""
