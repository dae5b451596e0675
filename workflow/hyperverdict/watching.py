"""The jobs of the workflow in words, for the line in the terminal (live/)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from hyperverdict.design.cost import TIMING_SECONDS_PER_BLOCK, estimated_seconds
from hyperverdict.design.short_names import ShortNames
from hyperverdict.errors import UserError
from hyperverdict.invocation import Invocation
from hyperverdict.live.job import JobText, LostSeed
from hyperverdict.runs.kept import PARTIAL_FOLDER, kept_seeds
from hyperverdict.runs.layout import read_record_file
from hyperverdict.words.numbers import count

Planned = tuple[str, Mapping[str, str]]

TRAIN = "train"
# What the other rules do, with their wildcards.
DOING = {
    "prepare_data": "preparing the data {data}",
    "declare_training": "declaring the training {train}",
    "time_configuration": "measuring the speed of a configuration",
    "choose_device": "measuring whether CPU or GPU is faster",
    "choose": "choosing the tuned values of {hypothesis}",
    "collect": "collecting the runs",
    "judge": "judging the claims",
    "plot": "drawing the figures",
    "report": "writing the report",
    "paper": "printing the report",
    "export": "exporting to MLflow",
    "partial_report": "writing a report of the runs so far",
    "study": "",
    "all": "",
}
TIME = "time_contrast"
# About what a step that trains nothing takes, before the first of its kind has been measured.
STEP_SECONDS = 3.0


@dataclass(frozen=True)
class StudyWords:
    """What the jobs of one invocation are called.

    Attributes:
        rules: the name of a rule here, as a module may have changed it -> our own name.
        jobs: rule and wildcards of every job that Snakemake runs now.
    """

    run: Invocation
    rules: Mapping[str, str]
    jobs: Callable[[], Iterable[Planned]] = field(default=tuple)

    @classmethod
    def of(
        cls, run: Invocation, renamed: Callable[[str], str], jobs: Callable[[], Iterable[Planned]]
    ) -> StudyWords:
        """The words for an invocation.

        Args:
            renamed: our name of a rule -> its name in the workflow that runs it.
        """
        return cls(run, {renamed(rule): rule for rule in (TRAIN, TIME, *DOING)}, jobs)

    @cached_property
    def _names(self) -> ShortNames:
        return ShortNames.of(self.run.plan)

    def planned(self) -> Sequence[Planned]:
        """Rule and wildcards of every job that this call runs, finished ones included."""
        return list(self.jobs())

    def job(self, rule: str, wildcards: Mapping[str, str]) -> JobText | None:
        """A job of ours in words; None for any other."""
        own = self.rules.get(rule)
        if own is None:
            return None
        try:
            if own == TRAIN:
                return self._training(rule, wildcards)
            if own == TIME:
                return self._timing(rule, wildcards["contrast"])
            doing = DOING[own].format_map(wildcards)
            return JobText(doing, rule, seconds=STEP_SECONDS if doing else None, logs_failures=True)
        except (UserError, KeyError):
            return None

    def _training(self, rule: str, wildcards: Mapping[str, str]) -> JobText:
        tuning = wildcards.get("kind") == "tuning"
        spelled = {name: value for name, value in wildcards.items() if name != "kind"}
        planned = self.run.planned(self.run.configuration(spelled), tuning=tuning)
        state = self.run.state(planned)
        name = self._names.name(planned.configuration) + (" for tuning" if tuning else "")
        if not state.missing:
            return JobText(f"checking the runs of {name}", rule, logs_failures=True)
        folder = self.run.results / planned.folder
        lost = partial(lost_seeds, folder, state.missing)
        if not state.untrained:
            doing = f"writing the kept seeds of {name}"
            return JobText(doing, rule, seconds=STEP_SECONDS, lost=lost, logs_failures=True)
        return JobText(
            f"training {name}",
            rule,
            configuration=name,
            seeds=state.untrained,
            seconds=estimated_seconds(state) or None,
            finished=partial(seeds_on_disk, folder, state.untrained),
            lost=lost,
            logs_failures=True,
        )

    def _timing(self, rule: str, key: str) -> JobText:
        timing = self.run.timing(key)
        arms = len(timing.configurations)
        return JobText(
            f"measuring the speed of {count(arms, 'arm')} for {timing.purposes[0]}",
            rule,
            seconds=STEP_SECONDS + arms * timing.repeats * TIMING_SECONDS_PER_BLOCK,
            logs_failures=True,
        )


def lost_seeds(folder: Path, wanted: Sequence[int]) -> list[LostSeed]:
    """The wanted seeds of a finished job that ended without a result, by its record."""
    try:
        record = read_record_file(folder)
    except (OSError, ValueError):
        return []
    entries = ((seed, record.seeds.get(str(seed))) for seed in wanted)
    return [
        LostSeed(seed, entry.status, entry.message)
        for seed, entry in entries
        if entry is not None and entry.status != "finished"
    ]


def seeds_on_disk(folder: Path, wanted: Sequence[int]) -> int:
    """How many of the wanted seeds a job that trains in a run's folder has finished."""
    spans = kept_seeds(folder / PARTIAL_FOLDER)
    return sum(any(first <= seed <= last for first, last in spans) for seed in wanted)
