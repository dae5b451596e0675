"""What an invocation of the workflow tells its user: before the first job, and after the last."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from hyperverdict.design.cost import timed_seconds_per_step
from hyperverdict.design.devices import Device, other_device
from hyperverdict.design.state import RunState, refuse_mixing
from hyperverdict.design.summary import plan_summary
from hyperverdict.exporting.outcome import OUTCOME_FILE, outcome_words, read_outcome
from hyperverdict.invocation import Invocation
from hyperverdict.ledger.chain import read_ledger
from hyperverdict.ledger.coming_looks import coming_looks
from hyperverdict.ledger.registration import LEDGER_FILE, SeedsOf, recorded_seeds
from hyperverdict.programs.ready import missing_program, training_notes
from hyperverdict.publishing import unprinted
from hyperverdict.runs.sealed import read_json
from hyperverdict.verdicts.changes import heading, in_terminal
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.vocabulary import Vocabulary
from hyperverdict.words.commands import snakemake
from hyperverdict.words.numbers import count
from hyperverdict.words.printing import say_at_once, tell

SHOWN_FAILURES = 3
_KEPT = "Finished seeds are kept. "


def print_plan(
    run: Invocation,
    devices: Iterable[str] = (),
    device: Device | None = None,
    *,
    asked_for: bool = False,
    states: Mapping[str, RunState] | None = None,
) -> None:
    """The plan in words.

    Args:
        devices: what it says of the devices on which its jobs train.
        device: the one on which all of them train; None where each group has its own.
        asked_for: it is what a dry-run is made for, so it goes to standard output, as Snakemake's
            own plan does; otherwise to standard error.
        states: of every planned run, where they are known.
    """
    if not run.main:
        return
    states = run.states() if states is None else states
    refuse_mixing(states.values(), run.maker)
    missing = [
        timing for key, timing in run.plan.timings.items() if not run.is_timed(f"contrasts/{key}")
    ]
    timed = timed_seconds_per_step(run.timings)
    looks = coming_looks(run.study, read_ledger(run.folder / LEDGER_FILE), _seeds_of(run, states))
    cores = os.cpu_count()
    text = plan_summary(run.plan, states, timed, missing, cores, devices, looks.lines, looks.alphas)
    told = (
        *run.study.notes,
        *_other_notes(states.values(), run.maker),
        other_device(states.values(), device),
        missing_program(run.study.vocabulary),
        *training_notes(run.study.vocabulary),
    )
    notes = [f"Note: {note}\n" for note in told if note]
    notes += [f"{line}\n" for line in code_lines(run.study.vocabulary)]
    if run.study.smoke:
        notes.insert(0, f"{_smoke_words(run)}\n")
    (say_at_once if asked_for else tell)("".join([*notes, text]))


def code_lines(vocabulary: Vocabulary) -> list[str]:
    """What a study runs of code that is not ours, named before it runs; empty where it is none."""
    training, users = vocabulary.training, vocabulary.users
    functions = {m.name: m.place for m in users.models.values()}
    functions |= {data.call: data.place for data in users.data.values() if data.call}
    parts = [f"{name} ({place})" for name, place in functions.items()]
    if training is not None:
        parts.append(training.title if training.call else f"the command {training.title}")
    return [f"Code of this study that runs: {'; '.join(parts)}"] if parts else []


def _seeds_of(run: Invocation, states: Mapping[str, RunState]) -> SeedsOf:
    """path -> seeds on record; reads only what the states do not say already."""
    read = recorded_seeds(run.results / "runs")

    def seeds_of(path: str) -> frozenset[int]:
        state = states.get(f"runs/{path}")
        return read(path) if state is None else frozenset(state.recorded)

    return seeds_of


def _smoke_words(run: Invocation) -> str:
    return f"Smoke run ({run.study.smoke}): its results go to {run.results}/ and are never judged."


def closing_words(run: Invocation, prints_elsewhere: bool = False) -> str:
    """Where the report is, when this invocation has written it.

    Args:
        prints_elsewhere: jobs have a printer of their own, whatever this machine has.
    """
    files = (run.folder / name for name in ("report.html", "report.pdf", "summary.pdf"))
    written = [str(file) for file in files if _is_new(file, run.started)]
    exported = _exported(run)
    if not written:
        return f"\n{exported}" if exported else ""
    words = f"\n{_smoke_words(run)}" if run.study.smoke else ""
    missing = unprinted(run.options, prints_elsewhere)
    note = f"report.pdf and summary.pdf were not made: {missing}\n" if missing else ""
    changes = _changes(run) if _is_new(run.folder / "report.html", run.started) else ""
    report = f"\nReport: {', '.join(written)}\n"
    return f"{words}{changes}{report}{_show(run)}{note}{_curves(run)}{exported}"


def _show(run: Invocation) -> str:
    """How to read the verdicts in the terminal."""
    smoke = " --smoke" if run.study.smoke else ""
    return f"Verdicts: hyperverdict show {shlex.quote(str(run.study_file))}{smoke}\n"


def _exported(run: Invocation) -> str:
    """How the export to MLflow went, when this invocation has made one."""
    if run.options.mlflow is None or not _is_new(run.folder / OUTCOME_FILE, run.started):
        return ""
    smoke = f" --smoke {run.study.smoke.option}" if run.study.smoke else ""
    file, place = shlex.quote(str(run.study_file)), shlex.quote(run.options.mlflow.given)
    again = f"hyperverdict export {file} --mlflow {place}{smoke}"
    return outcome_words(read_outcome(run.folder), again)


def _curves(run: Invocation) -> str:
    """How to see the training curves, unless they were declined."""
    if not run.options.tensorboard or run.results != Path(run.options.results):
        return ""
    smoke = f" --smoke {run.study.smoke.option}" if run.study.smoke else ""
    return f"Training curves: hyperverdict watch {shlex.quote(str(run.study_file))}{smoke}\n"


def _is_new(file: Path, started: float) -> bool:
    """Whether this invocation has written a file."""
    return file.exists() and file.stat().st_mtime >= started


def _changes(run: Invocation) -> str:
    """What changed since the last report, as the verdicts say it."""
    try:
        verdicts = read_json(run.folder / "verdicts.json")
        said, since = verdicts["changes"], verdicts["since"]
    except (OSError, ValueError, KeyError, TypeError):
        return ""
    if not said:
        return ""
    lines = "\n".join(f"  {sentence}" for sentence in in_terminal(said))
    return f"\n{heading(since)}\n{lines}\n"


def failure_words(run: Invocation, *, stopped: bool = False) -> str:
    """Which configurations failed, with the end of their logs, and how to go on.

    Args:
        stopped: no job has failed; Ctrl-C ended the call.
    """
    if stopped:
        return f"\nStopped. {_KEPT}Call the same command again to continue{_or_judge(run)}"
    failed = [
        run.results / folder
        for folder, state in run.states().items()
        if state.missing and (run.results / folder / "train.log").exists()
    ]
    lines = [f"\n{folder}\n{_tail(folder / 'train.log')}" for folder in failed[:SHOWN_FAILURES]]
    if len(failed) > SHOWN_FAILURES:
        rest = count(len(failed) - SHOWN_FAILURES, "more unfinished configuration")
        lines.append(f"\n... and {rest}")
    lines.append(
        f"\n{_KEPT}Correct what is named above and call the same command again{_or_judge(run)}"
    )
    return "\n".join(lines)


def _or_judge(run: Invocation) -> str:
    smoke = f" --config {run.study.smoke.option}" if run.study.smoke else ""
    command = f"{snakemake(run.study_file, target='partial_report')}{smoke}"
    return f", or judge the jobs that have finished:\n    {command}\n"


def _tail(log: Path, lines: int = 3) -> str:
    return "\n".join(
        f"    {line}" for line in log.read_text(errors="replace").splitlines()[-lines:]
    )


def _other_notes(
    states: Iterable[RunState], name_of: Callable[[Configuration], str]
) -> Iterator[str]:
    """That complete runs were made with other code or data than the present, by their maker."""
    others: dict[str, list[RunState]] = {}
    for state in states:
        if state.other:
            others.setdefault(name_of(state.run.configuration), []).append(state)
    for name, found in others.items():
        first, rest = found[0], len(found) - 1
        also = f", and {count(rest, 'more configuration')}" if rest else ""
        yield (
            f"{first.run.folder}: {first.other}{also}. They are judged as they were recorded; "
            f"--config retrain={name} trains them again"
        )
