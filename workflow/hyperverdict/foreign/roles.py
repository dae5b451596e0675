"""Every column of a table gets one role, with the reason.

First what the study says, then what the export's format says, then the name; what is left open
is settled by content, once it is known which rows are one run (see `content.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from hyperverdict.errors import UserError, nearest
from hyperverdict.foreign import names
from hyperverdict.foreign.columns import CLAIMS, NAME, SPLIT, STUDY, Column, Roles, Wanted
from hyperverdict.foreign.exports import Export, Role, without_prefix
from hyperverdict.foreign.nested import kind_of
from hyperverdict.foreign.table import Table
from hyperverdict.foreign.unique import named_apart, one_run, one_seed

_SHIFT = re.compile(r"(.*\S)\s*\+\s*1")
_UNIT = re.compile(r"(.*\S)\s+in\s+(percent|fractions)")


@dataclass(frozen=True)
class _Said:
    """What the study's `columns:` says of one column.

    Attributes:
        ours: our names for it.
        shift: 1 where the study writes ``epoch + 1``.
        percent: whether it writes ``test_err in percent`` or ``in fractions``.
    """

    ours: tuple[str, ...] = ()
    shift: int | None = None
    percent: bool | None = None


def assign(table: Table, export: Export, wanted: Wanted) -> Roles:
    """The role of every column that the study, the export or a name gives one.

    Raises UserError where the study names a column that the table lacks, or two columns at once.
    """
    theirs = list(table.columns)
    bare = {column: without_prefix(export, column) for column in theirs}
    bare |= {column: (column.removeprefix("config."), "factor") for column in table.settings}
    said = _mapped(wanted.columns, theirs)
    ignored = {_existing(name, theirs, "ignore") for name in wanted.ignore}
    words = _words(wanted, theirs, bare, said, ignored)
    claimed = {column: word for word, column in reversed(words.items())}
    columns: list[Column] = []
    undecided = []
    for column in theirs:
        found: Column | None
        if column in ignored:
            found = Column(column, column, "ignored", "the study's ignore:")
        elif column in said:
            found = _said(column, said[column], wanted)
        elif column in claimed:
            found = Column(column, bare[column][0], "factor", CLAIMS, is_declared=True)
        elif column == table.run:
            found = Column(column, "run", "run id", "the names of folders or files")
        else:
            found = _claimed_metric(column, bare[column][0], wanted) or _by_format(
                table, export, column, *bare[column]
            )
        found = _repeated(table, column, bare[column][0], found, wanted)
        if found is None:
            undecided.append(column)
        else:
            columns.append(found)
    columns = one_seed(one_run(columns, export, table), table)
    return Roles(export, tuple(named_apart(columns)), tuple(undecided), words)


def _mapped(columns: Mapping[str, str], theirs: list[str]) -> dict[str, _Said]:
    """Their column -> what the study says of it."""
    found: dict[str, _Said] = {}
    for ours, written in columns.items():
        shift = percent = None
        shifted = _SHIFT.fullmatch(written) if written not in theirs else None
        in_unit = _UNIT.fullmatch(written) if written not in theirs else None
        if shifted and shifted.group(1) in theirs:
            written, shift = shifted.group(1), 1
        elif in_unit and in_unit.group(1) in theirs:
            written, percent = in_unit.group(1), in_unit.group(2) == "percent"
        if written not in theirs:
            raise UserError(
                f"columns: {ours}: the table has no column {written!r}; {nearest(written, theirs)}"
            )
        so_far = found.get(written, _Said()).ours
        found[written] = _Said((*so_far, ours), shift, percent)
    return found


def _existing(name: str, theirs: Iterable[str], where: str) -> str:
    if name in theirs:
        return name
    cleaned = [column for column in theirs if names.clean(column) == names.clean(name)]
    if len(cleaned) == 1:
        return cleaned[0]
    ends = [c for c in theirs if names.last_part(c) == name]
    if len(ends) == 1:
        return ends[0]
    raise UserError(f"{where}: the table has no column {name!r}; {nearest(name, theirs)}")


def _words(
    wanted: Wanted,
    theirs: list[str],
    bare: Mapping[str, tuple[str, Role | None]],
    said: Mapping[str, _Said],
    ignored: set[str],
) -> dict[str, str]:
    """Word of the study -> the column that it names; words that name none are absent.

    Raises UserError for a word that names two columns, or one that is ignored.
    """
    by_ours = {ours: column for column, one in said.items() for ours in one.ours}
    found: dict[str, str] = {}
    for word in dict.fromkeys(wanted.factors):
        if word in by_ours:
            found[word] = by_ours[word]
            continue
        for candidates in _candidates(word, theirs, bare):
            if not candidates:
                continue
            if len(candidates) > 1:
                raise UserError(
                    f"{word!r} may be {' or '.join(map(repr, candidates))}; write the column's own "
                    f"name, or columns: {{{word}: {candidates[0]}}}"
                )
            found[word] = candidates[0]
            break
        if word in found and found[word] in ignored:
            raise UserError(f"ignore: {found[word]!r} is a column that the study's claims use")
    return found


def _candidates(
    word: str, theirs: list[str], bare: Mapping[str, tuple[str, Role | None]]
) -> Iterable[list[str]]:
    """Columns that a word may name, by ever looser rules; the first that finds one decides."""
    settings = [c for c in theirs if bare[c][1] == "factor"]
    plain = [c for c in theirs if bare[c][1] != "metric"]
    cleaned = {c: names.clean(bare[c][0]) for c in theirs}
    last = {c: names.clean(names.last_part(bare[c][0])) for c in theirs}
    yield [c for c in theirs if c == word]
    for group in (settings, plain):
        yield [c for c in group if bare[c][0] == word]
        yield [c for c in group if cleaned[c] == names.clean(word)]
    for alias in names.aliases_of(names.clean(word)):
        for group in (settings, plain):
            yield [c for c in group if cleaned[c] == alias]
    for alias in (names.clean(word), *names.aliases_of(names.clean(word))):
        yield [c for c in plain if last[c] == alias]


def _said(column: str, said: _Said, wanted: Wanted) -> Column:
    """The role that the study's `columns:` gives; what it names otherwise is a setting."""
    ours, shift = said.ours, said.shift
    name = ours[0]
    if name == "seed":
        return Column(column, "seed", "seed", STUDY)
    if name in ("run", "run_id"):
        return Column(column, "run", "run id", STUDY)
    if name in ("status", "state"):
        return Column(column, "state", "state", STUDY)
    if name == SPLIT:
        return Column(column, SPLIT, "metric", STUDY)
    metric = next((n for n in ours if n in wanted.metrics or n in names.METRICS), "")
    if metric or (name.startswith(("validation_", "train_", "test_")) and names.is_result(name)):
        score = names.score_of(column)
        ours_score = names.score_of(name)
        split = ours_score.split or score.split
        is_best = score.is_best or ours_score.is_best
        found = names.Score(metric or ours_score.metric, split, is_best)
        own = metric or ours_score.metric
        return Column(column, own, "metric", STUDY, found, percent=said.percent)
    unit = names.unit_of(name)
    if unit:
        return Column(column, unit, "progress", STUDY, shift=shift or 0)
    if name not in wanted.factors:
        if names.cost_of(name):
            return Column(column, names.cost_of(name), "cost", STUDY)
        if names.machine_of(name):
            return Column(column, names.machine_of(name), "environment", STUDY)
    return Column(column, name, "factor", STUDY, is_declared=True)


def _repeated(
    table: Table, column: str, bare: str, found: Column | None, wanted: Wanted
) -> Column | None:
    """The column as one that repeats within a seed (a fold), where its name says so.

    UserError where the study calls folds seeds.
    """
    kind = kind_of(bare)
    if not kind or (found is not None and found.role in ("ignored", "state", "cost")):
        return found
    if found is not None and found.role == "seed" and found.why == STUDY:
        raise UserError(
            f"columns: seed: {column!r} holds {kind}s. Several {kind}s of one seed share its data "
            f"or its training, so they are no seeds. Name the column that holds seeds, or leave "
            f"{column!r} out of `columns:`"
        )
    if found is not None and (found.why == CLAIMS or found.name == SPLIT):
        return found
    if table.empty(column).all() or column in wanted.metrics:
        return found
    name = bare if found is None or found.why != STUDY else found.name
    why = f"it numbers {kind}s" if found is None or found.why != STUDY else STUDY
    return Column(column, name, "factor", why, is_declared=True, repeats=kind)


def _claimed_metric(column: str, bare: str, wanted: Wanted) -> Column | None:
    """A column that bears the name of a metric of the study that we do not know ourselves."""
    score = names.score_of(bare)
    for metric in wanted.metrics:
        if metric in names.METRICS or names.cost_of(metric):
            continue
        if names.clean(metric) in (names.clean(bare), score.metric):
            return Column(column, metric, "metric", CLAIMS, replace(score, metric=metric))
    return None


def _by_format(
    table: Table, export: Export, column: str, bare: str, prefix: Role | None
) -> Column | None:
    """The role by the export's format, then by the name; None where neither says one."""
    why = f"{export.name} export" if export.name else NAME
    if table.empty(column).all():
        return Column(column, bare, "ignored", "it is empty")
    if prefix == "factor":
        return _setting(table, column, bare, why)
    if prefix == "metric":
        return _result(table, column, bare, why, export)
    own = export.roles.get(column.strip().lower()) or export.roles.get(bare.strip().lower())
    if own == "progress":
        unit = names.unit_of(names.clean(bare)) or names.clean(bare)
        return Column(column, unit, "progress", why, shift=_shift(export, bare))
    if own == "cost":
        return Column(column, names.cost_of(names.clean(bare)) or bare, "cost", why)
    if own == "metric":
        score = names.score_of(bare)
        split = score.split or ("train" if export.training else "")
        return Column(column, score.metric, "metric", why, replace(score, split=split))
    if column.strip().lower() in export.run:
        return Column(column, "run", "run id", why)
    if own is None and prefix == "note":
        return Column(column, names.clean(bare), "note", why)
    if own is not None:
        name = names.machine_of(names.clean(bare)) or names.clean(bare)
        return Column(column, "state" if own == "state" else name, own, why)
    return _by_name(table, export, column, bare)


def _shift(export: Export, bare: str) -> int | None:
    return 1 if bare.strip().lower() in export.from_zero else None


def _setting(table: Table, column: str, bare: str, why: str) -> Column:
    """A column that the export or a file calls a setting: its name may say seed, budget or note."""
    last = names.clean(names.last_part(bare))
    if last in names.SEEDS:
        return Column(column, "seed", "seed", why)
    unit = names.unit_of(last)
    if unit and table.columns[column].dtype.kind in "iuf":
        return Column(column, unit, "budget", why)
    is_note = last in names.NOTES or last in names.RUNS or bare.startswith("_")
    if (is_note and (names.last_part(bare) == bare or names.is_place(last))) or last in names.QUIET:
        return Column(column, last, "note", why)
    if names.machine_of(last) and last not in ("num_workers", "threads"):
        return Column(column, names.machine_of(last), "environment", why)
    return Column(column, bare, "factor", why, is_declared=True)


def _result(table: Table, column: str, bare: str, why: str, export: Export) -> Column:
    """A column that the export calls a result: it may be progress, time or a remark."""
    name = names.clean(bare)
    is_number = table.columns[column].dtype.kind in "iuf"
    if name in names.AMOUNTS_OF_DATA:
        return Column(column, bare, "factor", why, is_declared=True)
    if names.unit_of(name) and is_number:
        return Column(column, names.unit_of(name), "progress", why, shift=_shift(export, bare))
    if names.cost_of(name) or name == "_timestamp":
        role: Role = "note" if name == "_timestamp" else "cost"
        return Column(column, names.cost_of(name) or name, role, why)
    if not is_number and not _is_percent(table.columns[column]):
        return Column(column, bare, "note", why)
    return Column(column, names.score_of(bare).metric, "metric", why, names.score_of(bare))


def _is_percent(column: pd.Series[Any]) -> bool:
    cells = [c for c in column.head(50) if isinstance(c, str) and c.strip()]
    return bool(cells) and all(c.strip().endswith("%") for c in cells)


def _by_name(table: Table, export: Export, column: str, bare: str) -> Column | None:
    """The role by the words of the name, where the cells can be of that role."""
    name, cells = names.clean(bare), table.columns[column]
    is_number = cells.dtype.kind in "iuf"
    if name in names.SPLIT_COLUMNS and _says_splits(cells):
        return Column(column, SPLIT, "metric", NAME)
    last = names.clean(names.last_part(bare))
    found = names.role_of(name) or (names.role_of(last) if "/" in bare or "." in bare else None)
    if found is None:
        return None
    role, ours = found
    if role == "state":
        return Column(column, "state", "state", NAME) if _may_be_state(name, cells) else None
    if role in ("progress", "budget"):
        if not is_number:
            return None
        return Column(column, ours, role, NAME, shift=_shift(export, bare))
    if role == "metric":
        if not is_number and not _is_percent(cells) and names.score_of(bare).metric == "error":
            return Column(column, bare, "note", NAME)
        if not is_number and not _is_percent(cells) and not _any_number(cells):
            return None  # precision: fp16 is a setting, not a result
        score = names.score_of(bare)
        if export.training and not score.split and score.metric:
            score = replace(score, split="train")
        return Column(column, score.metric, "metric", NAME, score)
    if role == "factor":
        return Column(column, bare, "factor", NAME, is_declared=True)
    return Column(column, ours, role, NAME)


def _any_number(cells: pd.Series[Any]) -> bool:
    return bool(pd.to_numeric(cells, errors="coerce").notna().any())


def _says_splits(cells: pd.Series[Any]) -> bool:
    words = {str(cell).strip().lower() for cell in pd.unique(cells.dropna())}
    return bool(words & names.SPLITS.keys()) and cells.dtype.kind not in "iuf"


def _may_be_state(name: str, cells: pd.Series[Any]) -> bool:
    """Words and yes-or-no are states; other numbers only as exit codes."""
    if cells.dtype.kind not in "iuf" or name.startswith(("exit", "return")):
        return True
    return bool(np.isin(cells.dropna().to_numpy(dtype=float), (0, 1)).all())
