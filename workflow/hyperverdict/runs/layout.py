"""What a run leaves behind: file names, the metrics table's columns, the run record.

A run's folder holds::

    metrics.parquet   all seeds, one row per evaluation
    record.json       RunRecord
    train.log         the log
    partial/          checkpoints and finished seeds of a job; gone once the runs are collected

`metrics.parquet` carries the run's identity in its footer, so a foreign file is recognised.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from hyperverdict.runs.sealed import DamagedError, Seal, parse_json

# Raised by hand when the same configuration and seed would train to other numbers; a golden-numbers
# test guards it.
TRAINING_VERSION = 1

METRICS_FILE = "metrics.parquet"
RECORD_FILE = "record.json"

# Columns of metrics.parquet. `split` is "train" (mean over the steps since the last evaluation),
# "validation_curve" (the fixed subset, at every evaluation), "validation" and "test" (whole, at
# the end).
# `train_seconds` is the time spent in training steps so far, evaluation excluded.
# `correct` is one bit per test image (numpy.packbits), on test rows only, else null.
# After these come the recorded metrics that have a `score` (vocabulary/metrics.py), as numbers;
# null on train rows, and in runs that were trained before the metric was recorded.
COLUMNS = (
    "seed", "step", "samples", "epoch", "split", "loss", "accuracy", "train_seconds", "correct",
)  # fmt: skip

# "failed" is for a training of the user's own: its message says how.
SeedStatus = Literal["finished", "diverged", "out_of_memory", "failed"]


@dataclass(frozen=True)
class SeedRecord:
    """How one seed ended. `last_step` is the last step taken; `message` says why a seed failed."""

    status: SeedStatus
    last_step: int
    train_seconds: float
    session: int
    message: str = ""


@dataclass(frozen=True)
class RunRecord:
    """The run record of one configuration.

    Attributes:
        path: the configuration's canonical path; the run's identity together with `data_checksum`
            and `training_version`.
        configuration: every hyperparameter by name, resolved, with ``budget`` as text.
        steps: optimizer steps of each seed (for seconds: as read from the timing table).
        seeds: seed (as text) -> how it ended.
        sessions: one entry per job that trained seeds here: commit, dirty, versions, hardware,
            device, threads, started, ended, wall_seconds, seeds.
        metrics_sha256: of metrics.parquet.
        code_checksum: of the user's own code that made the runs; "" where there is none.
    """

    path: str
    configuration: dict[str, Any]
    data_checksum: str
    training_version: int
    steps: int
    parameters: int
    flops_per_sample: int
    train_size: int
    test_size: int
    seeds: dict[str, SeedRecord]
    sessions: list[dict[str, Any]] = field(default_factory=list)
    metrics_sha256: str = ""
    code_checksum: str = ""

    def to_json(self) -> str:
        """The record as indented JSON with a final newline."""
        return json.dumps(asdict(self), indent=2, sort_keys=True) + "\n"

    @staticmethod
    def from_json(text: str) -> RunRecord:
        """Inverse of `to_json`; ValueError, KeyError, TypeError or AttributeError on others."""
        return RunRecord.from_plain(json.loads(text))

    @staticmethod
    def from_plain(plain: Mapping[str, Any]) -> RunRecord:
        """The record from its members; raises as `from_json` does."""
        raw = dict(plain)
        raw["seeds"] = {seed: SeedRecord(**entry) for seed, entry in raw["seeds"].items()}
        return RunRecord(**raw)


def checksum_of(content: bytes) -> str:
    """SHA-256 of content, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_record_file(folder: Path) -> RunRecord:
    """The record of a run's folder, whatever the table; OSError, or DamagedError saying why."""
    return _parse_record((folder / RECORD_FILE).read_bytes())[0]


def _parse_record(content: bytes) -> tuple[RunRecord, Seal]:
    plain, seal = parse_json(content)
    try:
        return RunRecord.from_plain(plain), seal
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedError(f"it is not a run's record ({error})") from None


def read_record(folder: Path) -> RunRecord | None:
    """The record of a run's folder; None when absent, unreadable or unlike the table.

    Cheap: reads no Parquet; the table is recognised by its checksum. A record of an earlier
    version, which carries none itself, has to equal its copy in the table.
    """
    try:
        record, seal = _parse_record((folder / RECORD_FILE).read_bytes())
        sound = record.metrics_sha256 == file_sha256(folder / METRICS_FILE)
        if sound and seal == "unsealed":
            sound = record == _record_in_table(folder, record.metrics_sha256)
    except (OSError, ValueError):
        return None
    return record if sound and record.training_version == TRAINING_VERSION else None


def _record_in_table(folder: Path, metrics_sha256: str) -> RunRecord | None:
    """The record that stands in the table's footer; None where it cannot be read."""
    # Only for runs of earlier versions: Arrow takes a moment to load.
    from hyperverdict.runs.write import read_footer

    try:
        found = RunRecord.from_plain(read_footer(folder / METRICS_FILE))
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return replace(found, metrics_sha256=metrics_sha256)


# What must be equal for seeds to share a folder, beside its path and the training version.
_MADE_OF = {"code_checksum": "code", "data_checksum": "data"}


def made_of_other(record: RunRecord, identity: Mapping[str, Any]) -> str:
    """How the code or data of recorded seeds differ from the present ones; "" where they do not.

    Args:
        identity: data_checksum, as far as it is known, and code_checksum where code of the user's
            own makes the run.
    """
    parts = [
        f"other {what} ({_short(getattr(record, name))}, now {_short(identity[name])})"
        for name, what in _MADE_OF.items()
        if name in identity and getattr(record, name) != identity[name]
    ]
    return f"its seeds were trained with {' and '.join(parts)}" if parts else ""


def _short(checksum: str) -> str:
    return checksum[:12] or "none"
