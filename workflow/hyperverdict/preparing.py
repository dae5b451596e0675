"""Data of the user's own, prepared while a study is read: where it needs their size, or where they
were prepared from something else before.

A child process reads them, so that nothing heavy is imported here and the user's code runs apart.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from hyperverdict.errors import UserError
from hyperverdict.vocabulary.datasets import FACTS_FILE
from hyperverdict.vocabulary.users import Users

LOGS = Path("logs/prepare_data")


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
                self._say(f"Preparing {name} again: its code or files have changed.")
                prepare_apart(name, users)
        elif self._every:
            self._say(f"Preparing {name}.")
            prepare_apart(name, users)

    def need(self, name: str, users: Users) -> None:
        """Prepare a data set whose size is needed."""
        self._say(f"Preparing {name}: its size is needed.")
        prepare_apart(name, users)


def is_outdated(name: str, users: Users) -> bool:
    """Whether a prepared copy was made from other code, arguments or files than are there now.

    Not so where its source is not there any more: then the copy is what remains. Raises UserError
    where the study names another source than the copy was made from, and that is not there.
    """
    from hyperverdict.training.own_data import made_from, remains_of

    try:
        facts = json.loads((users.prepared / name / FACTS_FILE).read_text(encoding="utf-8"))
        before = facts.get("made_from")
    except (OSError, ValueError, AttributeError):
        return True
    try:
        return bool(before != made_from(name, users))
    except UserError:
        if remains_of(name, users, facts):
            return False
        raise


def prepare_apart(name: str, users: Users) -> None:
    """Prepare a data set in a process of its own; its output goes to logs/prepare_data.

    Raises UserError with the message of that process.
    """
    log = users.prepared.parents[1] / LOGS / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    package = str(Path(__file__).parents[1])
    path = os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH"))))
    with tempfile.TemporaryDirectory() as folder, log.open("w") as output:
        answer = Path(folder) / "answer"
        request = {"name": name, "users": users.plain(), "answer": str(answer)}
        done = subprocess.run(
            [sys.executable, "-m", "hyperverdict.preparing"],
            input=json.dumps(request),
            text=True,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONPATH": path},
        )
        if answer.exists():
            raise UserError(answer.read_text(encoding="utf-8"))
    if done.returncode:
        raise UserError(f"preparing {name!r} ended with exit code {done.returncode}; see {log}")


def _main() -> None:
    """Prepare the data set that standard input names."""
    from hyperverdict.training.data import prepare

    request = json.load(sys.stdin)
    name, users = request["name"], Users.of_plain(request["users"])
    try:
        prepare(name, users.prepared.parent, users.prepared / name, users)
    except UserError as error:
        Path(request["answer"]).write_text(str(error), encoding="utf-8")


if __name__ == "__main__":
    _main()
