"""What a study found, times apart: equal for a disturbed and an undisturbed run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hyperverdict.runs.write import read_table

_TIMES = ("train_seconds",)
# Members of verdicts.json that say when or how fast. The hash of a ledger covers its times.
_TIMES_IN_VERDICTS = {"file_checksum", "hash", "since", "train_seconds", "cost_hours"}
# The same within sentences.
_TIMES_SAID = re.compile(
    r"\d{4}-\d\d-\d\d[T ]?[\d:.+]*|at a cost of about [\d.]+(?: to [\d.]+)? [\w ]+"
)


def found(project: Path, *, timed_again: bool = False) -> dict[str, object]:
    """Metrics, choices, verdicts and the ledger of a study, line by line.

    Args:
        timed_again: claims on time were measured once more: of these, the headlines remain.
    """
    verdicts = _verdicts(project, timed_again=timed_again)
    lines = json.dumps(verdicts, indent=1).splitlines()
    ledger = {} if timed_again else _ledger(project)
    return {**metrics(project), **_choices(project), **ledger, **dict(enumerate(lines))}


def changed(project: Path, before: Mapping[str, object]) -> dict[str, tuple[object, object]]:
    """What a project found otherwise than before."""
    now = found(project)
    names = before.keys() | now.keys()
    return {k: (before.get(k), now.get(k)) for k in names if before.get(k) != now.get(k)}


def metrics(project: Path) -> dict[str, object]:
    """Folder of every run -> its rows without times."""
    return {
        str(file.parent.relative_to(project)): read_table(file)[0].drop_columns(_TIMES).to_pylist()
        for kind in ("runs", "tuning")
        for file in sorted(project.glob(f"results/{kind}/**/metrics.parquet"))
    }


def _verdicts(project: Path, *, timed_again: bool) -> Any:
    """The verdicts of the study, without what tells the time."""
    (file,) = project.glob("results/studies/*/verdicts.json")
    plain = json.loads(file.read_bytes())
    if not timed_again:
        return _lasting(plain)
    return [
        hypothesis["headline"] if _is_on_time(hypothesis) else _lasting(hypothesis)
        for hypothesis in plain["hypotheses"]
    ]


def _is_on_time(hypothesis: Mapping[str, Any]) -> bool:
    expectations = [one for verdict in hypothesis["verdicts"] for one in verdict["expectations"]]
    return any(one["metric"] == "train_time" for one in expectations)


def _lasting(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _lasting(v) for k, v in value.items() if k not in _TIMES_IN_VERDICTS}
    if isinstance(value, list):
        return [_lasting(v) for v in value]
    return _TIMES_SAID.sub("", value) if isinstance(value, str) else value


def _choices(project: Path) -> dict[str, object]:
    """What tuning chose."""
    return {file.name: file.read_text() for file in project.glob("results/studies/*/tuning/*.json")}


def _ledger(project: Path) -> dict[str, object]:
    """What was registered and looked at, in order; an empty one where there is no ledger."""
    (file,) = project.glob("results/studies/*/")
    ledger = file / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines() if ledger.exists() else []
    return {f"ledger {number}": _entry(line) for number, line in enumerate(lines)}


def _entry(line: bytes) -> object:
    try:
        entry = json.loads(line)
        return entry["kind"], entry["content"]
    except (ValueError, KeyError):
        return line
