"""Small edits of a study file that leave everything else in it as it is, byte for byte."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from hyperverdict.errors import UserError, nearest
from hyperverdict.runs.files import write_atomic
from hyperverdict.study.strict_yaml import parse_yaml, read_text

KEY, OLDER_KEY = "seeds", "replicates"
MINIMUM_SEEDS, MAXIMUM_SEEDS = 2, 1000


def set_seeds(file: Path, hypothesis: str, number: int) -> None:
    """Write ``seeds: number`` into one hypothesis of a study file.

    Raises UserError for an unknown hypothesis, a number out of range or at which no look is
    listed, a hypothesis that lists its seeds, and a file in which the place cannot be found.
    """
    if not MINIMUM_SEEDS <= number <= MAXIMUM_SEEDS:
        raise UserError(
            f"seeds: {number} must be a whole number from {MINIMUM_SEEDS} to {MAXIMUM_SEEDS}"
        )
    text = read_text(file)
    content, _ = parse_yaml(text, file)
    content = content if isinstance(content, dict) else {}
    entry = _entry(content, hypothesis, file)
    looks = content.get("looks")
    if isinstance(looks, list) and number not in looks:
        raise UserError(f"{file}: no look is listed at {number} seeds: looks: {looks}")
    key = OLDER_KEY if OLDER_KEY in entry else KEY
    known = content["hypotheses"]
    wanted = {**content, "hypotheses": {**known, hypothesis: {**entry, key: number}}}
    edited = _edited(text, hypothesis, number)
    if edited is None or parse_yaml(edited, file)[0] != wanted:
        raise UserError(
            f"{file}: this file cannot be edited safely; set `{key}: {number}` under {hypothesis} "
            "yourself"
        )
    bom, crlf = (mark in file.read_bytes() for mark in (b"\xef\xbb\xbf", b"\r\n"))
    raw = edited.encode().replace(b"\n", b"\r\n") if crlf else edited.encode()
    write_atomic(file, b"\xef\xbb\xbf" + raw if bom else raw)


def _entry(content: dict[str, Any], hypothesis: str, file: Path) -> dict[str, Any]:
    known = content.get("hypotheses")
    known = known if isinstance(known, dict) else {}
    if hypothesis not in known:
        if not known:
            raise UserError(f"{file}: the file has no hypotheses")
        raise UserError(f"{file}: no hypothesis {hypothesis!r}; {nearest(hypothesis, known)}")
    entry = known[hypothesis]
    if not isinstance(entry, dict) or not entry:
        raise UserError(f"{file}: hypothesis {hypothesis!r} has no content")
    if KEY in entry and OLDER_KEY in entry:
        raise UserError(
            f"{file}: {hypothesis} has {KEY} and {OLDER_KEY}, its older name; remove one"
        )
    if isinstance(entry.get(KEY, entry.get(OLDER_KEY)), list):
        raise UserError(f"{file}: {hypothesis} lists its seeds one by one; add further ones there")
    return entry


def _edited(text: str, hypothesis: str, number: int) -> str | None:
    """The text with the new number; None where its place is not plain."""
    yaml = YAML()
    yaml.allow_duplicate_keys = True
    entry: Any = yaml.load(text)["hypotheses"][hypothesis]
    key = next((name for name in (KEY, OLDER_KEY) if name in entry), None)
    lines = text.split("\n")
    if key is not None:
        line, column = entry.lc.value(key)
        changed = re.sub(r"\A[0-9_.eE+]+", str(number), lines[line][column:])
        lines[line] = lines[line][:column] + changed
        return "\n".join(lines)
    first = next(iter(entry))
    if first not in entry.lc.data:
        return None
    line, column = entry.lc.key(first)
    before, after = lines[line][:column], lines[line][column:]
    new = f"{KEY}: {number}"
    flow = entry.fa.flow_style()
    lines[line] = f"{before}{new}, {after}" if flow else f"{before}{new}\n{' ' * column}{after}"
    return "\n".join(lines)
