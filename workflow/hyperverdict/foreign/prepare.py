"""One claim at one budget: its tables in our columns, and what to say of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hyperverdict.effects.outcomes import Arm
from hyperverdict.foreign.arms import RUN, SETTINGS, ClaimArms, arms_of
from hyperverdict.foreign.confounders import names_text
from hyperverdict.foreign.faults import Finding, faults, lengths_text, lost_text, shorter_runs
from hyperverdict.foreign.replication import Replicates, replicates
from hyperverdict.foreign.runs import Runs
from hyperverdict.foreign.select import Selection, matching
from hyperverdict.foreign.study import Loaded
from hyperverdict.foreign.tables import curve_rows, final_rows
from hyperverdict.foreign.unnamed import picked_seeds, unnamed_arms, unnamed_contexts
from hyperverdict.outcomes.elsewhere import ClaimNotes
from hyperverdict.outcomes.questions import named_elsewhere
from hyperverdict.outcomes.values import EPOCH_TOLERANCE
from hyperverdict.study.model import Hypothesis
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import count, listed

# Epochs that a sentence lists, and settings that are written beside an arm's own.
MOST_SHOWN, MOST_SETTINGS = 5, 200


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
    """A claim's tables at one budget (None for the end of every run), and what is wrong with them.

    Raises UserError where a budget cannot be placed.
    """
    claim = arms_of(runs, loaded, hypothesis, budget, arms)
    settings = [n for n in runs.varying if n not in arms[0].levels][:MOST_SETTINGS]
    settings += [name for name in claim.baseline if name not in settings]
    finals, curves, lines, averaged, seeds = [], [], [], [], set()
    for arm, selected in zip(arms, claim.selections, strict=True):
        named = named_elsewhere(arm, hypothesis, budget)
        found = replicates(selected, claim.number, claim.cells)
        drawn = curve_rows(runs, named.runs_path, selected, claim.number, metrics)
        if len(found.seeds):
            finals.append(final_rows(runs, named, found, metrics, settings))
        if len(drawn):
            curves.append(drawn)
        seeds |= set(map(int, found.seeds))
        averaged.append(_averaged_over(claim, selected, found))
        lines.append(_line(claim, arm.title, selected, found, averaged[-1]))
    stated = loaded.states_budget.get(hypothesis.id, False)
    findings = faults(
        claim, metrics, loaded.study.baseline, states_budget=stated, alpha=loaded.study.alpha
    )
    others, more = unnamed_arms(claim, loaded.study.baseline)
    others = [(named_elsewhere(arm, hypothesis, budget), held) for arm, held in others]
    finals += [final_rows(runs, arm, held, metrics, settings) for arm, held in others]
    findings |= _selected(claim, loaded)
    notes = ClaimNotes(
        claim.tuned,
        findings,
        tuple(_notes(claim, averaged)),
        claim.replicate,
        tuple(arm for arm, _ in others),
        more,
        {
            arm.label: frozenset(claim.number[selected.unfinished].tolist())
            for arm, selected in zip(arms, claim.selections, strict=True)
        },
    )
    return Prepared(tuple(finals), tuple(curves), frozenset(seeds), notes, tuple(lines))


def _selected(claim: ClaimArms, loaded: Loaded) -> dict[str, Finding]:
    """Contexts and seeds of the table that the study leaves out."""
    found: dict[str, Finding] = {}
    contexts = unnamed_contexts(claim)
    if contexts:
        found["unnamed_contexts"] = ("caveat", contexts, "", 5.9)
    stated = loaded.seeds.get(claim.hypothesis.id)
    if stated is not None:
        every = [
            np.flatnonzero(matching(claim.runs, {**claim.baseline, **arm.levels}))
            for arm in claim.arms
        ]
        sentence, picked = picked_seeds(claim.runs, every, stated)
        if sentence and picked:
            why = "Seeds between those used are left out, as if picked by their scores."
            found["picked_seeds"] = ("blocks", f"{sentence} {why}", "seeds left out", 9.7)
        elif sentence:
            found["picked_seeds"] = ("caveat", sentence, "", 5.7)
    return found


def _line(claim: ClaimArms, title: str, selected: Selection, found: Replicates, over: str) -> str:
    """One line for the reading: how many runs, of which replicates, averaged over what."""
    runs = selected.runs
    of = f" of {len(selected.matching)}" if len(runs) < len(selected.matching) else ""
    line = f"{title}: {count(len(runs), 'run')}{of}"
    if claim.replicate != RUN:
        line += f", {count(len(found.seeds), claim.replicate)}"
    if over:
        line += f", each the mean of {found.averaged} runs over {over}"
    elif within := _differing(claim, selected):
        line += f", which differ in {listed(names_text(within))}"
    failed = int(selected.failed.sum())
    return f"{line}{f'; {failed} failed' if failed else ''}."


def _differing(claim: ClaimArms, selected: Selection) -> list[str]:
    codes = claim.runs.codes
    return [name for name in claim.within if len(np.unique(codes(name)[selected.runs])) > 1]


def _averaged_over(claim: ClaimArms, selected: Selection, found: Replicates) -> str:
    """What the runs of one replicate differ in, in words; "" where each is one run."""
    if found.averaged < 2:
        return ""
    over = _differing(claim, selected)
    shown = [f"{name} {claim.levels_text(name, selected.runs)}" for name in over]
    return listed(shown) or "repeated runs"


def _notes(claim: ClaimArms, averaged: Sequence[str]) -> Iterator[str]:
    """What was left out and averaged, in sentences for the scope."""
    yield from claim.notes
    if claim.replicate == SETTINGS:
        n = min(len(np.unique(claim.number[s.runs])) for s in claim.selections)
        yield (
            f"The runs have no seeds; they differ in {listed(names_text(claim.within))}. Every arm "
            f"holds each of the {n} combinations, so the arms are paired on these."
        )
    for (title, selected), over in zip(claim.each, averaged, strict=True):
        if len(selected.unfinished):
            yield f"{title}: {count(len(selected.unfinished), 'run')} not finished yet, left out."
        others = np.array([*selected.longer, *shorter_runs(claim, selected)], dtype=np.int64)
        if len(others) and len(selected.runs):
            where = lengths_text(claim, selected, others)
            yield f"{title}: {count(len(others), 'run')} of other lengths left out ({where})."
        lost, too_many = lost_text(claim, title, selected)
        if lost and not too_many:
            yield lost
        if over:
            yield f"{title}: averaged over {over}."


def absent_epochs(epochs: Sequence[int], curves: Sequence[pd.DataFrame]) -> str:
    """The claimed epochs that a log lacks, in words; "" when it has them all."""
    recorded = pd.concat([c["epoch"] for c in curves]).dropna() if curves else ()
    present = sorted({round(e) for e in recorded if abs(e - round(e)) < EPOCH_TOLERANCE})
    absent = [epoch for epoch in epochs if epoch not in present]
    if not absent:
        return ""
    shown = [*present[:MOST_SHOWN], *(["..."] if len(present) > MOST_SHOWN else [])]
    return f"The table has no epoch {listed(absent)}; it has {listed(shown) or 'none'}."
