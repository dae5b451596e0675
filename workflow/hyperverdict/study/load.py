"""From a study file to a `Study`: structure by schema, meaning by the checks below."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from hyperverdict.claims import parse_claim
from hyperverdict.claims.factors import (
    combinations,
    inert_text,
    make_arm,
    read_factors,
    read_levels,
    refuse_inert,
    unique_arms,
)
from hyperverdict.claims.model import UnanswerableError
from hyperverdict.effects.effect import Expectation
from hyperverdict.errors import UserError, nearest
from hyperverdict.stats.decision import Claim as Direction
from hyperverdict.study.model import Heatmap, Hypothesis, Study
from hyperverdict.study.strict_yaml import Place, read_yaml
from hyperverdict.study.structure import Source, check_structure, common_keys
from hyperverdict.study.tuning import tuning_arms
from hyperverdict.vocabulary.budget import Budget, parse_budget
from hyperverdict.vocabulary.configuration import Baseline
from hyperverdict.vocabulary.hyperparameters import Level, as_number, is_callable_name
from hyperverdict.vocabulary.metrics import RECORDED, Metric, read_metric, unrecorded, with_size
from hyperverdict.vocabulary.vocabulary import BUDGET, OURS, Vocabulary

HEATMAP_SEEDS = 3
QUICK_SEEDS = 3
DEFAULT_BUDGET = "300 steps"
# The size that matters of a difference between shares of variance.
SHARE_MATTERS_FROM = 0.05


def load_study(path: str | Path, vocabulary: Vocabulary = OURS) -> Study:
    """Read and check a study file; UserError with one message when something is wrong.

    Args:
        path: the study file.
        vocabulary: what it may name. With that of a table from elsewhere it may claim about any
            metric, and claims that their design cannot answer are not refused: where the runs
            exist already, that is a caveat.
    """
    raw, source = read_study_file(Path(path))
    return study_of(raw, source, vocabulary)


def read_study_file(path: Path) -> tuple[dict[str, Any], Source]:
    """The content of a study file, its structure checked, and where its values stand."""
    raw, lines = read_yaml(path)
    source = Source(path, lines)
    return check_structure(raw, source), source


def study_of(raw: dict[str, Any], source: Source, vocabulary: Vocabulary = OURS) -> Study:
    """The study of a content whose structure is checked; see `load_study`."""
    return _Reader(raw, source, vocabulary).study()


class _Reader:
    """Reads the checked structure into the model; one method per part of the file."""

    def __init__(self, raw: dict[str, Any], source: Source, vocabulary: Vocabulary) -> None:
        self.raw, self.source, self.vocabulary = raw, source, vocabulary
        # Our own training knows what it records; a table from elsewhere may hold anything.
        self.own = vocabulary.complete
        self.notes: list[str] = []

    def study(self) -> Study:
        raw = self.raw
        if self.own:
            self.source.at(("data",), lambda: self._check_data(raw["data"]))
        self.metrics = self._metrics(raw.get("metrics") or {})
        self.quick = bool(raw.get("quick", False))
        self.seeds = self._seeds(raw.get("seeds", 10), ("seeds",))
        self.baseline, self.budget = self._baseline(raw.get("baseline") or {})
        study = Study(
            name=raw["study"],
            title=raw.get("title", raw["study"]),
            path="" if self.source.path is None else str(self.source.path),
            baseline=self.baseline,
            budget=self.budget,
            seeds=self.seeds,
            metrics=self.metrics,
            hypotheses=tuple(
                self._hypothesis(i, h) for i, h in (raw.get("hypotheses") or {}).items()
            ),
            heatmaps=tuple(self._heatmap(i, e) for i, e in (raw.get("explore") or {}).items()),
            alpha=raw.get("alpha", 0.05),
            columns=raw.get("columns") or {},
            quick=self.quick,
            notes=tuple(self.notes),
        )
        study = replace(study, look_schedule=self._looks(raw.get("looks", ()), study))
        for hypothesis in study.hypotheses:
            place: Place = ("hypotheses", hypothesis.id)
            self.source.at(place, partial(self._check_claim, hypothesis, study))
        self._check_baseline(study)
        return study

    def _check_data(self, data: str) -> None:
        if not is_callable_name(data) and self.vocabulary.facts(data) is None:
            known = self.vocabulary.data_sets
            raise UserError(f"unknown data set {data!r}; {nearest(data, known)}")

    def _check_baseline(self, study: Study) -> None:
        """Refuse a stated hyperparameter that does nothing in any configuration of the study."""
        arms = [
            arm for h in study.hypotheses for b in h.budgets for arm in study.claimed_arms(h, b)
        ]
        for name in study.baseline.settings if arms and self.own else ():
            if all(arm.configuration.is_inert(name) for arm in arms):
                text = inert_text(name, arms[0].configuration)
                raise self.source.error(("baseline", name), f"{text}; no arm here can use it")

    def _check_claim(self, hypothesis: Hypothesis, study: Study) -> None:
        """Refuse what makes no sense; what its design cannot answer only before it is trained."""
        try:
            for budget in hypothesis.budgets:
                refuse_inert(study.claimed_arms(hypothesis, budget), "the claim")
            self._refuse_held_and_varied(hypothesis, study)
            hypothesis.claim.check(study.design_of(hypothesis))
            if hypothesis.tune:
                for budget in hypothesis.budgets:
                    tuning_arms(hypothesis, study, budget)
        except UnanswerableError:
            if self.own:
                raise

    def _refuse_held_and_varied(self, hypothesis: Hypothesis, study: Study) -> None:
        """A training length cannot be held equal and varied in every arm at once."""
        if "at_equal" not in self.raw["hypotheses"][hypothesis.id] or not self.own:
            return
        arms = study.claimed_arms(hypothesis, hypothesis.budgets[0])
        if hypothesis.claim.reads != "epochs" and arms and all(BUDGET in a.levels for a in arms):
            raise UserError("at_equal: the claim itself varies the budget; leave at_equal out")

    def _looks(self, raw: Iterable[int], study: Study) -> tuple[int, ...]:
        looks = tuple(int(look) for look in raw)
        if list(looks) != sorted(set(looks)):
            raise self.source.error(("looks",), f"{list(raw)} must rise, each number given once")
        for hypothesis in study.hypotheses:
            n = len(hypothesis.seeds)
            if looks and n not in looks and not self.quick:
                raise self.source.error(
                    ("looks",),
                    f"{hypothesis.id} has {n} seeds, but no look is listed at {n}: {list(looks)}",
                )
        return looks

    def _seeds(self, raw: Any, place: Place) -> tuple[int, ...]:
        if isinstance(raw, int | float):
            raw = range(int(raw))
        raw = [int(seed) for seed in raw]
        if len(set(raw)) != len(raw):
            raise self.source.error(place, f"{raw!r} names a seed twice")
        return tuple(raw)[:QUICK_SEEDS] if self.quick else tuple(raw)

    def _own_seeds(
        self, raw: dict[str, Any], place: Place, default: tuple[int, ...]
    ) -> tuple[int, ...]:
        """The seeds of a hypothesis or a heatmap; `replicates` is their older name."""
        if "replicates" in raw:
            if "seeds" in raw:
                raise self.source.error(
                    (*place, "replicates"), "is the older name of seeds; remove one of the two"
                )
            old = (*place, "replicates")
            self.notes.append(str(self.source.error(old, "is read as seeds; rename it to seeds")))
            return self._seeds(raw["replicates"], old)
        return self._seeds(raw["seeds"], (*place, "seeds")) if "seeds" in raw else default

    def _baseline(self, raw: dict[str, Any]) -> tuple[Baseline, Budget]:
        settings: dict[str, Level] = {"data": self.raw["data"]}
        for written, value in raw.items():
            place: Place = ("baseline", written)
            if written == BUDGET:
                continue
            if written == "data":
                raise self.source.error(
                    place, "the data set is named by the study's own key 'data'"
                )
            name = self.vocabulary.resolve(written)
            settings[name] = self.source.at(place, partial(self.vocabulary.read, name, value))
        budget = self.source.at(
            ("baseline", BUDGET), lambda: parse_budget(raw.get(BUDGET, DEFAULT_BUDGET))
        )
        baseline = Baseline(settings, self.vocabulary)
        if self.own and not is_callable_name(self.raw["data"]):
            self.source.at(("baseline",), lambda: baseline.configure({}, budget))
        return baseline, budget

    def _metrics(self, raw: dict[str, Any]) -> dict[str, Metric]:
        metrics = dict(RECORDED)
        for name, entry in raw.items():
            read = partial(read_metric, name, entry, own=not self.own)
            metrics[name] = self.source.at(("metrics", name), read)
        return metrics

    def _metric(self, name: str, place: Place) -> Metric:
        if name in self.metrics:
            return self.metrics[name]
        if self.own:
            raise self.source.error(
                place, f"no run records the metric {name!r}; {nearest(name, self.metrics)}"
            )
        return unrecorded(name)

    def _hypothesis(self, id_: str, raw: dict[str, Any]) -> Hypothesis:
        place: Place = ("hypotheses", id_)
        terms = {key: value for key, value in raw.items() if key not in common_keys()}
        expect = tuple(
            self._expectation(m, e, (*place, "expect", m)) for m, e in raw.get("expect", {}).items()
        )
        claim = self.source.at(place, lambda: parse_claim(terms, expect, self.vocabulary))
        return Hypothesis(
            id=id_,
            says=raw["says"],
            claim=claim,
            at_equal=self._budgets(raw.get("at_equal"), (*place, "at_equal")),
            seeds=self._own_seeds(raw, place, self.seeds),
            because=raw.get("because") or "",
            prior=self._prior(raw.get("saw", {}), (*place, "saw")),
            tune=self.source.at(
                place,
                lambda: read_factors(self.vocabulary, raw.get("tune", {}), "tune"),
            ),
            primary=raw.get("primary", False),
        )

    def _prior(self, raw: dict[str, dict[str, float]], place: Place) -> dict[str, dict[str, float]]:
        for name in raw:
            self._metric(name, (*place, name))
        return raw

    def _budgets(self, raw: list[Any] | None, place: Place) -> tuple[Budget, ...]:
        if not raw:
            return (self.budget,)
        budgets = tuple(
            self.source.at((*place, i), partial(parse_budget, b)) for i, b in enumerate(raw)
        )
        if len(set(budgets)) != len(budgets):
            raise self.source.error(place, f"{raw!r} names a budget twice")
        return budgets

    def _expectation(self, name: str, raw: Any, place: Place) -> Expectation:
        metric = self._metric(name, place)
        return self.source.at(place, lambda: read_expectation(metric, raw))

    def _heatmap(self, id_: str, raw: dict[str, Any]) -> Heatmap:
        place: Place = ("explore", id_)
        vocabulary = self.vocabulary
        grid = {
            vocabulary.resolve(name): self.source.at(
                (*place, "grid", name),
                partial(read_levels, vocabulary, vocabulary.resolve(name), levels, "grid", 1),
            )
            for name, levels in raw["grid"].items()
        }
        budget = self._budgets([raw["budget"]] if "budget" in raw else None, (*place, "budget"))[0]
        cells = (make_arm(self.baseline, cell, budget) for cell in combinations(grid))
        self.source.at((*place, "grid"), lambda: unique_arms(cells, "grid"))
        metric = self._metric(raw.get("metric", "accuracy"), (*place, "metric"))
        seeds = self._own_seeds(raw, place, self.seeds[:HEATMAP_SEEDS])
        return Heatmap(id_, grid, metric, budget, seeds)


def read_expectation(metric: Metric, raw: Any) -> Expectation:
    """One line of `expect`: a direction, or a mapping that holds one.

    UserError for a missing size that matters, and for one that is a ratio where `metrics` states an
    absolute one, or the reverse.
    """
    if isinstance(raw, str):
        return Expectation(metric, cast(Direction, raw), _stated_size(metric))
    own = "matters_from" in raw
    stated = [key for key in raw if key != "matters_from"]
    if len(stated) > 1:
        raise UserError(f"{' and '.join(stated)} cannot be claimed at once; write one of them")
    if "share_of_variance" in raw:
        size = as_number(raw["matters_from"]) if own else SHARE_MATTERS_FROM
        direction = cast(Direction, raw["share_of_variance"])
        return Expectation(metric, direction, size, own, share_of_variance=True)
    size = _own_size(metric, raw["matters_from"]) if own else _stated_size(metric)
    if "is" in raw:
        return Expectation(metric, raw["is"], size, own)
    for key, claimed in (("higher_by", "higher"), ("lower_by", "lower")):
        if key in raw:
            low, high = (as_number(bound) for bound in raw[key])
            if not 0 <= low < high:
                raise UserError(f"{key}: {raw[key]!r} must be two sizes, the smaller first, from 0")
            return Expectation(metric, cast(Direction, claimed), size, own, between=(low, high))
    raise UserError(f"{raw!r} must hold one of: is, higher_by, lower_by, share_of_variance")


def _stated_size(metric: Metric) -> float:
    if metric.matters_from is None:
        raise UserError(
            f"metrics.{metric.name}.matters_from is missing: state the smallest effect that "
            f"matters, such as {metric.name}: {{matters_from: 0.01}} or a ratio such as 1.10x"
        )
    return metric.matters_from


def _own_size(metric: Metric, raw: object) -> float:
    own = with_size(metric, raw)
    if metric.matters_from is not None and own.ratio != metric.ratio:
        kinds = ("a ratio", "an absolute size")
        is_, states = kinds if own.ratio else reversed(kinds)
        raise UserError(
            f"matters_from: {raw!r} is {is_}, but metrics.{metric.name} states {states} "
            f"({metric.matters_from:g}{'x' if metric.ratio else ''}): write both alike"
        )
    return cast(float, own.matters_from)
