"""Checks on tables from elsewhere: what their reader found is what these say (see `model.run`)."""

from __future__ import annotations

from hyperverdict.checks.context import CheckContext
from hyperverdict.checks.model import NOT_APPLICABLE, Check, Found
from hyperverdict.outcomes.elsewhere import Level


def _look(context: CheckContext) -> Found:
    """Nothing wrong in a table from elsewhere; no such question for our own runs."""
    return NOT_APPLICABLE if context.elsewhere is None else None


def _noted(id: str, *levels: Level, title: str, explains: str, remedy: str) -> Check:
    return Check(id, title, levels, explains, remedy, _look)


CHECKS: tuple[Check, ...] = (
    _noted(
        "design",
        "blocks",
        "caveat",
        title="The table answers the claim",
        explains="Whether the table has runs of every arm, and the design that the claim needs. "
        "What a study would have refused before training is a caveat here, since the runs exist.",
        remedy="Name levels that the table holds, or add the runs that are missing.",
    ),
    _noted(
        "length_on_trust",
        "caveat",
        title="The table says how long runs trained",
        explains="Without a column of steps, epochs or samples, nothing shows that the arms "
        "trained alike, nor that they trained as long as the study states.",
        remedy="Record how long each run trained, in steps, epochs or samples.",
    ),
    _noted(
        "off_budget",
        "blocks",
        title="Runs reached the budget",
        explains="An arm at a budget holds only runs that were scored at that point of their "
        "training; here an arm has none.",
        remedy="State a budget at which the runs were scored (`at_equal:`).",
    ),
    _noted(
        "survivors_only",
        "blocks",
        title="Arms hold all their runs",
        explains="Runs that failed beside finished ones of their seed, that were stopped, or that "
        "ended before the budget. Where they are more than a fifth of an arm, its mean describes "
        "survivors.",
        remedy="Add the runs that were stopped, trained to their end.",
    ),
    _noted(
        "separating_columns",
        "blocks",
        title="No other column separates the arms",
        explains="Columns that may be settings, though neither the study nor the export calls "
        "them so: one that differs between the arms, with other seeds or in other shares, may be "
        "the cause of the effect.",
        remedy="Hold the column equal (`baseline:`), or write it under `ignore:` if it changes no "
        "score.",
    ),
    _noted(
        "unlike_progress",
        "blocks",
        title="Arms stand at the same point of their training",
        explains="Columns of progress in any unit (iterations, timesteps, episodes), where no "
        "budget holds them equal: the arms differ in them, or one arm mixes several lengths.",
        remedy="State a budget that all arms reached (`at_equal:`), or map the column under "
        "`columns:`.",
    ),
    _noted(
        "no_replication_by_settings",
        "blocks",
        title="Runs are replicates",
        explains="Without seeds, runs that differ in a setting are no replicates of one another. "
        "They are paired on their settings where every arm holds each combination of these.",
        remedy="Add runs with other seeds and a column that holds the seeds, or the missing "
        "combinations of settings.",
    ),
    _noted(
        "one_seed_number",
        "blocks",
        title="Runs have seeds of their own",
        explains="One seed number in all runs: repeated runs are no replicates of one another.",
        remedy="Train every arm with several seeds.",
    ),
    _noted(
        "uneven_shares",
        "blocks",
        "caveat",
        title="Arms hold other settings in equal shares",
        explains="Settings whose levels all arms hold, but in other shares (0.60 and 0.36, say), "
        "where the arms are not paired by seed: the plain difference then holds part of the "
        "setting's own effect (Simpson's paradox). The arms are compared level by level, weighted "
        "by the levels' shares; an outcome that is another one, or open, is blocked.",
        remedy="Hold the setting equal (`baseline:`), or train all arms with each of its levels on "
        "the same seeds.",
    ),
    _noted(
        "unnamed_contexts",
        "caveat",
        title="The claim names all contexts of the table",
        explains="Levels of the settings that make a claim's contexts (data sets, say) which the "
        "table has and the claim leaves out: what holds in those named may have been picked.",
        remedy="Name all levels that the table has, or say before the results which count.",
    ),
    _noted(
        "picked_seeds",
        "blocks",
        "caveat",
        title="All seeds of the table are used",
        explains="Seeds that the study leaves out (`seeds:`) although the arms have runs with "
        "them. Seeds that stand in a row are taken as planned; where some between them are left "
        "out, they may have been picked by their scores.",
        remedy="Judge all seeds that the arms have.",
    ),
    _noted(
        "copied_runs",
        "blocks",
        title="Runs are no copies of each other",
        explains="Scores that recur to their last digit within an arm, or between runs of "
        "different arms, more often than rounding explains.",
        remedy="Find out why runs share a score; keep one of each copy.",
    ),
)
