"""What the tests of run folders share."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Callable
from pathlib import Path

from hyperverdict.runs.write import read_table

Fork = multiprocessing.get_context("fork")


def in_a_fork(work: Callable[[], object]) -> int:
    """The exit code of a process that does the work; forked, since importing torch is slow."""
    process = Fork.Process(target=work)
    process.start()
    process.join(60)
    assert process.exitcode is not None
    return process.exitcode


def rows(folder: Path) -> list[dict]:
    """All that was measured but the time."""
    table, _ = read_table(folder / "metrics.parquet")
    return table.drop_columns("train_seconds").to_pylist()


def timing_file(tmp_path: Path, configuration, seconds_per_step: object) -> Path:
    file = tmp_path / "timing.json"
    content = {"arm_path": configuration.arm_path, "seconds_per_step": seconds_per_step}
    file.write_text(json.dumps(content))
    return file
