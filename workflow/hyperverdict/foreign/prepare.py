"""One claim at one budget: the runs of its arms, what they are replicates of, and what is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from hyperverdict.checks.context import SHAPE_FACTORS
from hyperverdict.checks.fairness import RESIZING, TOLERANCE
from hyperverdict.claims.model import Design, UnanswerableError
from hyperverdict.effects.measure import MOST_FAILURES
from hyperverdict.effects.outcomes import Arm
from hyperverdict.foreign.confounders import associated, names_text
from hyperverdict.foreign.content import Codes, cell_codes
from hyperverdict.foreign.copies import copied
from hyperverdict.foreign.levels import in_order, spelled
from hyperverdict.foreign.progress import Floats, unit_text
from hyperverdict.foreign.replication import (
    combinations_of,
    free_settings,
    is_full_grid,
    replicates,
)
from hyperverdict.foreign.runs import Runs
from hyperverdict.foreign.select import Selection, select
from hyperverdict.foreign.study import Loaded
from hyperverdict.foreign.tables import AMOUNTS, curve_rows, final_rows
from hyperverdict.outcomes.elsewhere import ClaimNotes
from hyperverdict.outcomes.elsewhere import Level as Gravity
from hyperverdict.outcomes.questions import named_elsewhere
from hyperverdict.outcomes.values import EPOCH_TOLERANCE
from hyperverdict.study.model import Hypothesis
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.hyperparameters import Level
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.vocabulary.vocabulary import BUDGET
from hyperverdict.words.numbers import count, digits, listed

RUN, SETTINGS = "run", "setting combination"
# Fewer combinations of settings are too few to pair arms on.
MINIMUM_COMBINATIONS = 3
# Levels and amounts that a sentence lists.
MOST_SHOWN = 5
Finding = tuple[Gravity, str, str, float]


@dataclass(frozen=True)
class Prepared:
    """One claim at one budget.

    Attributes:
        finals, curves: tables of its arms.
        seeds: numbers of its replicates.
        lines: which runs it rests on, in sentences for the reading.
    """

    finals: tuple[pd.DataFrame, ...]
    curves: tuple[pd.DataFrame, ...]
    seeds: frozenset[int]
    notes: ClaimNotes
    lines: tuple[str, ...]


def prepare(
    runs: Runs,
    loaded: Loaded,
    hypothesis: Hypothesis,
    budget: Budget | None,
    arms: Sequence[Arm],
    metrics: Sequence[Metric],
) -> Prepared:
    """The runs of a claim at one budget; None for the end of every run."""
    return _Preparation(runs, loaded, hypothesis, budget, tuple(arms), tuple(metrics)).prepared()


def baseline_levels(runs: Runs, loaded: Loaded) -> dict[str, Level]:
    """The levels of the baseline that select rows."""
    return {
        name: level
        for name, level in loaded.study.baseline.settings.items()
        if name in runs.levels and (name != "data" or loaded.selects_data)
    }


@dataclass
class _Preparation:
    runs: Runs
    loaded: Loaded
    hypothesis: Hypothesis
    budget: Budget | None
    arms: tuple[Arm, ...]
    metrics: tuple[Metric, ...]
    findings: dict[str, Finding] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def prepared(self) -> Prepared:
        runs = self.runs
        self.baseline = baseline_levels(runs, self.loaded)
        self.tuned = self.loaded.tuned.get(self.hypothesis.id, ())
        self.selections = [
            select(runs, {**self.baseline, **arm.levels}, self.budget) for arm in self.arms
        ]
        self.titles = [arm.title for arm in self.arms]
        self.free = self._free()
        self._balance()
        self.number, replicate = self._numbers()
        self._missing()
        self._left_out()
        self._survivors()
        self._progress()
        self._confounders()
        self._copies()
        self._design()
        cells = combinations_of(runs, self.free)
        finals, curves, seeds = [], [], set()
        settings = [n for n in runs.varying if n not in self.arms[0].levels][:200]
        settings += [n for n in self.baseline if n not in settings]
        for arm, selected in zip(self.arms, self.selections, strict=True):
            named = named_elsewhere(arm, self.hypothesis, self.budget)
            found = replicates(runs, selected, self.number, cells)
            if len(found.seeds):
                finals.append(final_rows(runs, named, found, self.metrics, settings))
            drawn = curve_rows(runs, named.runs_path, selected, self.number, self.metrics)
            if len(drawn):
                curves.append(drawn)
            seeds |= set(map(int, found.seeds))
            self._describe(arm, selected, len(found.seeds), found.averaged, replicate)
        return Prepared(
            tuple(finals),
            tuple(curves),
            frozenset(seeds),
            ClaimNotes(self.tuned, self.findings, tuple(dict.fromkeys(self.notes)), replicate),
            tuple(self.lines),
        )

    def _found(self, check: str, level: str, sentence: str, headline: str, gravity: float) -> None:
        """Note a finding; several sentences of one check are joined, the gravest level stays."""
        if check in self.findings:
            before = self.findings[check]
            if sentence in before[1]:
                return
            worst = before if before[0] == "blocks" else (level, "", headline, gravity)
            sentence = f"{before[1]} {sentence}"
            level, headline, gravity = worst[0], worst[2], worst[3]
        self.findings[check] = (level, sentence, headline, gravity)

    def _groups(self) -> list[list[int]]:
        """Places of the arms, by their context."""
        groups: dict[tuple[tuple[str, str], ...], list[int]] = {}
        for place, arm in enumerate(self.arms):
            context = tuple(sorted((k, str(v)) for k, v in arm.context.items()))
            groups.setdefault(context, []).append(place)
        return list(groups.values())

    # Replicates.

    def _free(self) -> tuple[str, ...]:
        """Settings that nothing fixes and that differ between the runs of the claim."""
        fixed = {*self.baseline, *self.tuned, *(n for arm in self.arms for n in arm.levels)}
        chosen = np.unique(np.concatenate([s.runs for s in self.selections]))
        names = free_settings(self.runs, frozenset(fixed))
        return tuple(n for n in names if len(np.unique(self.runs.codes(n)[chosen])) > 1)

    def _balance(self) -> None:
        """Leave out the few runs whose seed and settings another arm of their context lacks.

        Where they are many, the arms differ in these settings, and the claim is confounded.
        """
        within = self._within()
        if not self.runs.seeded or not within:
            return
        cells = combinations_of(self.runs, within)
        for group in self._groups():
            arms = [self.selections[place] for place in group]
            shared = set.intersection(*(set(self.runs.seed[a.runs].tolist()) for a in arms))
            keys = [list(zip(self.runs.seed[a.runs], cells[a.runs], strict=True)) for a in arms]
            common = set.intersection(*(set(k) for k in keys))
            kept = [
                np.array([k in common or k[0] not in shared for k in of_arm], dtype=bool)
                for of_arm in keys
            ]
            if any((~k).sum() > MOST_FAILURES * max(len(k), 1) for k in kept):
                continue
            for place, keep in zip(group, kept, strict=True):
                self.selections[place] = self.selections[place].only(keep)
                if not keep.all():
                    self.notes.append(
                        f"{self.titles[place]}: {count(int((~keep).sum()), 'run')} left out, since "
                        f"another arm lacks the same seed with these {listed(names_text(within))}."
                    )

    def _within(self) -> tuple[str, ...]:
        """Free settings that differ between the runs of one arm."""
        return tuple(
            name
            for name in self.free
            if any(len(np.unique(self.runs.codes(name)[s.runs])) > 1 for s in self.selections)
        )

    def _numbers(self) -> tuple[Codes, str]:
        """(the replicate of each run of the table, what it is)."""
        runs = self.runs
        if runs.seeded:
            return runs.seed, "seed"
        within = self._within()
        own = np.arange(runs.n, dtype=np.int64)
        several = any(len(s.runs) > 1 for s in self.selections)
        if not within:
            if runs.roles.first("seed") is not None and several:
                self._found(
                    "one_seed_number", "blocks",
                    f"{_all_runs(runs)}: repeated runs with one seed are no replication.",
                    "no replication", 11.5,
                )  # fmt: skip
            return own, RUN
        combination = combinations_of(runs, within)
        groups = [[self.selections[i] for i in group] for group in self._groups()]
        if all(len(group) == 1 or is_full_grid(group, combination) for group in groups):
            if all(len(group) == 1 for group in groups):
                return own, RUN
            n = min(len(np.unique(combination[s.runs])) for s in self.selections)
            if n < MINIMUM_COMBINATIONS:
                self._no_replicates(within, f"and {n} combinations are too few to pair the arms on")
                return own, RUN
            self.notes.append(
                f"The runs have no seeds; they differ in {listed(names_text(within))}. Every arm "
                f"holds each of the {n} combinations, so the arms are paired on these."
            )
            return combination, SETTINGS
        self._no_replicates(within, "and the arms do not hold each combination of these settings")
        return own, RUN

    def _no_replicates(self, within: Sequence[str], why: str) -> None:
        total = len(np.unique(np.concatenate([s.runs for s in self.selections])))
        self._found(
            "no_replication_by_settings", "blocks",
            f"{count(total, 'run')} that differ in {listed(names_text(within))} are no replicates "
            f"of one another, {why}.",
            "no replication", 11.2,
        )  # fmt: skip

    # Which runs count.

    def _missing(self) -> None:
        for title, selected in zip(self.titles, self.selections, strict=True):
            if len(selected.runs):
                continue
            if not len(selected.matching):
                held = ", ".join(f"{n} {spelled(v)}" for n, v in self.baseline.items())
                also = f" with the baseline's {held}" if held else ""
                self._found(
                    "design", "blocks", f"No run of the table is {title}{also}.", "no runs", 12.5
                )
            elif self.budget is not None and not len(selected.unfinished):
                self._found(
                    "off_budget", "blocks",
                    f"No run of {title} was scored at {selected.budget}; "
                    f"{self._lengths(selected, selected.matching)}.",
                    "no runs at this budget", 12.4,
                )  # fmt: skip

    def _lengths(self, selected: Selection, which: Codes) -> str:
        """At which lengths runs were scored, in words."""
        kind = selected.budget.kind if selected.budget else ""
        amounts = self.runs.progress.amounts.get(kind)
        if amounts is None:
            return "the table does not say how long they trained"
        scored = np.any([np.isfinite(s.values) for s in self.runs.scores.values()], axis=0)
        rows = np.flatnonzero(np.isin(self.runs.run, which) & scored & np.isfinite(amounts))
        found = np.unique(amounts[rows])
        if not len(found):
            return "they have no score"
        shown = [digits(x, 6) for x in found]
        text = listed(shown) if len(shown) <= MOST_SHOWN else f"{shown[0]} to {shown[-1]}"
        column = self.runs.progress.columns[kind].theirs
        hint = f" (column {column!r}; write columns: {{{kind}: {column} + 1}} if it counts from 0)"
        by_one = selected.budget is not None and found[-1] == selected.budget.amount - 1
        return f"its runs were scored at {text} {kind}{hint if by_one else ''}"

    def _left_out(self) -> None:
        """Say which runs of the arms' levels count nowhere."""
        for title, selected in zip(self.titles, self.selections, strict=True):
            if len(selected.unfinished):
                n = count(len(selected.unfinished), "run")
                self.notes.append(f"{title}: {n} not finished yet, left out.")
            others = [*selected.longer, *self._shorter(selected)]
            if others and len(selected.runs):
                which = np.array(others, dtype=np.int64)
                self.notes.append(
                    f"{title}: {count(len(others), 'run')} of other lengths left out "
                    f"({self._lengths(selected, which)})."
                )

    def _shorter(self, selected: Selection) -> list[int]:
        """Runs that ended before the budget, but whose seed and settings have one that did not."""
        keys = self._keys()
        reached = set(keys[selected.runs[~selected.failed]].tolist())
        short = [run for run in selected.lost.tolist() if keys[run] in reached]
        rest = [run for run in selected.lost.tolist() if keys[run] not in reached]
        if not self.runs.seeded and self._planned_lengths():
            short += [run for run in rest if self.runs.state[run] != "stopped"]
        return short

    def _keys(self) -> Codes:
        """Seed and free settings of each run [R]: what makes two runs one replicate."""
        if not self.runs.seeded:
            return np.arange(self.runs.n, dtype=np.int64)
        cells = combinations_of(self.runs, self.free)
        frame = pd.DataFrame({"seed": self.runs.seed, "cell": cells})
        return frame.groupby(["seed", "cell"]).ngroup().to_numpy()

    def _planned_lengths(self) -> bool:
        """Whether every arm has as many runs of each length: then nobody stopped them early."""
        kind = self.budget.kind if self.budget else ""
        amounts = self.runs.progress.amounts.get(kind)
        if amounts is None:
            return False
        held = []
        for selected in self.selections:
            ends = amounts[self.runs.last[selected.matching]]
            lengths, counts = np.unique(ends, return_counts=True)
            held.append(dict(zip(lengths.tolist(), counts.tolist(), strict=True)))
        return all(lengths == held[0] for lengths in held)

    def _survivors(self) -> None:
        """Runs that no mean holds: stopped, ended too early, or failed beside a finished one."""
        keys = self._keys()
        for title, selected in zip(self.titles, self.selections, strict=True):
            shorter = set(self._shorter(selected))
            lost = [run for run in selected.lost.tolist() if run not in shorter]
            done = set(keys[selected.runs[~selected.failed]].tolist())
            beside = [r for r in selected.runs[selected.failed].tolist() if keys[r] in done]
            n, total = len(lost) + len(beside), len(selected.runs) + len(lost)
            if not n:
                continue
            why = "failed, were stopped or ended before the budget"
            sentence = (
                f"{n} of {count(total, 'run')} of {title} {why}; the mean covers only the rest."
            )
            if n > MOST_FAILURES * total:
                self._found("survivors_only", "blocks", sentence, "survivors only", 9.5)
            else:
                self.notes.append(sentence)

    # What else differs.

    def _progress(self) -> None:
        """Amounts of training, in units that no budget holds equal, that the arms do not share."""
        kinds = self.runs.progress.amounts
        stated = self.loaded.states_budget.get(self.hypothesis.id, False)
        held = self.budget.kind if self.budget is not None and self.budget.kind in kinds else ""
        if not kinds:
            which = f"the {self.budget} are" if self.budget and stated else ""
            text = (
                f"The table does not say how long each run trained: {which} taken on trust."
                if which
                else "The table does not say how long each run trained, and the study states no "
                "budget."
            )
            self._found("length_on_trust", "caveat", text, "", 8)
            return
        if self.budget is not None and stated and not held:
            self._found(
                "length_on_trust", "caveat",
                f"No column counts {self.budget.kind}: the {self.budget} are taken on trust.", "", 8,
            )  # fmt: skip
        if any(BUDGET in arm.levels for arm in self.arms):
            return
        resizes = bool({name for arm in self.arms for name in arm.settings} & RESIZING)
        if held and resizes:
            return
        known = [unit for unit in AMOUNTS if unit in kinds]
        for group in self._groups():
            if resizes and known and not any(self._is_shared(kinds[u], group) for u in known):
                # A step buys more samples with a larger batch; something must still be equal.
                self._unlike(known[-1], kinds[known[-1]], group, within=True)
            for unit, amounts in kinds.items():
                if unit not in AMOUNTS:
                    self._unlike(unit, amounts, group, within=not held)

    def _ends(self, amounts: Floats, group: Sequence[int]) -> dict[str, Floats]:
        """Title of an arm -> amounts at which its finished runs stand."""
        ends = {}
        for place in group:
            selected = self.selections[place]
            at = amounts[selected.rows[~selected.failed]]
            if np.isfinite(at).any():
                ends[self.titles[place]] = at[np.isfinite(at)]
        return ends

    def _is_shared(self, amounts: Floats, group: Sequence[int]) -> bool:
        ends = self._ends(amounts, group)
        values = np.concatenate(list(ends.values())) if ends else np.zeros(0)
        return not len(values) or bool(values.max() <= TOLERANCE * values.min())

    def _unlike(
        self, unit: str, amounts: Floats, group: Sequence[int], *, within: bool
    ) -> None:
        ends = self._ends(amounts, group)
        if not ends:
            return
        text = unit_text(unit)
        for title, at in ends.items():
            if within and at.max() > TOLERANCE * at.min():
                self._found(
                    "unlike_progress", "blocks",
                    f"The runs of {title} stand at {digits(at.min())} to {digits(at.max())} {text}: "
                    "they were trained for different lengths.",
                    "mixed fidelities", 9.9,
                )  # fmt: skip
        means = {title: float(at.mean()) for title, at in ends.items()}
        most, least = max(means, key=lambda k: means[k]), min(means, key=lambda k: means[k])
        if means[most] > TOLERANCE * max(means[least], 1e-12):
            self._found(
                "unlike_progress", "blocks",
                f"{most} stands at {digits(means[most])} {text}, {least} at "
                f"{digits(means[least])}: the difference cannot be credited to the claimed factor.",
                "confounded", 10.1,
            )  # fmt: skip

    def _confounders(self) -> None:
        declared, possible = [], []
        kinds = {c.name: c for c in self.runs.roles.of("factor")}
        named = {name for arm in self.arms for name in arm.levels}
        shape = SHAPE_FACTORS if named & SHAPE_FACTORS else frozenset()
        for name in self.free:
            if name in shape or not self._is_associated(self.runs.codes(name)):
                continue
            column = kinds[name]
            (declared if column.is_declared else possible).append(column)
        for column in self.runs.roles.of("budget"):
            reached = self.runs.progress.columns.get(column.name)
            cells = cell_codes(self.runs.table.columns[column.theirs])[self.runs.first]
            if reached is not column and BUDGET not in named and self._is_associated(cells):
                possible.append(column)
        if self.runs.seeded and not declared and not possible and len(self._within()) > 1:
            if self._is_associated(combinations_of(self.runs, self._within())):
                declared = [kinds[name] for name in self._within()]
        if declared:
            text = listed(names_text(c.name for c in declared))
            self._found(
                "undeclared_difference",
                "blocks",
                f"The arms also differ in {text}.",
                "confounded",
                9,
            )
        if possible:
            theirs = [column.theirs for column in possible[:MOST_SHOWN]]
            verb = "differs" if len(possible) == 1 else "differ"
            self._found(
                "separating_columns", "blocks",
                f"{listed(names_text(c.theirs for c in possible))} also {verb} between the arms: a "
                "setting would be confounded with the claimed factor. If it changes no score, write "
                f"ignore: [{', '.join(theirs)}].",
                "confounded", 8.9,
            )  # fmt: skip

    def _is_associated(self, codes: Codes) -> bool:
        return any(
            associated(
                [self.selections[i].runs for i in group],
                [self.number[self.selections[i].runs] for i in group],
                codes,
                seeded=self.runs.seeded,
            )
            for group in self._groups()
            if len(group) > 1
        )

    def _copies(self) -> None:
        pairs = list(zip(self.titles, self.selections, strict=True))
        for metric in self.metrics:
            claimed = any(e.metric.name == metric.name for e in self.hypothesis.claim.expect)
            if claimed and not metric.is_time and self.hypothesis.claim.reads == "final":
                sentence = copied(self.runs, metric, pairs, self.number)
                if sentence:
                    self._found("copied_runs", "blocks", sentence, "no replication", 10.9)

    def _design(self) -> None:
        """Tuned settings that vary within an arm; a design that the claim would have been refused."""
        for title, selected in zip(self.titles, self.selections, strict=True):
            for name in self.tuned:
                codes = self.runs.codes(name) if name in self.runs.levels else None
                if codes is not None and len(np.unique(codes[selected.runs])) > 1:
                    held = [
                        self.runs.levels[name].values[c] for c in np.unique(codes[selected.runs])
                    ]
                    shown = listed(map(spelled, in_order(held)))
                    self._found(
                        "design", "blocks",
                        f"The study says that {name} was tuned, but runs of {title} have {shown}: "
                        "keep those of the chosen value.",
                        "untuned", 9.1,
                    )  # fmt: skip
        fewest = min(len(np.unique(self.number[x.runs])) for x in self.selections)
        budgets = self.hypothesis.at_equal
        try:
            self.hypothesis.claim.check(
                Design(self.loaded.study.baseline, budgets, tuple(range(fewest)), self.tuned)
            )
        except UnanswerableError as caveat:
            self._found("design", "caveat", _sentence(str(caveat)), "", 8)

    def _describe(
        self, arm: Arm, selected: Selection, n: int, averaged: int, replicate: str
    ) -> None:
        """One line for the reading: how many runs, of which replicates, averaged over what."""
        runs = selected.runs
        of = f" of {len(selected.matching)}" if len(runs) < len(selected.matching) else ""
        line = f"{arm.title}: {count(len(runs), 'run')}{of}"
        if replicate != RUN:
            line += f", {count(n, replicate)}"
        within = [x for x in self._within() if len(np.unique(self.runs.codes(x)[runs])) > 1]
        if averaged > 1:
            over = [self._levels(name, runs) for name in within]
            what = listed(over) if over else "repeated runs"
            line += f", each the mean of {averaged} runs over {what}"
            self.notes.append(f"{arm.title}: averaged over {what}.")
        elif within:
            line += f", which differ in {listed(names_text(within))}"
        failed = int(selected.failed.sum())
        self.lines.append(f"{line}{f'; {failed} failed' if failed else ''}.")

    def _levels(self, name: str, runs: Codes) -> str:
        held = [self.runs.levels[name].values[c] for c in np.unique(self.runs.codes(name)[runs])]
        shown = [spelled(level) for level in in_order(held)]
        if len(shown) > MOST_SHOWN:
            shown = [*shown[:MOST_SHOWN], "..."]
        return f"{name} {listed(shown)}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:].rstrip('.')}."


def _all_runs(runs: Runs) -> str:
    column = runs.roles.first("seed")
    seed = runs.table.columns[column.theirs].iloc[0] if column else ""
    return f"All runs have seed {seed}"


def absent_epochs(epochs: Sequence[int], curves: Sequence[pd.DataFrame]) -> str:
    """The claimed epochs that a log lacks, in words; "" when it has them all."""
    recorded = (
        pd.concat([c["epoch"] for c in curves]).dropna() if curves else pd.Series(dtype=float)
    )
    present = sorted({round(e) for e in recorded if abs(e - round(e)) < EPOCH_TOLERANCE})
    absent = [epoch for epoch in epochs if epoch not in present]
    if not absent:
        return ""
    shown = [*present[:MOST_SHOWN], *(["..."] if len(present) > MOST_SHOWN else [])]
    return f"The table has no epoch {listed(absent)}; it has {listed(shown) or 'none'}."


def levels_by_arm(arms: Sequence[Arm]) -> Mapping[str, Mapping[str, Level]]:
    """Title -> levels of every arm."""
    return {arm.title: arm.levels for arm in arms}
