"""Seeds that a job has finished and whose table is not written yet, or was deleted."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hyperverdict.runs.layout import TRAINING_VERSION
from hyperverdict.runs.sealed import read_json

PARTIAL_FOLDER = "partial"
PLAN_FILE = "plan.json"
_FILE_NAME = re.compile(r"seeds?~(\d+)(?:~(\d+))?\.parquet")


def file_name(first: int, last: int) -> str:
    """What a file of finished seeds is called."""
    return f"seed~{first}.parquet" if first == last else f"seeds~{first}~{last}.parquet"


def kept_seeds(folder: Path) -> list[tuple[int, int]]:
    """First and last seed of each file of finished seeds, by the names alone; cheap.

    For the one who watches or plans: what a file holds, and whether it can be used, is not looked
    at.
    """
    try:
        found = map(_FILE_NAME.fullmatch, os.listdir(folder))
        return [(int(name[1]), int(name[2] or name[1])) for name in found if name]
    except OSError:
        return []


def kept_identity(run: Path) -> dict[str, Any]:
    """The identity of the interrupted job in a run's folder.

    Raises OSError, ValueError, KeyError or TypeError where there is none or it is damaged.
    """
    found: dict[str, Any] = read_json(run / PARTIAL_FOLDER / PLAN_FILE)["identity"]
    return found


def kept_for(run: Path, identity: Mapping[str, Any]) -> frozenset[int]:
    """The seeds that an interrupted job of a run has left, for the next one to take.

    Args:
        run: the run's folder.
        identity: what is known of that of the next job; seeds of another one do not count.
    """
    try:
        left = kept_identity(run)
        wanted = {"training_version": TRAINING_VERSION, **identity}
        fits = all(left[name] == value for name, value in wanted.items())
    except (OSError, ValueError, KeyError, TypeError):
        return frozenset()
    spans = kept_seeds(run / PARTIAL_FOLDER) if fits else []
    return frozenset(seed for first, last in spans for seed in range(first, last + 1))
