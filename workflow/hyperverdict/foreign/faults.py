"""What is wrong with the runs of one claim at one budget: findings for the checks to say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from hyperverdict.checks.context import SHAPE_FACTORS, SIZE_NEUTRAL, extremes
from hyperverdict.checks.fairness import RESIZING
from hyperverdict.claims.model import Design, UnanswerableError
from hyperverdict.foreign.arms import RUN, ClaimArms
from hyperverdict.foreign.columns import Column
from hyperverdict.foreign.confounders import Association, associated, names_text
from hyperverdict.foreign.content import Codes, cell_codes
from hyperverdict.foreign.copies import copied
from hyperverdict.foreign.levels import spelled
from hyperverdict.foreign.nested import seeds_in_folds
from hyperverdict.foreign.progress import Floats, unit_text
from hyperverdict.foreign.replication import combinations_of
from hyperverdict.foreign.select import Selection
from hyperverdict.foreign.strata import holds_within
from hyperverdict.foreign.tables import AMOUNTS
from hyperverdict.outcomes.elsewhere import Level
from hyperverdict.stats.thresholds import MOST_RUNS_LOST, NOTABLE_SPREAD
from hyperverdict.vocabulary.configuration import Baseline
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import count, digits, listed

# Levels, amounts and columns that a sentence lists.
MOST_SHOWN = 5
# Columns of costs that say how large a network is, and notes that say which data it saw.
SIZES = frozenset({"parameters", "flops", "flops_per_sample"})
DATA_PLACES = frozenset({"data_dir", "data_path", "data_root", "dataset_path", "data_file"})
# (level, sentence, headline word, gravity), under the id of the check that says it.
Finding = tuple[Level, str, str, float]
Found = Iterator[tuple[str, Finding]]


def faults(
    claim: ClaimArms,
    metrics: Sequence[Metric],
    baseline: Baseline,
    *,
    states_budget: bool,
    alpha: float,
) -> dict[str, Finding]:
    """Check id -> finding. Several sentences of one check are joined; the gravest level stays."""
    found: dict[str, Finding] = {}
    for check, finding in (
        *_missing(claim),
        *_no_replicates(claim),
        *_survivors(claim),
        *_length_on_trust(claim, stated=states_budget),
        *_unlike_progress(claim),
        *_confounders(claim),
        *_uneven(claim, alpha),
        *_sizes(claim),
        *_copies(claim, metrics),
        *_tuned(claim),
        *_design(claim, baseline),
    ):
        before = found.get(check)
        if before is None:
            found[check] = finding
        elif finding[1] not in before[1]:
            gravest = before if before[0] == "blocks" else finding
            sentence = f"{before[1]} {finding[1]}"
            found[check] = (gravest[0], sentence, gravest[2], gravest[3])
    return found


def _missing(claim: ClaimArms) -> Found:
    """Arms without runs at all, or without any at the budget."""
    for title, selected in claim.each:
        if len(selected.runs):
            continue
        if not len(selected.matching):
            held = ", ".join(f"{n} {spelled(v)}" for n, v in claim.baseline.items())
            also = f" with the baseline's {held}" if held else ""
            sentence = f"No run of the table is {title}{also}."
            yield "design", ("blocks", sentence, "no runs", 12.5)
        elif claim.budget is not None and not len(selected.unfinished):
            where = lengths_text(claim, selected, selected.matching)
            sentence = f"No run of {title} was scored at {selected.budget}; {where}."
            yield "off_budget", ("blocks", sentence, "no runs at this budget", 12.4)


def lengths_text(claim: ClaimArms, selected: Selection, which: Codes) -> str:
    """At which lengths runs were scored, in words."""
    kind = selected.budget.kind if selected.budget else ""
    amounts = claim.runs.progress.amounts.get(kind)
    if amounts is None:
        return "the table does not say how long they trained"
    scored = np.any([np.isfinite(s.values) for s in claim.runs.scores.values()], axis=0)
    rows = np.flatnonzero(np.isin(claim.runs.run, which) & scored & np.isfinite(amounts))
    found = np.unique(amounts[rows])
    if not len(found):
        return "they have no score"
    shown = [digits(amount, 6) for amount in found]
    text = listed(shown) if len(shown) <= MOST_SHOWN else f"{shown[0]} to {shown[-1]}"
    column = claim.runs.progress.columns[kind].theirs
    by_one = selected.budget is not None and found[-1] == selected.budget.amount - 1
    hint = f" (write columns: {{{kind}: {column} + 1}} if column {column!r} counts from 0)"
    return f"its runs were scored at {text} {kind}{hint if by_one else ''}"


def _no_replicates(claim: ClaimArms) -> Found:
    """Runs that are no replicates of one another: of one seed, or of several settings."""
    _, replicate, why = claim.numbering
    if why:
        sentence = (
            f"{count(claim.total, 'run')} that differ in {listed(names_text(claim.within))} are no "
            f"replicates of one another, {why}."
        )
        yield "no_replication_by_settings", ("blocks", sentence, "no replication", 11.2)
    if claim.runs.seeded and claim.repeated:
        yield from _seeds_of_fits(claim)
    column = claim.runs.roles.first("seed")
    several = any(len(s.runs) > 1 for s in claim.selections)
    if replicate == RUN and column is not None and several and not claim.within:
        seed = claim.runs.table.columns[column.theirs].iloc[0]
        sentence = f"All runs have seed {seed}: repeated runs with one seed are no replication."
        yield "one_seed_number", ("blocks", sentence, "no replication", 11.5)


def _seeds_of_fits(claim: ClaimArms) -> Found:
    """Seeds that number single fits of a cross-validation."""
    arms = [s.runs for s in claim.selections if len(s.runs)]
    levels = {name: claim.runs.codes(name) for name in claim.repeated}
    name, n = seeds_in_folds(arms, claim.runs.seed, levels)
    if name:
        kind = claim.repeated[name]
        seeds = len(np.unique(np.concatenate([claim.runs.seed[runs] for runs in arms])))
        sentence = (
            f"Each of the {seeds} seeds has one {kind} only, and the {n} {kind}s recur under other "
            f"seeds: these seeds number single fits, and fits that share a {kind} are not "
            "independent. Name the column that numbers the repetitions: columns: {seed: ...}."
        )
        yield "no_replication_by_settings", ("blocks", sentence, "no replication", 11.3)


def shorter_runs(claim: ClaimArms, selected: Selection) -> list[int]:
    """Runs that ended before the budget, but whose seed and settings have one that did not."""
    keys = claim.keys
    reached = set(keys[selected.runs[~selected.failed]].tolist())
    short = [run for run in selected.lost.tolist() if keys[run] in reached]
    if not claim.runs.seeded and _planned_lengths(claim):
        short += [
            run
            for run in selected.lost.tolist()
            if run not in short and claim.runs.state[run] != "stopped"
        ]
    return short


def _planned_lengths(claim: ClaimArms) -> bool:
    """Whether every arm has as many runs of each length: then nobody stopped them early."""
    amounts = claim.runs.progress.amounts.get(claim.budget.kind if claim.budget else "")
    if amounts is None:
        return False
    held = []
    for selected in claim.selections:
        ends = amounts[claim.runs.last[selected.matching]]
        lengths, counts = np.unique(ends, return_counts=True)
        held.append(dict(zip(lengths.tolist(), counts.tolist(), strict=True)))
    return all(lengths == held[0] for lengths in held)


def lost_text(claim: ClaimArms, title: str, selected: Selection) -> tuple[str, bool]:
    """(which runs no mean holds, in words, or ""; whether they are too many)."""
    shorter = set(shorter_runs(claim, selected))
    lost = [run for run in selected.lost.tolist() if run not in shorter]
    done = set(claim.keys[selected.runs[~selected.failed]].tolist())
    beside = [r for r in selected.runs[selected.failed].tolist() if claim.keys[r] in done]
    n, total = len(lost) + len(beside), len(selected.runs) + len(lost)
    if not n:
        return "", False
    why = "failed, were stopped or ended before the budget"
    text = f"{n} of {count(total, 'run')} of {title} {why}; the mean covers only the rest."
    return text, n > MOST_RUNS_LOST * total


def _survivors(claim: ClaimArms) -> Found:
    """Many runs that no mean holds: stopped, ended early, or failed beside a finished one."""
    for title, selected in claim.each:
        sentence, too_many = lost_text(claim, title, selected)
        if too_many:
            yield "survivors_only", ("blocks", sentence, "survivors only", 9.5)


def _length_on_trust(claim: ClaimArms, *, stated: bool) -> Found:
    kinds, budget = claim.runs.progress.amounts, claim.budget
    sentence = ""
    if not kinds and budget and stated:
        sentence = (
            f"The table does not say how long each run trained: the {budget} are taken on trust."
        )
    elif not kinds:
        sentence = (
            "The table does not say how long each run trained, and the study states no budget."
        )
    elif budget and stated and budget.kind not in kinds:
        sentence = f"No column counts {budget.kind}: the {budget} are taken on trust."
    if sentence:
        yield "length_on_trust", ("caveat", sentence, "", 8.0)


def _unlike_progress(claim: ClaimArms) -> Found:
    """Amounts of training, in units that no budget holds equal, that the arms do not share."""
    kinds = claim.runs.progress.amounts
    held = claim.budget is not None and claim.budget.kind in kinds
    resizes = bool(claim.compared & RESIZING)
    if claim.varies_budget or (held and resizes):
        return
    known = [unit for unit in AMOUNTS if unit in kinds]
    for group in claim.groups:
        if resizes and known and not any(_is_shared(claim, kinds[unit], group) for unit in known):
            # A step buys more samples with a larger batch; something must still be equal.
            yield from _unlike(claim, known[-1], group, within=True)
        for unit in kinds:
            if unit not in AMOUNTS:
                yield from _unlike(claim, unit, group, within=not held)


def _ends(claim: ClaimArms, amounts: Floats, group: Sequence[int]) -> dict[str, Floats]:
    """Title of an arm -> amounts at which its finished runs stand."""
    ends = {}
    for place in group:
        selected = claim.selections[place]
        at = amounts[selected.rows[~selected.failed]]
        if np.isfinite(at).any():
            ends[claim.titles[place]] = at[np.isfinite(at)]
    return ends


def _is_shared(claim: ClaimArms, amounts: Floats, group: Sequence[int]) -> bool:
    ends = _ends(claim, amounts, group)
    values = np.concatenate(list(ends.values())) if ends else np.zeros(0)
    return not len(values) or bool(values.max() <= NOTABLE_SPREAD * values.min())


def _unlike(claim: ClaimArms, unit: str, group: Sequence[int], *, within: bool) -> Found:
    """One arm mixes several lengths (where `within`), or the arms differ in their mean."""
    ends, text = _ends(claim, claim.runs.progress.amounts[unit], group), unit_text(unit)
    if not ends:
        return
    for title, at in ends.items():
        if within and at.max() > NOTABLE_SPREAD * at.min():
            sentence = (
                f"The runs of {title} stand at {digits(at.min())} to {digits(at.max())} {text}: "
                "they were trained for different lengths."
            )
            yield "unlike_progress", ("blocks", sentence, "mixed fidelities", 9.9)
    means = {title: float(at.mean()) for title, at in ends.items()}
    most, least = extremes(means)
    if means[most] > NOTABLE_SPREAD * max(means[least], 1e-12):
        sentence = (
            f"{most} stands at {digits(means[most])} {text}, {least} at {digits(means[least])}: "
            "the difference cannot be credited to the claimed factor."
        )
        yield "unlike_progress", ("blocks", sentence, "confounded", 10.1)


def _confounders(claim: ClaimArms) -> Found:
    """Settings beside the claim's own, and columns that may be settings, that go with the arms."""
    declared, possible = _going_along(claim)
    if declared:
        sentence = f"The arms also differ in {listed(names_text(c.name for c in declared))}."
        yield "undeclared_difference", ("blocks", sentence, "confounded", 9.0)
    if possible:
        theirs = [column.theirs for column in possible]
        shown = ", ".join(theirs[:MOST_SHOWN])
        sentence = (
            f"{listed(names_text(theirs))} also {'differs' if len(theirs) == 1 else 'differ'} "
            "between the arms: a setting would be confounded with the claimed factor. If it "
            f"changes no score, write ignore: [{shown}]."
        )
        yield "separating_columns", ("blocks", sentence, "confounded", 8.9)


def _going_along(claim: ClaimArms) -> tuple[list[Column], list[Column]]:
    """(settings, columns that may be settings or say what was asked for) that go with the arms."""
    runs = claim.runs
    columns = {c.name: c for c in runs.roles.of("factor")}
    along = [
        columns[name] for name in _free(claim) if _association(claim, runs.codes(name)) == "apart"
    ]
    declared = [column for column in along if column.is_declared]
    possible = [column for column in along if not column.is_declared]
    for column in runs.roles.of("budget"):
        asked = cell_codes(runs.table.columns[column.theirs])[runs.first]
        reached = runs.progress.columns.get(column.name)
        if reached is not column and not claim.varies_budget and _association(claim, asked):
            possible.append(column)
    if "data" not in claim.named:
        possible += [
            column
            for column in runs.roles.of("note")
            if column.name in DATA_PLACES
            and _association(claim, cell_codes(runs.table.columns[column.theirs])[runs.first])
        ]
    several = runs.seeded and len(claim.within) > 1 and not along
    if several and _association(claim, combinations_of(runs, claim.within)) == "apart":
        declared = [columns[name] for name in claim.within]
    return declared, possible


def _free(claim: ClaimArms) -> list[str]:
    """Settings that nothing fixes, without those that a claimed width or depth implies."""
    shape = SHAPE_FACTORS if claim.named & SHAPE_FACTORS else frozenset()
    return [name for name in claim.free if name not in shape]


def _association(claim: ClaimArms, codes: Codes) -> Association:
    found = {
        associated(
            [claim.selections[i].runs for i in group],
            [claim.number[claim.selections[i].runs] for i in group],
            codes,
            seeded=claim.runs.seeded,
        )
        for group in claim.groups
        if len(group) > 1
    }
    return "apart" if "apart" in found else "uneven" if "uneven" in found else ""


def _uneven(claim: ClaimArms, alpha: float) -> Found:
    """Settings that all arms hold, in other shares: judged level by level."""
    names = [n for n in _free(claim) if _association(claim, claim.runs.codes(n)) == "uneven"]
    if not names:
        return
    what = listed(names_text(names))
    sentence = f"The arms hold the levels of {what} in other shares"
    codes = combinations_of(claim.runs, names)
    if holds_within(claim, codes, alpha):
        kept = f"{sentence}; compared level by level, the outcome is the same."
        yield "uneven_shares", ("caveat", kept, "", 6.1)
    else:
        lost = f"{sentence}, and compared level by level the outcome is another or open."
        yield "uneven_shares", ("blocks", lost, "confounded", 9.0)


def _sizes(claim: ClaimArms) -> Found:
    """Sizes of the networks that differ between the arms, though no compared setting implies it."""
    if not claim.compared <= SIZE_NEUTRAL or claim.varies_budget:
        return
    runs = claim.runs
    for column in runs.roles.of("cost"):
        if column.name not in SIZES:
            continue
        codes = cell_codes(runs.table.columns[column.theirs])[runs.first]
        if _association(claim, codes):
            factor = listed(names_text(sorted(claim.compared)))
            sentence = (
                f"Column {column.theirs!r} differs between the arms, and {factor} does not change "
                "the size of a network: the arms trained different networks."
            )
            yield "undeclared_difference", ("blocks", sentence, "confounded", 9.0)


def _copies(claim: ClaimArms, metrics: Sequence[Metric]) -> Found:
    """Scores that recur to their last digit."""
    claimed = {expectation.metric.name for expectation in claim.hypothesis.claim.expect}
    if claim.hypothesis.claim.reads != "final":
        return
    for metric in metrics:
        if metric.name in claimed and not metric.is_time:
            sentence = copied(claim.runs, metric, list(claim.each), claim.number)
            if sentence:
                yield "copied_runs", ("blocks", sentence, "no replication", 10.9)


def _tuned(claim: ClaimArms) -> Found:
    """Settings that were tuned per arm, as the study says, but that vary within an arm."""
    for title, selected in claim.each:
        for name in claim.tuned:
            if name not in claim.runs.levels:
                continue
            if len(np.unique(claim.runs.codes(name)[selected.runs])) > 1:
                sentence = (
                    f"The study says that {name} was tuned, but runs of {title} have "
                    f"{claim.levels_text(name, selected.runs)}: keep those of the chosen value."
                )
                yield "design", ("blocks", sentence, "untuned", 9.1)


def _design(claim: ClaimArms, baseline: Baseline) -> Found:
    """A design that the claim would have been refused before training."""
    fewest = min(len(np.unique(claim.number[s.runs])) for s in claim.selections)
    design = Design(baseline, claim.hypothesis.at_equal, tuple(range(fewest)), claim.tuned)
    try:
        claim.hypothesis.claim.check(design)
    except UnanswerableError as caveat:
        text = str(caveat)
        yield "design", ("caveat", f"{text[:1].upper()}{text[1:].rstrip('.')}.", "", 8.0)
