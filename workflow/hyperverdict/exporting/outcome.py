"""How the last export of a study went, as it stands in the study's folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hyperverdict.words.numbers import count

OUTCOME_FILE = "mlflow.json"


def read_outcome(folder: Path) -> Mapping[str, Any]:
    """How the last export of a study went; empty where there was none."""
    try:
        found = json.loads((folder / OUTCOME_FILE).read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


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
