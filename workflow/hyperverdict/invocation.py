"""One invocation of the workflow: its study, its plan, and the answers that rules ask for.

The composition root of the Snakefile; it knows all packages and no Snakemake.
"""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from hyperverdict.design.choices import choice_file, with_choices
from hyperverdict.design.devices import Devices
from hyperverdict.design.plan import Plan, PlannedRun, PlannedTiming, make_plan, tuning_paths
from hyperverdict.design.state import RunState, refuse_mixing, run_state, seeds_after, to_force
from hyperverdict.errors import UserError, nearest
from hyperverdict.identities import Identities
from hyperverdict.options import (
    LARGE,
    LARGE_FROM,
    RESULTS,
    Options,
)
from hyperverdict.outcomes.timing import read_timing
from hyperverdict.runs.declaration import declaration_file, extend_declaration
from hyperverdict.study.model import Study
from hyperverdict.study.users import DECLARED, freeze_declared
from hyperverdict.targets import Names, file_target
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Configuration, parse_path, path_pattern
from hyperverdict.vocabulary.hyperparameters import Level, is_callable_name
from hyperverdict.vocabulary.training import TRAIN
from hyperverdict.vocabulary.users import check_prepared_name

PREPARED = "resources/prepared"
# What training jobs import: of our own loop, and of trainings of the user's own. The metrics of a
# command are read from files, which takes pandas.
PRELOAD = ("torch", "hyperverdict.training.run")
OWN_PRELOAD = ("hyperverdict.programs.warm",)
COMMAND_PRELOAD = (*OWN_PRELOAD, "hyperverdict.programs.places")


@dataclass(frozen=True)
class Invocation:
    """The study of this invocation and what its rules need to know.

    Attributes:
        main: False in the process of a single job, which prints and forces nothing.
        results: where results are; `options.results`, below a prefix where there is one.
        prepared: where prepared data are.
    """

    study_file: str
    study: Study
    options: Options
    main: bool
    results: Path = Path(RESULTS)
    prepared: Path = Path(PREPARED)
    started: float = field(default_factory=time.time)
    _plans: dict[tuple[int, ...], Plan] = field(default_factory=dict)

    @property
    def folder(self) -> Path:
        """Where all results of this study but its runs are."""
        return studies_folder(self.results) / self.study.name

    @property
    def timings(self) -> Path:
        """Where timings are."""
        return self.results / "timing"

    @property
    def plan(self) -> Plan:
        """The plan as tuning has left it; compiled again when a choice was made."""
        files = [choice_file(self.folder, hypothesis) for hypothesis in self.tuned_hypotheses]
        stamps = tuple(_stamp(file) for file in files)
        if stamps not in self._plans:
            plan = make_plan(with_choices(self.study, self.folder, before_jobs=True))
            self._refuse_large(plan)
            self._plans[stamps] = plan
        return self._plans[stamps]

    def _refuse_large(self, plan: Plan) -> None:
        number = len(plan.runs) + len(plan.tuning)
        if number > LARGE_FROM and not self.options.large:
            raise UserError(
                f"{self.study.path}: {number:,} configurations would be trained, more than "
                f"{LARGE_FROM:,}; if that is meant, add --config {LARGE}=true"
            )

    @cached_property
    def untuned_plan(self) -> Plan:
        """What is known of the plan before tuning has chosen anything."""
        return make_plan(self.study)

    @cached_property
    def runs_before_tuning(self) -> tuple[str, ...]:
        """Paths of the runs whose seeds are known before tuning has chosen anything.

        A run that tuning may choose waits, since its file can be made only once: a heatmap may
        want three seeds of it, and the arm that gets this value ten.
        """
        plan = self.untuned_plan
        return tuple(path for path in plan.runs if path not in plan.tuning)

    @property
    def runs_after_tuning(self) -> tuple[str, ...]:
        """Paths of the other runs, once tuning has chosen."""
        early = set(self.runs_before_tuning)
        return tuple(path for path in self.plan.runs if path not in early)

    @property
    def timings_after_tuning(self) -> tuple[str, ...]:
        """Keys of the timings that are known only once tuning has chosen."""
        return tuple(key for key in self.plan.timings if key not in self.untuned_plan.timings)

    def tuning_paths(self, hypothesis: str) -> tuple[str, ...]:
        """The runs on which a hypothesis's values are chosen."""
        chosen = next(h for h in self.study.hypotheses if h.id == hypothesis)
        return tuning_paths(chosen, self.study)

    @cached_property
    def tuned_hypotheses(self) -> tuple[str, ...]:
        """Ids of the hypotheses whose arms are tuned."""
        return tuple(hypothesis.id for hypothesis in self.study.hypotheses if hypothesis.tune)

    def configuration(self, wildcards: Mapping[str, str]) -> Configuration:
        """The configuration that a run's wildcards spell; UserError when not canonical."""
        values = dict(wildcards)
        extras, budget = values.pop("extras", ""), values.pop("budget")
        spelled = "/".join(f"{name}~{value}" for name, value in values.items())
        return parse_path(f"{spelled}{extras}/{budget}", self.study.vocabulary)

    @property
    def configuration_pattern(self) -> str:
        """The path of a run with its wildcards, each constrained."""
        return path_pattern(self.study.vocabulary)

    def arm(self, arm_path: str) -> Configuration:
        """The configuration (of any budget) that an arm's path spells."""
        return parse_path(f"{arm_path}/{Budget('steps', 1).slug}", self.study.vocabulary)

    @property
    def users(self) -> dict[str, Any]:
        """Where jobs find the models and data sets of the user's own, as plain values."""
        return self.study.vocabulary.users.plain()

    @property
    def declaration(self) -> str:
        """The file that declares the study's own training; "" for our loop."""
        training = self.study.vocabulary.training
        runs = Path(self.options.results) / "runs"
        return "" if training is None else str(declaration_file(training.name, runs))

    @property
    def preload(self) -> str:
        """The modules that training jobs find imported: no torch where a study does not need it."""
        training = self.study.vocabulary.training
        if training is None:
            return ",".join(PRELOAD)
        return ",".join(COMMAND_PRELOAD if training.command else OWN_PRELOAD)

    @property
    def declared_defaults(self) -> dict[str, Level]:
        """The defaults of its hyperparameters, in the order of paths."""
        if not self.declaration:
            return {}
        rows = self.study.vocabulary.hyperparameters
        return {name: row.default for name, row in rows.items() if name != TRAIN}

    @property
    def stated_training(self) -> dict[str, Any]:
        """How its runs are made, as plain values."""
        training = self.study.vocabulary.training
        return dict(training.stated) if training else {}

    @property
    def claimed_columns(self) -> dict[str, str]:
        """Every score of its own training -> the column in which it is reported.

        "validation METRIC" is the score on which choices are made.
        """
        training = self.study.vocabulary.training
        if training is None:
            return {}
        chosen = {f"validation {metric}": name for metric, name in training.validation.items()}
        return dict(sorted({**training.scores, **chosen}.items()))

    @cached_property
    def _identities(self) -> Identities:
        return Identities(self.study.vocabulary, self.prepared)

    def identity(self, configuration: Configuration) -> dict[str, str] | None:
        """What identifies runs of a configuration that would be made now; None when unknown."""
        return self._identities.of(configuration)

    def maker(self, configuration: Configuration) -> str:
        """What `retrain` calls whatever makes the runs of a configuration."""
        return self._makers(configuration)[0]

    def _makers(self, configuration: Configuration) -> tuple[str, ...]:
        """The training of the user's own; else the model, where it is the user's, and the data."""
        training = configuration.vocabulary.training
        if training is not None:
            return (training.name,)
        own = is_callable_name(configuration["model"])
        return (*((configuration["model"],) if own else ()), configuration.data)

    def state(self, run: PlannedRun) -> RunState:
        """What of a planned run is there."""
        return run_state(
            run,
            self.results,
            self.identity(run.configuration) if self.main else None,
            retrain=self.options.retrain in self._makers(run.configuration),
        )

    def states(self) -> dict[str, RunState]:
        """The state of every planned run, by its folder below results/."""
        return {run.folder: self.state(run) for run in self.plan.all_runs}

    @cached_property
    def devices(self) -> Devices:
        """Where its arms train on a machine with GPUs."""
        found: dict[str, Counter[str]] = {}
        for run in self.plan.all_runs:
            counted = found.setdefault(run.configuration.arm_path, Counter())
            counted.update(run_state(run, self.results).devices)

        def recorded(arm: Configuration) -> Mapping[str, int]:
            known = found.get(arm.arm_path)
            return self.state(self.planned(arm)).devices if known is None else known

        return Devices(self.study, self.timings / "devices", recorded)

    def file_target(self, target: str) -> str:
        """The file to make for a target, which may be the folder of a run or of the study."""
        vocabulary = self.study.vocabulary
        names = Names(
            results=self.results,
            prepared=self.prepared,
            study=self.study.name,
            run=lambda path: parse_path(path, vocabulary).path,
            timed=self._timed,
            data=lambda name: check_prepared_name(name, vocabulary.users),
            tuned=self.tuned_hypotheses,
            training=vocabulary.training.name if vocabulary.training else "",
        )
        return file_target(target, names)

    def _timed(self, folder: str, name: str) -> object:
        """What is timed in a folder below results/timing; UserError for any other."""
        if folder == "devices":
            return self.devices.group(name)
        if folder == "configurations":
            return self.arm(name)
        return self.timing(name)

    def planned(self, configuration: Configuration, *, tuning: bool = False) -> PlannedRun:
        """The planned run of a configuration; one asked for by hand gets the study's seeds."""
        by_hand = PlannedRun(configuration, self.study.seeds, ("asked for by hand",), tuning)
        planned = self.plan.tuning if tuning else self.plan.runs
        return planned.get(configuration.path, by_hand)

    def timing(self, key: str) -> PlannedTiming:
        """The planned timing of a contrast; UserError for one this study does not need."""
        if key not in self.plan.timings:
            known = nearest(key, self.plan.timings) if self.plan.timings else "it times nothing"
            raise UserError(f"unknown timing {key!r} of this study; {known}")
        return self.plan.timings[key]

    def is_timed(self, folder: str) -> bool:
        """Whether the timing in a folder below results/timing exists."""
        return (self.timings / folder / "timing.json").exists()

    def timing_to_update(self, key: str) -> list[str]:
        """The file of a timing whose code is about to be trained again, so must be timed again."""
        file = self.timings / "contrasts" / key / "timing.json"
        if not self.main or not self.options.retrain or not file.exists():
            return []
        timed, arms = read_timing(file), self.timing(key).configurations
        again = [arm for arm in arms if self.options.retrain in self._makers(arm)]
        same = all(timed.code_of(arm.timed_path) == self._code_of(arm) for arm in again)
        return [] if same else [str(file)]

    def _code_of(self, configuration: Configuration) -> str:
        return (self.identity(configuration) or {}).get("code_checksum", "")

    def files_to_update(self, run: PlannedRun) -> list[str]:
        """Existing files of a run that lack seeds or are unusable, so must be made again."""
        if not self.main:
            return []
        state = self.state(run)
        refuse_mixing([state], self.maker)
        return to_force([state], self.results, collected=self._is_collected)

    @cached_property
    def _is_collected(self) -> bool:
        """Whether there is something that was made of its runs."""
        return any(file.exists() for file in (*self.derived, self.folder / "report.html"))

    @property
    def derived(self) -> tuple[Path, ...]:
        """What is made of its runs and read by later jobs."""
        choices = (choice_file(self.folder, hypothesis) for hypothesis in self.tuned_hypotheses)
        return (*choices, *self.judged_files)

    @property
    def judged_files(self) -> tuple[Path, ...]:
        """The tables and verdicts that its report is made of."""
        names = ("tables/final.parquet", "tables/curves.parquet", "verdicts.json")
        return tuple(self.folder / name for name in names)

    def seeds_after(self, run: PlannedRun) -> list[int]:
        """The seeds on record once a run's job is done."""
        return seeds_after(run, self.results)

    def expected_seconds(self, run: PlannedRun) -> int:
        """About how long training the missing seeds will take; 0 where that would be a guess."""
        from hyperverdict.design.cost import estimated_seconds

        return math.ceil(estimated_seconds(run_state(run, self.results)))

    def register(self) -> None:
        """Register the claims in the study's ledger, before anything is trained.

        The defaults that its own models and data sets declare are frozen, too, and the declaration
        of its own training, where a run has made one, is brought up to date.
        """
        from hyperverdict.ledger.registration import register

        training = self.study.vocabulary.training
        if training is not None:
            file = declaration_file(training.name, self.results / "runs")
            extend_declaration(file, self.declared_defaults, self.stated_training)
        freeze_declared(self.study.vocabulary.users, self.results / DECLARED)
        if not self.study.only_estimates:
            register(self.study, self.folder, self.results / "runs")


def studies_folder(results: Path) -> Path:
    """Where the results of all studies but their runs are."""
    return results / "studies"


def _stamp(file: Path) -> int:
    return file.stat().st_mtime_ns if file.exists() else 0
