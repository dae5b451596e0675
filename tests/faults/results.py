"""What a study found, times apart: equal for a disturbed and an undisturbed run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from hyperverdict.runs.write import read_table

_TIMES = ("train_seconds",)
# Members of verdicts.json that say when or how fast, or that change with every file.
_UNSTABLE = {"file_checksum", "ledger", "since", "changes", "train_seconds", "cost_hours"}
# The same within sentences.
_TIMES_SAID = re.compile(
    r"\d{4}-\d\d-\d\d[T ]?[\d:.+]*|at a cost of about [\d.]+(?: to [\d.]+)? [\w ]+"
)


def metrics(project: Path) -> dict[str, list[dict[str, Any]]]:
    """Folder of every run -> its rows without times."""
    return {
        str(file.parent.relative_to(project)): read_table(file)[0].drop_columns(_TIMES).to_pylist()
        for kind in ("runs", "tuning")
        for file in sorted(project.glob(f"results/{kind}/**/metrics.parquet"))
    }


def verdicts(project: Path) -> str:
    """The verdicts of the study as text, without what tells the time or counts the calls."""
    (file,) = project.glob("results/studies/*/verdicts.json")
    return json.dumps(_lasting(json.loads(file.read_bytes())), indent=1)


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _lasting(v) for k, v in value.items() if k not in _UNSTABLE}
    if isinstance(value, list):
        return [_lasting(v) for v in value]
    return _TIMES_SAID.sub("", value) if isinstance(value, str) else value


def choices(project: Path) -> dict[str, str]:
    """What tuning chose."""
    return {file.name: file.read_text() for file in project.glob("results/studies/*/tuning/*.json")}
