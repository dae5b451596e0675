"""What a table from elsewhere tells the judging besides its rows: what `foreign` hands on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hyperverdict.effects.outcomes import Arm

# How grave what a check found is.
Level = Literal["blocks", "caveat", "information"]


@dataclass(frozen=True)
class ClaimNotes:
    """What was done to, or is wrong with, the rows of one hypothesis at one budget.

    Attributes:
        tuned: hyperparameters that the study calls tuned per arm.
        findings: check id -> (level, sentence, headline word, gravity), found while the table was
            read; the check of that id says it.
        notes: sentences for the scope: what was averaged, which rows were left out.
        replicate: what its replicates are: "seed", "run" where no column holds seeds, or
            "setting combination" where runs are paired on these.
        beside: arms at levels of the compared settings that the claim does not name; more: how many
            such levels are too many to be among them.
        pending: arm label -> replicates whose runs have not finished yet.
    """

    tuned: tuple[str, ...] = ()
    findings: Mapping[str, tuple[Level, str, str, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    replicate: str = "seed"
    beside: tuple[Arm, ...] = ()
    more: int = 0
    pending: Mapping[str, frozenset[int]] = field(default_factory=dict)


@dataclass(frozen=True)
class Elsewhere:
    """A table that was not trained here, as its reader understood it.

    Attributes:
        export: the tool that wrote it, "" when not recognised.
        metric_columns: metric name -> the table's column.
        maximum: the column of a claimed metric whose name says that it is the best of all epochs.
        settings: columns (under their names in the vocabulary) that are hyperparameters.
        others: further columns that may be settings.
        unrecorded: common hyperparameters that no column holds.
        seeded: whether a column holds seeds; else runs are told apart by number only.
        notes: what was assumed about the whole table, in sentences.
        claims: (hypothesis id, budget as text) -> notes.
        reading: how the table was read, as (heading, sentences), for terminal and report.
    """

    export: str = ""
    metric_columns: Mapping[str, str] = field(default_factory=dict)
    maximum: str = ""
    settings: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    unrecorded: tuple[str, ...] = ()
    seeded: bool = True
    notes: tuple[str, ...] = ()
    claims: Mapping[tuple[str, str], ClaimNotes] = field(default_factory=dict)
    reading: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def of(self, hypothesis_id: str, budget: str) -> ClaimNotes:
        """The notes on one hypothesis at one budget ("" for none)."""
        return self.claims.get((hypothesis_id, budget), ClaimNotes())
