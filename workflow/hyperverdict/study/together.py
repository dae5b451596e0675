"""What the parts of a study file cannot mean together, once each of them is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from hyperverdict.claims.factors import inert_text, refuse_inert
from hyperverdict.claims.model import UnanswerableError
from hyperverdict.errors import UserError
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.study.noise import check_noise
from hyperverdict.study.problems import AlreadyNotedError, Problems
from hyperverdict.study.structure import Source
from hyperverdict.study.tuning import possible_configurations, tuning_arms
from hyperverdict.vocabulary.vocabulary import BUDGET


@dataclass(frozen=True)
class Together:
    """The checks of a study that was read from `raw`; what is wrong is noted in `problems`.

    Attributes:
        must_answer: whether a claim that its design cannot answer is refused.
    """

    raw: Mapping[str, Any]
    source: Source
    problems: Problems
    must_answer: bool

    def checked(self, study: Study) -> Study:
        """The study with its looks."""
        attempt = self.problems.attempt
        looks = attempt(self._looks)
        for hypothesis in study.hypotheses:
            check = partial(self._check_claim, hypothesis, study)
            attempt(partial(self.source.at, ("hypotheses", hypothesis.id), check))
            attempt(partial(self._check_look, hypothesis, study, looks or ()))
        if not self.problems.errors:
            self._check_baseline(study)
        return replace(study, look_schedule=looks or ())

    def _check_baseline(self, study: Study) -> None:
        """Refuse a stated hyperparameter that does nothing in any configuration of the study."""
        used = tuple(possible_configurations(study)) if study.vocabulary.complete else ()
        for name in study.baseline.settings if used else ():
            if all(configuration.is_inert(name) for configuration in used):
                text = f"{inert_text(name, used[0])}; no arm here can use it"
                self.problems.add(self.source.error(("baseline", name), text))

    def _check_claim(self, hypothesis: Hypothesis, study: Study) -> None:
        """Refuse what makes no sense; what its design cannot answer only before it is trained."""
        try:
            for budget in hypothesis.budgets:
                refuse_inert(study.claimed_arms(hypothesis, budget), "the claim")
            self._refuse_held_and_varied(hypothesis, study)
            hypothesis.claim.check(study.design_of(hypothesis))
            if hypothesis.tune:
                if study.chosen_by(hypothesis) is None:
                    raise UserError(
                        "tune: values are chosen on a validation score, and no metric has one; add "
                        "validation: NAME to the metric, its name in what the training reports",
                        about="tune",
                    )
                for budget in hypothesis.budgets:
                    tuning_arms(hypothesis, study, budget)
            if hypothesis.noise:
                for budget in hypothesis.budgets:
                    check_noise(hypothesis, study.claimed_arms(hypothesis, budget))
        except UnanswerableError:
            if self.must_answer:
                raise

    def _refuse_held_and_varied(self, hypothesis: Hypothesis, study: Study) -> None:
        """A training length cannot be held equal and varied in every arm at once."""
        stated = "at_equal" in self.raw["hypotheses"][hypothesis.id]
        if not stated or not study.vocabulary.complete:
            return
        arms = study.claimed_arms(hypothesis, hypothesis.budgets[0])
        if hypothesis.claim.reads != "epochs" and arms and all(BUDGET in a.levels for a in arms):
            raise UserError(
                "at_equal: the claim itself varies the budget; leave at_equal out", about="at_equal"
            )

    def _looks(self) -> tuple[int, ...]:
        raw = self.raw.get("looks", ())
        looks = tuple(int(look) for look in raw)
        if list(looks) != sorted(set(looks)):
            raise self.source.error(("looks",), f"{list(raw)} must rise, each number given once")
        return looks

    def _check_look(self, hypothesis: Hypothesis, study: Study, looks: tuple[int, ...]) -> None:
        if self.problems.is_broken(("quick",)):
            raise AlreadyNotedError
        n = len(hypothesis.seeds)
        if looks and n not in looks and not study.quick:
            raise self.source.error(
                ("looks",),
                f"{hypothesis.id} has {n} seeds, but no look is listed at {n}: {list(looks)}",
            )
