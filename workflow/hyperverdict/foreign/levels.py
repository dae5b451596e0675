"""Levels of a setting: which cells, and which words of a study, are one, however spelled."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hyperverdict.errors import UserError
from hyperverdict.foreign.literals import parse_literal
from hyperverdict.foreign.table import Column, is_empty, text_numbers
from hyperverdict.vocabulary.hyperparameters import Level, number_text
from hyperverdict.words.numbers import listed

NONE: Level = "none"
TRUE = frozenset({"true", "yes", "on", "1", "t", "y", "enabled"})
FALSE = frozenset({"false", "no", "off", "0", "f", "n", "disabled"})
# Levels that a message lists.
MOST_SHOWN = 6
LONGEST_LIST = 10_000
# Numbers that people write have no more digits.
MOST_DIGITS = 10
_CLASS = re.compile(r"(?:<class ')?((?:[A-Za-z_]\w*\.)+)([A-Za-z_]\w*)(?:'>)?(?:\(\))?")
_WIDTHS = re.compile(r"\d+(\s*[-,]\s*\d+)+")


def key(cell: object) -> Hashable:
    """One key for all spellings of a level: 1e-3, '0.001' and 0.001; 'Adam' and 'adam '."""
    if isinstance(cell, (list, tuple, np.ndarray)):
        return "list", tuple(key(item) for item in cell)
    if is_empty(cell):
        return "none", ""
    if isinstance(cell, (bool, np.bool_)):
        return "text", str(bool(cell)).lower()
    if isinstance(cell, (int, float, np.number)):
        # Twelve digits: 0.1 + 0.2 is 0.3, and 1e-15 is not 1e-14.
        return "number", f"{float(cell) + 0.0:.12g}"
    text = str(cell).strip()
    inner = _list_in(text)
    if inner is not None:
        return "list", tuple(key(item) for item in inner)
    numbers = text_numbers([text], decimal_comma=False)
    if numbers is not None:
        return key(numbers.iloc[0].item())
    return "text", " ".join(text.casefold().split())


def _list_in(text: str) -> list[Any] | None:
    """The items of a list that a cell spells: [64, 64], (64, 64), [relu, tanh], 64-64."""
    if _WIDTHS.fullmatch(text):
        return re.split(r"\s*[-,]\s*", text)
    if len(text) > LONGEST_LIST or text[:1] + text[-1:] not in ("[]", "()"):
        return None
    try:
        found = parse_literal(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        inner = text[1:-1].strip()
        return [part.strip(" '\"") for part in inner.split(",")] if inner else []
    return list(found) if isinstance(found, (list, tuple)) else None


def _class_path(text: str) -> tuple[str, str] | None:
    """(root package, class) of a dotted path such as torch.optim.adam.Adam."""
    found = _CLASS.fullmatch(text)
    if found is None:
        return None
    return found.group(1).partition(".")[0], found.group(2).casefold()


def squashed(text: str) -> str:
    """Letters and digits alone: CIFAR-10 and cifar_10 are cifar10."""
    found = _class_path(text)
    return re.sub(r"[^0-9a-z]", "", found[1] if found else text.casefold())


@dataclass(frozen=True)
class Levels:
    """The levels of one column.

    Attributes:
        name: the setting's name.
        values: its levels in canonical form, as the table spells them.
        codes: the level [rows] of each row, an index into `values`.
    """

    name: str
    values: tuple[Level, ...]
    codes: npt.NDArray[np.int64]
    _by_key: dict[Hashable, int] = field(repr=False, default_factory=dict)

    @cached_property
    def _loosely(self) -> dict[str, int]:
        """Level by its letters and digits, where no other has the same."""
        spelled = [squashed(str(value)) for value in self.values]
        counts = Counter(spelled)
        return {text: i for i, text in enumerate(spelled) if counts[text] == 1 and text}

    @cached_property
    def _by_truth(self) -> dict[bool, int]:
        """Levels of a column of yes and no, however spelled; empty for any other."""
        words = {truth(v): i for i, v in enumerate(self.values) if v != NONE}
        known = len(words) == sum(v != NONE for v in self.values) and None not in words
        return {word: i for word, i in words.items() if word is not None} if known else {}

    def find(self, raw: object) -> Level:
        """The level that a study means; UserError names the levels there are and the nearest."""
        found = self._by_key.get(key(_double(raw)))
        if found is None and self.name == "data":
            found = self._by_key.get(("data", squashed(str(raw))))
        if found is None:
            found = self._by_truth.get(truth(raw))  # type: ignore[arg-type]
        if found is None and isinstance(raw, str):
            found = self._loosely.get(squashed(raw))
        if found is None:
            raise UserError(self.absent(raw))
        return self.values[found]

    def absent(self, raw: object) -> str:
        """That no row has a level, which there are, and the nearest."""
        text = f"no row has {list(raw) if isinstance(raw, tuple) else raw}; {self.known()}"
        near = self.nearest(raw)
        return f"{text}; the nearest is {near}" if near and len(self.values) > 1 else text

    def known(self) -> str:
        """The levels there are, in words."""
        shown = [spelled(value) for value in in_order(self.values)]
        if len(shown) > MOST_SHOWN:
            return f"it has {len(shown):,} levels, from {shown[0]} to {shown[-1]}"
        return f"{'its level is' if len(shown) == 1 else 'its levels are'} {listed(shown)}"

    def nearest(self, raw: object) -> str:
        """The level nearest to what was written, or ""."""
        numbers = [v for v in self.values if isinstance(v, (int, float))]
        wanted = key(raw)
        if isinstance(wanted, tuple) and wanted[0] == "number" and numbers:
            number = float(wanted[1])
            near = min(numbers, key=lambda v: (_distance(v, number), v))
            return spelled(near)
        words = {spelled(v).casefold(): spelled(v) for v in self.values}
        match = get_close_matches(str(raw).casefold(), list(words), n=1)
        return words[match[0]] if match else ""


def _distance(a: float, b: float) -> float:
    if a > 0 and b > 0:
        return abs(float(np.log(a / b)))
    return abs(a - b) + 1e3


def truth(raw: object) -> bool | None:
    """Whether a word, number or boolean means yes; None for any other."""
    word = str(raw).strip().casefold() if not isinstance(raw, float) else number_text(raw)
    return True if word in TRUE else False if word in FALSE else None


def levels_of(name: str, column: Column[Any]) -> Levels:
    """The levels of a column; cells that spell one level in several ways share it."""
    codes, distinct = pd.factorize(column, use_na_sentinel=True)
    found = [_double(value) for value in distinct]
    roots = _class_roots(found)
    by_key: dict[Hashable, int] = {}
    values: list[Level] = []
    of_code = np.empty(len(found) + 1, dtype=np.int64)
    for code, cell in enumerate([*found, None]):
        if code == len(found) and not (codes == -1).any():
            of_code[code] = -1
            break
        canonical = _merged(name, cell, roots)
        if canonical not in by_key:
            by_key[canonical] = len(values)
            values.append(_level(cell, roots))
        by_key.setdefault(key(cell), by_key[canonical])
        of_code[code] = by_key[canonical]
    return Levels(name, tuple(values), of_code[codes], by_key)


def _class_roots(cells: Sequence[Any]) -> dict[str, set[str]]:
    """Class -> the packages that the column's paths to it start with."""
    roots: dict[str, set[str]] = {}
    for cell in cells:
        found = _class_path(str(cell).strip()) if isinstance(cell, str) else None
        if found:
            roots.setdefault(found[1], set()).add(found[0])
    return roots


def _merged(name: str, cell: object, roots: dict[str, set[str]]) -> Hashable:
    """A cell's key, one for all paths to a class of one package, and for its bare name."""
    if isinstance(cell, str):
        text = cell.strip()
        if name == "data" and not is_empty(text):
            return "data", squashed(re.split(r"[/\\]", text.rstrip("/\\"))[-1])
        found = _class_path(text)
        bare = found[1] if found else text.removesuffix("()").casefold()
        if len(roots.get(bare, ())) == 1:
            return "class", bare
    return key(cell)


def _level(cell: object, roots: dict[str, set[str]]) -> Level:
    """The canonical level of a cell, as people would write it."""
    if is_empty(cell):
        return NONE
    if isinstance(cell, (bool, np.bool_)):
        return str(bool(cell)).lower()
    if isinstance(cell, (int, float, np.number)):
        return _plain(float(cell))
    if isinstance(cell, (list, tuple, np.ndarray)):
        return tuple(_level(item, {}) for item in cell)
    text = str(cell).strip()
    inner = _list_in(text)
    if inner is not None:
        return tuple(_level(item, {}) for item in inner)
    numbers = text_numbers([text], decimal_comma=False)
    if numbers is not None:
        return _plain(float(numbers.iloc[0]))
    found = _CLASS.fullmatch(text)
    if found and len(roots.get(found.group(2).casefold(), ())) == 1:
        return found.group(2)
    return " ".join(text.split())


def _plain(number: float) -> Level:
    rounded = float(f"{number:.12g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def spelled(level: Level) -> str:
    """The text of a level: 0.001, [64, 64], adam."""
    if isinstance(level, tuple):
        return f"[{', '.join(spelled(item) for item in level)}]"
    return number_text(level) if isinstance(level, (int, float)) else str(level)


def in_order(values: Sequence[Level]) -> list[Level]:
    """Levels in order: numbers by size, then words."""

    def key_of(value: Level) -> tuple[bool, float, str]:
        is_number = isinstance(value, (int, float))
        return not is_number, value if is_number else 0.0, str(value)

    return sorted(values, key=key_of)


def _double(cell: Any) -> Any:
    """A number in single precision as people wrote it: 0.0010000000474974513 is 0.001."""
    if not isinstance(cell, (float, np.floating)) or not np.isfinite(cell):
        return cell
    with np.errstate(over="ignore"):
        single = np.float32(cell)
    is_long = len(f"{float(cell)!r}".lstrip("-0.").replace(".", "")) > MOST_DIGITS
    return float(str(single)) if is_long and float(single) == float(cell) else float(cell)
