"""Short names of a study's configurations, such as ``batch_size=4, depth=2``.

The one place for them: the line in the terminal and TensorBoard show the same names.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from hyperverdict.design.plan import Plan
from hyperverdict.vocabulary.configuration import LAYERS, Configuration
from hyperverdict.vocabulary.hyperparameters import Level
from hyperverdict.vocabulary.vocabulary import BUDGET

BASELINE = "baseline"
# With more that varies, a name says only what differs from the baseline.
ALL_NAMED = 2


@dataclass(frozen=True)
class ShortNames:
    """The names of configurations in one study, each of them different.

    Attributes:
        configurations: those of the study; others can be named, too.
        baseline: what a name need not say where much varies.
    """

    configurations: tuple[Configuration, ...]
    baseline: Configuration

    @classmethod
    def of(cls, plan: Plan) -> ShortNames:
        """The names for the configurations of a plan, tuning runs included."""
        found = dict.fromkeys(run.configuration for run in plan.all_runs)
        return cls(tuple(found), plan.study.baseline.configure({}, plan.study.budget))

    def parts(self, configuration: Configuration) -> tuple[tuple[str, str], ...]:
        """What is particular to a configuration: (hyperparameter, its level as in paths).

        In the order of paths, the budget last. Width and depth stand for hidden layers of equal
        width. Empty for the baseline.
        """
        base = _described(self.baseline)
        shown = self._varied if len(self._varied) <= ALL_NAMED else frozenset()
        return tuple(
            (name, _spelled(configuration, name, level))
            for name, level in _described(configuration).items()
            if name in shown or name not in base or level != base[name]
        )

    def name(self, configuration: Configuration) -> str:
        """For example ``batch_size=4, depth=2``, ``batch_size=4, 107 steps``, ``baseline``."""
        parts = self.parts(configuration)
        words = (level if name == BUDGET else f"{name}={level}" for name, level in parts)
        return ", ".join(words) or BASELINE

    @cached_property
    def _varied(self) -> frozenset[str]:
        """What differs between the configurations of the study."""
        levels: dict[str, set[Level]] = {}
        for configuration in self.configurations:
            for name, level in _described(configuration).items():
                levels.setdefault(name, set()).add(level)
        return frozenset(name for name, found in levels.items() if len(found) > 1)


def _described(configuration: Configuration) -> dict[str, Level]:
    """Every level by name, width and depth instead of layers of equal width; the budget last."""
    levels: dict[str, Level] = {}
    for name, level in configuration.levels:
        if name == LAYERS and configuration.vocabulary.handles and len(set(level)) == 1:
            levels |= {"width": level[0], "depth": len(level)}
        else:
            levels[name] = level
    return levels | {BUDGET: str(configuration.budget)}


def _spelled(configuration: Configuration, name: str, level: Level) -> str:
    """A level as in paths; the budget as people write it."""
    return str(level) if name == BUDGET else configuration.vocabulary.spell(name, level)
