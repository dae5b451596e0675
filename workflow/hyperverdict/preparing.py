"""Data of the user's own, prepared while a study is read: where it needs their size, or where they
were prepared from something else before.

A child process reads them, so that nothing heavy is imported here and the user's code runs apart.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from hyperverdict.apart import prepare_apart
from hyperverdict.errors import UserError
from hyperverdict.runs.sealed import read_json
from hyperverdict.vocabulary.datasets import FACTS_FILE
from hyperverdict.vocabulary.users import Users, read_prepared_name


class Preparer:
    """Prepares data sets of the user's own, each at most once.

    Args:
        say: is told what is prepared, and why.
        every: prepare each data set that is met; else those whose size is needed, and those that
            were prepared from something else.
    """

    def __init__(self, say: Callable[[str], None], *, every: bool = False) -> None:
        self._say, self._every = say, every
        self._met: set[str] = set()

    def meet(self, name: str, users: Users) -> None:
        """Prepare a data set again whose code, arguments or files have changed since."""
        if name in self._met:
            return
        self._met.add(name)
        if (users.prepared / name / FACTS_FILE).exists():
            if is_outdated(name, users):
                self._say(
                    f"Preparing {name} again: its code or files have changed.{_by(name, users)}"
                )
                prepare_apart(name, users)
        elif self._every:
            self._say(f"Preparing {name}.{_by(name, users)}")
            prepare_apart(name, users)

    def need(self, name: str, users: Users) -> None:
        """Prepare a data set whose size is needed."""
        self._say(f"Preparing {name}: its size is needed.{_by(name, users)}")
        prepare_apart(name, users)


def _by(name: str, users: Users) -> str:
    """Which function makes data whose name does not say so: it is named before it runs."""
    data, _ = read_prepared_name(name, users)
    return f" {data.call} makes it." if data and data.call and data.name != data.call else ""


def is_outdated(name: str, users: Users) -> bool:
    """Whether a prepared copy was made from other code, arguments or files than are there now.

    Not so where its source is not there any more: then the copy is what remains. Raises UserError
    where the study names another source than the copy was made from, and that is not there.
    """
    from hyperverdict.training.own_data import made_from, remains_of

    try:
        facts = read_json(users.prepared / name / FACTS_FILE)
        before = facts.get("made_from")
    except (OSError, ValueError, AttributeError):
        return True
    try:
        return bool(before != made_from(name, users))
    except UserError:
        if remains_of(name, users, facts):
            return False
        raise


def prepare_in_job(name: str, folder: Path, users: Users) -> None:
    """Prepare a data set in a job of its own: ours here, the user's in a process of its own.

    Args:
        folder: where its prepared copy goes, below the folder of all of them.
    """
    from hyperverdict.training.data import prepare

    users = replace(users, prepared=folder.parent)
    if read_prepared_name(name, users)[0] is None:
        prepare(name, users.prepared.parent, folder, users)
    else:
        prepare_apart(name, users)
