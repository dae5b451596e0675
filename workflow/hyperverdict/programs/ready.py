"""Whether a training of the user's own can start here: its program, its code and its data."""

from __future__ import annotations

import shutil
from pathlib import Path

from hyperverdict.errors import UserError
from hyperverdict.programs.identity import identity_of
from hyperverdict.vocabulary.vocabulary import Vocabulary


def check_ready(vocabulary: Vocabulary) -> None:
    """Refuse a training whose files are not there, or whose program is not installed.

    Raises UserError with one message.
    """
    identity_of(vocabulary)
    problem = missing_program(vocabulary)
    if problem:
        raise UserError(problem)


def missing_program(vocabulary: Vocabulary) -> str:
    """That the command's program is not found here; "" where it is, or where none is needed.

    A note where jobs run on other machines, which may have it.
    """
    training = vocabulary.training
    if training is None or not training.command:
        return ""
    program = training.command[0]
    if shutil.which(program):
        return ""
    if Path(program).is_file():
        return f"train.command: {program} may not be executed; chmod +x {program} allows it"
    return f"train.command: no program {program!r} is installed here"
