"""The evaluations of runs, part by part: as rows of the curves table, and as each seed's scores.

10,000 configurations have more evaluations than a job should hold in memory, so runs are read a few
hundred at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import pandas as pd
import pyarrow as pa

from hyperverdict.runs.layout import COLUMNS, METRICS_FILE
from hyperverdict.runs.parquet import read_parquet, read_parquet_names
from hyperverdict.vocabulary.metrics import RECORDED
from hyperverdict.vocabulary.training import Training

BITS_COLUMN = "correct"
# Every evaluation's scores: `loss`, `accuracy` and the recorded metrics of their own column.
_SCORES = tuple(dict.fromkeys(m.curve for m in RECORDED.values() if not m.is_time))
CURVE_COLUMNS = tuple(
    name for name in dict.fromkeys(("path", *COLUMNS, *_SCORES)) if name != BITS_COLUMN
)
# What the best evaluation of a run is best in, as its checkpoint would be chosen.
_BEST_IN = RECORDED["accuracy"].curve
KEY = ["path", "seed"]
# Configurations whose evaluations are in memory at the same time.
AT_ONCE = 250


def metric_columns(folders: Iterable[Path], training: Training | None) -> tuple[str, ...]:
    """The columns of the curves table of the runs in these folders, from the tables' footers.

    A metric that no run has recorded yet is a column without values.
    """
    files = (folder / METRICS_FILE for folder in folders)
    found = dict.fromkeys(name for file in files for name in read_parquet_names(file))
    reported = (*training.scores, *training.validation) if training else ()
    names = dict.fromkeys((*CURVE_COLUMNS, *found, *reported))
    return tuple(name for name in names if name != BITS_COLUMN)


def curve_parts(
    folders: Mapping[str, Path], columns: Iterable[str], training: Training | None
) -> Iterator[pd.DataFrame]:
    """The evaluations of all runs, of at most `AT_ONCE` configurations at a time.

    Args:
        folders: configuration path -> folder of its runs.
        columns: see `metric_columns`; the answers to each test image come after them.
    """
    left, columns = iter(folders.items()), list(columns)
    while part := dict(islice(left, AT_ONCE)):
        metrics = _read_metrics(part)
        named = metrics if training is None else _named(metrics, training)
        yield named.reindex(columns=[*columns, BITS_COLUMN])


def _read_metrics(folders: Mapping[str, Path]) -> pd.DataFrame:
    tables = []
    for path, folder in folders.items():
        table = read_parquet(folder / METRICS_FILE)
        tables.append(table.append_column("path", pa.array([path] * len(table), pa.string())))
    joined: pd.DataFrame = pa.concat_tables(tables, promote_options="permissive").to_pandas(
        use_threads=False
    )
    return joined


def _named(metrics: pd.DataFrame, training: Training) -> pd.DataFrame:
    """The columns that a training of the user's own reported, under the names of metrics.

    Rows of the split "validation" hold the scores on which choices are made.
    """
    reported = {
        metric: metrics[name] if name in metrics else float("nan")
        for metric, name in training.scores.items()
    }
    chosen = metrics[metrics["split"] == "test"].assign(
        split="validation",
        **{m: metrics[n] if n in metrics else float("nan") for m, n in training.validation.items()},
    )
    return pd.concat([metrics.assign(**reported), chosen], ignore_index=True)


def seed_scores(metrics: pd.DataFrame) -> pd.DataFrame:
    """What each seed of a part of the curves scored: one row per configuration path and seed.

    Columns are ``test_*``, ``validation_*`` and ``best_validation_*`` of every metric, samples and
    epochs, and the answers to each test image.
    """
    scores = [c for c in metrics.columns if c not in ("path", *COLUMNS) or c in _SCORES]
    # Samples and epochs of a seed without a test row are those of its last evaluation.
    found = metrics.sort_values([*KEY, "step"]).drop_duplicates(KEY, keep="last")
    found = found[[*KEY, "samples", "epoch"]].rename(columns={"epoch": "epochs"})
    for split in ("test", "validation"):
        rows = metrics[metrics["split"] == split].drop_duplicates(KEY, keep="last")
        names = {c: f"{split}_{c}" for c in scores}
        more = ["samples", "epoch", BITS_COLUMN] if split == "test" else []
        rows = rows[[*KEY, *more, *names]].rename(columns={**names, "epoch": "epochs"})
        found = found.merge(rows, on=KEY, how="left", suffixes=("_last", ""))
    found = found.merge(_best_on_validation(metrics, scores), on=KEY, how="left")
    for name in ("samples", "epochs"):
        found[name] = found[name].fillna(found[f"{name}_last"])
    return found.drop(columns=["samples_last", "epochs_last"])


def _best_on_validation(metrics: pd.DataFrame, scores: list[str]) -> pd.DataFrame:
    """The best evaluation on the validation subset, by accuracy, the first of ties."""
    curve = metrics[(metrics["split"] == "validation_curve") & metrics[_BEST_IN].notna()]
    best = curve.sort_values([*KEY, _BEST_IN, "step"], ascending=[True, True, False, True])
    best = best.drop_duplicates(KEY)[[*KEY, *scores, "step"]]
    return best.rename(columns={c: f"best_validation_{c}" for c in (*scores, "step")})
