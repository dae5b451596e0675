"""The reading of a table: roles, rows that count as runs, what selected them, what is averaged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from hyperverdict.foreign.columns import Column
from hyperverdict.foreign.exports import Role
from hyperverdict.foreign.levels import in_order, spelled
from hyperverdict.foreign.runs import Runs
from hyperverdict.words.numbers import count, listed

ORDER: tuple[Role, ...] = (
    "factor", "seed", "run id", "progress", "budget", "metric", "state", "cost", "environment",
    "note", "ignored",
)  # fmt: skip
TITLES: Mapping[Role, str] = {
    "factor": "settings", "seed": "seed", "run id": "run", "progress": "progress",
    "budget": "asked for", "metric": "results", "state": "state", "cost": "cost",
    "environment": "machine", "note": "notes", "ignored": "ignored",
}  # fmt: skip
# Columns of one role and reason that are named before the rest is counted.
MOST_NAMED = 8
MOST_LEVELS = 6


@dataclass(frozen=True)
class Reading:
    """How a table was read, for terminal and report.

    Attributes:
        sections: (heading, lines).
    """

    sections: tuple[tuple[str, tuple[str, ...]], ...]

    def lines(self) -> Iterable[str]:
        """The lines for a terminal."""
        for heading, lines in self.sections:
            yield heading
            yield from (f"  {line}" for line in lines)


def read(
    runs: Runs,
    selected: Iterable[str] = (),
    claims: Mapping[str, Iterable[str]] | None = None,
) -> Reading:
    """The reading of a table.

    Args:
        selected: what the study selects rows by, in sentences.
        claims: claim at a budget -> which runs it rests on, in sentences.
    """
    sections = [("How the table was read", _roles(runs)), ("Runs", _runs(runs, selected))]
    for title, lines in (claims or {}).items():
        sections.append((title, tuple(lines)))
    return Reading(tuple(sections))


def _roles(runs: Runs) -> tuple[str, ...]:
    """One line for the columns of each role and reason."""
    export = runs.roles.export.name
    lines = [f"Format: export of {export}."] if export else []
    groups: dict[tuple[Role, str], list[Column]] = {}
    for column in runs.roles.columns:
        groups.setdefault((column.role, column.why), []).append(column)
    for role in ORDER:
        for (of, why), columns in groups.items():
            if of == role:
                shown = [_named(runs, column) for column in columns[:MOST_NAMED]]
                if len(columns) > MOST_NAMED:
                    shown.append(f"{len(columns) - MOST_NAMED:,} more")
                by = why if why.startswith("it ") else f"by {why}"
                lines.append(f"{TITLES[role]}: {'; '.join(shown)} ({by})")
    return tuple(lines)


def _named(runs: Runs, column: Column) -> str:
    """A column with what it stands for: `lr` as learning_rate, 0.001 and 0.01."""
    text = column.theirs
    if column.role == "factor":
        if column.name != column.theirs:
            text += f" as {column.name}"
        levels = runs.levels[column.name].values
        shown = [spelled(level) for level in in_order(levels)]
        if len(shown) > MOST_LEVELS:
            return f"{text}, {len(shown):,} levels"
        return f"{text}: {listed(shown)}"
    split = f" on {column.score.split}" if column.score and column.score.split else ""
    if column.role in ("progress", "budget", "metric") and column.name != column.theirs:
        return f"{text} as {column.name.replace('_', ' ')}{split}"
    return f"{text}{split}"


def _runs(runs: Runs, selected: Iterable[str]) -> tuple[str, ...]:
    lines = [f"{count(len(runs.run), 'row')}, {count(runs.n, 'run')}."]
    if runs.seeded:
        lines.append(f"{count(len(np.unique(runs.seed)), 'seed')}.")
    states, counts = np.unique(runs.state.astype(str), return_counts=True)
    known = [f"{n:,} {state}" for state, n in zip(states, counts, strict=True) if state]
    if known:
        lines.append(f"States: {listed(known)}.")
    for metric, scores in runs.scores.items():
        how = f"1 − {scores.column.theirs}" if scores.complement else scores.column.theirs
        lines.append(f"{metric.replace('_', ' ')} is read from column {how}.")
    return (*lines, *selected, *runs.notes)
