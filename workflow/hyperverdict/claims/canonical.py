"""The terms of a claim in one plain spelling, as registrations fix them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hyperverdict.errors import UserError
from hyperverdict.vocabulary.budget import parse_budget
from hyperverdict.vocabulary.hyperparameters import as_number, number_text


def canonical(content: Any) -> Any:
    """Plain content in one spelling: 1e-3, '0.001' and 0.001 are one level.

    Budgets too ('300 step' is '300 steps'). Registrations depend on it, so it never changes.
    """
    if isinstance(content, Mapping):
        return {str(key): canonical(value) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [canonical(item) for item in content]
    if isinstance(content, bool):
        return content
    try:
        return number_text(as_number(content))
    except UserError:
        pass
    try:
        return str(parse_budget(content))
    except UserError:
        return str(content)
