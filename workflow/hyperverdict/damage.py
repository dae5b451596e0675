"""Before the first job: which files of a study are not as they were written, and what is done.

Snakemake goes by the times of files, so a file that was damaged since would be taken for good. What
can be made again is made again: what is derived from runs, timings, and the prepared data of runs
that are to be trained. Damaged runs count as missing (`design.state`).
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hyperverdict.design.state import RunState
from hyperverdict.exporting.outcome import OUTCOME_FILE
from hyperverdict.figures import INDEX_FILE, damaged_figure
from hyperverdict.invocation import Invocation
from hyperverdict.ledger.chain import read_ledger
from hyperverdict.ledger.registration import LEDGER_FILE
from hyperverdict.runs.declaration import DECLARATION_FILE
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.heads import HEAD_SUFFIX
from hyperverdict.runs.sealed import DamagedError, check_file, json_bytes, read_json
from hyperverdict.targets import REPORT_FILE, TIMING_FILE
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.datasets import DATASETS
from hyperverdict.words.numbers import count

_OLDER = "it is of an earlier version and carries no checksum"
_ASIDE = ".damaged"
FIGURES = "figures"


@dataclass(frozen=True)
class Damaged:
    """A file that a job has to make again, and why, to stand after its name."""

    file: Path
    why: str


def damage_words(
    damaged: Iterable[Damaged], made: Collection[str], *, undecided: bool
) -> Iterator[str]:
    """What is damaged and what becomes of it, a sentence for each file.

    Args:
        made: the files that jobs of this call are to make.
        undecided: which jobs follow depends on some that have not run.
    """
    for one in damaged:
        if str(one.file) in made:
            then = "It is made again."
        elif undecided:
            then = "It is made again where a job of this call needs it."
        else:
            then = "This call does not need it; the next one that does makes it again."
        yield f"{one.file}: {one.why}. {then}"


def find_damaged(run: Invocation) -> tuple[Damaged, ...]:
    """The files of a study that exist, that jobs read, and that have to be made again.

    Those of an earlier version are made again where that takes seconds; timings are used
    (`seal_timings`).
    """
    exported = [run.folder / OUTCOME_FILE] if run.options.mlflow is not None else []
    return (
        *_missing(run),
        *_faults([*run.derived, *exported], _OLDER),
        *_damaged_figures(run.folder / FIGURES),
        *_faults([*_timings(run), run.folder / REPORT_FILE], ""),
    )


def _timings(run: Invocation) -> list[Path]:
    """The timings that a study reads, whether they exist or not."""
    timings = run.timings
    files = [timings / "contrasts" / key / TIMING_FILE for key in run.plan.timings]
    arms = {r.configuration.arm_path for r in run.plan.all_runs if _in_seconds(r.configuration)}
    files += [timings / "configurations" / arm / TIMING_FILE for arm in sorted(arms)]
    return [*files, *sorted((timings / "devices").glob(f"*/{TIMING_FILE}"))]


def remove_timings(run: Invocation, damaged: Iterable[Damaged]) -> None:
    """Remove the damaged timings that training starts from; what may only be read stays.

    Jobs take them as ancient. Where the job that makes one is to run again and the file is there,
    Snakemake leaves out all that depends on it: nothing would be trained.
    """
    starts = (run.timings / "configurations", run.timings / "devices")
    for one in damaged:
        if any(one.file.is_relative_to(folder) for folder in starts):
            with contextlib.suppress(OSError):
                one.file.unlink()


def seal_timings(run: Invocation, *, keep: bool) -> str:
    """Give timings of earlier versions a checksum, so that damage shows from now on; says so.

    Other measurements would give other numbers, so they are used as they are. Their times stay,
    since nothing is to be made again.

    Args:
        keep: only say so, as a dry-run does.
    """
    older = [file for file in _timings(run) if _is_unsealed(file)]
    if not older:
        return ""
    if not keep:
        for file in older:
            _seal(file)
    one = len(older) == 1
    return (
        f"{count(len(older), 'timing')} of an earlier version {'carries' if one else 'carry'} no "
        f"checksum ({older[0]}{'' if one else ' and others'}). {'It is' if one else 'They are'} "
        f"used as {'it is' if one else 'they are'}, and {'gets' if one else 'get'} one."
    )


def _seal(file: Path) -> None:
    """Give a file a checksum, and leave its time; one that may only be read stays as it is."""
    with contextlib.suppress(OSError):
        content, times = read_json(file), file.stat()
        write_atomic(file, json_bytes(content))
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


def _is_unsealed(file: Path) -> bool:
    try:
        return check_file(file) == "unsealed"
    except (OSError, DamagedError):
        return False


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
            say(f"{folder}: {why}. It is prepared again before it is next used{kept}.\n")
            if not keep:
                _remove(folder)


def is_whole(run: Invocation, file: Path) -> bool:
    """Whether a file that training or a timing starts from is as it was written.

    False for all other files: whether a job has finished them is Snakemake's to know.
    """
    from hyperverdict.training.data import fault_of_prepared

    if file.parent.parent == run.prepared:
        return not fault_of_prepared(file.parent)
    if file.name not in (TIMING_FILE, DECLARATION_FILE):
        return False
    try:
        check_file(file)
    except (OSError, DamagedError):
        return False
    return True


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
