"""What a study found, times apart: equal for a disturbed and an undisturbed run."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from hyperverdict.runs.write import read_table

_TIMES = ("train_seconds",)
# Keys of verdicts.json that say when or how fast, or that change with every file.
_UNSTABLE = {
    "file_checksum", "ledger", "since", "changes", "history", "train_seconds", "hours", "cost_hours",
}  # fmt: skip
_COST = re.compile(r"about [\d.]+ (to [\d.]+ )?(CPU|GPU|compute) \w+")


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
    document = json.loads(file.read_bytes())
    return json.dumps(_timeless(document), indent=1)


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _timeless(v) for key, v in value.items() if key not in _UNSTABLE}
    if isinstance(value, list):
        return [_timeless(one) for one in value]
    return _COST.sub("", value) if isinstance(value, str) else value


def choices(project: Path) -> dict[str, str]:
    """What tuning chose."""
    return {file.name: file.read_text() for file in project.glob("results/studies/*/tuning/*.json")}
