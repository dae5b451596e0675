"""Values of a study file that are written in another form: what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hyperverdict.study.flow import flow_text, length_text
from hyperverdict.study.misplaced import DECLARED, HEATMAP, HYPOTHESIS, METRIC, better, kind_of
from hyperverdict.study.strict_yaml import Place
from hyperverdict.vocabulary.budget import KINDS
from hyperverdict.vocabulary.metrics import BETTER, RECORDED
from hyperverdict.vocabulary.spellings import (
    budget_meant,
    number_hint,
    number_meant,
    plain,
    truth_hint,
)

# Between two levels: 4 -> 128, 4 to 128, 4 vs. 128, and between several.
_ARROW = re.compile(r"\s*(?:->|=>|→|⇒|➔|\bto\b|\bvs\b\.?|\bversus\b|\.{2,})\s*")
_LIST = re.compile(r"\s*(?:[,;|]|\band\b|\bor\b|\bund\b)\s*")
_BUDGET = re.compile(r"\d[\d.,_]*\s*[^\W\d]+")
_DIRECTIONS: Mapping[str, tuple[str, ...]] = {
    "higher": (
        "up", "increase", "increases", "increased", "increasing", "rise", "rises", "more", "high",
        "greater", "larger", "bigger", "grows", "gains", "gain", "positive", "+", ">", "max",
        "maximize", "maximise", "upwards", "goes up", "highest", "above",
    ),
    "lower": (
        "down", "decrease", "decreases", "decreased", "decreasing", "fall", "falls", "less", "low",
        "smaller", "fewer", "drops", "drop", "reduces", "reduced", "shorter", "negative", "-", "<",
        "min", "minimize", "minimise", "downwards", "goes down", "lowest", "below", "reduction",
    ),
    "not_lower": (">=", "≥", "at least", "at_least", "no lower", "not below", "not less"),
    "not_higher": ("<=", "≤", "at most", "at_most", "no higher", "not above", "not more"),
}  # fmt: skip
_SAME = ("same", "equal", "equals", "=", "==", "unchanged", "no change", "no effect", "similar")
_BETTER = ("better", "best", "improve", "improves", "improved", "improvement", "good", "faster")
_WORSE = ("worse", "worst", "hurts", "bad", "slower")
_REASONS: Mapping[str, tuple[str, ...]] = {
    "updates": ("update", "step", "steps", "iteration", "iterations"),
    "samples": ("sample", "image", "images", "examples", "data"),
    "epochs": ("epoch", "pass", "passes"),
    "time": ("seconds", "second", "slow", "fast", "faster", "slower", "speed", "train_time"),
    "parameters": ("parameter", "weights", "size", "capacity", "params"),
}


def hint(place: Place, value: Any, schema: Mapping[str, Any], rule: str) -> str:
    """What to write for a value that breaks a rule of the schema: "; write ..."; "" if unknown.

    Args:
        rule: the rule that it breaks: type, enum, pattern.
    """
    if rule == "enum":
        return _word(place, value, tuple(map(str, schema["enum"])))
    if rule == "pattern" and isinstance(value, str):
        return _name(place, value)
    if rule != "type":
        return ""
    kinds = schema["type"]
    wanted = [kinds] if isinstance(kinds, str) else kinds
    found = next((text for kind in wanted if (text := _OF_TYPE[kind](place, value, schema))), "")
    return f"; {found}" if found else ""


def _mapping(place: Place, value: Any, schema: Mapping[str, Any]) -> str:
    """A mapping is wanted."""
    key = str(place[-1]) if place else ""
    if value is None:
        return "nothing stands under it: indent the lines that belong to it, or leave it out"
    if {"from", "to"} <= schema.get("properties", {}).keys():
        return _change(key, value, tuple(map(str, place)))
    if key == "expect":
        return _expect(value)
    if kind_of(place) == METRIC:
        keys = {"higher": "better", "lower": "better"}
        shown = (number_meant(value) or value) if isinstance(value, str) else value
        return f"write {key}: {{{keys.get(str(value), 'matters_from')}: {flow_text(shown)}}}"
    if kind_of(place) == DECLARED:
        if isinstance(value, list):
            return f"write {key}: {{default: ..., allowed: {flow_text(value)}}}"
        return f"write {key}: {{default: {flow_text(value)}}}"
    if kind_of(place) in (HYPOTHESIS, HEATMAP):
        return f"its keys stand below {key}, indented, each in a line of its own"
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        own = ", each below an id of its own such as H1:" if key == "hypotheses" else ""
        return f'write its lines without "- "{own}'
    example = next(iter(schema.get("examples", ())), None)
    return f"write it as in {key}: {flow_text(example)}" if example else ""


def _change(factor: str, value: Any, place: tuple[str, ...]) -> str:
    """Two levels are wanted, from and to."""
    if factor in ("from", "to"):
        return f"{factor} belongs below the name of what is compared; indent it deeper"
    levels = value if isinstance(value, list) else _split(str(value))
    if len(levels) == 2 and not any(isinstance(level, dict) for level in levels):
        start, to = map(flow_text, levels)
        return f"write {factor}: {{from: {start}, to: {to}}}"
    if len(levels) > 2 and "saw" not in place:
        some = flow_text(levels)
        return (
            f"it takes two levels, {{from: A, to: B}}; for more write "
            f"trend: {{{factor}: {some}}} with a shape, or best: {{{factor}: {some}}} with is"
        )
    return f"write {factor}: {{from: ..., to: {flow_text(levels[0] if levels else None)}}}"


def _split(text: str) -> list[Any]:
    """The levels that a text lists."""
    parts = _ARROW.split(text) if _ARROW.search(text) else _LIST.split(text)
    return [part for part in (plain(part).strip("[]{}() ") for part in parts) if part]


def _expect(value: Any) -> str:
    """Metrics with their directions, written as text or as a list."""
    lines = value if isinstance(value, list) else _LIST.split(str(value))
    parts = []
    for line in lines:
        words = " ".join(f"{k} {v}" for k, v in line.items()) if isinstance(line, dict) else line
        metric, _, said = str(words).replace(":", " ").replace("=", " ").strip().partition(" ")
        if direction("accuracy", metric):
            metric, said = said.split(" ")[-1] or "accuracy", metric
        parts.append(f"{metric}: {direction(metric, said) or better(metric)}")
    return f"write expect: {{{', '.join(parts)}}}"


def direction(metric: str, said: str) -> str:
    """The direction that a word stands for, "" for none."""
    word = " ".join(plain(said).lower().replace("_", " ").split())
    good = better(metric)
    bad = "lower" if good == "higher" else "higher"
    for prefix in ("not ", "no "):
        if word.startswith(prefix):
            inner = direction(metric, word.removeprefix(prefix))
            return f"not_{inner}" if inner in ("higher", "lower") else ""
    if word in _BETTER or word in _WORSE:
        return good if word in _BETTER else bad
    known = (
        name for name, words in _DIRECTIONS.items() if word in (name.replace("_", " "), *words)
    )
    return next(known, "")


def _word(place: Place, value: Any, allowed: Sequence[str]) -> str:
    """One of a few words is wanted."""
    text = " ".join(plain(str(value)).lower().split())
    if "higher" in allowed:
        return _direction_hint(str(place[-1]) if place else "", text, allowed)
    if set(allowed) == set(_REASONS):
        words = text.replace(",", " ").split()
        named = {w: reason for reason, ws in _REASONS.items() for w in (reason, *ws)}
        found = next((named[word] for word in words if word in named), "")
        return f"; write {found}" if found else ""
    return ""


def _direction_hint(key: str, text: str, allowed: Sequence[str]) -> str:
    metric = key if key in (*RECORDED, *BETTER) else ""
    if direction("accuracy", key) and text in (*RECORDED, *BETTER):
        return f"; write {text}: {direction(text, key)}"
    sign, size = text[:1], number_meant(text.lstrip("+-<>=≤≥ "))
    if size and "not_higher" in allowed:
        side = "lower" if sign in ("-", "<", "≤") else "higher"
        return f"; write {side}, or with a size {{is: {side}, matters_from: {float(size):g}}}"
    if text in _SAME and "not_higher" in allowed:
        return "; that nothing changes is claimed by two lines, not_higher and not_lower"
    found = direction(metric or "accuracy", text)
    unsure = not metric and text in (*_BETTER, *_WORSE)
    return f"; write {found}" if found in allowed and not unsure else ""


def _name(place: Place, value: str) -> str:
    """A name of letters, digits, _ and - is wanted."""
    slug = re.sub(r"[^A-Za-z0-9_-]+", "_", plain(value)).strip("_-")[:64]
    return f"; write {slug}" if slug else ""


def _list(place: Place, value: Any, schema: Mapping[str, Any]) -> str:
    """A list is wanted."""
    key = str(place[-1]) if place else ""
    if key == "at_equal":
        return _budgets(value)
    if value is None:
        return "nothing stands under it; write a list, or leave it out"
    if isinstance(value, dict):
        ends = [value[end] for end in ("from", "to") if end in value]
        return f"write a list of levels, as in {key}: {flow_text(ends)}" if ends else ""
    if isinstance(value, str):
        start, dots, end = value.partition("..")
        if dots and start.strip().isdigit() and end.strip(". ").isdigit():
            numbers = range(int(start), int(end.strip(". ")) + 1)
            return f"write {key}: {flow_text(list(numbers))}" if len(numbers) < 13 else ""
        return f"write {key}: {flow_text(_split(value))}"
    more = ", ..." if schema.get("minItems", 1) > 1 else ""
    return f"write {key}: [{flow_text(value)}{more}]"


def _budgets(value: Any) -> str:
    if isinstance(value, str):
        found = _BUDGET.findall(plain(value))
        texts = [meant for text in found if (meant := budget_meant(text, KINDS))]
        return f"write at_equal: [{', '.join(texts)}]" if texts else _budgets(300)
    if isinstance(value, dict):
        texts = [length_text("", {unit: amount}) for unit, amount in value.items()]
        return f"write at_equal: [{', '.join(texts)}]"
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return f"write it with a unit, as in at_equal: [{length_text('', value if number else None)}]"


def _text(place: Place, value: Any, schema: Mapping[str, Any]) -> str:
    """Text is wanted."""
    key = str(place[-1]) if place else ""
    if key == "epoch":
        return f"write a range, as in {key}: 1..{flow_text(value)}"
    if key == "budget" or (len(place) > 1 and place[-2] == "at_equal"):
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return f"write the unit too: {length_text('', value)}, samples, epochs or seconds"
        return f"write {length_text('', value)}"
    if value is None:
        return f'nothing is written after {key}; put text that starts with # in quotes: "# ..."'
    return "put the text in quotes" + (
        "" if isinstance(value, (dict, list)) else f': {key}: "{flow_text(value)}"'
    )


def _number(place: Place, value: Any, schema: Mapping[str, Any]) -> str:
    """A number is wanted."""
    if isinstance(value, list) and len(value) == 1:
        return f"write {flow_text(value[0])}"
    if isinstance(value, str) and plain(value) == number_meant(value):
        return f"write {plain(value)} without quotes"
    if isinstance(value, str) and place[-1:] == ("seeds",) and len(_split(value)) > 1:
        return _list(place, value, schema)
    return number_hint(value).removeprefix("; ")


def _boolean(place: Place, value: Any, schema: Mapping[str, Any]) -> str:
    """True or false is wanted."""
    return truth_hint(value).removeprefix("; ")


def _nothing(place: Place, value: Any, schema: Mapping[str, Any]) -> str:
    return ""


_OF_TYPE: Mapping[str, Callable[[Place, Any, Mapping[str, Any]], str]] = {
    "object": _mapping,
    "array": _list,
    "string": _text,
    "integer": _number,
    "number": _number,
    "boolean": _boolean,
    "null": _nothing,
}
