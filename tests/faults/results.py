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


def found(project: Path) -> dict[str, object]:
    """Metrics, choices, timings, verdicts and the ledger of a study, by name."""
    return {
        **metrics(project),
        **_choices(project),
        **_timings(project),
        **_verdicts(project),
        **_ledger(project),
    }


def changed(project: Path, before: Mapping[str, object]) -> dict[str, tuple[object, object]]:
    """What a project found otherwise than before.

    Where times were measured again, this is what does not depend on them.
    """
    now = found(project)
    names = before.keys() | now.keys()
    differ = {k: (before.get(k), now.get(k)) for k in names if before.get(k) != now.get(k)}
    if not any(name.startswith(_TIMING) for name in differ):
        return differ
    return {name: both for name, both in differ.items() if not name.startswith(_BY_TIMES)}


# How names begin of what is measured, and of what depends on it.
_TIMING, _TIMED, _STUDY, _LEDGER = "timing ", "claim on time ", "study ", "ledger "
_BY_TIMES = (_TIMING, _TIMED, _STUDY, _LEDGER)


def metrics(project: Path) -> dict[str, object]:
    """Folder of every run -> its rows without times."""
    return {
        str(file.parent.relative_to(project)): read_table(file)[0].drop_columns(_TIMES).to_pylist()
        for kind in ("runs", "tuning")
        for file in sorted(project.glob(f"results/{kind}/**/metrics.parquet"))
    }


def _verdicts(project: Path) -> dict[str, object]:
    """Every member of the verdicts and every hypothesis, without what tells the time."""
    (file,) = project.glob("results/studies/*/verdicts.json")
    plain = json.loads(file.read_bytes())
    hypotheses = plain.pop("hypotheses")
    members = {f"{_STUDY}{name}": value for name, value in _lasting(plain).items()}
    claims = {
        f"{_TIMED if _is_on_time(one) else 'claim '}{one['id']}": _lasting(one)
        for one in hypotheses
    }
    return {**members, **claims}


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


def _timings(project: Path) -> dict[str, object]:
    """The measured times."""
    files = project.glob("results/timing/**/timing.json")
    return {f"{_TIMING}{file.parent.name}": file.read_bytes() for file in files}


def _ledger(project: Path) -> dict[str, object]:
    """What was registered and looked at, in order; an empty one where there is no ledger."""
    (file,) = project.glob("results/studies/*/")
    ledger = file / "ledger.jsonl"
    lines = ledger.read_bytes().splitlines() if ledger.exists() else []
    return {f"{_LEDGER}{number}": _entry(line) for number, line in enumerate(lines)}


def _entry(line: bytes) -> object:
    try:
        entry = json.loads(line)
        return entry["kind"], entry["content"]
    except (ValueError, KeyError):
        return line
