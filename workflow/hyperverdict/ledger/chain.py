"""The ledger's file: append-only, one JSON object a line, chained by hashes.

Each line is one JSON object that holds the hash of the line before it and its own. A small file
beside it keeps the number and hash of the last line, so that lines cut from the end are missed too.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.heads import HEAD_SUFFIX, head_text, read_head
from hyperverdict.words.numbers import listed

Kind = Literal["registration", "look", "rejudged"]
START = "0" * 64


@dataclass(frozen=True)
class Line:
    """One line: what happened, when, and its place in the chain."""

    number: int
    kind: str
    time: str
    content: Mapping[str, Any]
    previous: str
    hash: str


@dataclass(frozen=True)
class Head:
    """A ledger's last line, which stands for all lines up to it.

    Attributes:
        line: its number.
        hash: its SHA-256, in hexadecimal.
    """

    line: int
    hash: str


@dataclass(frozen=True)
class Witness:
    """A head that something outside the ledger has recorded; `who`: "the runs", "the report"."""

    head: Head
    who: str


@dataclass(frozen=True)
class Ledger:
    """What a ledger says, and what is wrong with it.

    Attributes:
        lines: those that are as they were written; nothing is judged by others.
        problems: one sentence for every edited, unreadable or missing line; empty when sound.
    """

    path: Path
    lines: tuple[Line, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def head(self) -> Head | None:
        """Number and hash of the last line; None before there is any."""
        return Head(self.lines[-1].number, self.lines[-1].hash) if self.lines else None

    def checked(self, witnesses: Iterable[Witness]) -> Ledger:
        """The same ledger; what others saw of it and it no longer holds is among its problems."""
        known = {line.number: line.hash for line in self.lines}
        lost: dict[str, set[int]] = {}
        for witness in witnesses:
            if known.get(witness.head.line) != witness.head.hash:
                lost.setdefault(witness.who, set()).add(witness.head.line)
        return replace(self, problems=self.problems + tuple(_rewritten(lost)))

    def of_kind(self, kind: Kind, question: str | None = None) -> tuple[Line, ...]:
        """Lines of one kind, of one question when given, in order."""
        return tuple(
            line
            for line in self.lines
            if line.kind == kind and question in (None, line.content.get("question"))
        )


def read_ledger(path: Path) -> Ledger:
    """Read and verify a ledger; one that was never written is empty and sound."""
    lines: list[Line] = []
    problems: list[str] = []
    previous, expected = START, 1
    for position, text in enumerate(_texts(path), start=1):
        line = _parse(text)
        if line is None:
            problems.append(f"Line {position} of the ledger cannot be read.")
            continue
        if line.number > expected:
            missing = line.number - expected
            problems.append(
                f"{missing} of the lines before line {line.number} of the ledger are gone."
            )
        elif line.previous != previous:
            problems.append(f"Line {line.number} of the ledger does not follow the line before it.")
        if line.hash == _hash_of(line):
            lines.append(line)
        else:
            problems.append(f"Line {line.number} of the ledger was edited.")
        previous, expected = line.hash, line.number + 1
    problems += _cut_short(path, expected - 1, previous)
    return Ledger(path, tuple(lines), tuple(problems))


def append(path: Path, entries: Iterable[tuple[Kind, Mapping[str, Any]]]) -> Ledger:
    """Add one line per entry, flushed to disk, and give the ledger as it then is."""
    ledger = read_ledger(path)
    entries = list(entries)
    if not entries:
        if ledger.head is not None and read_head(_head_file(path)) is None:
            # Lost or damaged; the next look would miss lines that are cut from the end.
            _write_head(path, ledger.head.line, ledger.head.hash)
        return ledger
    number = ledger.lines[-1].number if ledger.lines else 0
    previous = ledger.lines[-1].hash if ledger.lines else START
    number = max(number, _read_head(path).line)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    texts = []
    for kind, content in entries:
        number += 1
        line = Line(number, kind, now, json.loads(_canonical(content)), previous, "")
        previous = _hash_of(line)
        texts.append(_canonical({**_body(line), "hash": previous}))
    _append_texts(path, texts)
    _write_head(path, number, previous)
    return read_ledger(path)


def _rewritten(lost: Mapping[str, set[int]]) -> list[str]:
    """One sentence for each witness whose lines are not the ledger's."""
    return [
        f"The ledger was rewritten: its {listed(f'line {n}' for n in sorted(lines))} "
        f"{'is' if len(lines) == 1 else 'are'} not what {who} recorded."
        for who, lines in sorted(lost.items())
    ]


def _append_texts(path: Path, texts: Iterable[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab") as file:
        # A line that a killed writer left unfinished must not swallow ours.
        if file.tell() and path.read_bytes()[-1:] != b"\n":
            file.write(b"\n")
        file.write("".join(text + "\n" for text in texts).encode())
        file.flush()
        os.fsync(file.fileno())


def _texts(path: Path) -> list[str]:
    if not path.exists():
        return []
    return [text for text in path.read_text(errors="replace").splitlines() if text.strip()]


def _parse(text: str) -> Line | None:
    try:
        raw = json.loads(text)
        texts = [raw[name] for name in ("kind", "time", "previous", "hash")]
        if not all(isinstance(part, str) for part in texts) or type(raw["line"]) is not int:
            return None
        if not isinstance(raw["content"], dict):
            return None
        kind, time, previous, own = texts
        line = Line(raw["line"], kind, time, raw["content"], previous, own)
        _hash_of(line)  # what has none, such as content with NaN, was not written by us
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return line


def _body(line: Line) -> dict[str, Any]:
    return {
        "line": line.number,
        "kind": line.kind,
        "time": line.time,
        "content": line.content,
        "previous": line.previous,
    }


def _hash_of(line: Line) -> str:
    return sha256_of(_body(line))


def sha256_of(content: Mapping[str, Any]) -> str:
    """SHA-256 of a mapping's canonical JSON, in hexadecimal."""
    return hashlib.sha256(_canonical(content).encode()).hexdigest()


def _canonical(content: Mapping[str, Any]) -> str:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), allow_nan=False)


def _head_file(path: Path) -> Path:
    return path.with_suffix(HEAD_SUFFIX)


def _read_head(path: Path) -> Head:
    return Head(*(read_head(_head_file(path)) or (0, START)))


def _write_head(path: Path, number: int, last: str) -> None:
    write_atomic(_head_file(path), head_text(number, last).encode())


def _cut_short(path: Path, number: int, last: str) -> list[str]:
    head = _read_head(path)
    if number < head.line:
        return [f"The last {head.line - number} of the ledger's {head.line} lines are gone."]
    if number and number == head.line and last != head.hash:
        return ["The last line of the ledger is not the one that was written."]
    return []
