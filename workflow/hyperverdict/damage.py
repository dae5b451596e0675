"""Before the first job: which files of a study are not as they were written, and what is done.

Snakemake goes by the times of files, so a file that was damaged since would be taken for good. What
can be made again is made again: what is derived from runs, timings, and the prepared data of runs
that are to be trained. Damaged runs count as missing (`design.state`).
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hyperverdict.design.state import RunState
from hyperverdict.figures import INDEX_FILE, damaged_figure
from hyperverdict.invocation import Invocation
from hyperverdict.ledger.chain import read_ledger
from hyperverdict.ledger.registration import LEDGER_FILE
from hyperverdict.runs.heads import HEAD_SUFFIX
from hyperverdict.runs.sealed import DamagedError, check_file
from hyperverdict.targets import REPORT_FILE
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.datasets import DATASETS

_OLDER = "it is of an earlier version and carries no checksum"
_ASIDE = ".damaged"
FIGURES = "figures"


@dataclass(frozen=True)
class Damaged:
    """A file that a job has to make again, and why, to stand after its name."""

    file: Path
    why: str

    def __str__(self) -> str:
        return f"{self.file}: {self.why}. It is made again."


def find_damaged(run: Invocation) -> tuple[Damaged, ...]:
    """The files of a study that exist, that jobs read, and that have to be made again.

    Those of an earlier version are made again where that takes seconds; timings are used, since
    other measurements would give other numbers.
    """
    timings = run.timings
    measured = [timings / "contrasts" / key / "timing.json" for key in run.plan.timings]
    arms = {r.configuration.arm_path for r in run.plan.all_runs if _in_seconds(r.configuration)}
    measured += [timings / "configurations" / arm / "timing.json" for arm in sorted(arms)]
    measured += sorted((timings / "devices").glob("*/timing.json"))
    return (
        *_missing(run),
        *_faults(run.derived, _OLDER),
        *_damaged_figures(run.folder / FIGURES),
        *_faults([*measured, run.folder / REPORT_FILE], ""),
    )


def _missing(run: Invocation) -> Iterator[Damaged]:
    """Tables and verdicts that are gone although the report that was made of them is there."""
    if (run.folder / REPORT_FILE).exists():
        missing = (file for file in run.judged_files if not file.exists())
        yield from (Damaged(file, "it is missing") for file in missing)


def _damaged_figures(folder: Path) -> Iterator[Damaged]:
    if why := damaged_figure(folder):
        yield Damaged(folder / INDEX_FILE, why)


def _in_seconds(configuration: Configuration) -> bool:
    return configuration.budget.kind == "seconds"


def _faults(files: Iterable[Path], unsealed: str) -> Iterator[Damaged]:
    for file in files:
        if why := _fault(file, unsealed):
            yield Damaged(file, why)


def _fault(file: Path, unsealed: str) -> str:
    """Why a file cannot be used; "" where it can, or is not there."""
    try:
        return unsealed if check_file(file) == "unsealed" else ""
    except FileNotFoundError:
        return ""
    except DamagedError as error:
        return f"it is damaged ({error})"
    except OSError as error:
        return f"it cannot be read ({error.strerror})"


def ledger_words(run: Invocation) -> str:
    """What is wrong with the study's ledger and what to do; "" where it is sound."""
    ledger = read_ledger(run.folder / LEDGER_FILE)
    if not ledger.problems:
        return ""
    return (
        f"{ledger.path} is damaged: {' '.join(ledger.problems)} It cannot be made again: restore "
        f"it and {ledger.path.with_suffix(HEAD_SUFFIX).name} from a backup. Until then its damaged "
        "lines count for nothing, and claims are judged as post hoc."
    )


def discard_damaged_data(
    run: Invocation, states: Mapping[str, RunState], say: Callable[[str], None], *, keep: bool
) -> None:
    """Remove prepared data that jobs of this call need and that are damaged: they are made again.

    Args:
        states: of every planned run.
        keep: only say so, as a dry-run does.
    """
    if run.declaration:
        return
    from hyperverdict.training.data import fault_of_prepared

    for name in sorted(_needed_data(run, states)):
        folder = run.prepared / name
        why = fault_of_prepared(folder) if folder.exists() else ""
        if why:
            kept = "" if name in DATASETS else f"; the damaged copy is kept as {name}{_ASIDE}"
            say(f"{folder}: {why}. It is prepared again{kept}.\n")
            if not keep:
                _remove(folder)


def _remove(folder: Path) -> None:
    """Remove a prepared copy; one of the user's own is kept beside: its source may be gone."""
    if folder.name in DATASETS:
        shutil.rmtree(folder, ignore_errors=True)
        return
    aside = folder.with_name(f"{folder.name}{_ASIDE}")
    shutil.rmtree(aside, ignore_errors=True)
    folder.rename(aside)


def _needed_data(run: Invocation, states: Mapping[str, RunState]) -> set[str]:
    """The prepared copies that runs and timings to be made read."""
    plan = run.plan
    open_timings = [t for key, t in plan.timings.items() if not run.is_timed(f"contrasts/{key}")]
    needed = [state.run.configuration for state in states.values() if state.missing]
    needed += [configuration for t in open_timings for configuration in t.configurations]
    # Arms that tuning will add have the data of its trials.
    needed += [planned.configuration for planned in plan.tuning.values()] if plan.pending else []
    return {configuration.prepared for configuration in needed}
