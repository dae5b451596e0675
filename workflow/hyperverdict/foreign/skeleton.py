"""A study file for a table, so that a first verdict takes a minute."""

from __future__ import annotations

import json
import re

import numpy as np

from hyperverdict.foreign.columns import Column
from hyperverdict.foreign.levels import NONE, in_order, spelled
from hyperverdict.foreign.runs import Runs
from hyperverdict.vocabulary.hyperparameters import Level
from hyperverdict.vocabulary.metrics import RECORDED, unrecorded

# Splits by how much a claim about their score is worth.
SPLITS = ("test", "", "eval", "validation")
# Other data sets that a comment names.
MOST_NAMED = 12


def skeleton(runs: Runs, name: str) -> str:
    """The text of a study that compares two levels of a setting on the table's first result.

    A comment stands at whatever the table cannot say, so that its owner decides it.
    """
    metric, column = _metric(runs)
    factor = _factor(runs)
    lines = [f"study: {_identifier(name)}", f"data: {_data(runs)}"]
    if column is not None and (column.theirs != metric or len(_results(runs)) > 1):
        lines.append(
            f"columns: {{{metric}: {_text(column.theirs)}}}   # the result that is claimed"
        )
    known = RECORDED.get(metric) or unrecorded(metric)
    if known.matters_from is None:
        lines.append(
            f"metrics: {{{metric}: {{matters_from: 0.01}}}}   # the smallest effect that matters: "
            "write yours"
        )
    budget = _budget(runs)
    lines.append(
        f"baseline: {{budget: {budget}}}   # also levels of settings that all runs must hold"
        if budget
        else "# baseline: {budget: 20 epochs}   # how long the runs trained, as the table lacks it"
    )
    others = [n for n in runs.varying if n != factor]
    if others:
        lines.append(f"# these settings differ between runs too: {', '.join(others[:MOST_NAMED])}")
    start, to = _ends(runs, factor)
    lines += [
        "hypotheses:",
        "  H1:",
        "    says: State your claim in your own words.",
        f"    compare: {{{_text(factor)}: {{from: {start}, to: {to}}}}}{_undecided(runs, factor)}",
        f"    expect: {{{metric}: {known.better or 'higher'}}}   # or lower, not_lower, not_higher",
    ]
    return "\n".join(lines) + "\n"


def _identifier(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).strip("_-")[:64] or "runs"


def _text(value: str) -> str:
    """A word of YAML, quoted where it needs to be."""
    plain = re.fullmatch(r"[A-Za-z_][\w ./-]*", value) and value.strip() == value
    return value if plain and value.lower() not in ("true", "false", "null") else json.dumps(value)


def _results(runs: Runs) -> list[Column]:
    """Columns of results that are not of training, the best first."""
    found = [c for c in runs.roles.of("metric") if c.score and c.score.split in SPLITS]
    return sorted(
        found,
        key=lambda c: (
            c.name not in RECORDED,
            c.score is not None and c.score.is_best,
            SPLITS.index(c.score.split) if c.score else 0,
            c.name != "accuracy",
        ),
    )


def _metric(runs: Runs) -> tuple[str, Column | None]:
    found = _results(runs)
    if not found:
        return "accuracy", None
    name = re.sub(r"\W+", "_", found[0].name).strip("_") or "score"
    return name, found[0]


def _factor(runs: Runs) -> str:
    """The declared setting that differs in fewest levels; the first setting where none differs."""
    declared = {c.name for c in runs.roles.of("factor") if c.is_declared}
    order = sorted(runs.varying, key=lambda n: (n not in declared, len(runs.levels[n].values)))
    return order[0] if order else next(iter(runs.levels), "learning_rate")


def _ends(runs: Runs, factor: str) -> tuple[str, str]:
    if factor not in runs.varying:
        return "A", "B"
    held = np.unique(runs.codes(factor))
    levels = in_order([runs.levels[factor].values[code] for code in held])
    first = NONE if NONE in levels else levels[0]
    last = next(level for level in reversed(levels) if level != first)
    return _level(first), _level(last)


def _level(level: Level) -> str:
    return _text(level) if isinstance(level, str) else spelled(level)


def _undecided(runs: Runs, factor: str) -> str:
    """What stands beside a setting that differs in no run."""
    if factor in runs.varying:
        return ""
    return "   # write a setting and two of its levels; none differs between these runs"


def _data(runs: Runs) -> str:
    """The data set, with what its owner has to decide about it."""
    levels = runs.levels.get("data")
    if levels is None:
        return "my_data   # write the name of your data set, as the table lacks it"
    first, *others = (_text(str(value)) for value in levels.values)
    more = ", ".join(others[:MOST_NAMED])
    return f"{first}   # or {more}" if more else first


def _budget(runs: Runs) -> str:
    """The length at which most runs ended, "" where no column says it."""
    for unit in ("epochs", "steps", "samples"):
        amounts = runs.progress.amounts.get(unit)
        if amounts is None:
            continue
        ends = amounts[runs.last]
        found, counts = np.unique(ends[np.isfinite(ends)], return_counts=True)
        if len(found) and found[np.argmax(counts)] >= 1:
            return f"{found[np.argmax(counts)]:.0f} {unit}"
    return ""
