"""All runs of a study in one table: one row per run, or per configuration where there are many."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from hyperverdict.study.model import Study
from hyperverdict.vocabulary.metrics import RECORDED, Metric
from hyperverdict.vocabulary.vocabulary import BUDGET
from hyperverdict.words.numbers import count, decimals_for, digits, listed, number, plain

if TYPE_CHECKING:
    import pandas as pd

# More runs than this are shown by configuration; more configurations than this are cut.
MOST_RUNS = 600
MOST_CONFIGURATIONS = 1500
MISSING = "–"
# Columns that say where a run is, how it ended and on what it ran: no hyperparameters.
BOOKKEEPING = frozenset({
    "path", "seed", "status", "failed", "message", "steps", "last_step", "samples", "epochs",
    "initialisation_seed", "data_order_seed", "dropout_seed", "augmentation_seed", "parameters",
    "flops_per_sample", "train_size", "test_size", "train_seconds", "data_checksum",
    "code_checksum", "training_version", "device", "hardware", "threads", "commit", "host",
    "ledgers", "correct", "best_validation_step",
})  # fmt: skip


class Cell(NamedTuple):
    """A cell's text and what it is sorted by; numbers as numbers."""

    text: str
    key: str


class Column(NamedTuple):
    """A column's title, and whether it holds numbers."""

    title: str
    numeric: bool


class AllRuns(NamedTuple):
    """The table.

    Attributes:
        title: "334 runs of 36 configurations".
        common: what is the same in all runs, in words.
        columns, rows: the table; failed: positions of rows with failed runs.
        note: what the table leaves out, or "".
    """

    title: str
    common: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    failed: frozenset[int]
    note: str


def all_runs(final: pd.DataFrame, study: Study) -> AllRuns | None:
    """The runs of the final table; None where there is none."""
    if final.empty:
        return None
    varied, common = _settings(final, study)
    scores = _scores(final, study)
    configurations = final["path"].nunique() if "path" in final else len(final)
    title = count(len(final), "run")
    if configurations < len(final):
        title += f" of {count(configurations, 'configuration')}"
    build = _by_run if len(final) <= MOST_RUNS else _by_configuration
    columns, rows, failed, note = build(final, varied, scores)
    return AllRuns(title, common, columns, rows, failed, note)


def _settings(final: pd.DataFrame, study: Study) -> tuple[list[str], str]:
    """Hyperparameters that vary, and the others in words."""
    skipped = {*BOOKKEEPING, *_score_columns(final, study)}
    names = [str(name) for name in final.columns if name not in skipped]
    counts = {name: final[name].nunique(dropna=False) for name in names}
    varied = [name for name in names if counts[name] > 1]
    if "hidden_units" in varied and {"width", "depth"} & set(varied):
        varied.remove("hidden_units")
    same = (
        f"{plain(name)} {_text(final[name].iloc[0])}"
        for name in names
        if counts[name] == 1 and str(final[name].iloc[0]) not in ("", "nan", "None", "NaT")
    )
    return varied, listed(same)


def _score_columns(final: pd.DataFrame, study: Study) -> list[str]:
    """The columns that hold what runs scored."""
    metrics = (*RECORDED.values(), *study.metrics.values())
    known = {c for metric in metrics for c in (*metric.columns, metric.validation, metric.best)}
    return [str(name) for name in final.columns if name in known]


def _scores(final: pd.DataFrame, study: Study) -> list[tuple[str, Metric | None, str]]:
    """(column, metric, title) of every score, reported before those on the validation set."""
    import pandas as pd

    found: dict[str, tuple[Metric | None, str]] = {}
    for metric in study.metrics.values():
        for column in metric.columns:
            if column in final and not metric.complement_of:
                found.setdefault(column, (metric, metric.title))
        if metric.validation and metric.validation in final and not metric.complement_of:
            title = metric.title.replace("test ", "validation ")
            found.setdefault(metric.validation, (metric, title))
    kept = [(c, m, t) for c, (m, t) in found.items() if pd.api.types.is_numeric_dtype(final[c])]
    if "train_seconds" in final and "train_seconds" not in found:
        kept.append(("train_seconds", None, "training seconds"))
    return kept


_Built = tuple[tuple[Column, ...], tuple[tuple[Cell, ...], ...], frozenset[int], str]


def _by_run(
    final: pd.DataFrame, varied: Sequence[str], scores: Sequence[tuple[str, Metric | None, str]]
) -> _Built:
    """One row per run."""
    order = [*varied, "seed"] if "seed" in final else list(varied)
    rows = final.reset_index(drop=True)
    columns = [Column(plain(name), _is_number(rows, name)) for name in order]
    cells = [_plain_cells(rows, name) for name in order]
    ended = [_ended(rows, position) for position in range(len(rows))]
    failed = frozenset(i for i, text in enumerate(ended) if text != "finished")
    if failed:
        columns.append(Column("ended", False))
        cells.append([Cell(text, text) for text in ended])
    for column, metric, title in scores:
        columns.append(Column(_unit_title(metric, title), True))
        cells.append(_score_cells(rows[column].tolist(), metric))
    return tuple(columns), tuple(zip(*cells, strict=True)), failed, ""


def _by_configuration(
    final: pd.DataFrame, varied: Sequence[str], scores: Sequence[tuple[str, Metric | None, str]]
) -> _Built:
    """One row per configuration: mean and standard deviation over its finished runs."""
    groups = final.groupby("path", sort=False)
    first = groups.first().reset_index()
    bad = _failed(final)
    n_failed = bad.groupby(final["path"], sort=False).sum().tolist()
    n_all = groups.size().tolist()
    columns = [Column(plain(name), _is_number(first, name)) for name in varied]
    cells = [_plain_cells(first, name) for name in varied]
    columns.append(Column("finished", True))
    ends = [a - b for a, b in zip(n_all, n_failed, strict=True)]
    cells.append([Cell(f"{k} of {a}", str(k)) for k, a in zip(ends, n_all, strict=True)])
    good = final[~bad].groupby("path", sort=False)
    for column, metric, title in scores:
        means = good[column].mean().reindex(first["path"]).tolist()
        sds = good[column].std().reindex(first["path"]).tolist()
        columns.append(Column(_unit_title(metric, title), True))
        cells.append(_mean_cells(means, sds, metric))
    rows = list(zip(*cells, strict=True))
    left_out = len(rows) - MOST_CONFIGURATIONS
    note = "One row per configuration: mean ± standard deviation over its finished runs."
    if left_out > 0:
        note += f" {count(left_out, 'further configuration')} stand in the linked files only."
        rows = rows[:MOST_CONFIGURATIONS]
    failed = frozenset(i for i, n in enumerate(n_failed[: len(rows)]) if n)
    return tuple(columns), tuple(rows), failed, note


def _failed(final: pd.DataFrame) -> pd.Series[bool]:
    import pandas as pd

    if "failed" in final:
        return final["failed"].astype(bool)
    return pd.Series(False, index=final.index)


def _ended(rows: pd.DataFrame, position: int) -> str:
    """How a run ended, in the words of its record."""
    status = str(rows["status"].iloc[position]) if "status" in rows else "finished"
    if status in ("", "nan", "None"):
        status = "failed" if _failed(rows).iloc[position] else "finished"
    message = rows["message"].iloc[position] if "message" in rows else ""
    text = status.replace("_", " ")
    return f"{text}: {message}" if isinstance(message, str) and message else text


def _is_number(rows: pd.DataFrame, name: str) -> bool:
    import pandas as pd

    return bool(
        pd.api.types.is_numeric_dtype(rows[name]) and not pd.api.types.is_bool_dtype(rows[name])
    )


def _plain_cells(rows: pd.DataFrame, name: str) -> list[Cell]:
    write = _budget if name == BUDGET else _text
    return [Cell(write(value), _key(value)) for value in rows[name].tolist()]


def _budget(value: object) -> str:
    """A budget as a run's folder spells it, ``steps~300``, for people: "300 steps"."""
    kind, found, amount = str(value).partition("~")
    return f"{int(amount):,} {kind}" if found and amount.isdigit() else _text(value)


def _text(value: object) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return MISSING
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return digits(value, 6)
    return f"{value:,}" if isinstance(value, int) and abs(value) >= 10_000 else str(value)


def _key(value: object) -> str:
    return "" if value is None or value != value else str(value)


def _unit_title(metric: Metric | None, title: str) -> str:
    if metric is None:
        return title
    return (
        f"{title} (%)"
        if metric.is_fraction
        else f"{title} ({metric.unit})"
        if metric.unit
        else title
    )


def _scale(metric: Metric | None) -> int:
    return 100 if metric is not None and metric.is_fraction else 1


def _score_cells(values: Iterable[float], metric: Metric | None) -> list[Cell]:
    """Values with the same number of decimals, so that points stand below each other."""
    scaled = [float(value) * _scale(metric) for value in values]
    decimals = _decimals(scaled)
    return [
        Cell(number(v, decimals) if math.isfinite(v) else MISSING, f"{v:.6g}" if v == v else "")
        for v in scaled
    ]


def _mean_cells(means: Iterable[float], sds: Iterable[float], metric: Metric | None) -> list[Cell]:
    scale = _scale(metric)
    scaled = [float(mean) * scale for mean in means]
    spread = [float(sd) * scale for sd in sds]
    decimals = _decimals(scaled)
    return [
        Cell(
            MISSING
            if not math.isfinite(mean)
            else number(mean, decimals)
            + (f" ± {number(sd, decimals)}" if math.isfinite(sd) else ""),
            f"{mean:.6g}" if mean == mean else "",
        )
        for mean, sd in zip(scaled, spread, strict=True)
    ]


def _decimals(values: Sequence[float]) -> int:
    finite = [value for value in values if math.isfinite(value)]
    width = (max(finite) - min(finite)) if finite else 0.0
    return max(1, decimals_for(width / 8)) if width else 2
