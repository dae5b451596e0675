"""A study from the checked structure of its file: every part is read on its own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Any

from hyperverdict.claims import parse_claim
from hyperverdict.claims.factors import (
    combinations,
    make_arm,
    read_factors,
    read_levels,
    unique_arms,
)
from hyperverdict.claims.model import Claim
from hyperverdict.effects.effect import Expectation
from hyperverdict.errors import UserError
from hyperverdict.study.expect import read_expectation
from hyperverdict.study.misplaced import advice_in_baseline
from hyperverdict.study.model import Heatmap, Hypothesis, Study
from hyperverdict.study.noise import read_sources
from hyperverdict.study.problems import AlreadyNotedError, Problems, needed
from hyperverdict.study.strict_yaml import Place
from hyperverdict.study.structure import (
    Source,
    common_keys,
    factors_in,
    file_key,
    file_keys,
    is_term,
)
from hyperverdict.study.together import Together
from hyperverdict.vocabulary.aliases import metric_meant, own_name
from hyperverdict.vocabulary.budget import Budget, parse_budget
from hyperverdict.vocabulary.configuration import Baseline
from hyperverdict.vocabulary.hyperparameters import Level
from hyperverdict.vocabulary.metrics import (
    RECORDED,
    TIME,
    Maker,
    Metric,
    read_metric,
    unknown_metric,
    unrecorded,
)
from hyperverdict.vocabulary.vocabulary import BUDGET, Vocabulary

HEATMAP_SEEDS = 3
QUICK_SEEDS = 3
DEFAULT_BUDGET = "300 steps"


class Reader:
    """Reads the checked structure into the model; one method per part of the file.

    A part that is wrong is noted and is None; what needs it is not read.
    """

    def __init__(
        self,
        raw: dict[str, Any],
        source: Source,
        vocabulary: Vocabulary,
        problems: Problems,
        to_judge: bool,
    ) -> None:
        self.raw, self.source, self.vocabulary = raw, source, vocabulary
        self.problems = problems
        # Runs are made for the study; a table from elsewhere holds what it holds.
        self.own = vocabulary.complete
        self.must_answer = self.own and to_judge
        self.notes: list[str] = []

    def study(self) -> Study:
        """The study; UserError with all that is wrong in its file."""
        raw, attempt = self.raw, self.problems.attempt
        self.data = attempt(self._data)
        self.metrics = self._metrics(raw.get("metrics") or {})
        self.quick = bool(raw.get("quick", False))
        self.seeds = attempt(self._study_seeds)
        self.budget = attempt(self._budget)
        self.baseline = attempt(self._baseline)
        hypotheses = [
            attempt(partial(self._hypothesis, id_, entry))
            for id_, entry in (raw.get("hypotheses") or {}).items()
        ]
        heatmaps = [
            attempt(partial(self._heatmap, id_, entry))
            for id_, entry in (raw.get("explore") or {}).items()
        ]
        study = attempt(lambda: self._assembled(hypotheses, heatmaps))
        if study is not None:
            together = Together(raw, self.source, self.problems, self.must_answer)
            study = together.checked(study)
        self.problems.raise_any()
        return needed(study)

    def _assembled(
        self, hypotheses: Iterable[Hypothesis | None], heatmaps: Iterable[Heatmap | None]
    ) -> Study:
        """The study of the parts that could be read."""
        raw = self.raw
        name = raw.get("study", "")
        return Study(
            name=name,
            title=raw.get("title", name),
            path="" if self.source.path is None else str(self.source.path),
            baseline=needed(self.baseline),
            budget=needed(self.budget),
            seeds=needed(self.seeds),
            metrics={name: metric for name, metric in self.metrics.items() if metric is not None},
            hypotheses=tuple(filter(None, hypotheses)),
            heatmaps=tuple(filter(None, heatmaps)),
            alpha=raw.get("alpha", 0.05),
            columns=raw.get("columns") or {},
            quick=self.quick,
            notes=tuple(self.notes),
        )

    def _data(self) -> str:
        """The data set's name; that of a table from elsewhere may be anything.

        "" for a training of the user's own, whose data are files.
        """
        self._refuse_broken(("data",))
        if self.vocabulary.training is not None:
            return ""
        data = self.raw.get("data")
        if self.vocabulary.ours:
            if "hyperparameters" in self.raw:
                text = "is for a training of your own, and `train` is missing"
                raise self.source.error(("hyperparameters",), text)
            if data is None and is_broken_key("data", self.problems):
                raise AlreadyNotedError
            if data is None:
                raise self.source.error((), "key 'data' is missing (the data set)")
            self.source.at(("data",), lambda: self._check_data(data))
        elif data is None:
            raise self.source.error((), "key 'data' is missing (the name of the data)")
        return str(data)

    def _refuse_broken(self, *places: Place) -> None:
        """End the reading of what needs a part that is wrong."""
        if self.problems.is_broken(*places):
            raise AlreadyNotedError

    def _check_data(self, data: object) -> None:
        if not isinstance(data, str):
            raise UserError(f"{data!r} must be the name of one data set")
        self.vocabulary.check_data(data)

    def _study_seeds(self) -> tuple[int, ...]:
        self._refuse_broken(("seeds",))
        return self._seeds(self.raw.get("seeds", 10), ("seeds",))

    def _seeds(self, raw: Any, place: Place) -> tuple[int, ...]:
        if isinstance(raw, int | float):
            raw = range(int(raw))
        raw = [int(seed) for seed in raw]
        if len(set(raw)) != len(raw):
            raise self.source.error(place, f"{raw!r} names a seed twice")
        return tuple(raw)[:QUICK_SEEDS] if self.quick else tuple(raw)

    def _own_seeds(
        self, raw: dict[str, Any], place: Place, most: int | None = None
    ) -> tuple[int, ...]:
        """The seeds of a hypothesis or a heatmap; `replicates` is their older name.

        Without seeds of its own it has those of the study, `most` of them.
        """
        if "replicates" in raw:
            if "seeds" in raw:
                raise self.source.error(
                    (*place, "replicates"), "is the older name of seeds; remove one of the two"
                )
            old = (*place, "replicates")
            self.notes.append(str(self.source.error(old, "is read as seeds; rename it to seeds")))
            return self._seeds(raw["replicates"], old)
        if "seeds" in raw:
            return self._seeds(raw["seeds"], (*place, "seeds"))
        return needed(self.seeds)[:most]

    def _budget(self) -> Budget:
        """The training length of the baseline."""
        place: Place = ("baseline", BUDGET)
        self._refuse_broken(place)
        return self.source.at(place, lambda: self._own_budget(self.raw.get("baseline") or {}))

    def _own_budget(self, raw: dict[str, Any]) -> Budget:
        """The baseline's budget; a training of the user's own has no default length."""
        training = self.vocabulary.training
        if BUDGET in raw or training is None:
            return self._parse_budget(raw.get(BUDGET, DEFAULT_BUDGET))
        if training.told_length:
            raise UserError(f"is missing: how long every run trains, such as 5 {training.unit}")
        return Budget(training.unit, 1)

    def _parse_budget(self, raw: object) -> Budget:
        return parse_budget(raw, self.vocabulary.budget_kinds)

    def _baseline(self) -> Baseline:
        raw = self.raw.get("baseline") or {}
        # Each in a tuple: a level may be None.
        read: dict[str, tuple[Level] | None] = {}
        if self.vocabulary.training is None:
            read["data"] = None if self.data is None else (self.data,)
        for written, value in raw.items():
            if written != BUDGET:
                name = self.vocabulary.resolve(written)
                read[name] = self.problems.attempt(partial(self._setting, written, value))
        for part, value in self.problems.broken.items():
            if part[:1] == ("baseline",) and part[1:] not in ((), (BUDGET,)):
                self.problems.attempt(partial(self._setting_name, str(part[1]), value))
        self._refuse_broken(("baseline",))
        settings = {name: needed(level)[0] for name, level in read.items()}
        baseline = Baseline(settings, self.vocabulary)
        if self.own:
            needed(self.data)
            budget = needed(self.budget)
            self.source.at(("baseline",), lambda: baseline.configure({}, budget))
        return baseline

    def _setting(self, written: str, value: Any) -> tuple[Level]:
        name = self._setting_name(written, value)
        return (self.source.at(("baseline", written), lambda: self.vocabulary.read(name, value)),)

    def _setting_name(self, written: str, value: Any) -> str:
        """The hyperparameter that a word under baseline names."""
        place: Place = ("baseline", written)
        named_data = written == "data" or (self.own and own_name(written, ("data",)))
        if self.vocabulary.training is None and named_data:
            raise self.source.error(place, "the data set is named by the study's own key 'data'")
        name = self.vocabulary.resolve(written)
        known = self.vocabulary.described
        if self.own and name not in known:
            advice = advice_in_baseline(written, value, known, self.vocabulary.budget_kinds)
            if written in file_keys() and not advice:
                advice = "it belongs at the top level of the file"
            if advice:
                raise self.source.error(place, f"unknown hyperparameter {written!r}: {advice}")
        self.source.at(place, lambda: self.vocabulary.check_factor(name, value))
        return name

    def _metrics(self, raw: dict[str, Any]) -> dict[str, Metric | None]:
        own = self.vocabulary.training is not None
        metrics: dict[str, Metric | None] = {} if own else dict(RECORDED)
        for name, entry in raw.items():
            read = partial(read_metric, name, entry, maker=self._maker)
            metrics[name] = self.problems.attempt(partial(self.source.at, ("metrics", name), read))
        for part in self.problems.broken if self._maker == "loop" else ():
            name = str(part[-1]) if part[:1] == ("metrics",) and len(part) == 2 else ""
            if name not in RECORDED and metric_meant(name, RECORDED):
                self.problems.add(self.source.error(part, unknown_metric(name, RECORDED)))
        return metrics if TIME in metrics else {**metrics, TIME: RECORDED[TIME]}

    @property
    def _maker(self) -> Maker:
        if self.vocabulary.training is not None:
            return "training"
        return "loop" if self.own else "table"

    def _metric(self, name: str, place: Place) -> Metric:
        self._refuse_broken(("metrics", name))
        if name in self.metrics:
            return needed(self.metrics[name])
        if self.own:
            text = unknown_metric(name, self.metrics)
            if self.vocabulary.training is not None:
                end = "" if text.endswith("?") else "."
                text += f"{end} Or declare it: metrics: {{{name}: {{from: NAME_IN_YOUR_SCORES}}}}"
            raise self.source.error(place, text)
        return unrecorded(name)

    def _hypothesis(self, id_: str, raw: dict[str, Any]) -> Hypothesis:
        place: Place = ("hypotheses", id_)
        attempt = self.problems.attempt
        expect = [
            attempt(partial(self._expectation, m, e, (*place, "expect", m)))
            for m, e in raw.get("expect", {}).items()
        ]
        claim = attempt(lambda: self._claim(raw, tuple(filter(None, expect)), place))
        at_equal = attempt(lambda: self._budgets(raw.get("at_equal"), (*place, "at_equal")))
        seeds = attempt(lambda: self._own_seeds(raw, place))
        prior = attempt(lambda: self._prior(raw.get("saw", {}), (*place, "saw")))
        tuned = partial(read_factors, self.vocabulary, raw.get("tune", {}), "tune")
        tune = attempt(lambda: self.source.at(place, tuned))
        sources = partial(read_sources, raw.get("noise") or (), self.vocabulary)
        noise = attempt(lambda: self.source.at(place, sources))
        self._refuse_broken(place)
        for expectation in expect:
            needed(expectation)
        return Hypothesis(
            id=id_,
            says=raw["says"],
            claim=needed(claim),
            at_equal=needed(at_equal),
            seeds=needed(seeds),
            because=raw.get("because") or "",
            prior=needed(prior),
            tune=needed(tune),
            primary=raw.get("primary", False),
            noise=needed(noise),
        )

    def _claim(self, raw: dict[str, Any], expect: tuple[Expectation, ...], place: Place) -> Claim:
        """The claim; where a term of it is broken, only the names of its factors are read."""
        broken = self._broken_terms(place)
        if not broken:
            terms = {key: value for key, value in raw.items() if key not in common_keys()}
            return self.source.at(place, lambda: parse_claim(terms, expect, self.vocabulary))
        for key, value in {**raw, **broken}.items():
            for name in factors_in(key, value):
                factor = self.vocabulary.resolve(name)
                check = partial(self.vocabulary.check_factor, factor)
                self.problems.attempt(partial(self.source.at, (*place, key), check))
        raise AlreadyNotedError

    def _broken_terms(self, place: Place) -> dict[str, Any]:
        """Key -> value of the terms of a claim that are wrong."""
        return {
            str(part[2]): value
            for part, value in self.problems.broken.items()
            if part[:2] == place and len(part) > 2 and is_term(str(part[2]))
        }

    def _prior(self, raw: dict[str, dict[str, float]], place: Place) -> dict[str, dict[str, float]]:
        for name in raw:
            self._metric(name, (*place, name))
        return raw

    def _budgets(self, raw: list[Any] | None, place: Place) -> tuple[Budget, ...]:
        self._refuse_broken(place)
        if not raw:
            return (needed(self.budget),)
        read = [
            self.problems.attempt(
                partial(self.source.at, (*place, i), partial(self._parse_budget, written))
            )
            for i, written in enumerate(raw)
        ]
        budgets = tuple(needed(budget) for budget in read)
        if len(set(budgets)) != len(budgets):
            raise self.source.error(place, f"{raw!r} names a budget twice")
        return budgets

    def _expectation(self, name: str, raw: Any, place: Place) -> Expectation:
        metric = self._metric(name, place)
        return self.source.at(place, lambda: read_expectation(metric, raw))

    def _heatmap(self, id_: str, raw: dict[str, Any]) -> Heatmap:
        place: Place = ("explore", id_)
        attempt = self.problems.attempt
        written = [raw["budget"]] if "budget" in raw else None
        grid = attempt(lambda: self._grid(raw.get("grid", {}), (*place, "grid")))
        budgets = attempt(lambda: self._budgets(written, (*place, "budget")))
        shown = next((name for name in self.metrics if name != TIME), TIME)
        name = raw.get("metric", shown)
        metric = attempt(lambda: self._metric(name, (*place, "metric")))
        seeds = attempt(lambda: self._own_seeds(raw, place, HEATMAP_SEEDS))
        self._refuse_broken(place)
        heatmap = Heatmap(id_, needed(grid), needed(metric), needed(budgets)[0], needed(seeds))
        cells = self.source.at((*place, "grid"), lambda: combinations(heatmap.grid))
        arms = (make_arm(needed(self.baseline), cell, heatmap.budget) for cell in cells)
        self.source.at((*place, "grid"), lambda: unique_arms(arms, "grid"))
        return heatmap

    def _grid(self, raw: dict[str, Any], place: Place) -> dict[str, tuple[Level, ...]]:
        read: dict[str, tuple[Level, ...] | None] = {}
        for written, levels in raw.items():
            name = self.vocabulary.resolve(written)
            found = partial(read_levels, self.vocabulary, name, levels, "grid", 1)
            read[name] = self.problems.attempt(partial(self.source.at, (*place, written), found))
        return {name: needed(levels) for name, levels in read.items()}


def is_broken_key(key: str, problems: Problems) -> bool:
    """Whether a key of the file is wrong, or misspelled."""
    words = {str(part[0]): value for part, value in problems.broken.items() if len(part) == 1}
    misspelled = any(file_key(word, value) == key for word, value in words.items())
    return problems.is_broken((key,)) or misspelled
