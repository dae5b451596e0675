"""A declared grid: means over seeds, a picture and never a verdict."""

from __future__ import annotations

import math
from itertools import product
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.figure import Figure

from hyperverdict.claims.factors import factor_title
from hyperverdict.figures import style
from hyperverdict.figures.data import finished, metric_column
from hyperverdict.study.model import Heatmap, Study
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import decimals_for, listed, number, upper

if TYPE_CHECKING:
    import pandas as pd

    from hyperverdict.records.collect import Tables

# Budgets are rounded up to a whole step, so amounts within this share are one fidelity.
SAME_FIDELITY = 0.05


class Cell(NamedTuple):
    """One configuration: mean over n finished seeds (nan when 0), and how much it trained."""

    mean: float
    n: int
    trained: float


class HeatmapInfo(NamedTuple):
    """R x C cells; `odd` marks cells whose training differs from the others' by more than 5%."""

    heatmap: str
    metric: Metric
    row_factor: str
    column_factor: str
    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: tuple[tuple[Cell, ...], ...]
    odd: tuple[tuple[bool, ...], ...]


def heatmap_info(heatmap: Heatmap, study: Study, final: pd.DataFrame) -> HeatmapInfo:
    """The first factor of the grid goes down, the second across; further factors are averaged."""
    factors = list(heatmap.grid)
    column_factor = factors[0]
    row_factor = factors[1] if len(factors) > 1 else ""
    rows = heatmap.grid[row_factor] if row_factor else (None,)
    columns = heatmap.grid[column_factor]
    others = factors[2:]
    cells = []
    for row in rows:
        line = []
        for column in columns:
            levels = {column_factor: column} | ({row_factor: row} if row_factor else {})
            more = product(*(heatmap.grid[name] for name in others))
            paths = [
                study.baseline.configure(
                    levels | dict(zip(others, m, strict=True)), heatmap.budget
                ).path
                for m in more
            ]
            line.append(_cell(heatmap, final, paths))
        cells.append(tuple(line))
    spell = study.vocabulary.spell
    return HeatmapInfo(
        heatmap.id,
        heatmap.metric,
        factor_title(row_factor),
        factor_title(column_factor),
        tuple("" if row is None else spell(row_factor, row) for row in rows),
        tuple(spell(column_factor, column) for column in columns),
        tuple(cells),
        _odd(tuple(cells)),
    )


def _cell(heatmap: Heatmap, final: pd.DataFrame, paths: list[str]) -> Cell:
    column = metric_column(heatmap.metric, final)
    if column is None or final.empty:
        return Cell(math.nan, 0, math.nan)
    own = finished(final[final["path"].isin(paths) & final["seed"].isin(heatmap.seeds)])
    values = own[column].dropna()
    if values.empty:
        return Cell(math.nan, 0, math.nan)
    kind = heatmap.budget.kind
    amount = "train_seconds" if kind == "seconds" else kind
    trained = float(own[amount].mean()) if amount in own.columns else math.nan
    return Cell(float(values.mean()), len(values), trained)


def _odd(cells: tuple[tuple[Cell, ...], ...]) -> tuple[tuple[bool, ...], ...]:
    known = [cell.trained for row in cells for cell in row if math.isfinite(cell.trained)]
    usual = median(known) if known else math.nan
    return tuple(
        tuple(abs(c.trained - usual) > SAME_FIDELITY * usual for c in row) for row in cells
    )


def draw(heatmap: Heatmap, study: Study, tables: Tables) -> Figure:
    """The heatmap."""
    return draw_info(heatmap_info(heatmap, study, tables.final))


def caption(heatmap: Heatmap, study: Study) -> str:
    """What it shows."""
    return f"{_shows(heatmap)}. A picture to form hypotheses from; it carries no verdict."


def alt_text(heatmap: Heatmap, study: Study) -> str:
    """The same, shorter."""
    return f"Heatmap. {_shows(heatmap)}."


def _shows(heatmap: Heatmap) -> str:
    factors = listed(map(factor_title, heatmap.grid))
    return upper(
        f"{heatmap.metric.title} over {factors} at {heatmap.budget}, each cell the mean of its runs"
    )


def draw_info(info: HeatmapInfo) -> Figure:
    """The mean in every cell, and a dagger on cells of another fidelity."""
    import numpy as np
    import seaborn as sns

    means = np.array([[cell.mean for cell in row] for row in info.cells])
    if np.isnan(means).all():
        return style.sentence_figure(f"{info.heatmap}: no run of this grid has finished yet.")
    scale = 100 if info.metric.is_fraction else 1
    decimals = decimals_for(float(np.nanstd(means * scale)), at_most=3)
    texts = [
        [_cell_text(cell, odd, scale, decimals) for cell, odd in zip(row, marks, strict=True)]
        for row, marks in zip(info.cells, info.odd, strict=True)
    ]
    with style.look():
        figure = style.new_figure(1.3 + 0.55 * len(info.rows))
        ax = figure.subplots()
        ax.grid(visible=False)
        sns.heatmap(
            means * scale, ax=ax, annot=np.array(texts), fmt="", cmap="cividis", square=False,
            xticklabels=[style.fit(x, 14, 3) for x in info.columns],
            yticklabels=[style.fit(x, 24, 3) for x in info.rows], linewidths=1.2, linecolor="white",
            annot_kws={"fontsize": 10 if len(info.columns) <= 6 else 8},
            cbar_kws={"label": f"{info.metric.title}{' (%)' if info.metric.is_fraction else ''}"},
        )  # fmt: skip
        ax.invert_yaxis()
        ax.set_xlabel(info.column_factor)
        ax.set_ylabel(info.row_factor)
        ax.tick_params(length=0, rotation=0)
        if any(any(marks) for marks in info.odd):
            style.footnote(figure, "† trained more or less than the other cells")
    return figure


def _cell_text(cell: Cell, odd: bool, scale: float, decimals: int) -> str:
    if cell.n == 0:
        return "–"
    return number(cell.mean * scale, decimals) + ("†" if odd else "")
