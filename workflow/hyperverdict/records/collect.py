"""Runs become two tidy tables: `final`, one row per configuration and seed, and `curves`.

`final` holds every hyperparameter, how the seed ended and what it scored; `curves` one row per
evaluation.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pandas as pd

from hyperverdict.errors import UserError
from hyperverdict.records.curves import (
    BITS_COLUMN,
    KEY,
    curve_parts,
    metric_columns,
    seed_scores,
)
from hyperverdict.records.tables import (
    Tables,
    concatenated,
    curve_schema,
    curves_file,
    write_final,
)
from hyperverdict.runs.layout import METRICS_FILE, RunRecord, read_record
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.metrics import RECORDED
from hyperverdict.vocabulary.training import Training
from hyperverdict.vocabulary.vocabulary import OURS

ENVIRONMENT_COLUMNS = ("device", "hardware", "threads", "commit", "host")
# The heads of the ledgers that stood beside a run when it was trained, as JSON: study -> head.
LEDGERS_COLUMN = "ledgers"


@dataclass(frozen=True)
class FoundRuns:
    """The runs of a study that exist below one folder.

    Attributes:
        records: configuration path -> the configuration and the record of its runs.
        factors: the hyperparameters' columns.
        damaged: folders of runs whose files are there and cannot be used.
        copies: configuration path -> another folder in which its runs are.
    """

    place: Path
    records: Mapping[str, tuple[Configuration, RunRecord]]
    factors: tuple[str, ...]
    damaged: tuple[Path, ...] = ()
    copies: Mapping[str, Path] = field(default_factory=dict)

    @property
    def folders(self) -> dict[str, Path]:
        """Configuration path -> folder of its runs."""
        return {path: self.copies.get(path, self.place / path) for path in self.records}

    @property
    def training(self) -> Training | None:
        """The training of the user's own that made them; None for our own loop."""
        return next((c.vocabulary.training for c, _ in self.records.values()), None)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of their curves."""
        return metric_columns(self.folders.values(), self.training)


def find_runs(
    configurations: Iterable[Configuration],
    runs: Path,
    copies: Mapping[str, Path] = MappingProxyType({}),
) -> FoundRuns:
    """The runs of `configurations` below the folder `runs`; what is not there is left out.

    Args:
        copies: configuration path -> the folder in which its runs are instead.
    """
    distinct = {configuration.path: configuration for configuration in configurations}
    found = {
        path: (configuration, record)
        for path, configuration in distinct.items()
        if (record := read_record(copies.get(path, runs / path))) is not None
    }
    lost = (runs / path for path in distinct if path not in found)
    damaged = tuple(folder for folder in lost if (folder / METRICS_FILE).exists())
    return FoundRuns(runs, found, _factors(distinct.values()), damaged, copies)


def refuse_damaged(found: FoundRuns) -> None:
    """UserError naming runs whose files are there and cannot be used: they are not left out."""
    if found.damaged:
        more = f" (and {len(found.damaged) - 1} more)" if len(found.damaged) > 1 else ""
        raise UserError(
            f"{found.damaged[0]}{more}: the run's files are damaged; start the study again, and it "
            "is trained again"
        )


def collect(configurations: Iterable[Configuration], runs: Path) -> Tables:
    """Read the runs of `configurations` below the folder `runs`; what is not there is left out."""
    return read_runs(find_runs(configurations, runs))


def read_runs(found: FoundRuns) -> Tables:
    """The tables of runs."""
    columns = found.columns
    parts: list[pd.DataFrame] = []
    final = _final_table(found, columns, parts.append)
    curves = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return Tables(final, curves)


def write_collected(found: Sequence[FoundRuns], folder: Path) -> None:
    """Write the tables of runs into `folder`, without all evaluations in memory at once."""
    columns = tuple(dict.fromkeys(name for runs in found for name in runs.columns))
    with curves_file(folder, curve_schema(columns)) as keep:
        finals = [_final_table(runs, columns, keep) for runs in found]
    write_final(concatenated(finals), folder)


def _final_table(
    found: FoundRuns, columns: Iterable[str], keep: Callable[[pd.DataFrame], None]
) -> pd.DataFrame:
    """The final table of runs; their curves are given to `keep`, part by part.

    Args:
        columns: of the curves.
    """
    rows = [row for path in found.records for row in _seed_rows(path, *found.records[path])]
    if not rows:
        return pd.DataFrame(columns=_final_columns(found.factors))
    scores = []
    for part in curve_parts(found.folders, columns, found.training):
        scores.append(seed_scores(part))
        keep(part.drop(columns=BITS_COLUMN))
    final = pd.DataFrame(rows).merge(pd.concat(scores, ignore_index=True), on=KEY, how="left")
    return _settled(final, found)


def _factors(configurations: Iterable[Configuration]) -> tuple[str, ...]:
    """The columns of hyperparameters; those of our own loop where there is no configuration."""
    return next((c.vocabulary.factors for c in configurations), OURS.factors)


def hyperparameter_cells(configuration: Configuration) -> dict[str, Any]:
    """Every hyperparameter as one plain cell: numbers stay numbers, lists take their path spelling.

    `width` is missing for layers of several widths; `budget` is spelled as in the path.
    """
    spell = configuration.vocabulary.spell
    cells = {
        name: spell(name, level) if isinstance(level, tuple) else level
        for name, level in configuration.levels
    }
    if configuration.vocabulary.handles:
        widths = configuration["hidden_units"]
        cells["width"] = widths[0] if len(set(widths)) == 1 else None
        cells["depth"] = len(widths)
    cells["budget"] = configuration.budget.slug
    return cells


def _final_columns(factors: Iterable[str]) -> list[str]:
    run = ("seed", "status", "failed", "message", "steps", "last_step", "samples", "epochs")
    size = ("parameters", "flops_per_sample", "train_size", "test_size", "train_seconds")
    identity = (
        "data_checksum",
        "code_checksum",
        "training_version",
        *ENVIRONMENT_COLUMNS,
        LEDGERS_COLUMN,
    )
    return ["path", *run, *factors, *size, *identity, *_score_columns(), BITS_COLUMN]


def _score_columns() -> list[str]:
    """The final table's columns of the recorded metrics; the training time is among the sizes."""
    scored = [metric for metric in RECORDED.values() if not metric.is_time]
    columns = [metric.final for metric in scored]
    columns += [metric.validation for metric in scored]
    columns += [metric.best for metric in scored]
    return list(dict.fromkeys([*columns, "best_validation_step"]))


def _seed_rows(path: str, configuration: Configuration, record: RunRecord) -> list[dict[str, Any]]:
    shared = {
        "path": path,
        "steps": record.steps or None,
        **hyperparameter_cells(configuration),
        # 0 where nobody knows, as of a training of the user's own.
        "parameters": record.parameters or None,
        "flops_per_sample": record.flops_per_sample or None,
        "train_size": record.train_size or None,
        "test_size": record.test_size or None,
        "data_checksum": record.data_checksum,
        "code_checksum": record.code_checksum or None,
        "training_version": record.training_version,
    }
    return [
        {
            **shared,
            "seed": int(seed),
            "status": end.status,
            "failed": end.status != "finished",
            "message": end.message,
            "last_step": end.last_step,
            "train_seconds": end.train_seconds,
            **_environment(record, end.session),
        }
        for seed, end in record.seeds.items()
    ]


def _environment(record: RunRecord, session: int) -> dict[str, Any]:
    """Where a seed was trained, as text, so that a difference within a contrast shows."""
    if not 0 <= session < len(record.sessions):
        return dict.fromkeys((*ENVIRONMENT_COLUMNS, LEDGERS_COLUMN))
    entry = record.sessions[session]
    hardware = entry.get("hardware")
    if isinstance(hardware, dict):
        shown = {key: value for key, value in hardware.items() if key != "hostname" and value}
        hardware = ", ".join(f"{key} {value}" for key, value in sorted(shown.items()))
    host = entry.get("hostname") or (entry.get("hardware") or {}).get("hostname")
    return {
        "device": entry.get("device"),
        "hardware": hardware,
        "threads": entry.get("threads"),
        "commit": entry.get("commit"),
        "host": host,
        LEDGERS_COLUMN: json.dumps(entry["ledgers"]) if entry.get("ledgers") else None,
    }


def _settled(final: pd.DataFrame, found: FoundRuns) -> pd.DataFrame:
    """The final table in the order of its columns and rows, failed seeds without scores."""
    for metric in RECORDED.values():
        if metric.complement_of and metric.final not in final:
            final[metric.final] = 1.0 - final[RECORDED[metric.complement_of].final]
    final = _without_score(final, found.training)
    # A failed seed has no score, even where a table holds one from before it failed.
    scored = [c for c in final.columns if c.startswith(("test_", "validation_"))]
    scored.remove("test_size")
    final.loc[final["failed"], scored] = float("nan")
    bits = final[BITS_COLUMN].astype(object)
    final[BITS_COLUMN] = bits.where(bits.notna() & ~final["failed"], None)
    columns = _final_columns(found.factors)
    columns[-1:-1] = [c for c in final.columns if c not in columns]
    return final[columns].sort_values(KEY, ignore_index=True)


def _without_score(final: pd.DataFrame, training: Training | None) -> pd.DataFrame:
    """Finished seeds without a claimed score that other seeds have count as failed.

    A metric that is declared after the runs may be no number in some of them, which their jobs had
    no reason to note; without this they would silently drop out of the comparison.
    """
    if training is None:
        return final
    for metric, name in training.scores.items():
        known = final[f"test_{metric}"].notna()
        lost = ~known & ~final["failed"]
        if known.any() and lost.any():
            final.loc[lost, "status"] = "diverged"
            final.loc[lost, "message"] = f"it reports no finite {name} at the end"
            final["failed"] = final["failed"] | lost
    return final
