"""The one exception that a user sees: a message, never a traceback."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class UserError(Exception):
    """Something in the user's input is wrong; the message says what, where and what is allowed.

    Attributes:
        line: of the file that the message is about; 0 where it names none.
        within: the message without the file's name, for a list of the errors of one file.
        about: the word of the input that is wrong, such as a hyperparameter; "" for none. It
            finds the line.
    """

    def __init__(
        self, message: str = "", *, line: int = 0, within: str = "", about: str = ""
    ) -> None:
        super().__init__(message)
        self.line, self.within, self.about = line, within or message, about


# What a reader corrects before the next look; one mistake may stand a thousand times in a file.
MOST_ERRORS = 30


def combined(errors: Iterable[UserError], file: object = "") -> UserError:
    """One error for all that are wrong in a file: itself where it is alone, else a list by line.

    The list ends after `MOST_ERRORS`, and says how many more there are.
    """
    distinct = {str(error): error for error in errors}
    found = sorted(distinct.values(), key=lambda error: error.line)
    if len(found) == 1:
        return found[0]
    head = f"{file}: {len(found):,} errors" if file else f"{len(found):,} errors"
    kinds = {type(error) for error in found}
    kind = kinds.pop() if len(kinds) == 1 else UserError
    shown = [f"  {error.within}" for error in found[:MOST_ERRORS]]
    if len(found) > len(shown):
        shown.append(f"  and {len(found) - len(shown):,} more")
    return kind("\n".join([head, *shown]))


def first_line(error: BaseException) -> str:
    """The first line of another program's message, or the name of its error where it has none."""
    return (str(error).strip() or type(error).__name__).splitlines()[0]


# How like a word is to a name, for it to be a typing error before all else (0 to 1).
TYPING_ERROR = 0.84


def match(word: object, allowed: Iterable[str], cutoff: float = 0.6) -> str:
    """The name that an unknown word most likely stands for; "" where none is near.

    Args:
        cutoff: from which likeness (0 to 1) on a name is near.
    """
    names = sorted(allowed)
    same = (name for name in names if _letters(name) == _letters(str(word)) != "")
    return next(same, "") or next(iter(get_close_matches(str(word), names, 1, cutoff)), "")


def _letters(word: str) -> str:
    return "".join(character for character in word.casefold() if character.isalnum())


def nearest(word: object, allowed: Iterable[str]) -> str:
    """The hint after an unknown word: its nearest match, or all that is allowed."""
    names = sorted(allowed)
    near = match(word, names)
    return f"did you mean {near!r}?" if near else f"allowed: {', '.join(names)}"
