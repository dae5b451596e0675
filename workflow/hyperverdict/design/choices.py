"""Choices made by tuning: which values each arm got, stored per hypothesis.

A hypothesis with `tune` is compiled in two stages: its tuning runs first, and its arms once the
choice is on disk. A choice made from other trials than the study asks for now does not count.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from hyperverdict.errors import UserError
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.sealed import DamagedError, json_bytes, read_json
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.study.tuning import TuningArm, choose, tuning_arms
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.metrics import Better


@dataclass(frozen=True)
class Trial:
    """One tuned value of one arm; `scores` are validation scores by tuning seed (as text)."""

    arm: str
    settings: dict[str, Any]
    path: str
    seeds: list[int]
    scores: dict[str, float | None]


@dataclass(frozen=True)
class Choice:
    """What tuning chose at one budget: arm label -> settings, and the trials it saw."""

    chosen: dict[str, dict[str, Any]]
    trials: list[Trial]


def choice_file(folder: Path, hypothesis: str) -> Path:
    """Where the choices of a hypothesis are, below its study's folder."""
    return folder / "tuning" / f"{hypothesis}.json"


def make_choices(
    hypothesis: Hypothesis, study: Study, scores: Mapping[str, Mapping[int, float]]
) -> dict[str, Choice]:
    """Choose every arm's values at every budget, by mean validation score.

    Args:
        scores: configuration path -> tuning seed -> validation score of `Study.chosen_by`; nan
            where a run failed.
    """
    by = study.chosen_by(hypothesis)
    better: Better = (by.better if by else None) or "higher"
    return {
        str(budget): _choice(tuning_arms(hypothesis, study, budget), scores, better)
        for budget in hypothesis.budgets
    }


def _choice(
    trials: tuple[TuningArm, ...], scores: Mapping[str, Mapping[int, float]], better: Better
) -> Choice:
    arms = dict.fromkeys(trial.arm for trial in trials)
    return Choice(
        {arm: choose(arm, trials, scores, better=better) for arm in arms},
        [_trial(trial, scores.get(trial.configuration.path, {})) for trial in trials],
    )


def _trial(trial: TuningArm, scores: Mapping[int, float]) -> Trial:
    found = {
        str(s): scores[s] if scores[s] == scores[s] else None for s in trial.seeds if s in scores
    }
    path = trial.configuration.path
    return Trial(trial.arm, dict(trial.settings), path, list(trial.seeds), found)


def write_choices(choices: Mapping[str, Choice], file: Path) -> None:
    """Write the choices of one hypothesis, budget -> choice."""
    plain = {budget: asdict(choice) for budget, choice in choices.items()}
    write_atomic(file, json_bytes(plain))


def read_choices(hypothesis: Hypothesis, study: Study, folder: Path) -> dict[str, Choice]:
    """The choices on disk; empty when there are none or they saw other trials.

    Raises DamagedError where the file is not as it was written.
    """
    try:
        plain = read_json(choice_file(folder, hypothesis.id))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise DamagedError(f"it cannot be read: {error.strerror}") from None
    try:
        choices = {budget: _read_choice(entry, study) for budget, entry in plain.items()}
    except (ValueError, KeyError, TypeError, AttributeError, UserError):
        # Levels that the study, or the user's network, no longer knows.
        return {}
    fits = all(_fits(choices.get(str(b)), hypothesis, study, b) for b in hypothesis.budgets)
    return choices if fits else {}


def _read_choice(entry: Mapping[str, Any], study: Study) -> Choice:
    """A choice as JSON holds it, its levels in canonical form again."""
    read = study.vocabulary.read
    chosen = {
        arm: {name: read(name, raw) for name, raw in settings.items()}
        for arm, settings in entry["chosen"].items()
    }
    return Choice(chosen, [Trial(**trial) for trial in entry["trials"]])


def _fits(
    choice: Choice | None, hypothesis: Hypothesis, study: Study, budget: Budget | None
) -> bool:
    wanted = [(t.configuration.path, list(t.seeds)) for t in tuning_arms(hypothesis, study, budget)]
    return choice is not None and [(t.path, t.seeds) for t in choice.trials] == wanted


def with_choices(study: Study, folder: Path, *, before_jobs: bool = False) -> Study:
    """The study whose tuned hypotheses carry the choices found in the study's folder.

    Args:
        before_jobs: damaged choices count as not made yet: jobs will make them again.

    Raises UserError, else, for damaged ones: without them no run would be judged.
    """
    tuned = (_tuned(h, study, folder, before_jobs) for h in study.hypotheses)
    return replace(study, hypotheses=tuple(tuned))


def _tuned(hypothesis: Hypothesis, study: Study, folder: Path, before_jobs: bool) -> Hypothesis:
    if not hypothesis.tune:
        return hypothesis
    try:
        choices = read_choices(hypothesis, study, folder)
    except DamagedError as error:
        if not before_jobs:
            raise UserError(
                f"{choice_file(folder, hypothesis.id)} is damaged ({error}); start the study "
                "again, and it is chosen again"
            ) from None
        choices = {}
    return replace(hypothesis, tuned={budget: choice.chosen for budget, choice in choices.items()})
