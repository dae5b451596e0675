"""What MLflow is told of each run (a configuration and a seed)."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from hyperverdict.design.plan import Plan, PlannedRun
from hyperverdict.design.short_names import ShortNames
from hyperverdict.records.collect import hyperparameter_cells
from hyperverdict.runs.curves import Point, curves_by_seed
from hyperverdict.runs.layout import METRICS_FILE, RunRecord, SeedRecord, read_record
from hyperverdict.runs.parquet import read_parquet
from hyperverdict.vocabulary.configuration import Configuration

Status = Literal["FINISHED", "FAILED"]
PREFIX = "hyperverdict."
# What MLflow's stores and servers, old ones included, take.
LONGEST_NAME, LONGEST_PARAM, LONGEST_TAG = 250, 500, 5000
_READABLE = {"→": "to", "−": "-", "×": "x", "≥": ">=", "≤": "<="}
_REFUSED = re.compile(r"[^\w.\- :/]", re.ASCII)


@dataclass(frozen=True)
class Measured:
    """One value of a metric. `at` is in milliseconds since 1970."""

    name: str
    value: float
    step: int
    at: int


@dataclass(frozen=True)
class ExportedRun:
    """One run as MLflow holds it.

    Attributes:
        id: what names it in its study, whatever its name.
        params, metrics: what does not change once the run has ended.
        tags: what may change with the study.
        started, ended: in milliseconds since 1970.
    """

    id: str
    name: str
    params: Mapping[str, str]
    metrics: tuple[Measured, ...]
    tags: Mapping[str, str]
    status: Status
    started: int
    ended: int

    @cached_property
    def content(self) -> str:
        """A checksum of what does not change once the run has ended."""
        fixed = (dict(self.params), [asdict(metric) for metric in self.metrics], self.status)
        return hashlib.sha256(json.dumps(fixed, sort_keys=True).encode()).hexdigest()[:16]


def exported_runs(plan: Plan, results: Path) -> Iterator[ExportedRun]:
    """Every seed of a study that has ended, tuning runs first.

    Args:
        results: where results are.
    """
    names = ShortNames.of(plan)
    for run in plan.all_runs:
        folder = results / run.folder
        record = read_record(folder)
        if record is None:
            continue
        curves = curves_by_seed(read_parquet(folder / METRICS_FILE))
        shared = _shared_tags(plan, run, record)
        name = names.name(run.configuration)
        for seed in run.seeds:
            end = record.seeds.get(str(seed))
            if end is not None:
                yield _exported(run, record, seed, end, curves.get(seed, ()), name, shared)


def _exported(
    run: PlannedRun,
    record: RunRecord,
    seed: int,
    end: SeedRecord,
    points: Iterable[Point],
    name: str,
    shared: Mapping[str, str],
) -> ExportedRun:
    session = record.sessions[end.session] if 0 <= end.session < len(record.sessions) else {}
    started = _milliseconds(session.get("started"))
    ended = max(started, _milliseconds(session.get("ended")))
    metrics = [
        Measured(point.name, point.value, point.step, started + round(1000 * point.seconds))
        for point in points
    ]
    metrics.append(Measured("train_seconds", end.train_seconds, end.last_step, ended))
    message = {f"{PREFIX}message": end.message} if end.message else {}
    tags = {
        **shared,
        **_commit(session),
        f"{PREFIX}seed": str(seed),
        f"{PREFIX}status": end.status,
        **message,
    }
    return ExportedRun(
        id=f"{run.folder} seed {seed}",
        name=f"{'tuning, ' if run.tuning else ''}{name}, seed {seed}",
        params=_accepted({**_params(run.configuration), "seed": str(seed)}, LONGEST_PARAM),
        metrics=tuple(_finite(metrics)),
        tags=_accepted(tags, LONGEST_TAG),
        status="FINISHED" if end.status == "finished" else "FAILED",
        started=started,
        ended=ended,
    )


def _shared_tags(plan: Plan, run: PlannedRun, record: RunRecord) -> dict[str, str]:
    """What is said of all seeds of a configuration."""
    kind = run.configuration.budget.slug.partition("~")[0]
    return {
        f"{PREFIX}study": plan.study.name,
        f"{PREFIX}purpose": ", ".join(run.purposes),
        f"{PREFIX}held_equal": kind,
        f"{PREFIX}budget": str(run.configuration.budget),
        f"{PREFIX}tuning": str(run.tuning).lower(),
        f"{PREFIX}smoke": str(plan.study.smoke or "no"),
        f"{PREFIX}path": run.folder,
        f"{PREFIX}data_checksum": record.data_checksum[:16],
    }


def _params(configuration: Configuration) -> dict[str, str]:
    """The hyperparameters that do something beside the others."""
    cells = hyperparameter_cells(configuration) | {"budget": str(configuration.budget)}
    inert = configuration.inert
    return {n: _spelled(c) for n, c in cells.items() if c is not None and n not in inert}


def _commit(session: Mapping[str, Any]) -> dict[str, str]:
    commit = session.get("commit")
    return {"mlflow.source.git.commit": str(commit)} if commit else {}


def _spelled(cell: Any) -> str:
    return f"{cell:.12g}" if isinstance(cell, float) else str(cell)


def _milliseconds(moment: Any) -> int:
    """A moment as records write it; 0 where it is not known."""
    try:
        return int(datetime.fromisoformat(str(moment)).timestamp() * 1000)
    except ValueError:
        return 0


def safe_key(text: str) -> str:
    """A name that MLflow takes for params, metrics and tags.

    One that had to be changed beyond arrows and minus signs ends in a checksum of the original, so
    that it stays unique.
    """
    plain = "".join(_READABLE.get(character, character) for character in text)
    safe = _REFUSED.sub("_", plain)
    # MLflow takes names for paths: none may be absolute or lead upwards.
    parts = [part.strip() for part in safe.split("/")]
    safe = "/".join("_" if part.strip(".") == "" else part for part in parts)
    if safe == plain and len(safe) <= LONGEST_NAME:
        return safe
    return f"{safe[: LONGEST_NAME - 9]}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def cut(text: str, longest: int) -> str:
    """A text of at most `longest` characters."""
    return text if len(text) <= longest else f"{text[: longest - 3]}..."


def _accepted(values: Mapping[str, str], longest: int) -> dict[str, str]:
    return {safe_key(name): cut(value, longest) for name, value in values.items()}


def _finite(metrics: Iterable[Measured]) -> Iterator[Measured]:
    for metric in metrics:
        if math.isfinite(metric.value):
            yield Measured(safe_key(metric.name), float(metric.value), metric.step, metric.at)
