"""What is not YAML: where the slip is, and what to write instead.

A parser stops where it cannot go on, often a line after the slip. So each rule looks at the lines
around that place, the most telling rule first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ruamel.yaml.error import MarkedYAMLError

from hyperverdict.vocabulary.spellings import CLOSING_QUOTES, OPENING_QUOTES, WIDE_SPACES, odd_space

_KEY = r"[^\s:#\"'\[\]{},][^:#\"'\[\]{},]*?"
_LINE = re.compile(rf"(?P<lead>\s*(?:- )?)(?P<key>{_KEY})\s*:\s+(?P<text>\S.*)")
_GLUED = re.compile(rf"(?P<lead>\s*(?:- )?)(?P<key>{_KEY}):(?P<text>[^\s/].*)")
_EQUALS = re.compile(r"\s*(?:- )?(?P<key>[\w-]+)\s*=\s*(?P<text>\S.*)")
_BARE = re.compile(r"\s*(?P<key>[A-Za-z_][\w-]*)\s+(?P<text>[^:]+)")
# One key with one value.
_ONE = re.compile(r"[\w-]+: (?:[^\s:]+|\{.*\}|\[.*\])")
_INDICATORS = "@`%*&!|>?,]}"
_PAIRS = {"[": "]", "{": "}"}
_LONGEST = 100


@dataclass(frozen=True)
class Broken:
    """Where a parser stopped.

    Attributes:
        problem: in its words.
        line: where it stopped, from 0; start: where what it was reading began.
        end: whether it stopped at the end of the file.
    """

    lines: list[str]
    problem: str
    line: int
    start: int

    def text(self, line: int) -> str:
        """A line; "" beyond the ends."""
        return self.lines[line] if 0 <= line < len(self.lines) else ""

    @property
    def around(self) -> Iterator[tuple[int, str]]:
        """The lines in which the slip may be, the likeliest first: (number from 0, text)."""
        before = next((n for n in range(self.line - 1, -1, -1) if self.lines[n].strip()), -1)
        for number in dict.fromkeys((self.start, self.line, before)):
            if 0 <= number < len(self.lines):
                yield number, self.lines[number]


def explain(error: MarkedYAMLError, text: str) -> tuple[int, str]:
    """(the line of the slip from 1, what is wrong and what to write)."""
    problem = str(error.problem or error.context)
    mark = error.problem_mark or error.context_mark
    line = mark.line if mark else 0
    start = error.context_mark.line if error.context_mark else line
    lines = text.splitlines()
    broken = Broken(lines, problem, min(line, max(len(lines) - 1, 0)), start)
    for rule in _RULES:
        found = rule(broken)
        if found is not None:
            return found[0] + 1, found[1]
    return broken.line + 1, problem


Found = tuple[int, str] | None


def _tab(broken: Broken) -> Found:
    if "'\\t'" not in broken.problem:
        return None
    lead = re.match(r"\s*", broken.text(broken.line))
    if lead and "\t" in lead.group():
        return broken.line, "it is indented with a tab; use spaces"
    return broken.line, "a tab stands in this line; use spaces"


def _open_quote(broken: Broken) -> Found:
    if broken.problem == "found unexpected end of stream":
        return broken.start, "the quote that starts here does not end"
    return None


def _documents(broken: Broken) -> Found:
    if "another document" not in broken.problem:
        return None
    return broken.line, "a second document starts here; one file is one study, so remove this line"


def _odd_space(broken: Broken) -> Found:
    for number, text in broken.around:
        lead = text[: len(text) - len(text.lstrip())]
        after = re.search(rf":[{WIDE_SPACES}]", text)
        if odd_space(text) == "an invisible character" or odd_space(lead) or after:
            name = odd_space(text) or "a non-breaking space"
            return number, f"{name} stands in this line; type its spaces again"
    return None


def _typographic(broken: Broken) -> Found:
    for number, text in broken.around:
        found = _LINE.fullmatch(text.rstrip())
        if found and found["text"][0] in OPENING_QUOTES and found["text"][-1] in CLOSING_QUOTES:
            inner = found["text"][1:-1]
            return number, f"the quotes are typographic; write {found['key']}: {in_quotes(inner)}"
    return None


def _glued(broken: Broken) -> Found:
    for number, text in broken.around:
        found = _GLUED.fullmatch(text)
        if found and not _LINE.fullmatch(text):
            write = f"{found['key']}: {found['text']}"
            return number, f"a space is missing after the colon; write {_short(write)}"
    return None


def _colon_in_text(broken: Broken) -> Found:
    if "mapping values are not allowed" not in broken.problem:
        return None
    found = _LINE.fullmatch(broken.text(broken.line).rstrip())
    if found and re.search(r":(\s|$)", found["text"]) and found["text"][0] not in "\"'[{|>":
        key, text = found["key"], found["text"]
        inner = f"write {key}: {{{text}}}, or " if _ONE.fullmatch(text) else ""
        words = f"{inner}put the text in quotes: {_short(f'{key}: {in_quotes(text)}')}"
        return broken.line, f'unexpected ":"; {words}'
    return None


def _starts_oddly(broken: Broken) -> Found:
    """Text that starts with a character of YAML, or goes on behind a quote or a bracket."""
    number = broken.line
    found = _LINE.fullmatch(broken.text(number).rstrip())
    if found is None:
        return None
    text = found["text"]
    write = _short(f"{found['key']}: {in_quotes(text)}")
    if "undefined alias" in broken.problem:
        return number, f"{broken.problem}; put text that starts with * in quotes: {write}"
    if text[0] in _INDICATORS or text.startswith("- "):
        return number, f"put text that starts with {text[0]} in quotes, as in {write}"
    if text[0] in "\"'[{" and "expected <block end>" in broken.problem:
        if _PAIRS.get(text[0], text[0]) == text[-1] and text[0] in _PAIRS:
            return None
        return number, f"the text goes on after {_closing(text)}; put its text in quotes: {write}"
    return None


def _closing(text: str) -> str:
    return "the closing quote" if text[0] in "\"'" else f"the closing {_PAIRS[text[0]]}"


def _bracket(broken: Broken) -> Found:
    """Brackets that do not close, or close twice."""
    if "expected ',' or" in broken.problem:
        opening = "[" if "']'" in broken.problem.partition("but got")[0] else "{"
        return _unclosed(broken, opening)
    found = re.search(r"found '?([\]}])'?", broken.problem)
    if "expected <block end>" in broken.problem and found:
        return broken.line, f"a {found[1]} closes what is not open; remove it"
    return None


def _unclosed(broken: Broken, opening: str) -> Found:
    """A { or [ without its end, with the wrong end, or with a comma missing in between."""
    said = f"{broken.problem.partition(', but')[0]}: "
    here = broken.text(broken.line)
    got = broken.problem.rpartition("but got")[2].strip(" '\"")
    if got in ("]", "}"):
        return broken.line, f"{said}the {opening} of line {broken.start + 1} ends with {got}"
    colon = re.search(r"(\S+)\s+([\w-]+):\s", here)
    if got == ":" and colon:
        return broken.line, f"{said}a comma is missing before {colon[2]}"
    closing = _PAIRS[opening]
    return broken.line, (
        f"{said}the {opening} of line {broken.start + 1} has no {closing}, or a comma is missing"
    )


def _without_colon(broken: Broken) -> Found:
    if "could not find expected ':'" not in broken.problem:
        return None
    for number, text in broken.around:
        found = _EQUALS.fullmatch(text) or _BARE.fullmatch(text)
        if found and ":" not in text:
            write = _short(f"{found['key']}: {found['text'].strip()}")
            return number, (
                f"this line has no colon; write {write}, or indent it if it belongs to the text "
                "above"
            )
    return broken.start, "this line has no colon; write it as in seeds: 10"


def _indentation(broken: Broken) -> Found:
    if "mapping values are not allowed" in broken.problem:
        before = next((n for n, text in broken.around if n < broken.line), None)
        if before is not None and _BARE.fullmatch(broken.lines[before]):
            return before, "this line has no colon; write it as in seeds: 10"
        return broken.line, f'unexpected ":"; {_depth(broken)}'
    if "expected <block end>" in broken.problem:
        return broken.line, f"{_depth(broken)}, or put its text in quotes"
    return None


def _depth(broken: Broken) -> str:
    """How deep a line is indented, beside the line before."""
    before = (n for n in range(broken.line - 1, -1, -1) if broken.lines[n].strip(" -"))
    other = next(before, None)
    if other is None:
        return "indent the line like its neighbours"
    own, depth = (_spaces(broken.lines[n]) for n in (broken.line, other))
    return (
        f"indent the line like its neighbours (it starts with {own} spaces, line {other + 1} "
        f"with {depth})"
    )


def _spaces(text: str) -> int:
    return len(text) - len(text.lstrip(" "))


def _special(broken: Broken) -> Found:
    """Characters that start no text, where the line is not one of key: text."""
    if "cannot start any token" in broken.problem:
        character = broken.problem.split("'")[1]
        words = f'put text that starts with {character} in quotes, as in says: "{character}..."'
        return broken.line, words
    if "mapping keys are not allowed" in broken.problem or "entries are not" in broken.problem:
        return broken.line, f"{broken.problem}; put its text in quotes"
    return None


def in_quotes(text: str) -> str:
    """Text in straight quotes, of the kind that it does not hold."""
    text = text.strip()
    if '"' not in text and "\\" not in text:
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


_RULES: tuple[Callable[[Broken], Found], ...] = (
    _open_quote,
    _documents,
    _tab,
    _odd_space,
    _typographic,
    _glued,
    _colon_in_text,
    _starts_oddly,
    _bracket,
    _without_colon,
    _special,
    _indentation,
)
