"""A declared grid: means over seeds, a picture and never a verdict."""

from __future__ import annotations

import math
from itertools import product
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from matplotlib.figure import Figure

from hyperverdict.claims.factors import factor_title
from hyperverdict.figures import style, svg
from hyperverdict.figures.data import finished, metric_column
from hyperverdict.figures.drawn import Drawn, Panel, Values, nothing
from hyperverdict.figures.runs import Runs
from hyperverdict.study.model import Heatmap, Study
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import decimals_for, listed, number, upper, value_text

if TYPE_CHECKING:
    import pandas as pd

# Budgets are rounded up to a whole step, so amounts within this share are one fidelity.
SAME_FIDELITY = 0.05
# Columns whose cells are wide enough on a phone for the spread, and for the mean alone.
MOST_WITH_SPREAD, MOST_WITH_MEAN = 6, 8


class Cell(NamedTuple):
    """One configuration: mean over n finished runs (nan when 0), how much they trained, and their
    standard deviation (nan below 2)."""

    mean: float
    n: int
    trained: float
    sd: float = math.nan


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
    return Cell(float(values.mean()), len(values), trained, float(values.std()))


def _odd(cells: tuple[tuple[Cell, ...], ...]) -> tuple[tuple[bool, ...], ...]:
    known = [cell.trained for row in cells for cell in row if math.isfinite(cell.trained)]
    usual = median(known) if known else math.nan
    return tuple(
        tuple(abs(c.trained - usual) > SAME_FIDELITY * usual for c in row) for row in cells
    )


def draw(heatmap: Heatmap, study: Study, runs: Runs) -> Drawn:
    """The heatmap."""
    info = heatmap_info(heatmap, study, runs.final)
    found = [(r, c) for r, row in enumerate(info.cells) for c, cell in enumerate(row) if cell.n]
    if not found:
        return nothing(f"{info.heatmap}: no run of this grid has finished yet.")
    caption = (
        f"{_shows(heatmap)}: {_legend(info)}. A picture to form hypotheses from; it carries no "
        f"verdict.{' † trained more or less than the other cells.' if _any_odd(info) else ''}"
    )
    text = f"Heatmap. {_shows(heatmap)}: {listed(_said(info, r, c) for r, c in found)}."
    columns = (info.row_factor or "row", info.column_factor, info.metric.name, "sd", "n")
    rows = [
        (info.rows[r], info.columns[c], cell.mean, None if math.isnan(cell.sd) else cell.sd, cell.n)
        for r, c in found
        for cell in (info.cells[r][c],)
    ]
    panel = Panel(draw_info(info))
    return Drawn("", caption, text, {"": panel}, Values(columns, tuple(rows)))


def _legend(info: HeatmapInfo) -> str:
    """What stands in a cell."""
    unit = " in percent" if info.metric.is_fraction else ""
    if _fits(info):
        return f"each cell is the mean{unit}, ± one standard deviation, and the number n of runs"
    return f"each cell is the mean{unit}; spread and n are in the tooltips and the CSV file"


def _shows(heatmap: Heatmap) -> str:
    factors = listed(map(factor_title, heatmap.grid))
    return upper(f"{heatmap.metric.title} over {factors} at {heatmap.budget}")


def _said(info: HeatmapInfo, row: int, column: int) -> str:
    """One cell in words."""
    cell = info.cells[row][column]
    where = [f"{info.column_factor} {info.columns[column]}"]
    where += [f"{info.row_factor} {info.rows[row]}"] if info.row_factor else []
    spread = f" ± {value_text(cell.sd, info.metric)}" if math.isfinite(cell.sd) else ""
    return f"{', '.join(where)}: {value_text(cell.mean, info.metric)}{spread} (n = {cell.n})"


def _any_odd(info: HeatmapInfo) -> bool:
    return any(any(marks) for marks in info.odd)


def _fits(info: HeatmapInfo) -> bool:
    """Whether a cell is wide enough for its spread in text that a phone can show."""
    return len(info.columns) <= MOST_WITH_SPREAD


def draw_info(info: HeatmapInfo) -> Figure:
    """The mean in every cell with its spread and n, and a dagger on cells of another fidelity."""
    import numpy as np
    import seaborn as sns

    means = np.array([[cell.mean for cell in row] for row in info.cells])
    scale = 100 if info.metric.is_fraction else 1
    decimals = max(1, decimals_for(float(np.nanstd(means * scale)), at_most=3))
    texts = [
        [_cell_text(cell, odd, scale, decimals, info) for cell, odd in zip(row, marks, strict=True)]
        for row, marks in zip(info.cells, info.odd, strict=True)
    ]
    with style.look():
        figure = style.new_figure(1.1 + (0.66 if _fits(info) else 0.36) * len(info.rows))
        ax = figure.subplots()
        ax.grid(visible=False)
        style.set_title(ax, upper(info.metric.title))
        sns.heatmap(
            means * scale, ax=ax, annot=np.array(texts), fmt="", cmap="cividis", square=False,
            xticklabels=[style.fit(x, 10, 3) for x in info.columns],
            yticklabels=[style.fit(x, 12, 3) for x in info.rows], linewidths=1.2,
            linecolor=style.PAPER, annot_kws={"fontsize": style.SMALL}, cbar=False,
        )  # fmt: skip
        places = [(r, c) for r in range(len(info.rows)) for c in range(len(info.columns))]
        shown = [place for place in places if math.isfinite(means[place])]
        for text, (r, c) in zip(ax.texts, shown, strict=False):
            text.set_gid(svg.tip(_said(info, r, c)))
        ax.invert_yaxis()
        ax.set_xlabel(style.fit(info.column_factor, 40))
        ax.set_ylabel(style.fit(info.row_factor, 26))
        ax.tick_params(length=0, rotation=0)
    return figure


def _cell_text(cell: Cell, odd: bool, scale: float, decimals: int, info: HeatmapInfo) -> str:
    if cell.n == 0:
        return "–"
    mean = number(cell.mean * scale, decimals) + ("†" if odd else "")
    if len(info.columns) > MOST_WITH_MEAN:
        return ""
    if not _fits(info):
        return mean
    spread = f"±{number(cell.sd * scale, decimals)}\n" if math.isfinite(cell.sd) else ""
    return f"{mean}\n{spread}n={cell.n}"
