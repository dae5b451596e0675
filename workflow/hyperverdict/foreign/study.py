"""A study beside a table: what it says about columns, and its words in the table's spelling."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from hyperverdict.errors import UserError
from hyperverdict.foreign import names
from hyperverdict.foreign.columns import Roles, Wanted
from hyperverdict.foreign.levels import Levels, spelled
from hyperverdict.foreign.runs import Runs
from hyperverdict.study.load import study_of
from hyperverdict.study.model import Study
from hyperverdict.study.strict_yaml import Place
from hyperverdict.study.structure import Source, common_keys
from hyperverdict.vocabulary.budget import Budget, parse_budget
from hyperverdict.vocabulary.datasets import DATASETS
from hyperverdict.vocabulary.hyperparameters import Hyperparameter, Level, undescribed
from hyperverdict.vocabulary.metrics import RECORDED, Metric, read_metric, unrecorded
from hyperverdict.vocabulary.vocabulary import BUDGET, Vocabulary
from hyperverdict.words.numbers import seeds_text

# Keys of claims that are no factors, and claims whose keys are none.
GRAMMAR = frozenset({"from", "to", "yes", "no", "these", "than", "is", BUDGET, "epoch"})
# A word this much like a column's name is a slip, not a setting that no column holds.
SLIP = 0.75

Raw = Mapping[str, Any]


def wanted_by(raw: Raw) -> Wanted:
    """What the content of a study says about a table."""
    return Wanted(
        columns={str(k): str(v) for k, v in (raw.get("columns") or {}).items()},
        ignore=tuple(map(str, raw.get("ignore") or ())),
        states={str(k): str(v) for k, v in (raw.get("states") or {}).items()},
        metrics=tuple(_metric_names(raw)),
        factors=tuple(dict.fromkeys(_factors(raw))),
    )


def _hypotheses(raw: Raw) -> list[Raw]:
    return list((raw.get("hypotheses") or {}).values())


def _metric_names(raw: Raw) -> list[str]:
    claimed = [name for h in _hypotheses(raw) for name in h.get("expect") or {}]
    drawn = [e.get("metric", "accuracy") for e in (raw.get("explore") or {}).values()]
    return list(dict.fromkeys(map(str, [*claimed, *drawn])))


def _factors(raw: Raw) -> Iterator[str]:
    """Words that a study uses for settings."""
    for hypothesis in _hypotheses(raw):
        terms = {k: v for k, v in hypothesis.items() if k not in common_keys()}
        yield from (name for key, value in terms.items() if key != "each" for name in _keys(value))
        yield from map(str, hypothesis.get("tune") or {})
    for heatmap in (raw.get("explore") or {}).values():
        yield from map(str, heatmap.get("grid") or {})
    yield from (str(name) for name in raw.get("baseline") or {} if name != BUDGET)


def _keys(terms: Any) -> Iterator[str]:
    if isinstance(terms, Mapping):
        for key, value in terms.items():
            if str(key) not in GRAMMAR:
                yield str(key)
            yield from _keys(value)
    elif isinstance(terms, list):
        for item in terms:
            yield from _keys(item)


def metrics_of(raw: Raw, source: Source) -> tuple[Metric, ...]:
    """The metrics that a study claims something about, or draws."""
    entries = raw.get("metrics") or {}

    def metric(name: str) -> Metric:
        if name not in entries:
            return RECORDED.get(name) or unrecorded(name)
        read: Callable[[], Metric] = lambda: read_metric(name, entries[name], maker="table")  # noqa: E731
        return source.at(("metrics", name), read)

    return tuple(metric(name) for name in _metric_names(raw))


def budgets_of(raw: Raw) -> tuple[Budget, ...]:
    """All budgets that a study states; those that cannot be read are refused when it is loaded."""
    found = [(raw.get("baseline") or {}).get(BUDGET)]
    for hypothesis in _hypotheses(raw):
        found += hypothesis.get("at_equal") or []
    budgets = []
    for text in found:
        try:
            budgets += [parse_budget(text)] if text is not None else []
        except UserError:
            continue
    return tuple(budgets)


def states_budget(raw: Raw) -> dict[str, bool]:
    """Hypothesis id -> whether the study states a budget for it."""
    shared = BUDGET in (raw.get("baseline") or {})
    return {
        str(id_): shared or bool(hypothesis.get("at_equal"))
        for id_, hypothesis in (raw.get("hypotheses") or {}).items()
    }


@dataclass(frozen=True)
class Loaded:
    """A study in the words of a table.

    Attributes:
        tuned: hypothesis id -> settings that the study calls tuned per arm.
        trusted: settings of the baseline that no column holds, in words.
        states_budget: hypothesis id -> whether a budget is stated.
        selects_data: the study's data set selects rows.
        seeds: hypothesis id -> the seeds that the study lists for it; absent where it lists none.
    """

    study: Study
    tuned: Mapping[str, tuple[str, ...]]
    trusted: tuple[str, ...]
    states_budget: Mapping[str, bool]
    selects_data: bool
    seeds: Mapping[str, frozenset[int]] = field(default_factory=dict)


def load(raw: Raw, source: Source, runs: Runs) -> Loaded:
    """The study, its levels those of the table.

    Raises UserError for settings and levels that the table lacks, with the nearest that it has.
    """
    vocabulary = vocabulary_of(runs)
    trusted = _trusted(raw, source, runs, vocabulary)
    read = dict(raw)
    for name in trusted:
        vocabulary = _with(vocabulary, undescribed(name))
    data, selects = _data(raw, source, runs)
    read["data"] = data
    if not selects:
        vocabulary = _with(vocabulary, _data_row(data, vocabulary.hyperparameters["data"]))
    tuned, hypotheses = {}, {}
    for id_, hypothesis in (raw.get("hypotheses") or {}).items():
        named = hypothesis.get("tune") or {}
        tuned[str(id_)] = tuple(vocabulary.resolve(str(name)) for name in named)
        hypotheses[id_] = {k: v for k, v in hypothesis.items() if k != "tune"}
    read["hypotheses"] = hypotheses
    study = study_of(read, source, vocabulary)
    words = tuple(f"{name} {(raw.get('baseline') or {})[name]}" for name in trusted)
    seeds = _seeds(raw, source, runs)
    return Loaded(study, tuned, words, states_budget(raw), selects, seeds)


def _seeds(raw: Raw, source: Source, runs: Runs) -> dict[str, frozenset[int]]:
    """The seeds that a study lists (a number of them says nothing about a table).

    Raises UserError for a seed that no run has, and where no column holds seeds.
    """
    found = {}
    for id_, hypothesis in (raw.get("hypotheses") or {}).items():
        own = "seeds" in hypothesis
        listed_seeds = hypothesis.get("seeds") if own else raw.get("seeds")
        if not isinstance(listed_seeds, list):
            continue
        place: Place = ("hypotheses", str(id_), "seeds") if own else ("seeds",)
        if not runs.seeded:
            raise source.error(place, "no column holds seeds that differ")
        known = set(runs.seed.tolist())
        absent = [seed for seed in listed_seeds if int(seed) not in known]
        if absent:
            raise source.error(place, f"no run has seed {absent[0]}; it has {seeds_text(known)}")
        found[str(id_)] = frozenset(int(seed) for seed in listed_seeds)
    return found


def vocabulary_of(runs: Runs) -> Vocabulary:
    """The settings of a table, read in its spelling, under all words that name them."""
    rows = {"data": undescribed("data")}
    rows |= {name: _row(levels) for name, levels in runs.levels.items()}
    return Vocabulary(rows, {}, DATASETS, complete=False, aliases=aliases_of(runs.roles, rows))


def _row(levels: Levels) -> Hyperparameter:
    return Hyperparameter(
        levels.name, "", "a column of the table", "", None, False, levels.find, spelled
    )


def _data_row(data: str, row: Hyperparameter) -> Hyperparameter:
    """The data set where the study's own selects no rows: it is then whatever the study says."""
    return replace(row, read=lambda raw: raw if raw == data else row.read(raw))


def _with(vocabulary: Vocabulary, row: Hyperparameter) -> Vocabulary:
    rows = {**vocabulary.hyperparameters, row.name: row}
    return Vocabulary(rows, {}, DATASETS, complete=False, aliases=vocabulary.aliases)


def aliases_of(roles: Roles, rows: Mapping[str, Any]) -> dict[str, str]:
    """Word -> the setting's own name: the column's, the study's and those that others use."""
    own = {column.theirs: column.name for column in roles.of("factor")}
    aliases: dict[str, str] = {}
    for column in roles.of("factor"):
        known = (column.theirs, names.clean(column.theirs), *names.aliases_of(column.name))
        for word in known:
            if word not in rows:
                aliases.setdefault(word, column.name)
    aliases |= {word: own[theirs] for word, theirs in roles.words.items() if theirs in own}
    return {word: name for word, name in aliases.items() if word != name}


def _trusted(raw: Raw, source: Source, runs: Runs, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Settings of the baseline that no column holds: they can only be taken on trust.

    Raises UserError for a word that is nearly a column's name, and for one whose column is no
    setting.
    """
    found = []
    for name in raw.get("baseline") or {}:
        own = vocabulary.resolve(str(name))
        if name == BUDGET or own in vocabulary.hyperparameters:
            continue
        near = get_close_matches(str(name), list(runs.levels), n=1, cutoff=SLIP)
        if near:
            raise source.error(
                ("baseline", name), f"no column holds {str(name)!r}; did you mean {near[0]!r}?"
            )
        found.append(str(name))
    return tuple(found)


def _data(raw: Raw, source: Source, runs: Runs) -> tuple[str, bool]:
    """(the study's data set as the table spells it, whether it selects rows)."""
    data = str(raw.get("data") or "")
    varied = {runs.roles.words.get(word) for word in _claimed(raw)}
    column = runs.roles.first("factor", "data")
    if not data or column is None or column.theirs in varied:
        return data, False
    level: Level = source.at(("data",), lambda: runs.levels["data"].find(data))
    return str(level), True


def _claimed(raw: Raw) -> Iterator[str]:
    """Words for settings that claims and heatmaps vary."""
    baseline = {str(name) for name in raw.get("baseline") or {}}
    yield from (word for word in _factors(raw) if word not in baseline)
