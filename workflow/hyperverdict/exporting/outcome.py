"""How the last export of a study went, as it stands in the study's folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hyperverdict.runs.sealed import read_json
from hyperverdict.words.numbers import count

OUTCOME_FILE = "mlflow.json"


def read_outcome(folder: Path) -> Mapping[str, Any]:
    """How the last export of a study went; empty where there was none, or its file is damaged."""
    try:
        found = read_json(folder / OUTCOME_FILE)
    except (OSError, ValueError):
        return {}
    return found if _is_whole(found) else {}


def _is_whole(found: Mapping[str, Any]) -> bool:
    """Whether all that is said of an export is there."""
    if not isinstance(found.get("problem"), str):
        return False
    texts, numbers = ("uri", "experiment"), ("runs", "new")
    return bool(found["problem"]) or (
        all(isinstance(found.get(key), str) for key in texts)
        and all(isinstance(found.get(key), int) for key in numbers)
    )


def outcome_words(outcome: Mapping[str, Any], command: str) -> str:
    """How an export went, in a line.

    Args:
        command: that exports again.
    """
    if not outcome:
        return ""
    if outcome.get("problem"):
        return f"Not exported to MLflow: {outcome['problem']}\nTo export again: {command}\n"
    return (
        f"MLflow: {count(outcome['runs'], 'run')}, {outcome['new']} of them new, in the experiment "
        f"{outcome['experiment']} of {outcome['uri']}\n"
    )
