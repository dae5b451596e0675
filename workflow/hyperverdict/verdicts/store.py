"""Verdicts on disk: verdicts.json (exact), verdicts.csv and verdicts.parquet (tidy)."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hyperverdict.claims.model import Leg
from hyperverdict.effects.contrast import Contrast
from hyperverdict.effects.effect import Effect
from hyperverdict.errors import UserError
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.sealed import DamagedError
from hyperverdict.verdicts.document import from_file, to_file
from hyperverdict.verdicts.model import HypothesisReport, StudyReport, Verdict
from hyperverdict.words.contrasts import contrast_name
from hyperverdict.words.safe import csv_frame


def write_verdicts(report: StudyReport, folder: Path) -> None:
    """Write verdicts.json into `folder`, verdicts.csv and verdicts.parquet into `folder`/tables."""
    import pandas as pd

    frame = pd.DataFrame(verdict_rows(report), columns=list(_COLUMNS))
    frame = frame.astype(dict.fromkeys(_TEXT, "str"))
    parquet = io.BytesIO()
    frame.to_parquet(parquet, index=False)
    write_atomic(folder / "verdicts.json", to_file(report))
    write_atomic(folder / "tables" / "verdicts.csv", csv_frame(frame).to_csv(index=False).encode())
    write_atomic(folder / "tables" / "verdicts.parquet", parquet.getvalue())


def read_verdicts(file: Path) -> StudyReport:
    """The report in verdicts.json; UserError names a file that is no such report."""
    try:
        return from_file(file.read_bytes())
    except DamagedError as error:
        raise UserError(
            f"{file} is damaged ({error}); start the study again, and it is judged again"
        ) from None
    except (OSError, ValueError, KeyError) as error:
        first = str(error).partition("\n")[0]
        raise UserError(f"{file} holds no verdicts ({first}); judge the study again") from None


_TEXT = (
    "hypothesis", "says", "kind", "claim", "budget", "overall", "headline", "evidence",
    "uncorrected", "grade", "metric", "direction", "leg_evidence", "effect", "contrast",
    "effect_evidence", "checks", "registered", "dropped_because",
)  # fmt: skip
_NUMBERS = (
    "n", "estimate", "interval_low", "interval_high", "equivalence_interval_low",
    "equivalence_interval_high", "anytime_interval_low", "anytime_interval_high", "delta", "alpha",
    "sd", "t", "p", "p_equivalence", "correlation", "sign_flip_p", "image_error",
    "seeds_needed_low", "seeds_needed_high", "cost_hours_low", "cost_hours_high",
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
    judgement, look = verdict.judgement, verdict.next_look
    errors, anytime = dict(verdict.image_errors), dict(verdict.anytime)
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
        "uncorrected": verdict.uncorrected or judgement.evidence,
        "grade": judgement.grade,
        "checks": ", ".join(check.id for check in verdict.fired),
        "registered": verdict.registered,
        **_ends("seeds_needed", look.seeds_needed if look else None),
        **_ends("cost_hours", look.cost_hours if look else None),
    }
    rows = [
        {**shared, **_leg_cells(leg), **_effect_cells(effect, errors, anytime)}
        for leg in judgement.legs
        for effect in leg.effects or (None,)
    ]
    blank = {"metric": "", "direction": "", "leg_evidence": "", "dropped_because": ""}
    return rows or [{**shared, **blank, **_effect_cells(None, errors, anytime)}]


def _leg_cells(leg: Leg) -> dict[str, Any]:
    return {
        "metric": leg.metric.name,
        "direction": leg.expectation.direction,
        "leg_evidence": leg.evidence,
        "dropped_because": leg.dropped_because,
    }


def _effect_cells(
    effect: Effect | None,
    errors: dict[Contrast, float],
    anytime: dict[Contrast, tuple[float, float]],
) -> dict[str, Any]:
    if effect is None:
        return {"effect": "", "contrast": "", "effect_evidence": ""}
    names = ("n", "estimate", "delta", "alpha", "sd", "t", "p", "p_equivalence")
    more = ("ratio", "paired", "correlation", "sign_flip_p")
    return {
        "effect": contrast_name(effect.contrast),
        "contrast": effect.contrast.kind,
        "effect_evidence": effect.evidence,
        **{name: getattr(effect, name) for name in (*names, *more)},
        **_ends("interval", effect.ci),
        **_ends("equivalence_interval", effect.ci_equivalence),
        **_ends("anytime_interval", anytime.get(effect.contrast)),
        "image_error": errors.get(effect.contrast),
    }


def _ends(name: str, pair: Sequence[float] | None) -> dict[str, float | None]:
    low, high = pair if pair is not None else (None, None)
    return {f"{name}_low": low, f"{name}_high": high}
