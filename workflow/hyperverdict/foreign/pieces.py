"""Pieces of resumed runs, and rows that contradict each other."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import pandas as pd

from hyperverdict.errors import UserError
from hyperverdict.foreign.content import Codes, codes_of
from hyperverdict.foreign.progress import Floats
from hyperverdict.foreign.rows import Mask, Rows
from hyperverdict.words.numbers import count


def joined_pieces(rows: Rows, run: Codes, schedules: Collection[str]) -> tuple[Codes, int]:
    """(runs whose pieces under several ids are one, how many pieces were joined).

    A piece goes on where another of the same seed and settings stopped: it starts later than that
    one did, and ends later. UserError where no seeds say which run a piece goes on from.
    """
    if rows.ids is None:
        return run, 0
    settings = [x.codes for n, x in rows.levels.items() if n not in schedules and len(x.values) > 1]
    same = codes_of([rows.seed, *settings], len(run))
    frame = pd.DataFrame({"same": same, "run": run, "axis": rows.axis})
    spans = frame.groupby(["same", "run"])["axis"].agg(["min", "max", "size"]).reset_index()
    becomes = np.arange(int(run.max(initial=0)) + 1)
    joined = 0
    for _, pieces in spans[spans["same"].duplicated(keep=False)].groupby("same"):
        before: dict[Any, Any] | None = None
        for piece in pieces.sort_values(["min", "max"]).to_dict("records"):
            if before is None or not _goes_on(piece, before):
                before = piece if before is None or rows.seeded else before
                continue
            if not rows.seeded:
                raise UserError(_unknown_piece(rows, run, piece["run"]))
            becomes[piece["run"]] = becomes[before["run"]]
            before, joined = piece, joined + 1
    return codes_of([becomes[run]], len(run)), joined


def _goes_on(piece: dict[Any, Any], before: dict[Any, Any]) -> bool:
    """Whether a log goes on from another: it starts and ends later, and the other is a log."""
    later = piece["min"] > before["min"] and piece["max"] > before["max"]
    return bool(later and before["size"] > 1)


def _unknown_piece(rows: Rows, run: Codes, piece: int) -> str:
    row = int(np.flatnonzero(run == piece)[0])
    column = rows.roles.first("run id")
    named = rows.table.columns[column.theirs].iloc[row] if column else ""
    return (
        f"{rows.table.place(row)}: run {named} starts where others of its settings have ended: it "
        "goes on from one of them, and nothing says from which. Give the pieces of a run one id, "
        "or add a column with seeds"
    )


def without_conflicts(rows: Rows, run: Codes) -> tuple[Mask, int]:
    """(rows to keep [n], how many evaluations of resumed runs were made twice).

    Of two scores at one point of a resumed run the later one is kept: the run went on from it.
    UserError where two rows contradict and nothing shows that the run was resumed.
    """
    keep = np.ones(len(run), dtype=bool)
    conflicts = np.flatnonzero(rows.conflicts(run))
    point, axis = rows.points(run), rows.axis
    resumed: dict[int, bool] = {}
    for row in conflicts:
        code = int(run[row])
        if code not in resumed:
            resumed[code] = _was_resumed(axis[run == code])
        earlier = np.flatnonzero((point == point[row]) & keep)
        if not resumed[code]:
            raise UserError(_contradiction(rows, int(earlier[0]), int(row)))
        keep[earlier[earlier < row]] = False
    return keep, len(conflicts)


def _was_resumed(axis: Floats) -> bool:
    """Whether a run's rows, in the file's order, go back, and then on beyond where they were."""
    falls = np.flatnonzero(np.diff(axis) <= 0)
    if not len(falls) or len(falls) > max(1, len(axis) // 3):
        return False
    parts = np.split(axis, falls + 1)
    start, end = parts[0][0], parts[0][-1]
    for part in parts[1:]:
        if part[0] <= start or part[-1] <= end:
            return False
        end = part[-1]
    return True


def _contradiction(rows: Rows, first: int, second: int) -> str:
    table = rows.table
    name, values = next(
        (n, s.values)
        for n, s in rows.scores.items()
        if np.isfinite(s.values[[first, second]]).all() and s.values[first] != s.values[second]
    )
    seed = rows.roles.first("seed")
    shown = []
    if rows.seeded and seed:
        shown.append(f"seed {table.columns[seed.theirs].iloc[second]}")
    for unit, amounts in rows.progress.amounts.items():
        shown.append(f"{amounts[second]:g} {unit}")
    for setting, levels in rows.levels.items():
        if len(levels.values) > 1:
            shown.append(f"{setting} {levels.values[levels.codes[second]]}")
    return (
        f"{table.place(first)} and {table.place(second)} are the same run ({', '.join(shown)}) but "
        f"hold {name} {values[first]:g} and {values[second]:g}; drop one, or name the column that "
        "tells them apart under `columns: {run: ...}`"
    )


def pieces_text(joined: int) -> str:
    """That pieces of runs were joined."""
    which = (
        "is joined with the run that it goes"
        if joined == 1
        else "are joined with the runs that they go"
    )
    return f"{count(joined, 'piece')} of resumed runs {which} on from."


def twice_text(n: int) -> str:
    """That evaluations were made twice."""
    was = "was" if n == 1 else "were"
    return f"{count(n, 'evaluation')} of resumed runs {was} made twice; the later counts."
