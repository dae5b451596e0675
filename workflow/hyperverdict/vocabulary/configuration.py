"""A configuration: every hyperparameter but the seed, and its path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from hyperverdict.errors import UserError
from hyperverdict.vocabulary.budget import Budget, parse_budget, to_steps
from hyperverdict.vocabulary.datasets import DATASETS
from hyperverdict.vocabulary.hyperparameters import HYPERPARAMETERS, OWN, read_value, spell


@dataclass(frozen=True)
class Configuration:
    """All hyperparameters in canonical form, with a budget in steps or seconds."""

    data: str
    model: str
    hidden_units: tuple[int, ...]
    activation: str
    dropout: float
    batch_size: int
    optimizer: str
    learning_rate: float
    schedule: str
    weight_decay: float
    budget: Budget
    momentum: float = 0.9
    classes: tuple[int, ...] = ()
    train_samples: int = 0
    # Hyperparameters of runs from elsewhere, (name, value) in the order of their names.
    own: tuple[tuple[str, Any], ...] = ()

    @property
    def path(self) -> str:
        """The folder below results/runs/ that spells this configuration."""
        return f"{self.arm_path}/{self.budget.slug}"

    @property
    def arm_path(self) -> str:
        """The path without the budget: what a step costs depends on this alone."""
        spelled = [
            f"{h.name}~{spell(h.name, getattr(self, h.name))}"
            for h in HYPERPARAMETERS.values()
            if h.core or getattr(self, h.name) != h.default
        ]
        spelled += [f"{name}~{spell(name, value)}" for name, value in self.own]
        return "/".join(spelled)

    @property
    def train_size(self) -> int:
        """Images in one full pass."""
        if self.data not in DATASETS:
            raise UserError(f"the size of data set {self.data!r} is not known before it is loaded")
        available = DATASETS[self.data].sizes(self.classes)[0]
        return min(self.train_samples or available, available)

    def settings(self) -> dict[str, Any]:
        """Every hyperparameter by name, plus ``budget`` as text."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "own"}
        return {**values, **dict(self.own), "budget": str(self.budget)}

    def differing(self, other: Configuration) -> tuple[str, ...]:
        """Names of the hyperparameters in which two configurations differ, budget included."""
        return tuple(
            f.name for f in fields(self) if getattr(self, f.name) != getattr(other, f.name)
        )


def configure(settings: Mapping[str, Any], budget: Budget) -> Configuration:
    """A configuration from settings as people write them.

    `settings` may give hidden_units or width and depth; what is missing takes the frozen default.
    A budget in samples or epochs becomes steps.
    """
    raw = dict(settings)
    width, depth = raw.pop("width", None), raw.pop("depth", None)
    if width is not None or depth is not None:
        if "hidden_units" in raw:
            raise UserError("give hidden_units or width and depth, not both")
        width = read_value("width", 256 if width is None else width)
        depth = read_value("depth", 2 if depth is None else depth)
        raw["hidden_units"] = [width] * depth
    values = {name: h.default for name, h in HYPERPARAMETERS.items()}
    own = tuple(sorted((name, read_value(name, raw.pop(name))) for name in raw.keys() & OWN.keys()))
    values |= {name: read_value(name, value) for name, value in raw.items()}
    configuration = Configuration(**values, budget=budget, own=own)
    _check_possible(configuration)
    if budget.kind in ("samples", "epochs"):
        canonical = to_steps(budget, configuration.batch_size, configuration.train_size)
        configuration = replace(configuration, budget=canonical)
    return configuration


def _check_possible(configuration: Configuration) -> None:
    """Refuse classes and images that a known data set does not have."""
    facts = DATASETS.get(configuration.data)
    if facts is None:
        return
    absent = [c for c in configuration.classes if c >= len(facts.class_counts)]
    if absent:
        last = len(facts.class_counts) - 1
        raise UserError(f"classes: {absent} are not in {configuration.data}; allowed: 0 to {last}")
    available = facts.sizes(configuration.classes)[0]
    if configuration.train_samples >= available:
        raise UserError(
            f"train_samples: {configuration.train_samples} of {configuration.data}, which has "
            f"{available} training images here; leave it out to use all of them"
        )


def override(baseline: Mapping[str, Any], levels: Mapping[str, Any]) -> dict[str, Any]:
    """A baseline with some levels replaced; width or depth replace only their half of it."""
    settings = dict(baseline)
    if "hidden_units" in levels:
        settings.pop("width", None)
        settings.pop("depth", None)
    elif settings.keys() & {"hidden_units"} and levels.keys() & {"width", "depth"}:
        units = read_value("hidden_units", settings.pop("hidden_units"))
        if len(set(units)) > 1 and "width" not in levels:
            raise UserError(f"depth cannot vary over layers of unequal width {list(units)}")
        settings |= {"width": units[0], "depth": len(units)}
    return settings | dict(levels)


def parse_path(path: str) -> Configuration:
    """The configuration that a run's folder spells.

    Raises UserError when the path is not canonical, naming the canonical one.
    """
    parts = [part.partition("~")[::2] for part in path.strip("/").split("/")]
    raw = dict(parts)
    kinds = [kind for kind in ("steps", "seconds") if kind in raw]
    if len(raw) != len(parts) or len(kinds) != 1:
        raise UserError(
            f"run path {path!r} must spell every hyperparameter once and steps or seconds"
        )
    budget = parse_budget(f"{raw.pop(kinds[0])} {kinds[0]}")
    configuration = configure(raw, budget)
    if configuration.path != path.strip("/"):
        raise UserError(f"run path {path!r} is not canonical; ask for {configuration.path!r}")
    return configuration
