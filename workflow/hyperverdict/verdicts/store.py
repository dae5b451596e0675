"""Verdicts on disk: verdicts.json (typed, exact), verdicts.csv and verdicts.parquet (tidy).

JSON has no nan or infinity: they are written as the texts "nan", "inf" and "-inf", and come back as
numbers.
"""

from __future__ import annotations

import json
import math
import os
import types
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from hyperverdict.claims.model import Effect, Leg
from hyperverdict.errors import UserError
from hyperverdict.verdicts.model import HypothesisReport, StudyReport, Verdict

FORMAT = 1
SPECIAL = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}


def write_verdicts(report: StudyReport, folder: Path) -> None:
    """Write verdicts.json into `folder`, verdicts.csv and verdicts.parquet into `folder`/tables."""
    import pandas as pd

    tables = folder / "tables"
    tables.mkdir(parents=True, exist_ok=True)
    _replace(folder / "verdicts.json", to_json(report).encode())
    frame = pd.DataFrame(verdict_rows(report), columns=list(_COLUMNS))
    frame = frame.astype(dict.fromkeys(_TEXT, "str"))
    _replace(tables / "verdicts.csv", frame.to_csv(index=False).encode())
    temporary = tables / f".verdicts.parquet.{os.getpid()}"
    frame.to_parquet(temporary, index=False)
    temporary.replace(tables / "verdicts.parquet")


def read_verdicts(file: Path) -> StudyReport:
    """The report in verdicts.json; UserError names a file that is no such report."""
    try:
        return from_json(file.read_text())
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(f"{file} holds no verdicts ({error}); judge the study again") from None


def to_json(report: StudyReport) -> str:
    """The report as indented JSON with a final newline; the order of keys is kept."""
    plain = {"format": FORMAT, "report": to_plain(report)}
    return json.dumps(plain, indent=1, allow_nan=False) + "\n"


def from_json(text: str) -> StudyReport:
    """Inverse of `to_json`; ValueError, KeyError or TypeError on anything else."""
    raw = json.loads(text)
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        raise ValueError(f"not verdicts of format {FORMAT}")
    report = to_typed(StudyReport, raw["report"])
    if not isinstance(report, StudyReport):
        raise TypeError("not a study report")
    return report


def to_plain(value: Any) -> Any:
    """Dataclasses, mappings and sequences as what JSON holds."""
    if is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_plain(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): to_plain(content) for key, content in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [to_plain(item) for item in value]
    if hasattr(value, "item") and not isinstance(value, (str, bytes)):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return "nan" if math.isnan(value) else ("inf" if value > 0 else "-inf")
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def to_typed(kind: Any, plain: Any) -> Any:
    """Plain JSON as a value of the annotated type `kind`; TypeError or KeyError when it is none."""
    origin = get_origin(kind)
    if is_dataclass(kind) and isinstance(kind, type):
        return _to_dataclass(kind, plain)
    if origin in (Union, types.UnionType):
        options = [option for option in get_args(kind) if option is not type(None)]
        return None if plain is None else to_typed(options[0], plain)
    if origin is tuple:
        return _to_tuple(get_args(kind), plain)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping):
        content = get_args(kind)[1]
        return {key: to_typed(content, value) for key, value in plain.items()}
    if origin is Literal:
        if plain not in get_args(kind):
            raise TypeError(f"{plain!r} is none of {get_args(kind)}")
        return plain
    if kind is float:
        return SPECIAL[plain] if isinstance(plain, str) else float(plain)
    if kind is Any:
        return _special(plain)
    if kind in (int, str, bool) and type(plain) is not kind:
        raise TypeError(f"{plain!r} is not {kind.__name__}")
    return plain


def _special(plain: Any) -> Any:
    """Untyped content: special floats come back, all else stays."""
    if isinstance(plain, dict):
        return {key: _special(value) for key, value in plain.items()}
    if isinstance(plain, list):
        return [_special(item) for item in plain]
    return SPECIAL.get(plain, plain) if isinstance(plain, str) else plain


def _to_tuple(kinds: tuple[Any, ...], plain: Sequence[Any]) -> tuple[Any, ...]:
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return tuple(to_typed(kinds[0], item) for item in plain)
    return tuple(to_typed(kind, item) for kind, item in zip(kinds, plain, strict=True))


def _to_dataclass(kind: type, plain: Mapping[str, Any]) -> Any:
    hints = _hints(kind)
    unknown = set(plain) - set(hints)
    if unknown:
        raise TypeError(f"{kind.__name__} has no {', '.join(sorted(unknown))}")
    return kind(**{name: to_typed(hints[name], value) for name, value in plain.items()})


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


_TEXT = (
    "hypothesis", "says", "kind", "claim", "budget", "overall", "headline", "evidence",
    "raw_evidence", "grade", "metric", "direction", "leg_evidence", "effect", "effect_evidence",
    "checks", "registered", "dropped_because",
)  # fmt: skip
_NUMBERS = (
    "n", "estimate", "ci1_low", "ci1_high", "ci2_low", "ci2_high", "delta", "alpha", "sd", "t",
    "p", "p_equivalence", "correlation", "sign_flip_p", "image_error", "seeds_needed_low",
    "seeds_needed_high", "cost_hours_low", "cost_hours_high",
)  # fmt: skip
_COLUMNS = (*_TEXT, "primary", "ratio", "paired", *_NUMBERS)


def verdict_rows(report: StudyReport) -> list[dict[str, Any]]:
    """One row per effect, under its hypothesis, budget and leg; a dropped leg has one row too."""
    return [
        row
        for hypothesis in report.hypotheses
        for verdict in hypothesis.verdicts
        for row in _rows_of(hypothesis, verdict)
    ]


def _rows_of(hypothesis: HypothesisReport, verdict: Verdict) -> list[dict[str, Any]]:
    judgement = verdict.corrected or verdict.judgement
    shared = {
        "hypothesis": hypothesis.id,
        "says": hypothesis.says,
        "kind": hypothesis.kind,
        "claim": hypothesis.claim,
        "primary": hypothesis.primary,
        "budget": verdict.budget,
        "overall": hypothesis.headline,
        "headline": verdict.headline,
        "evidence": judgement.evidence,
        "raw_evidence": verdict.judgement.evidence,
        "grade": judgement.grade,
        "checks": ", ".join(check.number for check in verdict.checks),
        "registered": verdict.registered,
        **_ends("seeds_needed", verdict.seeds_needed),
        **_ends("cost_hours", verdict.cost_hours),
    }
    rows = [
        {**shared, **_leg_cells(leg), **_effect_cells(effect, verdict)}
        for leg in judgement.legs
        for effect in leg.effects or (None,)
    ]
    blank = {"metric": "", "direction": "", "leg_evidence": "", "dropped_because": ""}
    return rows or [{**shared, **blank, **_effect_cells(None, verdict)}]


def _leg_cells(leg: Leg) -> dict[str, Any]:
    return {
        "metric": leg.metric,
        "direction": leg.direction,
        "leg_evidence": leg.evidence,
        "dropped_because": leg.dropped_because,
    }


def _effect_cells(effect: Effect | None, verdict: Verdict) -> dict[str, Any]:
    if effect is None:
        return {"effect": "", "effect_evidence": ""}
    names = ("n", "estimate", "delta", "alpha", "sd", "t", "p", "p_equivalence")
    more = ("ratio", "paired", "correlation", "sign_flip_p")
    return {
        "effect": effect.name,
        "effect_evidence": effect.evidence,
        **{name: getattr(effect, name) for name in (*names, *more)},
        **_ends("ci1", effect.ci1),
        **_ends("ci2", effect.ci2),
        "image_error": verdict.image_errors.get(effect.name),
    }


def _ends(name: str, pair: Sequence[float] | None) -> dict[str, float | None]:
    low, high = pair if pair is not None else (None, None)
    return {f"{name}_low": low, f"{name}_high": high}


def _replace(file: Path, content: bytes) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.write_bytes(content)
    temporary.replace(file)
