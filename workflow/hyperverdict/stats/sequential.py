"""Looking more than once: the alpha that each look may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class LookRule(Protocol):
    """How much of the error probability the present look may use."""

    def nominal(self, alpha: float, n: int) -> float:
        """The two-sided alpha of a plain t interval on `n` seeds that keeps the rule's `alpha`."""
        ...

    def planned(self, alpha: float, n: int) -> float:
        """The same for a future look at `n` seeds, when seeds needed are quoted."""
        ...


@dataclass(frozen=True)
class SingleLook:
    """One look only: the plain t interval."""

    def nominal(self, alpha: float, n: int) -> float:
        """Alpha itself."""
        return alpha

    def planned(self, alpha: float, n: int) -> float:
        """Alpha itself."""
        return alpha


SINGLE_LOOK = SingleLook()
