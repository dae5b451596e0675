"""The context of a check: one question with its judgement and all that the checks look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from hyperverdict.claims.model import Claim, Judgement, Leg, Question
from hyperverdict.effects.contrast import Contrast
from hyperverdict.effects.effect import Effect, Evidence
from hyperverdict.ledger.status import LedgerStatus
from hyperverdict.outcomes.arms import ArmRuns
from hyperverdict.outcomes.beside import Beside
from hyperverdict.outcomes.elsewhere import ClaimNotes, Elsewhere
from hyperverdict.outcomes.questions import Trial
from hyperverdict.outcomes.timing import Timing
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.vocabulary.budget import BudgetKind
from hyperverdict.vocabulary.hyperparameters import Level
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.vocabulary.vocabulary import BUDGET

# Factors that each name a part of hidden_units.
SHAPE_FACTORS = frozenset({"width", "depth", "hidden_units"})
# Factors that change neither parameters nor FLOPs of a network.
SIZE_NEUTRAL = frozenset(
    {"learning_rate", "batch_size", "optimizer", "momentum", "nesterov", "beta1", "beta2"}
    | {"weight_decay", "dropout", "schedule", "warmup_steps", "decay_factor", "decay_steps"}
    | {"clip_norm", "label_smoothing", "initialisation", "train_samples", "train_size"}
)


@dataclass(frozen=True)
class CheckContext:
    """What the checks of one question look at.

    Attributes:
        judgement: the one that counts.
        timing: the timing job behind a time claim.
        trials: tuning trials of all arms; empty when nothing was tuned.
        chosen: arm label -> tuned settings.
        image_errors: contrast -> standard error for new images.
        status: how the ledger lets the question be judged.
        elsewhere: what is known of a table that was not trained here; None for our own runs.
        left_out: seed -> the judgement without it.
        beside: levels that runs have and the claim does not name.
        opposing: sentences on hypotheses that claim the opposite.
        present_code: what is made of the user's code (`Configuration.code_key`) -> the checksum of
            the code that would make it now; empty where nobody asked.
    """

    study: Study
    hypothesis: Hypothesis
    question: Question
    judgement: Judgement
    arms: tuple[ArmRuns, ...]
    timing: Timing | None = None
    trials: tuple[Trial, ...] = ()
    chosen: Mapping[str, Mapping[str, Level]] = field(default_factory=dict)
    image_errors: Mapping[Contrast, float] = field(default_factory=dict)
    status: LedgerStatus = field(default_factory=LedgerStatus)
    elsewhere: Elsewhere | None = None
    left_out: Mapping[int, Judgement] = field(default_factory=dict)
    beside: Beside = field(default_factory=Beside)
    opposing: tuple[str, ...] = ()
    present_code: Mapping[str, str] = field(default_factory=dict)

    @property
    def leave_one_out(self) -> dict[int, Evidence]:
        """seed -> the evidence without it."""
        return {seed: judgement.evidence for seed, judgement in self.left_out.items()}

    @property
    def claim(self) -> Claim:
        """What is claimed."""
        return self.question.claim

    @property
    def factors(self) -> frozenset[str]:
        """Names of the factors in which the claim's arms differ by intention, contexts included."""
        return frozenset(name for a in self.arms for name in a.arm.levels)

    @property
    def compared(self) -> frozenset[str]:
        """Factors that differ between arms of one context."""
        return frozenset(name for a in self.arms for name in a.arm.settings)

    @property
    def notes(self) -> ClaimNotes:
        """What the reader of a table from elsewhere noted about the claim's rows."""
        if self.elsewhere is None:
            return ClaimNotes()
        return self.elsewhere.of(self.hypothesis.id, str(self.question.budget or ""))

    @property
    def held(self) -> BudgetKind | None:
        """What the budget holds equal, None for a claim without a budget."""
        return self.question.budget.kind if self.question.budget else None

    @property
    def budgets(self) -> tuple[Level, ...]:
        """The training lengths that the claim varies; empty where it holds one equal."""
        levels = dict.fromkeys(a.arm.levels[BUDGET] for a in self.arms if BUDGET in a.arm.levels)
        return tuple(levels) if len(levels) > 1 else ()

    @property
    def effects(self) -> tuple[Effect, ...]:
        """All effects of all legs."""
        return self.judgement.effects

    @property
    def judged(self) -> tuple[Leg, ...]:
        """The legs that were judged at this budget."""
        return tuple(leg for leg in self.judgement.legs if leg.is_judged)

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """The metrics of the judged legs."""
        return tuple(dict.fromkeys(leg.metric for leg in self.judged))

    @cached_property
    def by_label(self) -> Mapping[str, ArmRuns]:
        """The arms by label."""
        return {a.label: a for a in self.arms}

    def title_of(self, label: str) -> str:
        """The arm with this label for people."""
        return self.by_label[label].title if label in self.by_label else label

    @property
    def pairs(self) -> tuple[tuple[Effect, ArmRuns, ArmRuns], ...]:
        """(effect, from, to) of every effect that is a difference of two arms."""
        arms = self.by_label
        found = ((effect, effect.contrast.pair) for effect in self.effects)
        return tuple((effect, arms[pair[0]], arms[pair[1]]) for effect, pair in found if pair)

    def contexts(self) -> tuple[tuple[ArmRuns, ...], ...]:
        """The arms, grouped by their context."""
        groups: dict[tuple[tuple[str, Any], ...], list[ArmRuns]] = {}
        for a in self.arms:
            groups.setdefault(tuple(sorted(a.arm.context.items())), []).append(a)
        return tuple(tuple(group) for group in groups.values())


def spread(values: Iterable[float]) -> float:
    """Largest over smallest of the values above 0; 1 for fewer than two."""
    known = [value for value in values if value > 0]
    return max(known) / min(known) if len(known) > 1 else 1.0


def extremes(amounts: Mapping[str, float]) -> tuple[str, str]:
    """The names of the largest and of the smallest amount."""
    return max(amounts, key=amounts.__getitem__), min(amounts, key=amounts.__getitem__)
