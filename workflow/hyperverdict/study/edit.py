"""Small edits of a study file that leave comments and everything else as they are."""

from __future__ import annotations

from pathlib import Path

import yaml

from hyperverdict.errors import UserError, nearest
from hyperverdict.study.strict_yaml import read_yaml

KEY = "replicates"
MOST = 1000


def set_replicates(file: Path, hypothesis: str, number: int) -> None:
    """Write ``replicates: number`` into one hypothesis of a study file.

    Raises UserError for an unknown hypothesis, a number out of range or a file that is no study.
    """
    if not 2 <= number <= MOST:
        raise UserError(f"replicates {number} must be a whole number from 2 to {MOST}")
    content, _ = read_yaml(file)
    known = content.get("hypotheses") if isinstance(content, dict) else None
    if not isinstance(known, dict) or hypothesis not in known:
        allowed = list(known) if isinstance(known, dict) else []
        raise UserError(f"{file}: no hypothesis {hypothesis!r}; {nearest(hypothesis, allowed)}")
    text = file.read_text(encoding="utf-8")
    edited = _edited(text, _node(text, hypothesis), number)
    temporary = file.with_name(f".{file.name}.part")
    temporary.write_text(edited, encoding="utf-8")
    if _without(read_yaml(temporary)[0], hypothesis) != _without(content, hypothesis):
        temporary.unlink()
        raise UserError(f"{file}: set {KEY}: {number} under {hypothesis} by hand")
    temporary.replace(file)


def _without(content: dict[str, dict[str, dict[str, object]]], hypothesis: str) -> object:
    """The content but for the replicates of one hypothesis."""
    kept = {k: v for k, v in content["hypotheses"][hypothesis].items() if k != KEY}
    return {**content, "hypotheses": {**content["hypotheses"], hypothesis: kept}}


def _node(text: str, hypothesis: str) -> yaml.MappingNode:
    node: yaml.Node | None = yaml.compose(text, Loader=yaml.SafeLoader)
    for key in ("hypotheses", hypothesis):
        assert isinstance(node, yaml.MappingNode)
        node = next(value for name, value in node.value if name.value == key)
    assert isinstance(node, yaml.MappingNode)
    return node


def _edited(text: str, node: yaml.MappingNode, number: int) -> str:
    for name, value in node.value:
        if name.value == KEY:
            start, end = value.start_mark.index, value.end_mark.index
            return f"{text[:start]}{number}{text[end:]}"
    start = node.value[0][0].start_mark
    if node.flow_style:
        return f"{text[: start.index]}{KEY}: {number}, {text[start.index :]}"
    return f"{text[: start.index]}{KEY}: {number}\n{' ' * start.column}{text[start.index :]}"
