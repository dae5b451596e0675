"""Budgets: how much training a run gets, and how one kind becomes another.

Steps are the canonical kind. ``seconds`` becomes steps through the timing table only
when a run starts.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hyperverdict.errors import UserError, nearest
from hyperverdict.vocabulary.spellings import budget_meant, number_hint

# One of `KINDS`, or the unit in which a training of the user's own is told its length.
BudgetKind = str
KINDS: tuple[BudgetKind, ...] = ("steps", "samples", "epochs", "seconds")
# More than any training has.
MAXIMUM_AMOUNT = 10**12
_COMMAS, _POINTS = re.compile(r"\d{1,3}(,\d{3})+"), re.compile(r"\d{1,3}(\.\d{3})+")


@dataclass(frozen=True, order=True)
class Budget:
    """An amount of training: optimizer steps, samples seen, full passes, seconds of training, or
    another unit of a training of the user's own.
    """

    kind: BudgetKind
    amount: int

    def __post_init__(self) -> None:
        if self.amount < 1:
            raise UserError(f"budget {self} must be at least 1 {self.kind}")

    def __str__(self) -> str:
        unit = self.kind.removesuffix("s") if self.amount == 1 else self.kind
        return f"{self.amount:,} {unit}"

    @property
    def slug(self) -> str:
        """The budget as a path component, e.g. ``steps~300``."""
        return f"{self.kind}~{self.amount}"


def parse_budget(text: object, kinds: Sequence[BudgetKind] = KINDS) -> Budget:
    """Read ``300 steps``, ``38_400 samples``, ``5 epochs`` or ``5 seconds`` (singular too).

    Raises UserError when the amount is not a whole number above 0 or the kind is unknown.
    """
    words = [] if isinstance(text, (list, dict)) else str(text).split()
    meant = budget_meant(text, kinds)
    hint = f"; write {meant}" if meant else ""
    if len(words) != 2:
        like = "300 steps" if "steps" in kinds else f"10 {kinds[0]}"
        bare = len(words) == 1 and _amount(words[0]) is not None and len(kinds) == 1
        hint = f"; write {words[0]} {kinds[0]}" if bare else hint
        how = hint or f" (kinds: {', '.join(kinds)})"
        raise UserError(f"budget {text!r} must read like '{like}'{how}")
    amount_text, kind = words
    kind = kind if kind in kinds or kind.endswith("s") else kind + "s"
    if kind not in kinds:
        raise UserError(
            f"budget {text!r}: unknown kind {words[1]!r}{hint or f'; {nearest(kind, kinds)}'}"
        )
    amount = _amount(amount_text)
    if amount is None:
        hint = hint or number_hint(amount_text)
        raise UserError(f"budget {text!r}: {amount_text!r} is not a number{hint}")
    if amount > MAXIMUM_AMOUNT:
        raise UserError(f"budget {text!r}: the amount is at most {MAXIMUM_AMOUNT:,} {kind}")
    if not amount.is_integer() or amount < 1:
        raise UserError(f"budget {text!r}: the amount must be a whole number of {kind}, at least 1")
    return Budget(kind, int(amount))


def _amount(text: str) -> float | None:
    """The number of a budget; a comma may stand between thousands, a point may not."""
    if _POINTS.fullmatch(text):
        return None
    text = text.replace(",", "") if _COMMAS.fullmatch(text) else text
    try:
        # An underscore stands between digits, one at a time.
        return float(text)
    except ValueError:
        return None


def shown_budget(text: str) -> Budget:
    """The budget that `str` has shown, in whatever unit."""
    word = (text.split() or [""])[-1]
    return parse_budget(text, (*KINDS, word if word.endswith("s") else f"{word}s", word))


def steps_per_epoch(batch_size: int, train_size: int) -> int:
    """Steps of one full pass; the last batch of a pass may be smaller."""
    return -(-train_size // batch_size)


def samples_after(steps: int, batch_size: int, train_size: int) -> int:
    """Samples seen after `steps` optimizer steps."""
    passes, rest = divmod(steps, steps_per_epoch(batch_size, train_size))
    return passes * train_size + min(rest * batch_size, train_size)


def to_steps(budget: Budget, batch_size: int, train_size: int) -> Budget:
    """The canonical budget: steps for all kinds but seconds, which stay as they are.

    Samples are rounded up to the step that reaches them.
    """
    if budget.kind in ("steps", "seconds"):
        return budget
    per_epoch = steps_per_epoch(batch_size, train_size)
    if budget.kind == "epochs":
        return Budget("steps", budget.amount * per_epoch)
    passes, rest = divmod(budget.amount, train_size)
    return Budget("steps", passes * per_epoch + -(-rest // batch_size))
