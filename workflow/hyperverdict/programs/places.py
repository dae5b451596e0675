"""Where a program wrote its metrics: the file it was told, one beside it, or files in a folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hyperverdict.errors import UserError
from hyperverdict.foreign.files import read_file
from hyperverdict.foreign.folders import DATA, METRICS, OTHERS, SETTINGS
from hyperverdict.foreign.names import SPLIT_COLUMNS
from hyperverdict.foreign.table import Table, joined
from hyperverdict.programs.rows import Floats, Numbers

# A trainer's state holds the history; the scores of its last evaluation are in a file beside it.
_STATE, _LAST_SCORES = "trainer_state", "all_results"


def metrics_files(place: Path, told: Path) -> list[Path]:
    """The files of metrics of one seed, in the order in which they are read.

    Args:
        place: what stands for {metrics}.
        told: what the command names; a program may write elsewhere below or beside `place`.

    Raises UserError when there is none, or when nothing says which of several is meant.
    """
    candidates = [told, place, *sorted(place.parent.glob(f"{place.name}.*"))]
    found = [path for path in dict.fromkeys(candidates) if path.is_file() or _holds_data(path)]
    if not found:
        raise UserError(
            f"the program ended well, but wrote no metrics to {told}{_beside(place, told)}"
        )
    if found[0] != told and len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise UserError(
            f"the program wrote several files of metrics ({names}); name one in the command, as in "
            "{metrics}.csv"
        )
    return [found[0]] if found[0].is_file() else _in_folder(found[0])


def _beside(place: Path, told: Path) -> str:
    """What is there instead, in words."""
    if place.is_dir():
        names = sorted(p.relative_to(place).as_posix() for p in place.rglob("*") if p.is_file())
        if names:
            return f"; the folder holds {', '.join(names[:5])}"
    return ": it has to write its scores to the path that stands for {metrics} in the command"


def _is_data(file: Path) -> bool:
    return (
        file.is_file()
        and file.suffix.lower() in DATA
        and not file.name.startswith(".")
        and _stem(file) not in (*SETTINGS, *OTHERS)
    )


def _stem(file: Path) -> str:
    return file.name.partition(".")[0].lower()


def _holds_data(folder: Path) -> bool:
    return folder.is_dir() and any(map(_is_data, folder.rglob("*")))


def _in_folder(folder: Path) -> list[Path]:
    """The files of the likeliest name that lie highest, in the order of their versions."""
    files = [file for file in folder.rglob("*") if _is_data(file)]
    known = [file for file in files if _stem(file) in METRICS]
    if not known and len(files) > 1:
        names = ", ".join(sorted(file.relative_to(folder).as_posix() for file in files)[:8])
        raise UserError(
            f"the program wrote several files to {folder} ({names}); name the one with its metrics "
            "in the command, as in {metrics}/NAME.csv"
        )
    best = min(known or files, key=lambda f: (_rank(f), len(f.parts)))
    same = [f for f in known or files if f.name == best.name and len(f.parts) == len(best.parts)]
    chosen = sorted(same, key=lambda file: _natural(file.as_posix()))
    last = best.with_name(f"{_LAST_SCORES}.json")
    return [*chosen, *([last] if _stem(best) == _STATE and last.is_file() else [])]


def _rank(file: Path) -> int:
    return METRICS.index(_stem(file)) if _stem(file) in METRICS else len(METRICS)


def _natural(name: str) -> list[tuple[int, str]]:
    """Numbers in names by their size: version_10 comes after version_2."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def read_files(files: Sequence[Path]) -> Numbers:
    """The numbers in the files of one seed, in their order. UserError for what is no table."""
    return numbers_of(joined([read_file(file) for file in files], [str(file) for file in files]))


def numbers_of(table: Table) -> Numbers:
    """The columns of numbers of a table, and what its cells without numbers say."""
    found = {
        name: _numbers(column, table.marks.get(name)) for name, column in table.columns.items()
    }
    return Numbers(
        {name: values for name, values in found.items() if values is not None},
        table.marks,
        _phases(table),
    )


def _numbers(column: pd.Series[Any], marks: object) -> Floats | None:
    """The cells of a column of numbers as floats; None for other columns."""
    if column.dtype.kind in "iuf":
        return column.to_numpy(dtype=float, na_value=np.nan)
    if marks is not None:
        return np.full(len(column), np.nan)
    if column.dtype.kind != "O":
        return None
    values = pd.to_numeric(column, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    return values if np.isfinite(values).any() else None


def _phases(table: Table) -> Sequence[str]:
    """The phase that each row is of, where a column such as `split` or `phase` says it."""
    named = next((name for name in table.columns if name.lower() in SPLIT_COLUMNS), None)
    if named is None or table.columns[named].dtype != object:
        return ()
    return [str(cell).strip() if cell is not None else "" for cell in table.columns[named]]
