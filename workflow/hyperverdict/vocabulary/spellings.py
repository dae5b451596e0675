"""Numbers and budgets as people spell them elsewhere, and how to write them here.

Nothing is guessed: what is spelled otherwise is refused, with the spelling to write.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hyperverdict.vocabulary.aliases import length_unit

OPENING_QUOTES, CLOSING_QUOTES = "“„”«»‘‚’‹›", "”“»«’‘›‹"
_NO_WIDTH, WIDE_SPACES = "\u200b\u2060\ufeff", "\u00a0\u2007\u202f\u3000\u2009\u200a\u2003\u2002"
_MINUS = dict.fromkeys(map(ord, "−‒–—﹣－‐‑"), "-")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_RAISED_TEN = re.compile(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺]+)$")
_POWER = re.compile(r"(?:([+-]?[\d.]+)?\s*[*x×·]?\s*)10\s*(?:\^|\*\*)\s*[({]?([+-]?\d+)[)}]?")
_PERCENT = re.compile(r"(.+?)\s*(?:%|percent|per cent|pct)", re.IGNORECASE)
_RATIO = re.compile(r"([\d.]+)\s*/\s*([\d.]+)")
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?|[+-]?\d{1,3}(?:[' ]\d{3})+(?:\.\d+)?")
_POINTS = re.compile(r"\d{1,3}(?:\.\d{3})+")
_DECIMAL_COMMA = re.compile(r"[+-]?(?:\d+|\d{1,3}(?:[. ]\d{3})+)?,\d+(?:[eE][+-]?\d+)?")
_WITH_UNIT = re.compile(r"([+-]?\d[\d.,]*(?:[eE][+-]?\d+)?)\s*([^\W\d_][^\W\d]*)")
_NOTHING = frozenset({"none", "null", "nil", "nan", "n/a", "na", "default", "-", "?"})
_YES = frozenset({"yes", "y", "on", "true", "1", "ja", "wahr"})
_NO = frozenset({"no", "n", "off", "false", "0", "nein", "falsch"})
# Seconds of the units of time that people write.
_TIMES = {"ms": 0.001, "s": 1, "sec": 1, "secs": 1, "min": 60, "mins": 60, "minute": 60}
_TIMES |= {"minutes": 60, "h": 3600, "hr": 3600, "hrs": 3600, "hour": 3600, "hours": 3600}


def odd_space(text: str) -> str:
    """The name of a space that looks like nothing or like an ordinary one, "" where there is none.

    Such a space may stand between words; at an end of a text, or without a width, it is a slip.
    """
    if any(character in _NO_WIDTH for character in text):
        return "an invisible character"
    ends = (text[:1], text[-1:])
    return "a non-breaking space" if any(c in WIDE_SPACES for c in ends if c) else ""


def number_hint(raw: object) -> str:
    """What to write for something that is not a number: "; write 0.001"; "" where nobody knows."""
    if raw is None:
        return "; write a value, or leave the line out"
    if isinstance(raw, (list, tuple)):
        return "; write one number, not a list"
    if not isinstance(raw, str):
        return ""
    text = plain(raw)
    if text.lower() in _NOTHING:
        return "; leave the line out for the default"
    meant = number_meant(text)
    if _DECIMAL_COMMA.fullmatch(text):
        decimal = _with_point(text)
        both = _THOUSANDS.fullmatch(text) and text.lstrip("+-")[0] != "0"
        return f"; write {meant} or {decimal}" if both else f"; a decimal comma? write {decimal}"
    return f"; write {meant}" if meant and meant != raw else ""


def truth_hint(raw: object) -> str:
    """What to write for a word that means true or false: "; write true"; "" for any other."""
    word = plain(str(raw)).lower()
    if word in _YES or word in _NO:
        return f"; write {str(word in _YES).lower()}"
    return ""


def number_meant(text: str) -> str:
    """The plain spelling of a number that is spelled otherwise, "" for what is none."""
    text = plain(text)
    raised = _RAISED_TEN.search(text)
    if raised:
        text = f"{text[: raised.start()]}10^{raised.group(1).translate(_RAISED)}"
    power, percent = _POWER.fullmatch(text), _PERCENT.fullmatch(text)
    ratio, unit = _RATIO.fullmatch(text), _WITH_UNIT.fullmatch(text)
    if power:
        return _checked(f"{power.group(1) or 1}e{int(power.group(2))}")
    if percent:
        value = number_meant(percent.group(1))
        return f"{float(value) / 100:.12g}" if value else ""
    if ratio and _checked(ratio.group(1)) and float(_checked(ratio.group(2)) or 0):
        return f"{float(ratio.group(1)) / float(ratio.group(2)):.4g}"
    if _THOUSANDS.fullmatch(text):
        return re.sub("[,' ]", "", text)
    if _DECIMAL_COMMA.fullmatch(text):
        return _with_point(text)
    if unit and unit.group(2).lower() == "k":
        value = number_meant(unit.group(1))
        return f"{float(value) * 1000:.12g}" if value else ""
    return number_meant(unit.group(1)) if unit else _checked(text.replace(" ", ""))


def _with_point(text: str) -> str:
    whole, _, decimals = text.rpartition(",")
    whole = whole.replace(".", "").replace(" ", "")
    return f"{whole if whole.strip('+-') else whole + '0'}.{decimals}"


def _checked(text: str) -> str:
    try:
        return text if abs(float(text)) < float("inf") else ""
    except ValueError:
        return ""


def plain(text: str) -> str:
    """The text with ordinary spaces and minus signs, without quotation marks around it."""
    text = " ".join(text.split()).translate(_MINUS)
    while (
        len(text) > 1 and text[0] in f"\"'{OPENING_QUOTES}" and text[-1] in f"\"'{CLOSING_QUOTES}"
    ):
        text = text[1:-1].strip()
    return text


def budget_meant(raw: object, kinds: Sequence[str]) -> str:
    """The spelling of a budget that is spelled otherwise: "300 steps"; "" where nobody knows.

    Args:
        kinds: the units that a budget may have.
    """
    if isinstance(raw, dict) and len(raw) == 1:
        [(unit, amount)] = raw.items()
        raw = f"{amount} {unit}"
    text = plain(str(raw)).replace(":", " ").replace("=", " ")
    found = re.fullmatch(r"(\d[\d.,_]*(?:e\d+)?)\s*(k?)[\s_-]*([^\W\d]+)", text, re.IGNORECASE)
    turned = re.fullmatch(r"([^\W\d]+)\s*(\d[\d.,_]*)", text)
    if not found and not turned:
        return ""
    amount, unit = (found.group(1), found.group(3)) if found else turned.group(2, 1)  # type: ignore[union-attr]
    amount = amount.replace("_", "")
    value = amount.replace(".", "") if _POINTS.fullmatch(amount) else number_meant(amount)
    if not value:
        return ""
    size = float(value) * (1000 if found and found.group(2) else 1)
    if unit.lower() in _TIMES and "seconds" in kinds:
        size, unit = size * _TIMES[unit.lower()], "seconds"
    kind = next((k for k in (unit, f"{unit}s", length_unit(unit)) if k in kinds), "")
    return f"{size:.0f} {kind}" if kind and size >= 1 and float(size).is_integer() else ""
