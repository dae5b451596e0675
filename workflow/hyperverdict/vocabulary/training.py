"""A training of the user's own: a command or a function, and what it is made of."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

# The hyperparameter that names the training in paths; no claim varies it.
TRAIN = "train"
# What a command may be given beside hyperparameters and the budget.
SEED, METRICS, CHECKPOINT, TENSORBOARD, DEVICE = (
    "seed", "metrics", "checkpoint", "tensorboard", "device",
)  # fmt: skip
# What a function reports through.
LOG = "log"
PLACEHOLDERS = (SEED, METRICS, CHECKPOINT, TENSORBOARD, DEVICE)
# The budget of a training that is not told how long to train.
WHOLE = "trainings"


@dataclass(frozen=True)
class Training:
    """How a study's runs are made.

    Attributes:
        name: of the training, and of the folder of its runs: ``train~NAME``.
        command: words of the command with placeholders; empty for a function.
        call: ``module:function``; "" for a command.
        unit: in which it is told how long to train, such as "epochs"; "trainings" where it is not
            told.
        code: files and folders that it is made of, as the study names them.
        data: files and folders that it reads.
        scores: metric name -> its name in what the training reports.
        validation: the same for the scores on which choices are made.
        fractions: metrics that are fractions, so at most 1 -> "higher" or "lower", which is better.
        folders: where a function's module is looked for before Python's own places.
        packages: modules and packages outside the study's folder from which it may come.
        arguments: hyperparameters that a function takes.
        takes_log: a function takes `log`.
        stops_early: it may end before the budget by its own choice.
        stated: the part of the study file that says all this, as plain values.
    """

    name: str
    command: tuple[str, ...] = ()
    call: str = ""
    unit: str = WHOLE
    code: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    scores: Mapping[str, str] = field(default_factory=dict)
    validation: Mapping[str, str] = field(default_factory=dict)
    fractions: Mapping[str, str] = field(default_factory=dict, compare=False)
    folders: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    takes_log: bool = False
    stops_early: bool = False
    stated: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def title(self) -> str:
        """How runs are made, for people: the command, or the function's name."""
        return self.call or " ".join(self.command)

    @property
    def program(self) -> str:
        """What makes the runs, in few words: the function, or the command without its options."""
        words = takewhile(lambda w: not w.startswith("-") and "{" not in w, self.command)
        return self.call or " ".join(words) or self.command[0]

    @property
    def told_length(self) -> bool:
        """Whether it is told how long to train."""
        return self.unit != WHOLE

    def uses(self, placeholder: str) -> bool:
        """Whether the command has this placeholder; a function has what it is called with."""
        return placeholder in placeholders(self.command)


def placeholders(words: Iterable[str]) -> tuple[str, ...]:
    """Names in braces, in order, without repetitions; ``{{`` and ``}}`` are literal braces.

    Raises ValueError for a brace that does not close.
    """
    return tuple(dict.fromkeys(name for word in words for name, _ in pieces(word) if name))


def pieces(word: str) -> list[tuple[str, str]]:
    """A word as (placeholder, "") and ("", literal text), in order."""
    found: list[tuple[str, str]] = []
    literal, rest = "", word
    while rest:
        if rest[:2] in ("{{", "}}"):
            literal, rest = literal + rest[0], rest[2:]
        elif rest[0] == "{":
            name, closed, rest = rest[1:].partition("}")
            if not closed or not name.isidentifier():
                raise ValueError(f"{{{name}" + closed)
            found += [("", literal)] if literal else []
            found.append((name, ""))
            literal = ""
        elif rest[0] == "}":
            raise ValueError("}")
        else:
            literal, rest = literal + rest[0], rest[1:]
    return [*found, ("", literal)] if literal else found


def filled(words: Iterable[str], arguments: Mapping[str, tuple[str, ...]]) -> list[str]:
    """The words of a command with their placeholders replaced.

    Args:
        arguments: placeholder -> what stands for it: one text, or none where the word is left out.

    A value is one argument whatever it holds: no shell reads it.
    """
    result = []
    for word in words:
        parts = pieces(word)
        values = [arguments[name] for name, _ in parts if name]
        if any(not value for value in values):
            continue
        result.append("".join(arguments[name][0] if name else text for name, text in parts))
    return result
