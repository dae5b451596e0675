"""What of a plan is already there, and what a run would therefore train."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hyperverdict.design.plan import PlannedRun
from hyperverdict.errors import UserError
from hyperverdict.runs.kept import kept_for
from hyperverdict.runs.layout import METRICS_FILE, RECORD_FILE, made_of_other, read_record
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.words.numbers import count


@dataclass(frozen=True)
class RunState:
    """The state of one planned run.

    Attributes:
        recorded: seeds with an outcome on disk, whatever study wanted them.
        missing: seeds that this study wants and that have none.
        unsound: why files that exist cannot be used, or "".
        train_seconds: recorded seconds of training per finished seed.
        other: how the code or data of the recorded seeds differ from the present ones, or "".
        devices: of the recorded seeds, device -> number of seeds.
        kept: missing seeds that an interrupted job has finished; the next one only writes them.
    """

    run: PlannedRun
    recorded: tuple[int, ...]
    missing: tuple[int, ...]
    unsound: str = ""
    train_seconds: Mapping[int, float] | None = None
    other: str = ""
    devices: Mapping[str, int] = field(default_factory=dict)
    kept: tuple[int, ...] = ()

    @property
    def untrained(self) -> tuple[int, ...]:
        """The missing seeds that are left to train."""
        kept = set(self.kept)
        return tuple(seed for seed in self.missing if seed not in kept)


def run_state(
    run: PlannedRun,
    results: Path,
    identity: Mapping[str, str] | None = None,
    *,
    retrain: bool = False,
) -> RunState:
    """Look at one run's folder below `results`; cheap, reads no table.

    Args:
        identity: data_checksum and code_checksum of runs that would be made now; None where they
            are not known yet.
        retrain: seeds of other code or data count as missing.
    """
    folder = results / run.folder
    record = read_record(folder)
    if record is None or record.path != run.configuration.path:
        present = [name for name in (METRICS_FILE, RECORD_FILE) if (folder / name).exists()]
        unsound = (
            f"{folder / present[0]}: damaged, or written by another program or version"
            if present
            else ""
        )
        kept = _kept(run.seeds, run, folder, identity)
        return RunState(run, (), run.seeds, unsound, kept=kept)
    recorded = tuple(sorted(int(seed) for seed in record.seeds))
    other = "" if identity is None else made_of_other(record, identity)
    again = bool(other) and retrain
    missing = tuple(seed for seed in run.seeds if again or seed not in set(recorded))
    seconds = {int(s): e.train_seconds for s, e in record.seeds.items() if e.status == "finished"}
    devices = Counter(
        str(session.get("device", ""))
        for session in record.sessions
        for seed in session.get("seeds", ())
        if str(seed) in record.seeds
    )
    kept = _kept(missing, run, folder, identity)
    return RunState(run, recorded, missing, "", seconds, "" if again else other, devices, kept)


def _kept(
    missing: Sequence[int], run: PlannedRun, folder: Path, identity: Mapping[str, str] | None
) -> tuple[int, ...]:
    """The missing seeds that an interrupted job of this run has finished."""
    if not missing:
        return ()
    left = kept_for(folder, {"path": run.configuration.path, **(identity or {})})
    return tuple(seed for seed in missing if seed in left)


def refuse_mixing(states: Iterable[RunState], name_of: Callable[[Configuration], str]) -> None:
    """UserError where seeds would be added beside runs of other code or data.

    To a configuration whose seeds exist, and to others of the same maker: their arms would have
    been made by different code, and no verdict could stand on them.

    Args:
        name_of: a configuration -> what `retrain` calls the maker of its runs.
    """
    others: dict[str, RunState] = {}
    wanted: dict[str, list[RunState]] = {}
    for state in states:
        name = name_of(state.run.configuration)
        if state.other:
            others.setdefault(name, state)
        if state.missing:
            wanted.setdefault(name, []).append(state)
    for name in others.keys() & wanted.keys():
        first, mixed = others[name], wanted[name]
        seeds = sum(len(state.missing) for state in mixed)
        raise UserError(
            f"{first.run.folder}: {first.other}. Runs of different code or data are never mixed, "
            f"and {count(seeds, 'seed')} of {count(len(mixed), 'configuration')} would be added. "
            f"Either restore what was changed, or train all again: --config retrain={name} (the "
            "runs that exist are kept beside the new ones)"
        )


def seeds_after(run: PlannedRun, results: Path) -> list[int]:
    """The seeds on record once the run's job is done: those wanted and those already there.

    As a job's parameter this changes only when something new is wanted.
    """
    return sorted({*run.seeds, *run_state(run, results).recorded})


def to_force(states: Iterable[RunState], results: Path, *, collected: bool = False) -> list[str]:
    """Files of runs that lack seeds, are unsound or are gone: Snakemake must make them again.

    Args:
        collected: something was made of the runs; while it is there, Snakemake does not miss those
            that are gone.
    """
    return [
        str(results / state.run.folder / METRICS_FILE)
        for state in states
        if state.missing and (collected or state.recorded or state.unsound)
    ]
