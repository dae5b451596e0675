"""The names of the scores that a program reports, as far as its source writes them out."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hyperverdict.draft.options import called, literal
from hyperverdict.foreign.names import clean, is_result, role_of, score_of

_ROWS = frozenset({"writerow", "DictWriter", "DataFrame", "dump", "dumps"})
_LOGS = frozenset(
    {"log", "log_dict", "log_metrics", "log_metric", "add_scalar", "report", "log_value"}
)
# Splits by how much a claim about their score is worth; training scores are worth none.
_SPLITS = ("test", "", "eval", "validation")


@dataclass(frozen=True)
class Score:
    """A score to claim about.

    Attributes:
        metric: its name in the study.
        reported: its name in what the program writes.
        validation: the name of the same score on the validation set; "" where there is none.
    """

    metric: str
    reported: str
    validation: str = ""


def reported_names(trees: Iterable[ast.Module]) -> list[str]:
    """Names of columns and metrics that modules write, in order."""
    known = tuple(trees)
    written = _scores(name for tree in known for name in _names(tree))
    return written or _scores(name for tree in known for name in _kept(tree))


def returned_names(function: ast.FunctionDef) -> list[str]:
    """Names of the scores in what a function returns, in order."""
    returned = (node.value for node in ast.walk(function) if isinstance(node, ast.Return))
    return _scores(n for d in returned if isinstance(d, ast.Dict) for n in _texts(d, {}))


def _scores(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for name in names if _is_score(name)))


def _kept(tree: ast.Module) -> Iterator[str]:
    """Keys of the mappings that a module appends to a list, as it does before it writes them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) == "append":
            yield from (n for a in node.args if isinstance(a, ast.Dict) for n in _texts(a, {}))


def _names(tree: ast.Module) -> Iterator[str]:
    constants = {
        node.targets[0].id: literal(node.value, {})
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        function = called(call)
        arguments = [*call.args, *(word.value for word in call.keywords)]
        if function in _ROWS or function in _LOGS:
            for argument in arguments:
                yield from _texts(argument, constants)
            if function in _LOGS:
                yield from (w.arg for w in call.keywords if w.arg and is_result(clean(w.arg)))
        elif function in ("write", "print"):
            yield from (name for a in arguments for name in _header(literal(a, {})))


def _texts(node: ast.expr, constants: dict[str, object]) -> Iterator[str]:
    """Keys of a mapping, or the texts of a list, as they are written out."""
    if isinstance(node, ast.Dict):
        keys = [key.value for key in node.keys if isinstance(key, ast.Constant)]
        yield from (key for key in keys if isinstance(key, str))
    elif isinstance(node, (ast.List, ast.Tuple)):
        values = [item.value for item in node.elts if isinstance(item, ast.Constant)]
        if len(values) == len(node.elts):
            yield from (value for value in values if isinstance(value, str))
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from [node.value] if is_result(clean(node.value)) else []
    elif isinstance(node, ast.Name):
        known = constants.get(node.id)
        if isinstance(known, (list, tuple)):
            yield from (value for value in known if isinstance(value, str))


def _header(text: object) -> list[str]:
    """The columns of a line that reads like the head of a CSV file."""
    if not isinstance(text, str):
        return []
    cells = [cell.strip() for cell in re.split(r"[,;\t]", text.strip())]
    is_head = len(cells) > 1 and all(re.fullmatch(r"[A-Za-z][\w /.-]{0,40}", c) for c in cells)
    return cells if is_head and any(is_result(clean(c)) for c in cells) else []


def _is_score(name: str) -> bool:
    role = role_of(clean(name))
    return role is not None and role[0] == "metric" and not score_of(name).is_best


def scores_to_claim(names: Iterable[str]) -> list[Score]:
    """The scores that a claim can be about, the most telling first; one for each metric."""
    known = [(score_of(name), name) for name in names]
    order = sorted(
        (pair for pair in known if pair[0].split in _SPLITS),
        key=lambda pair: (_SPLITS.index(pair[0].split), pair[0].metric == "loss"),
    )
    validation = {
        score.metric: name for score, name in reversed(known) if score.split == "validation"
    }
    found: dict[str, Score] = {}
    for score, name in order:
        metric = clean(score.metric) or clean(name)
        other = validation.get(score.metric, "")
        found.setdefault(metric, Score(metric, name, other if other != name else ""))
    return list(found.values())
