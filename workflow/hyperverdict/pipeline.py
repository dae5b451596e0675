"""The steps of the workflow after training, one function each; scripts and the shell call these.

A study's folder holds tables/, verdicts.json, figures/ and report.html; every step reads what the
one before left there.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from hyperverdict import figures
from hyperverdict.design.choices import make_choices, with_choices, write_choices
from hyperverdict.design.devices import Machine, Timed, faster_device
from hyperverdict.design.plan import make_plan, tuning_paths
from hyperverdict.errors import UserError
from hyperverdict.invocation import studies_folder
from hyperverdict.kept_runs import KeptRuns, add_kept
from hyperverdict.ledger.record import reported_heads
from hyperverdict.ledger.registration import LEDGER_FILE
from hyperverdict.outcomes.timing import read_timing
from hyperverdict.programs.identity import identity_of
from hyperverdict.programs.metrics import percent_scores
from hyperverdict.records.collect import find_runs, read_runs, refuse_damaged, write_collected
from hyperverdict.records.provenance import provenance_of
from hyperverdict.records.tables import failed_seeds, read_final, read_tables
from hyperverdict.report.captions import write_results
from hyperverdict.report.html import write_report
from hyperverdict.report.latex import verdict_table
from hyperverdict.report.markdown import write_markdown
from hyperverdict.report.methods import methods_paragraph
from hyperverdict.report.overview_figure import write_overview
from hyperverdict.report.pdf import remove_pdfs, write_pdfs
from hyperverdict.report.reproduce import Sources
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.layout import read_record
from hyperverdict.runs.sealed import json_bytes
from hyperverdict.study.model import Smoke, Study
from hyperverdict.study.smoke import load
from hyperverdict.training.code import code_checksum_of
from hyperverdict.training.fill import remove_copies
from hyperverdict.verdicts.judge import judge_study
from hyperverdict.verdicts.model import StudyReport
from hyperverdict.verdicts.reported import REPORTED_FILE, with_changes
from hyperverdict.verdicts.store import read_verdicts, write_verdicts
from hyperverdict.vocabulary.configuration import Configuration, parse_path
from hyperverdict.vocabulary.datasets import PREPARED
from hyperverdict.vocabulary.users import Users
from hyperverdict.vocabulary.vocabulary import Vocabulary

REPORT_FILE = "report.html"
FIGURES = "figures"
OVERVIEW = "figures/overview.svg"
NO_KEPT = KeptRuns()
COMPLETE_SO_FAR = "made on request; no run of any hypothesis is missing"


def open_study(
    file: str | Path, results: Path, smoke: Smoke | None = None, *, choosing: bool = False
) -> Study:
    """The study of a file, its tuned hypotheses with the choices made so far.

    Args:
        results: where results are.
        smoke: how little it trains as a smoke run.
        choosing: for tuning, which itself makes the choices again that are damaged.

    Raises UserError where choices are damaged.
    """
    whole = results.parent if smoke else results
    users = Users(prepared=whole.parent / PREPARED)
    study = load(file, whole / "runs", smoke, Vocabulary(users=users))
    return with_choices(study, studies_folder(results) / study.name, before_jobs=choosing)


def choose_tuned(study: Study, hypothesis_id: str, runs: Path, file: Path) -> None:
    """Choose the tuned values of a hypothesis's arms on its tuning runs; writes the choices."""
    hypothesis = next(h for h in study.hypotheses if h.id == hypothesis_id)
    trials = find_runs(_configurations(tuning_paths(hypothesis, study), study), runs)
    refuse_damaged(trials)
    final = read_runs(trials).final
    by = study.chosen_by(hypothesis)
    if by is None or by.validation not in final:
        raise UserError(f"tune: no run of {hypothesis_id} has a validation score")
    scores: dict[str, dict[int, float]] = {}
    for path, seed, score in zip(final.path, final.seed, final[by.validation], strict=True):
        scores.setdefault(str(path), {})[int(seed)] = float(score)
    write_choices(make_choices(hypothesis, study, scores), file)


def _configurations(paths: Iterable[str], study: Study) -> Iterator[Configuration]:
    return (parse_path(path, study.vocabulary) for path in paths)


def choose_device(
    configurations: Sequence[Configuration],
    prepared: Mapping[str, Path],
    machine: Machine,
    jobs: int,
    out: Path,
) -> Timed:
    """Time a few steps of configurations on CPU and GPU; writes which is faster for their group.

    Args:
        prepared: data set -> folder of its prepared data.
        jobs: training jobs of the group.
    """
    from hyperverdict.training.provenance import hardware
    from hyperverdict.training.timing import seconds_on

    cpu = seconds_on("cpu", configurations, prepared)
    cuda = seconds_on("cuda", configurations, prepared)
    timed = faster_device(cpu, cuda, machine, jobs)
    content = {
        "device": timed.device,
        "factor": timed.factor,
        "seconds_per_step": {
            device: dict(zip((c.arm_path for c in configurations), seconds, strict=False))
            for device, seconds in (("cpu", cpu), ("cuda", cuda))
        },
        "cores": machine.cores,
        "gpu_slots": machine.gpu_slots,
        "jobs": jobs,
        "hardware": hardware("cuda" if cuda else "cpu"),
    }
    write_atomic(out, json_bytes(content))
    return timed


def collect_runs(
    study: Study,
    paths: Mapping[str, Iterable[str]],
    results: Path,
    folder: Path,
    *,
    so_far: KeptRuns | None = None,
) -> None:
    """Collect runs, as far as they exist, into tidy tables below a study's folder.

    Args:
        paths: configuration paths by kind: those below results/runs and those below results/tuning.
        so_far: runs of interrupted jobs; damaged runs are left out then, as those that are missing.

    Raises UserError for damaged runs, else.
    """
    copies = so_far.folders if so_far else {}
    found = [
        find_runs(_configurations(paths[kind], study), results / kind, copies.get(kind, {}))
        for kind in paths
    ]
    if so_far is None:
        for runs in found:
            refuse_damaged(runs)
    write_collected(found, folder / "tables")


def remove_kept_copies(paths: Mapping[str, Iterable[str]], results: Path) -> None:
    """Remove the seeds that finished jobs kept, in case they were interrupted, beside their runs.

    Args:
        paths: see `collect_runs`.
    """
    for kind, found in paths.items():
        for path in found:
            remove_copies(results / kind / path)


def judge(
    study: Study, folder: Path, timings: Iterable[Path], ledger: Path | None = None
) -> StudyReport:
    """Judge a study on its collected tables; writes the verdicts into its folder.

    Args:
        ledger: the study's ledger, to which this look is added where no run is missing.
    """
    tables = read_tables(folder / "tables")
    _refuse_percent(study, tables.final)
    times = [read_timing(timing) for timing in timings]
    present = _present_code(study)
    seen = reported_heads(folder / REPORT_FILE)
    report = judge_study(study, tables.final, tables.curves, times, ledger, present, seen)
    if ledger is not None and not study.only_estimates:
        reported = ledger.with_name(REPORTED_FILE)
        report = with_changes(report, reported, study, failed_seeds(tables.final))
    write_verdicts(report, folder)
    write_results(report, study, folder / "tables/verdicts.rst")
    return report


def _refuse_percent(study: Study, final: pd.DataFrame) -> None:
    """UserError where a training reports percent for a metric that is a fraction."""
    training = study.vocabulary.training
    if training is None:
        return
    finals = {m: study.metrics[m].final for m in training.scores if m in study.metrics}
    largest = {
        training.scores[metric]: float(pd.to_numeric(final[column], errors="coerce").max())
        for metric, column in finals.items()
        if column in final
    }
    faults = percent_scores(training.fractions, training.scores, largest)
    if faults:
        raise UserError("\n".join(faults))


def _present_code(study: Study) -> dict[str, str]:
    """What is made of the user's code -> its checksum now; empty where there is none."""
    try:
        if not study.vocabulary.ours:
            return {"": code} if (code := identity_of(study.vocabulary).code) else {}
        if not study.vocabulary.users.any:
            return {}
        made = {run.configuration.code_key: run.configuration for run in make_plan(study).all_runs}
        checksums = {key: code_checksum_of(configuration) for key, configuration in made.items()}
    except UserError:
        return {}
    return {key: checksum for key, checksum in checksums.items() if checksum}


def plot(study: Study, folder: Path) -> None:
    """Draw every figure of a judged study."""
    tables, report = read_tables(folder / "tables"), read_verdicts(folder / "verdicts.json")
    figures.draw_all(report, study, tables, folder / FIGURES)


def write_study_report(
    study: Study,
    folder: Path,
    results: Path,
    paths: Mapping[str, Iterable[str]],
    so_far: KeptRuns = NO_KEPT,
) -> Path:
    """Write report.html and report.md, the overview picture, the LaTeX table and the methods.

    Args:
        so_far: see `collect_runs`.
    """
    report = read_verdicts(folder / "verdicts.json")
    remove_pdfs(folder)
    folders = [so_far.folder(results, kind, path) for kind in paths for path in paths[kind]]
    records = [record for run in folders if (record := read_record(run)) is not None]
    provenance = {**_made_by(study), **provenance_of(records)}
    write_atomic(folder / "tables/verdicts.tex", verdict_table(report).encode())
    write_overview(report, folder / OVERVIEW)
    write_markdown(study, report, folder, FIGURES)
    methods = methods_paragraph(study, report, provenance)
    write_atomic(folder / "methods.txt", f"{methods}\n".encode())
    sources = Sources(
        final=read_final(folder / "tables"),
        ledger=studies_folder(results) / study.name / LEDGER_FILE,
    )
    out = folder / REPORT_FILE
    return write_report(study, report, folder / FIGURES, provenance, out, sources)


def print_report(study: Study, folder: Path) -> None:
    """Print the report that was written into a study's folder; UserError without a printer."""
    write_pdfs(study, read_verdicts(folder / "verdicts.json"), folder / REPORT_FILE)


def _made_by(study: Study) -> dict[str, str]:
    """What made the runs of a study with a training of the user's own."""
    training = study.vocabulary.training
    if training is None:
        return {}
    parts = {
        "command": " ".join(training.command),
        "function": training.call,
        "code files": ", ".join(training.code),
        "data files": ", ".join(training.data),
    }
    return {heading: text for heading, text in parts.items() if text}


def report_what_exists(
    study: Study,
    paths: Mapping[str, Iterable[str]],
    timings: Iterable[Path],
    results: Path,
    folder: Path,
    pdf: bool = False,
) -> tuple[Path, str]:
    """All steps at once on what exists; the report says what is missing.

    That is runs, timings, and the seeds that interrupted jobs have finished.

    Args:
        pdf: print the report as well.

    Returns the page, and what is to be said of it; "" where it holds whole runs alone.
    """
    with tempfile.TemporaryDirectory() as copies:
        kept = add_kept(study, paths, results, Path(copies))
        collect_runs(study, paths, results, folder, so_far=kept)
        known = [timing for timing in timings if timing.exists()]
        ledger = studies_folder(results) / study.name / LEDGER_FILE
        report = judge(study, folder, known, ledger)
        if not report.provisional:
            write_verdicts(replace(report, provisional=COMPLETE_SO_FAR), folder)
        plot(study, folder)
        page = write_study_report(study, folder, results, paths, kept)
    if pdf:
        print_report(study, folder)
    return page, kept.words
