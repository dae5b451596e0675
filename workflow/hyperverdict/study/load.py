"""From a study file to a `Study`: structure by schema, meaning by the checks below.

The keys that a claim type reads come from the claim types themselves; `claims.studyfile.load_study`
puts both together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml

from hyperverdict.errors import UserError, nearest
from hyperverdict.study.model import (
    RECORDED_METRICS,
    Direction,
    Expectation,
    Exploration,
    Hypothesis,
    Metric,
    Study,
)
from hyperverdict.study.strict_yaml import Place, read_yaml
from hyperverdict.vocabulary.budget import Budget, parse_budget
from hyperverdict.vocabulary.configuration import configure
from hyperverdict.vocabulary.datasets import facts
from hyperverdict.vocabulary.hyperparameters import as_number, read_value

T = TypeVar("T")

FRACTIONS = ("accuracy", "error")
DEFAULT_METRICS = {"accuracy": 0.01, "error": 0.01, "train_time": "1.10x"}
EXPLORATION_REPLICATES = 3
QUICK_REPLICATES = 3

TYPE_WORDS = {
    "object": "a mapping",
    "array": "a list",
    "string": "text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "nothing",
}


@cache
def base_schema() -> dict[str, Any]:
    """The schema of everything in a study file but the keys of the claim types."""
    text = files("hyperverdict").joinpath("schemas/study.schema.yaml").read_text(encoding="utf-8")
    return cast(dict[str, Any], yaml.safe_load(text))


def full_schema(claim_keys: Mapping[str, Any]) -> dict[str, Any]:
    """The study schema with the claim types' keys, name -> JSON schema."""
    schema = dict(base_schema())
    definitions = dict(schema["$defs"])
    hypothesis = dict(definitions["hypothesis"])
    hypothesis["properties"] = {**hypothesis["properties"], **claim_keys}
    definitions["hypothesis"] = hypothesis
    return {**schema, "$defs": definitions}


@dataclass(frozen=True)
class Source:
    """Where the values of a study file stand, for messages."""

    path: Path
    lines: Mapping[Place, int]

    def error(self, place: Place, message: object) -> UserError:
        """A message naming file, line and key."""
        line = next(
            (self.lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in self.lines), 1
        )
        key = ".".join(map(str, place))
        return UserError(f"{self.path}, line {line}{', ' if key else ''}{key}: {message}")

    def at(self, place: Place, read: Callable[[], T]) -> T:
        """What `read` gives; its UserError gains file, line and key."""
        try:
            return read()
        except UserError as error:
            raise self.error(place, error) from None


def read_study(
    path: Path, claim_keys: Mapping[str, Any], recorded: Iterable[str] | None = RECORDED_METRICS
) -> tuple[Study, Source]:
    """Read and check one study file.

    Args:
        path: the study file.
        claim_keys: keys that the claim types read, name -> JSON schema.
        recorded: metrics that runs record; None accepts any (runs from elsewhere).

    Raises UserError with one message naming file, line, key, the bad value and what is allowed.
    """
    raw, lines = read_yaml(path)
    source = Source(path, lines)
    if not isinstance(raw, dict):
        raise source.error((), "a study file is a mapping that starts with 'study: NAME'")
    _check_structure(raw, full_schema(claim_keys), source)
    return _Reader(raw, source, None if recorded is None else frozenset(recorded)).study(), source


def _check_structure(raw: Any, schema: Mapping[str, Any], source: Source) -> None:
    from jsonschema import Draft202012Validator

    errors = sorted(
        Draft202012Validator(schema).iter_errors(raw),
        key=lambda e: (len(e.absolute_path) == 0, source.lines.get(tuple(e.absolute_path), 0)),
    )
    if errors:
        raise _structure_error(errors[0], source)


def _structure_error(error: Any, source: Source) -> UserError:
    """A jsonschema error in the reader's words."""
    while error.context:
        error = min(error.context, key=lambda e: (-len(e.absolute_path), e.validator == "type"))
    place: Place = tuple(error.absolute_path)
    value = error.instance
    if error.validator == "additionalProperties":
        allowed = error.schema.get("properties", {})
        unknown = next(key for key in value if key not in allowed)
        return source.error(
            (*place, unknown), f"unknown key {unknown!r}; {nearest(unknown, allowed)}"
        )
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in value)
        hint = error.schema["properties"].get(missing, {}).get("description", "")
        return source.error(
            place, f"key {missing!r} is missing ({hint})" if hint else f"key {missing!r} is missing"
        )
    if error.validator == "enum":
        return source.error(
            place, f"{value!r} is not allowed; {nearest(value, map(str, error.validator_value))}"
        )
    described = error.schema.get("description", "")
    wanted = f" ({described})" if described else ""
    if error.validator == "type":
        kinds = error.validator_value
        kinds = [kinds] if isinstance(kinds, str) else kinds
        return source.error(
            place, f"{value!r} must be {' or '.join(TYPE_WORDS[k] for k in kinds)}{wanted}"
        )
    return source.error(place, f"{error.message}{wanted}")


class _Reader:
    """Reads the checked structure into the model; one method per part of the file."""

    def __init__(
        self, raw: dict[str, Any], source: Source, recorded: frozenset[str] | None
    ) -> None:
        self.raw, self.source, self.recorded = raw, source, recorded

    def study(self) -> Study:
        raw = self.raw
        self.source.at(("data",), lambda: None if ":" in raw["data"] else facts(raw["data"]))
        self.metrics = self._metrics(raw.get("metrics", {}))
        self.quick = bool(raw.get("quick", False))
        self.seeds = self._seeds(raw.get("seeds", 10), ("seeds",))
        baseline, self.budget = self._baseline(raw.get("baseline", {}))
        hypotheses = tuple(self._hypothesis(i, h) for i, h in (raw.get("hypotheses") or {}).items())
        return Study(
            name=raw["study"],
            title=raw.get("title", raw["study"]),
            path=str(self.source.path),
            baseline={"data": raw["data"], **baseline},
            budget=self.budget,
            seeds=self.seeds,
            metrics=self.metrics,
            hypotheses=hypotheses,
            explorations=tuple(
                self._exploration(i, e) for i, e in (raw.get("explore") or {}).items()
            ),
            alpha=raw.get("alpha", 0.05),
            looks=self._looks(raw.get("looks", ()), hypotheses),
            columns=raw.get("columns", {}),
            quick=self.quick,
        )

    def _looks(self, raw: list[int], hypotheses: tuple[Hypothesis, ...]) -> tuple[int, ...]:
        looks = tuple(int(look) for look in raw)
        if list(looks) != sorted(set(looks)):
            raise self.source.error(("looks",), f"{list(raw)} must rise, each number given once")
        for hypothesis in hypotheses:
            n = len(hypothesis.seeds)
            if looks and n not in looks and not self.quick:
                raise self.source.error(
                    ("looks",),
                    f"{hypothesis.id} has {n} seeds, which is none of the looks at {list(looks)}",
                )
        return looks

    def _seeds(self, raw: Any, place: Place) -> tuple[int, ...]:
        if isinstance(raw, int | float):
            raw = range(int(raw))
        raw = [int(seed) for seed in raw]
        if len(set(raw)) != len(raw):
            raise self.source.error(place, f"{raw!r} names a seed twice")
        return tuple(raw)[:QUICK_REPLICATES] if self.quick else tuple(raw)

    def _baseline(self, raw: dict[str, Any]) -> tuple[dict[str, Any], Budget]:
        values = {k: v for k, v in raw.items() if k != "budget"}
        for name, value in values.items():
            place: Place = ("baseline", name)
            if name == "data":
                raise self.source.error(
                    place, "the data set is named by the study's own key 'data'"
                )
            self.source.at(place, lambda name=name, value=value: read_value(name, value))  # type: ignore[misc]
        budget = self.source.at(
            ("baseline", "budget"), lambda: parse_budget(raw.get("budget", "300 steps"))
        )
        if ":" not in self.raw["data"]:
            self.source.at(
                ("baseline",), lambda: configure({"data": self.raw["data"], **values}, budget)
            )
        return values, budget

    def _metrics(self, raw: dict[str, Any]) -> dict[str, Metric]:
        stated = {**DEFAULT_METRICS, **{name: entry["matters_from"] for name, entry in raw.items()}}
        for name in raw:
            self._check_recorded(name, ("metrics", name))
        return {
            name: self.source.at(
                ("metrics", name, "matters_from"),
                lambda name=name, size=size: read_metric(name, size),  # type: ignore[misc]
            )
            for name, size in stated.items()
        }

    def _check_recorded(self, name: str, place: Place) -> None:
        if self.recorded is not None and name not in self.recorded:
            raise self.source.error(
                place, f"no run records the metric {name!r}; {nearest(name, self.recorded)}"
            )

    def _hypothesis(self, id_: str, raw: dict[str, Any]) -> Hypothesis:
        place: Place = ("hypotheses", id_)
        common = set(base_schema()["$defs"]["hypothesis"]["properties"])
        budgets = self._budgets(raw.get("at_equal"), (*place, "at_equal"))
        return Hypothesis(
            id=id_,
            says=raw["says"],
            terms={key: value for key, value in raw.items() if key not in common},
            expect=tuple(
                self._expectation(m, e, (*place, "expect", m))
                for m, e in raw.get("expect", {}).items()
            ),
            at_equal=budgets,
            seeds=self._seeds(raw["replicates"], (*place, "replicates"))
            if "replicates" in raw
            else self.seeds,
            because=raw.get("because"),
            saw=raw.get("saw", {}),
            tune={
                name: tuple(
                    self.source.at((*place, "tune", name), lambda n=name, v=value: read_value(n, v))  # type: ignore[misc]
                    for value in values
                )
                for name, values in raw.get("tune", {}).items()
            },
            primary=raw.get("primary", False),
        )

    def _budgets(self, raw: list[Any] | None, place: Place) -> tuple[Budget, ...]:
        if not raw:
            return (self.budget,)
        budgets = tuple(
            self.source.at((*place, i), lambda b=b: parse_budget(b))  # type: ignore[misc]
            for i, b in enumerate(raw)
        )
        if len(set(budgets)) != len(budgets):
            raise self.source.error(place, f"{raw!r} names a budget twice")
        return budgets

    def _expectation(self, metric: str, raw: Any, place: Place) -> Expectation:
        self._check_recorded(metric, place)
        if metric not in self.metrics:
            raise self.source.error(
                place,
                f"metrics.{metric}.matters_from is missing: from which size does it matter?",
            )
        return self.source.at(place, lambda: read_expectation(metric, raw, self.metrics[metric]))

    def _exploration(self, id_: str, raw: dict[str, Any]) -> Exploration:
        place: Place = ("explore", id_)
        grid = {
            name: self._levels(name, levels, (*place, "grid", name))
            for name, levels in raw["grid"].items()
        }
        metric = raw.get("metric", "accuracy")
        self._check_recorded(metric, (*place, "metric"))
        if "replicates" in raw:
            seeds = self._seeds(raw["replicates"], (*place, "replicates"))
        else:
            seeds = self.seeds[:EXPLORATION_REPLICATES]
        budget = self._budgets([raw["budget"]] if "budget" in raw else None, (*place, "budget"))[0]
        return Exploration(id_, grid, metric, budget, seeds)

    def _levels(self, name: str, raw: list[Any], place: Place) -> tuple[Any, ...]:
        values = self.source.at(place, lambda: [read_value(name, level) for level in raw])
        for i, value in enumerate(values):
            if value in values[:i]:
                first = raw[values.index(value)]
                raise self.source.error(place, f"{first!r} and {raw[i]!r} are one level of {name}")
        return tuple(values)


def read_metric(name: str, size: object) -> Metric:
    """A metric from its name and the size that matters: 0.01, or '1.10x' for a ratio."""
    unit = RECORDED_METRICS.get(name, "")
    if isinstance(size, str) and size.endswith("x"):
        value, ratio = as_number(size[:-1]), True
        if value <= 1:
            raise UserError(f"{size!r}: a ratio that matters is above 1, such as 1.10x")
    else:
        value, ratio = as_number(size), False
        if value <= 0:
            raise UserError(f"{size!r}: the size that matters must be above 0")
        if name in FRACTIONS and value >= 1:
            raise UserError(
                f"{size!r}: {name} is a fraction of the images, so write one point as 0.01"
            )
        if name == "train_time":
            raise UserError(f"{size!r}: times are judged as ratios; write one such as 1.10x")
    return Metric(name, value, ratio, unit)


DIRECTIONS = ("higher", "lower", "not_higher", "not_lower")


def read_expectation(metric: str, raw: Any, stated: Metric) -> Expectation:
    """One line of `expect`: a direction, or a mapping that holds one.

    UserError for a size that is a ratio where `metrics` states an absolute one, or the reverse.
    """
    if isinstance(raw, str):
        return Expectation(metric, cast(Direction, raw))
    size = None
    if "matters_from" in raw:
        own = read_metric(metric, raw["matters_from"])
        if own.ratio != stated.ratio and "share_of_variance" not in raw:
            kinds = ("a ratio", "an absolute size")
            is_, states = kinds if own.ratio else reversed(kinds)
            raise UserError(
                f"matters_from: {raw['matters_from']!r} is {is_}, but metrics.{metric} states "
                f"{states} ({stated.matters_from:g}{'x' if stated.ratio else ''}): write both alike"
            )
        size = own.matters_from
    if "share_of_variance" in raw:
        return Expectation(
            metric, raw["share_of_variance"], 0.05 if size is None else size, share_of_variance=True
        )
    if "is" in raw:
        return Expectation(metric, raw["is"], size)
    for key, direction in (("higher_by", "higher"), ("lower_by", "lower")):
        if key in raw:
            low, high = (as_number(bound) for bound in raw[key])
            if not 0 <= low < high:
                raise UserError(f"{key}: {raw[key]!r} must be two sizes, the smaller first, from 0")
            return Expectation(metric, cast(Direction, direction), size, between=(low, high))
    raise UserError(f"{raw!r} must hold one of: is, higher_by, lower_by, share_of_variance")
