"""The study of a smoke run: every claim, with a small budget and few seeds.

What a claim compares stays. Budgets that it compares keep their order, none above the given one. A
claim that cannot be made so small is left out, and the study's notes say why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from hyperverdict.claims.learning_curve import read_epochs
from hyperverdict.errors import UserError
from hyperverdict.runs.declaration import RUNS
from hyperverdict.study.load import load_study, read_study_file, study_of
from hyperverdict.study.model import Smoke, Study
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.vocabulary import BUDGET, OURS, Vocabulary

Raw = dict[str, Any]


def load(
    path: str | Path, runs: Path, smoke: Smoke | None = None, vocabulary: Vocabulary = OURS
) -> Study:
    """The study of a file, or a smoke run of it; `runs` may freeze defaults of its training."""
    if smoke:
        return load_smoke_study(path, smoke, vocabulary, runs=runs)
    return load_study(path, vocabulary, runs)


def load_smoke_study(
    path: str | Path, smoke: Smoke, vocabulary: Vocabulary = OURS, *, runs: Path = RUNS
) -> Study:
    """A study file as a smoke run of it; UserError for what is wrong with the file itself.

    Args:
        vocabulary: see `load_study`.
        runs: where the runs of no smoke run are, with the frozen defaults of the study's training.

    Raises UserError too for more seeds than the study has, and where no claim can be made so small.
    """
    whole = load_study(path, vocabulary, runs)
    _refuse_more_seeds(smoke, whole)
    raw, source = read_study_file(Path(path))
    read = partial(study_of, source=source, vocabulary=vocabulary, runs=runs, to_judge=False)
    small, kept, left_out = _reduced(raw, smoke), _nothing(), {}
    for part, reduced in (("hypotheses", _claim), ("explore", _heatmap)):
        for name, entry in (raw.get(part) or {}).items():
            try:
                alone = _varied(reduced(entry, smoke), smoke, whole.vocabulary)
                _check_length(read(small | _nothing() | {part: {name: alone}}), smoke)
                kept[part][name] = alone
            except UserError as error:
                left_out[name] = f"The smoke run ({smoke}) leaves out {name}: {error}"
    if left_out and not any(kept.values()):
        raise UserError("\n".join(left_out.values()))
    study = read(small | kept)
    smoke = replace(smoke, left_out=tuple(left_out))
    return replace(study, smoke=smoke, notes=(*whole.notes, *left_out.values()))


def _nothing() -> dict[str, Raw]:
    return {"hypotheses": {}, "explore": {}}


def _refuse_more_seeds(smoke: Smoke, study: Study) -> None:
    """A smoke run is smaller than its study; who wants more seeds must not get one by mistake."""
    most = max(map(len, (study.seeds, *(h.seeds for h in study.hypotheses))))
    if smoke.seeds and smoke.seeds > most:
        raise UserError(
            f"--config seeds={smoke.seeds}: a smoke run has at most the study's {most} seeds. "
            f"To train more, set `seeds` in {study.path}, or run "
            f"`hyperverdict seeds {study.path} HYPOTHESIS {smoke.seeds}`"
        )


def _check_length(study: Study, smoke: Smoke) -> None:
    """UserError for a claim that trains longer than it may."""
    for hypothesis in study.hypotheses if smoke.budget else ():
        longer = [b for b in hypothesis.budgets if b not in (None, smoke.budget)]
        if longer:
            raise UserError(f"it needs {longer[0]}, whatever the study's budget is")


def _reduced(raw: Raw, smoke: Smoke) -> Raw:
    """What is no claim and no heatmap."""
    small = {key: value for key, value in raw.items() if key != "looks"}
    # The default is 10.
    small["seeds"] = _fewer(raw.get("seeds", 10), smoke)
    if smoke.budget:
        small["baseline"] = {**(raw.get("baseline") or {}), BUDGET: str(smoke.budget)}
    return small


def _heatmap(entry: Raw, smoke: Smoke) -> Raw:
    without = {key: value for key, value in entry.items() if key != BUDGET or not smoke.budget}
    return _own_seeds(without, smoke)


def _claim(terms: Raw, smoke: Smoke) -> Raw:
    small = _own_seeds(terms, smoke)
    if smoke.budget and small.get("at_equal"):
        small["at_equal"] = [str(smoke.budget)]
    if smoke.budget and smoke.budget.kind == "epochs" and "each" in small:
        epochs = [e for e in read_epochs(small["each"]["epoch"]) if e <= smoke.budget.amount]
        if len(epochs) < 2:
            raise UserError(f"it compares epochs, of which {smoke.budget} has too few")
        small["each"] = {"epoch": epochs}
    return small


def _own_seeds(entry: Raw, smoke: Smoke) -> Raw:
    keys = {"seeds", "replicates"} & entry.keys()
    return entry | {key: _fewer(entry[key], smoke) for key in keys}


def _fewer(seeds: Any, smoke: Smoke) -> Any:
    if smoke.seeds is None:
        return seeds
    return seeds[: smoke.seeds] if isinstance(seeds, list) else min(seeds, smoke.seeds)


def _varied(entry: Raw, smoke: Smoke, vocabulary: Vocabulary) -> Raw:
    """An entry whose budget levels, where it varies the budget, are small ones in their order."""
    if smoke.budget is None:
        return entry
    read = partial(vocabulary.read, BUDGET)
    levels = dict.fromkeys(map(read, _budget_levels(entry)))
    if not levels:
        return entry
    kinds = {level.kind for level in levels}
    if len(kinds) > 1:
        raise UserError(f"it compares budgets in {' and '.join(sorted(kinds))}")
    if len(levels) > smoke.budget.amount:
        raise UserError(f"it compares {len(levels)} budgets, which {smoke.budget} cannot hold")
    kind, most = smoke.budget.kind, smoke.budget.amount
    small = {
        level: Budget(kind, -(-most * (rank + 1) // len(levels)))
        for rank, level in enumerate(sorted(levels))
    }
    return {
        key: _replaced(v, lambda old: small[read(old)], key == BUDGET) for key, v in entry.items()
    }


def _budget_levels(value: Any, inside: bool = False) -> Iterator[Any]:
    """The values below every key `budget`."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _budget_levels(inner, inside or key == BUDGET)
    elif isinstance(value, list):
        for inner in value:
            yield from _budget_levels(inner, inside)
    elif inside:
        yield value


def _replaced(value: Any, small: Callable[[Any], Budget], inside: bool) -> Any:
    if isinstance(value, dict):
        return {key: _replaced(v, small, inside or key == BUDGET) for key, v in value.items()}
    if isinstance(value, list):
        return [_replaced(inner, small, inside) for inner in value]
    return str(small(value)) if inside else value
