"""Small edits of a study file that leave comments and layout as they are."""

from __future__ import annotations

from difflib import SequenceMatcher
from io import StringIO
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.util import load_yaml_guess_indent

from hyperverdict.errors import UserError, nearest
from hyperverdict.runs.files import write_atomic
from hyperverdict.study.strict_yaml import parse_yaml, read_text

KEY, OLDER_KEY = "seeds", "replicates"
MINIMUM_SEEDS, MAXIMUM_SEEDS = 2, 1000


def set_seeds(file: Path, hypothesis: str, number: int) -> None:
    """Write ``seeds: number`` into one hypothesis of a study file.

    Raises UserError for an unknown hypothesis, a number out of range, a file that is not a study,
    and where writing the file again would change another line of it.
    """
    if not MINIMUM_SEEDS <= number <= MAXIMUM_SEEDS:
        raise UserError(
            f"seeds: {number} must be a whole number from {MINIMUM_SEEDS} to {MAXIMUM_SEEDS}"
        )
    text = read_text(file)
    content, _ = parse_yaml(text, file)
    known = content.get("hypotheses") if isinstance(content, dict) else None
    known = known if isinstance(known, dict) else {}
    if not isinstance(known.get(hypothesis), dict):
        raise UserError(f"{file}: no hypothesis {hypothesis!r}; {nearest(hypothesis, known)}")
    edited = _edited(text, hypothesis, number)
    others_as_before = _without(parse_yaml(edited, file)[0], hypothesis) == _without(
        content, hypothesis
    )
    if not (others_as_before and _differ_in_one_line(text, edited)):
        raise UserError(
            f"{file}: this file cannot be edited safely; set `{KEY}: {number}` under {hypothesis} "
            "yourself"
        )
    line_end = b"\r\n" if b"\r\n" in file.read_bytes() else b"\n"
    write_atomic(file, edited.encode().replace(b"\n", line_end))


def _without(content: dict[str, Any], hypothesis: str) -> dict[str, Any]:
    """The content without the seeds of one hypothesis."""
    entry = content["hypotheses"][hypothesis]
    kept = {key: value for key, value in entry.items() if key not in (KEY, OLDER_KEY)}
    return {**content, "hypotheses": {**content["hypotheses"], hypothesis: kept}}


def _edited(text: str, hypothesis: str, number: int) -> str:
    """The text with the new number, written by ruamel, which keeps comments and most layout."""
    _, sequence, offset = load_yaml_guess_indent(text)
    yaml = YAML()
    yaml.preserve_quotes, yaml.width = True, 10**9
    yaml.indent(mapping=2, sequence=sequence or 2, offset=offset or 0)
    content: Any = yaml.load(text)
    entry = content["hypotheses"][hypothesis]
    if OLDER_KEY in entry:
        entry[OLDER_KEY] = number
    elif KEY in entry:
        entry[KEY] = number
    else:
        entry.insert(0, KEY, number)
    stream = StringIO()
    yaml.dump(content, stream)
    edited = stream.getvalue()
    return edited if text.endswith("\n") else edited.removesuffix("\n")


def _differ_in_one_line(text: str, edited: str) -> bool:
    old, new = text.split("\n"), edited.split("\n")
    changes = [
        (old[a:b], new[c:d])
        for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if kind != "equal"
    ]
    return not changes or (len(changes) == 1 and all(len(lines) <= 1 for lines in changes[0]))
