"""Values as a study file writes them in one line, for messages that say what to write."""

from __future__ import annotations

import re
from typing import Any

from hyperverdict.vocabulary.budget import KINDS
from hyperverdict.vocabulary.hyperparameters import number_text
from hyperverdict.vocabulary.spellings import budget_meant

_LONGEST = 60
# Text that YAML would read as something else, or not at all, without quotes.
_NEEDS_QUOTES = re.compile(r"""[\[\]{}"'#&*!|>%@`,]|^[-?:] |: |:$|^$|^\s|\s$""")


def flow_text(value: Any) -> str:
    """A value in one line: {from: 4, to: 128}; "..." for a long one."""
    if value is None:
        return "..."
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return number_text(value)
    if isinstance(value, dict):
        text = f"{{{', '.join(f'{k}: {flow_text(v)}' for k, v in value.items())}}}"
    elif isinstance(value, (list, tuple)):
        text = f"[{', '.join(map(flow_text, value))}]"
    else:
        text = quoted(value) if isinstance(value, str) else str(value)
    return text if len(text) <= _LONGEST else "..."


def quoted(text: str) -> str:
    """Text in quotes where it needs them."""
    if not _NEEDS_QUOTES.search(text):
        return text
    return f"'{text}'" if '"' in text and "'" not in text else '"' + text.replace('"', '\\"') + '"'


def length_text(unit: str, value: Any) -> str:
    """A budget to write: "5 epochs"; one of 300 steps where the value does not say it.

    Args:
        unit: that a key names, "" for none.
    """
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return f"{value} {unit or 'steps'}"
    meant = budget_meant(f"{value} {unit}" if str(value).isdigit() else value, KINDS)
    return meant or f"300 {unit or 'steps'}"
