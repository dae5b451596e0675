"""The arms of one claim at one budget: which runs they hold, and what these are replicates of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from hyperverdict.effects.outcomes import Arm
from hyperverdict.foreign.confounders import names_text
from hyperverdict.foreign.content import Codes, cell_codes, codes_of
from hyperverdict.foreign.levels import in_order, spelled
from hyperverdict.foreign.replication import combinations_of, free_settings, is_full_grid
from hyperverdict.foreign.runs import Runs
from hyperverdict.foreign.select import Selection, select
from hyperverdict.foreign.study import Loaded
from hyperverdict.stats.thresholds import MINIMUM_COMBINATIONS, MOST_RUNS_LOST
from hyperverdict.study.model import Hypothesis
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.hyperparameters import Level
from hyperverdict.vocabulary.vocabulary import BUDGET
from hyperverdict.words.numbers import count, listed

SEED, RUN, SETTINGS = "seed", "run", "setting combination"


@dataclass(frozen=True)
class ClaimArms:
    """The runs of a claim's arms.

    Attributes:
        budget: the one held equal; None for the end of every run.
        baseline: the levels of the baseline that select rows.
        tuned: settings that the study calls tuned per arm.
        selections: the runs of each arm, in the order of `arms`.
        notes: which runs were left out to keep the arms balanced, in sentences.
    """

    runs: Runs
    hypothesis: Hypothesis
    budget: Budget | None
    arms: tuple[Arm, ...]
    baseline: dict[str, Level]
    tuned: tuple[str, ...]
    selections: tuple[Selection, ...]
    notes: tuple[str, ...] = ()

    @property
    def budget_of_arms(self) -> Budget:
        """The budget under which the arms are named, whether or not the table states one."""
        return self.arms[0].configuration.budget

    @property
    def titles(self) -> list[str]:
        """The arms for people."""
        return [arm.title for arm in self.arms]

    @property
    def each(self) -> Iterator[tuple[str, Selection]]:
        """(title, runs) of every arm."""
        return zip(self.titles, self.selections, strict=True)

    @property
    def named(self) -> frozenset[str]:
        """Settings that the arms' levels name, contexts included."""
        return frozenset(name for arm in self.arms for name in arm.levels)

    @property
    def compared(self) -> frozenset[str]:
        """Settings in which arms of one context differ by intention."""
        return frozenset(name for arm in self.arms for name in arm.settings)

    @property
    def varies_budget(self) -> bool:
        """Whether the training length is what the claim varies."""
        return BUDGET in self.named

    @cached_property
    def groups(self) -> list[list[int]]:
        """Places of the arms, by their context."""
        groups: dict[tuple[tuple[str, str], ...], list[int]] = {}
        for place, arm in enumerate(self.arms):
            context = tuple(sorted((k, str(v)) for k, v in arm.context.items()))
            groups.setdefault(context, []).append(place)
        return list(groups.values())

    @cached_property
    def free(self) -> tuple[str, ...]:
        """Settings that nothing fixes and that differ between the runs of the claim."""
        fixed = self.named | set(self.baseline) | set(self.tuned)
        chosen = np.unique(np.concatenate([s.runs for s in self.selections]))
        names = free_settings(self.runs, fixed)
        return tuple(n for n in names if len(np.unique(self.runs.codes(n)[chosen])) > 1)

    @cached_property
    def within(self) -> tuple[str, ...]:
        """Free settings that differ between the runs of one arm."""
        return tuple(
            name
            for name in self.free
            if any(len(np.unique(self.runs.codes(name)[s.runs])) > 1 for s in self.selections)
        )

    @cached_property
    def cells(self) -> Codes:
        """The combination of free settings of each run of the table [R]."""
        return combinations_of(self.runs, self.free)

    @cached_property
    def keys(self) -> Codes:
        """Seed and free settings of each run [R]: what makes two runs one replicate."""
        if not self.runs.seeded:
            return np.arange(self.runs.n, dtype=np.int64)
        frame = pd.DataFrame({"seed": self.runs.seed, "cell": self.cells})
        return frame.groupby(["seed", "cell"]).ngroup().to_numpy().astype(np.int64)

    @cached_property
    def total(self) -> int:
        """How many runs the arms hold together."""
        return len(np.unique(np.concatenate([s.runs for s in self.selections])))

    @cached_property
    def numbering(self) -> tuple[Codes, str, str]:
        """(the replicate of each run of the table [R], what it is, why it is none or "")."""
        runs, own = self.runs, np.arange(self.runs.n, dtype=np.int64)
        if runs.seeded:
            return runs.seed, SEED, ""
        if not self.within:
            return own, RUN, ""
        if self.repeated:
            return self._by_repetition()
        combination = combinations_of(runs, self.within)
        groups = [[self.selections[i] for i in group] for group in self.groups]
        if all(len(group) == 1 for group in groups):
            return own, RUN, ""
        if not all(len(group) == 1 or is_full_grid(group, combination) for group in groups):
            return own, RUN, "and the arms do not hold each combination of these settings"
        n = min(len(np.unique(combination[s.runs])) for s in self.selections)
        if n < MINIMUM_COMBINATIONS:
            return own, RUN, f"and {n} combinations are too few to pair the arms on"
        return combination, SETTINGS, ""

    @cached_property
    def repeated(self) -> Mapping[str, str]:
        """Free settings within an arm that number folds and the like -> what they number."""
        kinds = {c.name: c.repeats for c in self.runs.roles.of("factor") if c.repeats}
        return {name: kinds[name] for name in self.within if name in kinds}

    def _by_repetition(self) -> tuple[Codes, str, str]:
        """Without seeds: the repetition that holds several folds, where a column names it."""
        runs, own = self.runs, np.arange(self.runs.n, dtype=np.int64)
        kinds = listed(dict.fromkeys(f"{kind}s" for kind in self.repeated.values()))
        why = f"since {kinds} of one seed are not independent"
        column = runs.roles.first("run id")
        others = [name for name in self.free if name not in self.repeated]
        if column is None or any(name in self.within for name in others):
            return own, RUN, why
        ids = cell_codes(runs.table.columns[column.theirs])[runs.first]
        settings = [runs.codes(name) for name in (*self.named, *others) if name in runs.levels]
        number = codes_of([ids, *settings], runs.n)
        several = all(len(np.unique(number[s.runs])) < len(s.runs) for s in self.selections)
        return (number, RUN, "") if several else (own, RUN, why)

    @property
    def number(self) -> Codes:
        """The replicate of each run of the table [R]."""
        return self.numbering[0]

    @property
    def replicate(self) -> str:
        """What a replicate is."""
        return self.numbering[1]

    def levels_text(self, name: str, which: Codes, most: int = 5) -> str:
        """The levels of a setting in some runs: ``0 and 0.5``."""
        held = [self.runs.levels[name].values[c] for c in np.unique(self.runs.codes(name)[which])]
        shown = [spelled(level) for level in in_order(held)]
        return listed(shown if len(shown) <= most else [*shown[:most], "..."])


def baseline_levels(runs: Runs, loaded: Loaded) -> dict[str, Level]:
    """The levels of the baseline that select rows."""
    return {
        name: level
        for name, level in loaded.study.baseline.settings.items()
        if name in runs.levels and (name != "data" or loaded.selects_data)
    }


def arms_of(
    runs: Runs,
    loaded: Loaded,
    hypothesis: Hypothesis,
    budget: Budget | None,
    arms: Sequence[Arm],
) -> ClaimArms:
    """The runs of a claim's arms at one budget; UserError where a budget cannot be placed."""
    baseline = baseline_levels(runs, loaded)
    seeds = loaded.seeds.get(hypothesis.id)
    selections = tuple(select(runs, {**baseline, **arm.levels}, budget, seeds) for arm in arms)
    tuned = loaded.tuned.get(hypothesis.id, ())
    return _balanced(ClaimArms(runs, hypothesis, budget, tuple(arms), baseline, tuned, selections))


def _balanced(claim: ClaimArms) -> ClaimArms:
    """Without the few runs whose seed and settings another arm of their context lacks.

    Where they are many, the arms differ in these settings, and the claim is confounded.
    """
    runs = claim.runs
    if not runs.seeded or not claim.within:
        return claim
    cells = combinations_of(runs, claim.within)
    selections, notes = list(claim.selections), []
    for group in claim.groups:
        arms = [selections[place].runs for place in group]
        shared = set.intersection(*(set(runs.seed[a].tolist()) for a in arms))
        keys = [list(zip(runs.seed[a].tolist(), cells[a].tolist(), strict=True)) for a in arms]
        common = set.intersection(*map(set, keys))
        kept = [
            np.array([key in common or key[0] not in shared for key in of_arm], dtype=bool)
            for of_arm in keys
        ]
        if any((~k).sum() > MOST_RUNS_LOST * max(len(k), 1) for k in kept):
            continue
        for place, keep in zip(group, kept, strict=True):
            selections[place] = selections[place].only(keep)
            if not keep.all():
                notes.append(
                    f"{claim.titles[place]}: {count(int((~keep).sum()), 'run')} left out, since "
                    f"another arm lacks that seed with this {listed(names_text(claim.within))}."
                )
    return replace(claim, selections=tuple(selections), notes=tuple(notes))
