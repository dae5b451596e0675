"""A configuration: every hyperparameter but the seed, and its path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from hyperverdict.errors import UserError
from hyperverdict.vocabulary.budget import Budget, parse_budget, to_steps
from hyperverdict.vocabulary.datasets import DatasetFacts
from hyperverdict.vocabulary.hyperparameters import Level
from hyperverdict.vocabulary.networks import check_images
from hyperverdict.vocabulary.users import prepared_name
from hyperverdict.vocabulary.vocabulary import BUDGET, OURS, Vocabulary

LAYERS = "hidden_units"


@dataclass(frozen=True)
class Configuration:
    """Hyperparameters in canonical form, with a budget (for our own runs in steps or seconds).

    Attributes:
        levels: (name, canonical level) of every hyperparameter, in the order of paths; of runs
            from elsewhere only those that the study names.
    """

    levels: tuple[tuple[str, Level], ...]
    budget: Budget
    vocabulary: Vocabulary = field(default=OURS, repr=False, compare=False)

    def __getitem__(self, name: str) -> Level:
        """The level of a hyperparameter; KeyError for one that is not known."""
        return self._by_name[name]

    def get(self, name: str, default: Level = None) -> Level:
        """The level of a hyperparameter, or a default."""
        return self._by_name.get(name, default)

    @cached_property
    def _by_name(self) -> dict[str, Level]:
        return dict(self.levels)

    @property
    def data(self) -> str:
        """The data set; "" where nobody has named one."""
        return str(self.get("data", ""))

    @cached_property
    def prepared(self) -> str:
        """The folder below resources/prepared/ that holds its data."""
        return prepared_name(self.vocabulary.users.data.get(self.data), self.data, self)

    @property
    def code_key(self) -> str:
        """What is made by one code of the user's: a model on a data set; "" for all runs together
        that our own loop did not make.
        """
        return f"{self.get('model')} {self.data}" if self.vocabulary.ours else ""

    @property
    def data_facts(self) -> DatasetFacts | None:
        """The facts of its data; None where they are known only once the data are prepared."""
        return self.vocabulary.facts(self.prepared)

    @property
    def path(self) -> str:
        """The folder below results/runs/ that spells this configuration."""
        return f"{self.arm_path}/{self.budget.slug}"

    @cached_property
    def arm_path(self) -> str:
        """The path without the budget: what a step costs depends on this alone."""
        rows = self.vocabulary.hyperparameters
        return "/".join(
            f"{name}~{self.vocabulary.spell(name, level)}"
            for name, level in self.levels
            if rows[name].core or level != rows[name].default
        )

    @property
    def timed_path(self) -> str:
        """What names it in timings: a step of ours costs the same at any budget, a whole training
        of the user's own does not.
        """
        return self.arm_path if self.vocabulary.training is None else self.path

    @property
    def train_size(self) -> int:
        """Images in one full pass."""
        facts = self.vocabulary.needed_facts(self.prepared)
        if facts is None:
            raise UserError(
                f"the size of data set {self.prepared!r} is not known before it is prepared; "
                "`hyperverdict check FILE` prepares it"
            )
        available = facts.sizes(self["classes"])[0]
        return min(self["train_samples"] or available, available)

    def settings(self) -> dict[str, Any]:
        """Every hyperparameter by name, plus ``budget`` as text."""
        return {**dict(self.levels), BUDGET: str(self.budget)}

    def differing(self, other: Configuration) -> tuple[str, ...]:
        """Names of the hyperparameters in which two configurations differ, budget included."""
        names = [
            name
            for name, level in self.levels
            if other.get(name) != level and self.uses(name) and other.uses(name)
        ]
        return (*names, BUDGET) if self.budget != other.budget else tuple(names)

    def uses(self, name: str) -> bool:
        """Whether a hyperparameter that a model or data set declares is of this one's."""
        row = self.vocabulary.hyperparameters.get(name)
        return row is None or not row.of or self.get(row.of) in row.acts_with[row.of]

    @property
    def inert(self) -> tuple[str, ...]:
        """Hyperparameters that do nothing beside the others."""
        return tuple(name for name, _ in self.levels if self.is_inert(name))

    def is_inert(self, name: str) -> bool:
        """Whether a hyperparameter, or a handle on one, does nothing beside the others."""
        row = self.vocabulary.described.get(name)
        if row is None:
            return False
        needed = (self.get(other) in levels for other, levels in row.acts_with.items())
        return not all(needed) or any(map(self.has, row.inert_when))

    def has(self, case: Mapping[str, frozenset[Level]]) -> bool:
        """Whether each hyperparameter of a case has one of the levels given there."""
        return all(self.get(name) in levels for name, levels in case.items())

    @property
    def effective(self) -> Configuration:
        """The configuration that trains just like this one, inert levels at their defaults."""
        rows, inert = self.vocabulary.hyperparameters, self.inert
        levels = ((n, rows[n].default if n in inert else level) for n, level in self.levels)
        return replace(self, levels=tuple(levels)) if inert else self


@dataclass(frozen=True)
class Baseline:
    """What every arm shares that a claim does not vary.

    Attributes:
        settings: hyperparameters in canonical form, without the budget; ``data`` included.
    """

    settings: Mapping[str, Level]
    vocabulary: Vocabulary = OURS

    def configure(self, levels: Mapping[str, Level], budget: Budget) -> Configuration:
        """The baseline with some levels replaced; a level of ``budget`` replaces the budget."""
        changed = dict(levels)
        budget = changed.pop(BUDGET, budget)
        if self.vocabulary.training is not None:
            return configure(dict(self.settings) | changed, budget, self.vocabulary)
        both = sorted({"width", "depth"} & changed.keys())
        if LAYERS in changed and both and self.vocabulary.complete:
            raise UserError(
                f"hidden_units and {', '.join(both)} set the same layers; vary one of them"
            )
        return configure(_override(self.settings, changed), budget, self.vocabulary)


def configure(
    settings: Mapping[str, Any], budget: Budget, vocabulary: Vocabulary = OURS
) -> Configuration:
    """A configuration from settings as people write them.

    `settings` may give hidden_units or width and depth; what is missing takes the frozen default.
    A budget in samples or epochs becomes steps.
    """
    if not vocabulary.complete:
        given = {name: vocabulary.read(name, raw) for name, raw in settings.items()}
        ordered = tuple((n, given[n]) for n in vocabulary.hyperparameters if n in given)
        return Configuration(ordered, budget, vocabulary)
    raw = _with_layers(dict(settings), vocabulary)
    unknown = [name for name in raw if name not in vocabulary.hyperparameters]
    for name in unknown:
        vocabulary.read(name, raw[name])  # raises
    rows = vocabulary.hyperparameters.items()
    levels = ((n, vocabulary.read(n, raw[n]) if n in raw else row.default) for n, row in rows)
    configuration = Configuration(tuple(levels), budget, vocabulary)
    if not vocabulary.ours:
        return configuration
    configuration = _with_own(configuration)
    _check_possible(configuration)
    if budget.kind in ("samples", "epochs"):
        canonical = to_steps(budget, configuration["batch_size"], configuration.train_size)
        configuration = replace(configuration, budget=canonical)
    return configuration


def _with_own(configuration: Configuration) -> Configuration:
    """The configuration without levels of what other models and data sets declare.

    So a run has one path in all studies, whatever else they compare it with.
    """
    rows = configuration.vocabulary.hyperparameters
    levels = tuple(
        (name, level if configuration.uses(name) else rows[name].default)
        for name, level in configuration.levels
    )
    return (
        replace(configuration, levels=levels)
        if configuration.vocabulary.users.any
        else configuration
    )


def _with_layers(raw: dict[str, Any], vocabulary: Vocabulary) -> dict[str, Any]:
    """Settings with hidden_units instead of its handles width and depth."""
    given = {name: raw.pop(name) for name in ("width", "depth") if name in raw}
    if not given or not vocabulary.handles:
        return raw | given
    if LAYERS in raw:
        raise UserError("give hidden_units or width and depth, not both")
    width, depth = (
        vocabulary.read(name, given.get(name, vocabulary.handles[name].default))
        for name in ("width", "depth")
    )
    return {**raw, LAYERS: [width] * depth}


def _check_possible(configuration: Configuration) -> None:
    """Refuse what a known data set does not have: classes, images, pixels enough for a network."""
    facts = configuration.data_facts
    if facts is None:
        return
    classes, samples = configuration["classes"], configuration["train_samples"]
    absent = [c for c in classes if c >= len(facts.class_counts)]
    if absent:
        last = len(facts.class_counts) - 1
        raise UserError(f"classes: {absent} are not in {configuration.data}; allowed: 0 to {last}")
    available = facts.sizes(classes)[0]
    if samples >= available:
        raise UserError(
            f"train_samples: {samples} of {configuration.data}, which has "
            f"{available} training images here; leave it out to use all of them"
        )
    check_images(configuration, facts.shape, samples or available)


def _override(baseline: Mapping[str, Level], levels: Mapping[str, Level]) -> dict[str, Level]:
    """A baseline with some levels replaced; width or depth replace only their half of it."""
    settings = dict(baseline)
    if LAYERS in levels:
        settings.pop("width", None)
        settings.pop("depth", None)
    elif LAYERS in settings and levels.keys() & {"width", "depth"}:
        units = settings.pop(LAYERS)
        if len(set(units)) > 1 and "width" not in levels:
            raise UserError(f"depth cannot vary over layers of unequal width {list(units)}")
        if not units and "width" not in levels:
            raise UserError(
                "depth cannot vary from hidden_units [], which has no width; "
                "state width and depth in the baseline instead"
            )
        settings |= {"width": units[0] if units else levels["width"], "depth": len(units)}
    return settings | dict(levels)


def parse_path(path: str, vocabulary: Vocabulary = OURS) -> Configuration:
    """The configuration that a run's folder spells.

    Raises UserError when the path is not canonical, naming the canonical one.
    """
    parts = [part.partition("~")[::2] for part in path.strip("/").split("/")]
    raw = dict(parts)
    kinds = [kind for kind in vocabulary.path_kinds if kind in raw]
    if len(raw) != len(parts) or len(kinds) != 1:
        raise UserError(
            f"run path {path!r} must spell every hyperparameter once and "
            f"{' or '.join(vocabulary.path_kinds)}"
        )
    budget = parse_budget(f"{raw.pop(kinds[0])} {kinds[0]}", vocabulary.path_kinds)
    vocabulary = vocabulary.knowing([raw.get("model", "")], [raw.get("data", "")])
    levels = {name: vocabulary.parse(name, text) for name, text in raw.items()}
    configuration = configure(levels, budget, vocabulary)
    if configuration.path != path.strip("/"):
        raise UserError(f"run path {path!r} is not canonical; ask for {configuration.path!r}")
    return configuration


def path_pattern(vocabulary: Vocabulary) -> str:
    """The path of a run as Snakemake writes it: a wildcard for each hyperparameter.

    Those that not every path spells are in the wildcard `extras`, together.
    """
    core = (name for name, row in vocabulary.hyperparameters.items() if row.core)
    characters = _CHARACTERS if vocabulary.ours else {}
    parts = [f"{name}~{{{name},{characters.get(name, '[^/~]+')}}}" for name in core]
    kinds = "|".join(vocabulary.path_kinds)
    extras = "{extras,(/[A-Za-z][A-Za-z0-9_]*~[^/~]+)*}"
    return "/".join(parts) + f"{extras}/{{budget,({kinds})~[0-9]+}}"


# What the spelling of a hyperparameter may hold, where it may not hold anything.
_NUMBER, _WORD = "[0-9.e+-]+", "[a-z_]+"
_CHARACTERS = {
    "hidden_units": "none|[0-9x-]+", "activation": _WORD, "dropout": _NUMBER, "batch_size": _NUMBER,
    "optimizer": _WORD, "learning_rate": _NUMBER, "schedule": _WORD, "weight_decay": _NUMBER,
}  # fmt: skip
