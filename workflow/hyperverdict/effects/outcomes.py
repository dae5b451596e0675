"""Arms and their outcomes: what is compared, and what was measured of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hyperverdict.effects.rounding import is_fine
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.datasets import DatasetFacts
from hyperverdict.vocabulary.hyperparameters import Level
from hyperverdict.vocabulary.metrics import Metric


@dataclass(frozen=True)
class Arm:
    """One configuration in a claim at one budget.

    Attributes:
        label: identity within the question, e.g. ``batch_size 128, depth 2``; stored in ledgers and
            tuning files, so its spelling never changes. Nothing reads its text, and nobody sees it.
        title: the same for people: "batch size 128, depth 2".
        name: the title without the context: "batch size 128".
        settings: the factors' canonical levels that make this arm: {"batch_size": 128}.
        context: factors held fixed inside a context, e.g. {"depth": 2}; empty when there is one.
        elsewhere: for runs from elsewhere, what names them; a table rarely fixes all that our
            configurations do.
    """

    label: str
    title: str
    name: str
    settings: Mapping[str, Level]
    configuration: Configuration
    context: Mapping[str, Level] = field(default_factory=dict)
    elsewhere: str = ""

    @property
    def levels(self) -> dict[str, Level]:
        """The context's and the arm's own levels."""
        return {**self.context, **self.settings}

    @property
    def runs_path(self) -> str:
        """What names the arm's runs in tables: the configuration's path for our own."""
        return self.elsewhere or self.configuration.path

    @property
    def whole_timed(self) -> bool:
        """Whether its timings are of whole trainings, not of steps."""
        return self.configuration.vocabulary.training is not None

    @property
    def data_facts(self) -> DatasetFacts | None:
        """The facts of the data that our own runs used; None where nobody knows them."""
        if self.elsewhere:
            return None
        return self.configuration.data_facts


@dataclass(frozen=True)
class Outcomes:
    """One metric over the arms of one question.

    Attributes:
        values: arm label -> seed -> value; nan where that run failed, absent where it is missing.
        resolution: the metric's smallest step (1/test images for accuracy), else 0.
        curves: arm label -> seed -> validation values, for the claims that read them: at the ends
            of epochs 1, 2, ... (`Claim.reads` "epochs"), or one on the whole validation set
            ("selection").
        rounding: the step of scores that were rounded elsewhere (0.01 for 0.93), on the scale on
            which the metric is judged; else 0.
        trimmed: contrasts are of 20% trimmed means instead of means: a sensitivity line, never the
            primary.
        absent: some nan stand for runs that one arm lacks: they are ranked worst even where the
            arms fail alike, since those left may have been picked.
    """

    metric: Metric
    values: Mapping[str, Mapping[int, float]]
    resolution: float = 0.0
    curves: Mapping[str, Mapping[int, Sequence[float]]] = field(default_factory=dict)
    rounding: float = 0.0
    trimmed: bool = False
    absent: bool = False

    @property
    def step(self) -> float:
        """The smallest difference that the scores can show, on the judged scale."""
        return max(self.resolution, self.rounding)

    @property
    def fine(self) -> bool:
        """Whether scores that are equal again and again are no chance."""
        sizes = [abs(v) for runs in self.finished().values() for v in runs.values()]
        return is_fine(self.step, 1.0 if self.metric.ratio else max(sizes, default=0.0))

    def finished(self) -> dict[str, dict[int, float]]:
        """Arm label -> seed -> value of the runs that did not fail."""
        return {
            label: {seed: value for seed, value in runs.items() if math.isfinite(value)}
            for label, runs in self.values.items()
        }
