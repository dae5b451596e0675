"""Folders as targets: a run's or a study's folder stands for the file that a job leaves in it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from hyperverdict.errors import UserError
from hyperverdict.options import RESULTS, SMOKE_RESULTS
from hyperverdict.runs.layout import METRICS_FILE, RECORD_FILE

REPORT_FILE = "report.html"
KINDS = ("runs", "tuning")


def file_target(target: str, results: Path, study: str, canonical: Callable[[str], str]) -> str:
    """The file to make for a target; the target itself where it is not a folder of ours.

    Args:
        target: what Snakemake was asked for: a file, a folder or the name of a rule.
        results: where the results of this invocation are.
        study: name of its study.
        canonical: the canonical path of a run from its path below runs/ or tuning/; UserError for
            any other.

    Raises UserError for the folder of a run that is not spelled canonically, for that of another
    study, and for files in these.
    """
    path = os.path.relpath(target)
    if not Path(path).is_relative_to(results):
        return target
    kind, _, below = os.path.relpath(path, results).partition("/")
    if kind in KINDS and _is_folder_of_run(below):
        return f"{results}/{kind}/{canonical(below)}/{METRICS_FILE}"
    folder, _, name = below.rpartition("/")
    if kind in KINDS and name in (METRICS_FILE, RECORD_FILE):
        # Only to refuse what no job makes.
        canonical(folder)
    if kind == "studies" and below:
        _refuse_another(target, below.partition("/")[0], study)
        return target if "/" in below else f"{results}/{kind}/{study}/{REPORT_FILE}"
    if kind == Path(SMOKE_RESULTS).name and results.name == RESULTS:
        raise UserError(
            f"{target} belongs to smoke runs; add the options of one, such as "
            "--config steps=10 seeds=2"
        )
    return target


def _is_folder_of_run(below: str) -> bool:
    """Every part of a run's folder spells a setting; the files in it are named otherwise."""
    return "~" in below.rpartition("/")[2]


def _refuse_another(target: str, name: str, study: str) -> None:
    if name != study:
        raise UserError(
            f"{target} is the folder of study {name}, and this is study {study}; name the file of "
            f"study {name} with --configfile"
        )
