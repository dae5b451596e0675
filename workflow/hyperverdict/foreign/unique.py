"""At most one column names runs, one is the seed, and every setting has a name of its own."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hyperverdict.foreign import names
from hyperverdict.foreign.columns import CLAIMS, NAME, STUDY, Column
from hyperverdict.foreign.content import cell_codes
from hyperverdict.foreign.exports import Export
from hyperverdict.foreign.nested import is_one_each
from hyperverdict.foreign.table import Table


def one_run(columns: list[Column], export: Export, table: Table) -> list[Column]:
    """At most one column names runs: the export's best, else the best by name; others are notes."""
    order = list(export.run)
    candidates = [c for c in columns if c.role == "run id"]
    said = [c for c in candidates if c.why == STUDY]
    exported = sorted(
        (c for c in candidates if c.theirs.strip().lower() in order and c.why != STUDY),
        key=lambda c: order.index(c.theirs.strip().lower()),
    )
    by_name = sorted(
        (c for c in candidates if c.why == NAME),
        key=lambda c: names.RUNS.index(c.name) if c.name in names.RUNS else 0,
    )
    of_folder = [c for c in candidates if c.theirs == table.run]
    known = [*said, *of_folder, *exported, *by_name]
    filled = [c for c in known if not table.empty(c.theirs).any()]
    chosen = filled[0].theirs if filled else ""
    found = []
    for column in columns:
        if column.theirs == chosen:
            found.append(replace(column, name="run"))
        elif column.role == "run id":
            found.append(replace(column, role="note"))
        else:
            found.append(column)
    return found


def one_seed(columns: list[Column], table: Table) -> list[Column]:
    """At most one column is the seed; another seed that varies on its own is a setting."""
    seeds = [c for c in columns if c.role == "seed"]
    if len(seeds) < 2:
        return columns

    def rank(column: Column) -> tuple[bool, int]:
        last = names.clean(names.last_part(column.theirs))
        return column.why != STUDY, names.SEEDS.index(last) if last in names.SEEDS else 99

    chosen = _outermost(min(seeds, key=rank), seeds, table)
    code = cell_codes(table.columns[chosen.theirs])
    found = []
    for column in columns:
        if column.role == "seed" and column is not chosen:
            other = cell_codes(table.columns[column.theirs])
            same = np.array_equal(other, code) or not other.any()
            bare = names.last_part(column.theirs)
            bare = "seed of the fit" if bare == "seed" else bare
            column = replace(column, name=bare, role="note" if same else "factor", is_declared=True)
        found.append(column)
    return found


def _outermost(chosen: Column, seeds: list[Column], table: Table) -> Column:
    """The seed in each of whose levels the chosen one has several of its own: that is the unit.

    A seed of the fit below a seed of the repetition, say; what the study calls the seed stays.
    """
    if chosen.why == STUDY:
        return chosen
    for other in seeds:
        codes = [cell_codes(table.columns[c.theirs]) for c in (other, chosen)]
        if other is not chosen and is_one_each(*codes):
            return _outermost(other, seeds, table)
    return chosen


def named_apart(columns: list[Column]) -> list[Column]:
    """Factors under names of their own: ours where one column alone has it, else theirs."""
    factors = [c for c in columns if c.role == "factor"]
    ours: dict[str, Column] = {}
    for column in sorted(factors, key=lambda c: (c.why not in (STUDY, CLAIMS), c.theirs)):
        name = _our_name(column)
        best = ours.get(name)
        exact = names.clean(column.name) == name
        if best is None or (exact and names.clean(best.name) != name and best.why not in (STUDY,)):
            ours[name] = column
    taken: set[str] = set()
    found = []
    for column in columns:
        if column.role == "factor" and column.why != STUDY:
            name = _our_name(column)
            own = name if ours[name] is column else column.name
            own = own if own not in taken else column.theirs
            taken.add(own)
            column = replace(column, name=own)
        found.append(column)
    return found


def _our_name(column: Column) -> str:
    if column.why == STUDY:
        return column.name
    return names.setting_of(names.clean(column.name)) or column.name
