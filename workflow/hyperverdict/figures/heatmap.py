"""The declared grid of an exploration: means over seeds, a picture and never a verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from itertools import product
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from matplotlib.figure import Figure

from hyperverdict.figures import style
from hyperverdict.figures.data import metric_column
from hyperverdict.study.model import RECORDED_METRICS, Exploration, Study
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import configure
from hyperverdict.vocabulary.hyperparameters import SHORTHANDS
from hyperverdict.words import numbers as units

if TYPE_CHECKING:
    import pandas as pd

# Budgets are rounded up to a whole step, so amounts within this share are one fidelity.
SAME_FIDELITY = 0.05


class Cell(NamedTuple):
    """One configuration: mean over n finished seeds (nan when 0), and how much it trained."""

    mean: float
    n: int
    trained: float


class HeatmapInfo(NamedTuple):
    """R x C cells; `odd` marks cells whose training differs from the others' by more than 5 %."""

    exploration: str
    metric: str
    row_factor: str
    column_factor: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    odd: tuple[tuple[bool, ...], ...]


def settings_with(study: Study, levels: Mapping[str, Any]) -> dict[str, Any]:
    """The baseline with some levels changed; width and depth replace their half of hidden_units."""
    settings = {k: v for k, v in study.baseline.items() if k not in levels}
    if any(name in levels for name in SHORTHANDS) and "hidden_units" in settings:
        hidden = configure({"hidden_units": settings.pop("hidden_units")}, Budget("steps", 1))
        settings |= {"width": hidden.hidden_units[0], "depth": len(hidden.hidden_units)}
    if "hidden_units" in levels:
        settings = {k: v for k, v in settings.items() if k not in SHORTHANDS}
    return settings | {k: v for k, v in levels.items() if k in SHORTHANDS or k not in settings}


def heatmap_info(exploration: Exploration, study: Study, final: pd.DataFrame) -> HeatmapInfo:
    """The first factor of the grid goes down, the second across; further factors are averaged."""
    factors = list(exploration.grid)
    column_factor = factors[0]
    row_factor = factors[1] if len(factors) > 1 else ""
    rows = exploration.grid[row_factor] if row_factor else (None,)
    columns = exploration.grid[column_factor]
    others = factors[2:]
    cells = []
    for row in rows:
        line = []
        for column in columns:
            levels = {column_factor: column} | ({row_factor: row} if row_factor else {})
            more = product(*(exploration.grid[name] for name in others))
            paths = [
                _path(exploration, study, levels | dict(zip(others, m, strict=True))) for m in more
            ]
            line.append(_cell(exploration, final, paths))
        cells.append(tuple(line))
    return HeatmapInfo(
        exploration.id,
        exploration.metric,
        row_factor,
        column_factor,
        tuple("" if row is None else _level(row) for row in rows),
        tuple(_level(column) for column in columns),
        tuple(cells),
        _odd(tuple(cells)),
    )


def _level(value: Any) -> str:
    return units.short(value) if isinstance(value, float) else str(value)


def _path(exploration: Exploration, study: Study, levels: Mapping[str, Any]) -> str:
    return configure(settings_with(study, levels), exploration.budget).path


def _cell(exploration: Exploration, final: pd.DataFrame, paths: list[str]) -> Cell:
    column = metric_column(exploration.metric, final)
    if column is None or final.empty:
        return Cell(math.nan, 0, math.nan)
    own = final[final["path"].isin(paths) & final["seed"].isin(exploration.seeds)]
    if "status" in own.columns:
        own = own[own["status"] == "finished"]
    values = own[column].dropna()
    if values.empty:
        return Cell(math.nan, 0, math.nan)
    kind = exploration.budget.kind
    amount = "train_seconds" if kind == "seconds" else kind
    trained = float(own[amount].mean()) if amount in own.columns else math.nan
    return Cell(float(values.mean()), len(values), trained)


def _odd(cells: tuple[tuple[Cell, ...], ...]) -> tuple[tuple[bool, ...], ...]:
    known = [cell.trained for row in cells for cell in row if math.isfinite(cell.trained)]
    usual = median(known) if known else math.nan
    return tuple(
        tuple(abs(c.trained - usual) > SAME_FIDELITY * usual for c in row) for row in cells
    )


def draw(info: HeatmapInfo) -> Figure:
    """The heatmap, with the mean in every cell and a dagger on cells of another fidelity."""
    import numpy as np
    import seaborn as sns

    means = np.array([[cell.mean for cell in row] for row in info.cells])
    if np.isnan(means).all():
        return style.sentence_figure(f"{info.exploration}: no run of this grid has finished yet.")
    fraction = RECORDED_METRICS.get(info.metric) == units.FRACTION
    scale = 100 if fraction else 1
    digits = units.decimals_for(float(np.nanstd(means * scale)), at_most=3)
    texts = [
        [_cell_text(cell, odd, scale, digits) for cell, odd in zip(row, marks, strict=True)]
        for row, marks in zip(info.cells, info.odd, strict=True)
    ]
    with style.look():
        figure = style.new_figure(1.3 + 0.55 * len(info.rows))
        ax = figure.subplots()
        ax.grid(visible=False)
        sns.heatmap(
            means * scale, ax=ax, annot=np.array(texts), fmt="", cmap="cividis", square=False,
            xticklabels=info.columns, yticklabels=info.rows, linewidths=1.2, linecolor="white",
            annot_kws={"fontsize": 10 if len(info.columns) <= 6 else 8},
            cbar_kws={"label": f"{units.metric_title(info.metric)}{' (%)' if fraction else ''}"},
        )  # fmt: skip
        ax.invert_yaxis()
        ax.set_xlabel(units.plain(info.column_factor))
        ax.set_ylabel(units.plain(info.row_factor))
        ax.tick_params(length=0, rotation=0)
        if any(any(marks) for marks in info.odd):
            style.footnote(figure, "† trained more or less than the other cells")
    return figure


def _cell_text(cell: Cell, odd: bool, scale: float, digits: int) -> str:
    if cell.n == 0:
        return "–"
    return units.number(cell.mean * scale, digits) + ("†" if odd else "")
