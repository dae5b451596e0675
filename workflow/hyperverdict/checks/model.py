"""What a check is: one function with an id, a title, a level, and a remedy."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from hyperverdict.checks.context import CheckContext
from hyperverdict.outcomes.elsewhere import Level
from hyperverdict.words.numbers import upper

Status = Literal["fired", "passed", "not applicable"]


@dataclass(frozen=True)
class Finding:
    """What a check that fired says.

    Attributes:
        sentence: one plain sentence with its numbers.
        gravity: order among findings of one level, larger is graver.
        remedy: what to do about this finding, where the check's own remedy would not help.
        headline: what a blocking finding puts in the headline: "no replication", "confounded",
            "leak", ...; "" for the others.
    """

    level: Level
    sentence: str
    gravity: float
    headline: str = ""
    remedy: str = ""


class NotApplicable:
    """What a check gives that has nothing to look at here."""


NOT_APPLICABLE = NotApplicable()
# None: it looked and found nothing wrong.
Found = Finding | NotApplicable | None


@dataclass(frozen=True)
class Check:
    """A validity check.

    Attributes:
        id: a word such as `untuned_learning_rate`, stable across versions.
        title: a statement that holds when it passes: "Learning rate tuned per arm".
        levels: what it can be when it fires, gravest first.
        explains: what it looks at and why that matters, for docs/checks.md.
        remedy: what to do when it fires, one sentence.
        look: the function; it sees the context and says what it found.
    """

    id: str
    title: str
    levels: tuple[Level, ...]
    explains: str
    remedy: str
    look: Callable[[CheckContext], Found]


def check(
    *levels: Level, title: str, explains: str, remedy: str
) -> Callable[[Callable[[CheckContext], Found]], Check]:
    """A check of the function below, under the function's name as its id."""
    return lambda look: Check(look.__name__, title, levels, explains, remedy, look)


def blocks(sentence: str, headline: str, gravity: float, remedy: str = "") -> Finding:
    """A finding that keeps the evidence from being a verdict."""
    return Finding("blocks", upper(sentence), gravity, headline, remedy)


def caveat(sentence: str, gravity: float) -> Finding:
    """A finding that a reader of the verdict must know."""
    return Finding("caveat", upper(sentence), gravity)


@dataclass(frozen=True)
class CheckResult:
    """What one check found on one question.

    Attributes:
        level: of the finding; the gravest it can be where it did not fire.
        sentence: the finding's; "" where it did not fire.
        headline, gravity: see `Finding`.
        remedy: what to do about it, where it fired.
    """

    id: str
    title: str
    level: Level
    status: Status
    sentence: str = ""
    headline: str = ""
    gravity: float = 0.0
    remedy: str = ""

    @property
    def fired(self) -> bool:
        """Whether it found something."""
        return self.status == "fired"


def run(check: Check, context: CheckContext) -> CheckResult:
    """What a check finds, or what the reader of a table from elsewhere has found for it."""
    noted = context.notes.findings.get(check.id)
    if noted is None:
        found = check.look(context)
    else:
        level, sentence, headline, gravity = noted
        found = Finding(level, sentence, gravity, headline)
    if isinstance(found, Finding):
        return CheckResult(
            check.id, check.title, found.level, "fired", found.sentence, found.headline,
            found.gravity, found.remedy or check.remedy,
        )  # fmt: skip
    status: Status = "passed" if found is None else "not applicable"
    return CheckResult(check.id, check.title, check.levels[0], status)
