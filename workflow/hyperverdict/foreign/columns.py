"""Columns with their roles, and what a study says about a table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from hyperverdict.foreign.exports import Export, Role
from hyperverdict.foreign.names import Score

# Why a column has its role.
STUDY, CLAIMS, NAME, CONTENT = "the study's columns:", "the study's claims", "its name", "its cells"
SPLIT = "split"


@dataclass(frozen=True)
class Column:
    """One column with its role.

    Attributes:
        theirs: its name in the table.
        name: its name in the study's vocabulary: ours for what we know, else theirs without the
            export's prefix. For a metric the metric's, for progress the unit.
        why: what gave it the role.
        score: for a metric: what its name says.
        is_declared: for a factor: the study or the export calls it a setting; else it may be one.
        shift: 1 for progress that counts from 0, None where nothing says so.
        percent: for a metric: the study says that it is in percent (True) or in fractions (False).
        repeats: for a factor: what it numbers within a seed ("fold"); "" for a setting.
    """

    theirs: str
    name: str
    role: Role
    why: str
    score: Score | None = None
    is_declared: bool = False
    shift: int | None = None
    percent: bool | None = None
    repeats: str = ""


@dataclass(frozen=True)
class Wanted:
    """What a study says about a table.

    Attributes:
        columns: our name -> theirs (`columns:`).
        ignore: columns that it leaves out (`ignore:`).
        states: word -> how a run ended (`states:`).
        metrics: names of the metrics that it claims something about.
        factors: words under which it names settings: in claims, baseline, tune and heatmaps.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    states: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Roles:
    """All columns with their roles.

    Attributes:
        undecided: columns that only their cells can settle.
        words: word of the study -> the column (theirs) that it names.
    """

    export: Export
    columns: tuple[Column, ...]
    undecided: tuple[str, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)

    def of(self, role: Role) -> tuple[Column, ...]:
        """The columns of one role, in the table's order."""
        return tuple(column for column in self.columns if column.role == role)

    def first(self, role: Role, name: str = "") -> Column | None:
        """The first column of a role, or of that name in it."""
        found = (c for c in self.of(role) if not name or c.name == name)
        return next(found, None)
