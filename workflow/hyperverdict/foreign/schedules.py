"""Settings that change along a run, as a logged learning rate does: schedules, not settings."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from hyperverdict.foreign.content import Codes, cell_codes, codes_of
from hyperverdict.foreign.progress import Floats
from hyperverdict.foreign.rows import Rows

# Evaluations of a run from which its spacing shows that it is a log.
LOGGED = 4


def schedules(rows: Rows, claimed: Collection[str | None]) -> tuple[str, ...]:
    """Names of the settings that are schedules.

    Without them each run logs regular points, one row each; with them it would fall apart.

    Args:
        claimed: columns that the study's claims use, which are left as they are.
    """
    axis = next((rows.progress.amounts[unit] for unit in rows.progress.units), None)
    if axis is None or not np.isfinite(axis).all():
        return ()
    columns = {c.name: c.theirs for c in rows.roles.of("factor")}
    candidates = [
        name
        for name, levels in rows.levels.items()
        if len(levels.values) > 1
        and columns[name] not in claimed
        and rows.table.columns[columns[name]].dtype.kind in "iuf"
    ]
    together = _changing(rows, candidates, axis)
    return together or tuple(n for name in candidates for n in _changing(rows, [name], axis))


def _changing(rows: Rows, candidates: list[str], axis: Floats) -> tuple[str, ...]:
    """The candidates that change along runs told apart without them; none where points repeat."""
    if not candidates:
        return ()
    n = len(rows)
    others = [levels.codes for name, levels in rows.levels.items() if name not in candidates]
    ids = [] if rows.ids is None else [rows.ids]
    run = codes_of([*ids, rows.seed, *rows.split_codes, *others], n)
    at = codes_of([run, cell_codes(pd.Series(axis))], n)
    own = codes_of([rows.levels[name].codes for name in candidates], n)
    if len(np.unique(codes_of([at, own], n))) > len(np.unique(at)):
        return ()
    changing = []
    for name in candidates:
        moves = (pd.Series(rows.levels[name].codes).groupby(run).nunique() > 1).to_numpy()[run]
        if moves.any() and _regular(axis[moves], run[moves]):
            changing.append(name)
    return tuple(changing)


def _regular(at: Floats, run: Codes) -> bool:
    """Whether each run has several points at regular distances."""
    frame = pd.DataFrame({"run": run, "at": at}).drop_duplicates().sort_values(["run", "at"])
    gaps = frame.groupby("run")["at"].diff().dropna()
    if (frame.groupby("run").size() < LOGGED).any() or not len(gaps):
        return False
    by_run = gaps.groupby(frame["run"][gaps.index])
    low, high = by_run.min(), by_run.max()
    return bool(((high - low) <= 0.01 * high).all())
