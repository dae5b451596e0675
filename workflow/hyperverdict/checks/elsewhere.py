"""Checks on tables from elsewhere: what their reader found is what these say (see `model.run`)."""

from __future__ import annotations

from hyperverdict.checks.context import CheckContext
from hyperverdict.checks.model import NOT_APPLICABLE, Check, Found, check


def _noted(context: CheckContext) -> Found:
    """Nothing wrong in a table from elsewhere; no such question for our own runs."""
    return NOT_APPLICABLE if context.elsewhere is None else None


@check(
    "blocks",
    "caveat",
    title="The table answers the claim",
    explains="Whether the table has runs of every arm, and the design that the claim needs. What a "
    "study would have refused before training is a caveat here, since the runs exist.",
    remedy="Name levels that the table holds, or add the runs that are missing.",
)
def design(context: CheckContext) -> Found:
    """Arms without runs, epochs without rows, a design that the claim cannot be answered with."""
    return _noted(context)


@check(
    "caveat",
    title="The table says how long runs trained",
    explains="Without a column of steps, epochs or samples, nothing shows that the arms trained "
    "alike, nor that they trained as long as the study states.",
    remedy="Record how long each run trained, in steps, epochs or samples.",
)
def length_on_trust(context: CheckContext) -> Found:
    """How long runs trained is taken on trust."""
    return _noted(context)


@check(
    "blocks",
    title="Runs reached the budget",
    explains="An arm at a budget holds only runs that were scored at that point of their training; "
    "here an arm has none.",
    remedy="State a budget at which the runs were scored (`at_equal:`).",
)
def off_budget(context: CheckContext) -> Found:
    """No run of an arm was scored at the budget."""
    return _noted(context)


@check(
    "blocks",
    title="Arms hold all their runs",
    explains="Runs that failed beside finished ones of their seed, that were stopped, or that "
    "ended before the budget. Where they are more than a fifth of an arm, its mean describes "
    "survivors.",
    remedy="Add the runs that were stopped, trained to their end.",
)
def survivors_only(context: CheckContext) -> Found:
    """Many runs of an arm are not in its means, because they failed or were stopped."""
    return _noted(context)


@check(
    "blocks",
    title="No other column separates the arms",
    explains="Columns that may be settings, though neither the study nor the export calls them so: "
    "one that differs between the arms, with other seeds or in other shares, may be the cause of "
    "the effect.",
    remedy="Hold the column equal (`baseline:`), or write it under `ignore:` if it changes no "
    "score.",
)
def separating_columns(context: CheckContext) -> Found:
    """Columns that may be settings are associated with the arms."""
    return _noted(context)


@check(
    "blocks",
    title="Arms stand at the same point of their training",
    explains="Columns of progress in any unit (iterations, timesteps, episodes), where no budget "
    "holds them equal: the arms differ in them, or one arm mixes several lengths.",
    remedy="State a budget that all arms reached (`at_equal:`), or map the column under "
    "`columns:`.",
)
def unlike_progress(context: CheckContext) -> Found:
    """Arms, or runs of one arm, stand at unlike points of progress."""
    return _noted(context)


@check(
    "blocks",
    title="Runs are replicates",
    explains="Without seeds, runs that differ in a setting are no replicates of one another. They "
    "are paired on their settings where every arm holds each combination of these.",
    remedy="Add runs with other seeds and a column that holds the seeds, or the missing "
    "combinations of settings.",
)
def no_replication_by_settings(context: CheckContext) -> Found:
    """Runs of an arm differ in settings, and no column holds seeds."""
    return _noted(context)


@check(
    "blocks",
    title="Runs have seeds of their own",
    explains="One seed number in all runs: repeated runs are no replicates of one another.",
    remedy="Train every arm with several seeds.",
)
def one_seed_number(context: CheckContext) -> Found:
    """All runs have one seed."""
    return _noted(context)


@check(
    "blocks",
    title="Runs are no copies of each other",
    explains="Scores that recur to their last digit within an arm, or between runs of different "
    "arms, more often than rounding explains.",
    remedy="Find out why runs share a score; keep one of each copy.",
)
def copied_runs(context: CheckContext) -> Found:
    """Scores recur to their last digit."""
    return _noted(context)


CHECKS: tuple[Check, ...] = (
    design,
    length_on_trust,
    off_budget,
    survivors_only,
    separating_columns,
    unlike_progress,
    no_replication_by_settings,
    one_seed_number,
    copied_runs,
)
