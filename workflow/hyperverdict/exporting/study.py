"""Exports a judged study, and leaves word of how that went."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from hyperverdict.design.plan import make_plan
from hyperverdict.errors import UserError, first_line
from hyperverdict.exporting.destination import Destination
from hyperverdict.exporting.mlflow_store import Exported, experiment_name, export
from hyperverdict.exporting.outcome import OUTCOME_FILE
from hyperverdict.exporting.runs import exported_runs
from hyperverdict.exporting.summary import summary_of
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.sealed import json_bytes
from hyperverdict.study.model import Study
from hyperverdict.verdicts.store import read_verdicts

log = logging.getLogger(__name__)

VERDICTS, PROVISIONAL = "verdicts.json", "provisional"


def latest_verdicts(folder: Path) -> Path:
    """The folder of a study's latest verdicts: its own, or that of a report of what exists.

    Raises UserError where there are none.
    """
    places = [place for place in (folder, folder / PROVISIONAL) if (place / VERDICTS).exists()]
    if not places:
        raise UserError(f"{folder} has no verdicts yet; run the study first")
    return max(places, key=lambda place: (place / VERDICTS).stat().st_mtime)


def export_study(study: Study, destination: Destination, results: Path, folder: Path) -> Exported:
    """Write the runs and verdicts of a judged study to MLflow.

    Args:
        study: with the choices that tuning has made.
        results: where its runs are.
        folder: that holds its verdicts and its report.

    Raises UserError for a study without verdicts, and for whatever goes wrong in MLflow.
    """
    verdicts = folder / VERDICTS
    judged = round(1000 * verdicts.stat().st_mtime) if verdicts.exists() else 0
    summary = summary_of(study, read_verdicts(verdicts), folder, judged)
    runs = exported_runs(make_plan(study), results)
    name = experiment_name(study.name, study.smoke is not None)
    return export(destination, name, study.name, runs, summary)


def export_or_say(
    study: Study, destination: Destination, results: Path, folder: Path
) -> Mapping[str, Any]:
    """The same, where a failure must cost nothing: what happened goes into the study's folder."""
    outcome: dict[str, Any] = {"uri": destination.given, "problem": ""}
    try:
        outcome |= asdict(export_study(study, destination, results, folder))
    except UserError as error:
        outcome["problem"] = str(error)
    except Exception as error:
        log.exception("the export to MLflow failed")
        outcome["problem"] = f"{type(error).__name__}: {first_line(error)}"
    write_atomic(folder / OUTCOME_FILE, json_bytes(outcome))
    return outcome
