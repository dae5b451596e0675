"""Whether a training of the user's own can start here: its program, its code and its data."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from hyperverdict.foreign.names import BEST, SPLITS, clean
from hyperverdict.programs.identity import identity_of
from hyperverdict.programs.unlisted import unlisted_files
from hyperverdict.runs.files import near_name
from hyperverdict.study.structure import Source
from hyperverdict.vocabulary.training import TRAIN, Training
from hyperverdict.vocabulary.vocabulary import Vocabulary

_COMMAND = "train.command: "


# Programs whose first argument, where it is no option, is the file that they run.
_INTERPRETERS = frozenset({"python", "python3", "bash", "sh", "Rscript", "julia", "node", "perl"})


def check_ready(vocabulary: Vocabulary, source: Source) -> None:
    """Refuse a training whose files are not there, or whose program is not installed.

    Args:
        source: the study file, for the line in messages.

    Raises UserError with one message.
    """
    training = vocabulary.training
    if training is not None:
        for place, entries in (
            ((TRAIN, "code"), training.code),
            (("data",), training.data),
            ((TRAIN, "command"), script_of(training)),
        ):
            for entry in entries:
                if not Path(entry).exists():
                    raise source.error(place, f"{entry} does not exist{near_name(Path(entry))}")
    identity_of(vocabulary)
    fault = unlisted_files(training).code_fault
    if fault:
        raise source.error((TRAIN, "code"), fault)
    problem = missing_program(vocabulary)
    if problem:
        raise source.error((TRAIN, "command"), problem.removeprefix(_COMMAND))


def script_of(training: Training) -> tuple[str, ...]:
    """The file that an interpreter is to run; nothing for other commands."""
    first, *rest = training.command or ("",)
    is_file = bool(rest) and not rest[0].startswith("-") and "{" not in rest[0]
    return (rest[0],) if is_file and Path(first).name in _INTERPRETERS else ()


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
        return f"{_COMMAND}{program} may not be executed; chmod +x {program} allows it"
    return f"{_COMMAND}no program {program!r} is installed here"


def training_notes(vocabulary: Vocabulary) -> list[str]:
    """What to say of files that a study does not list, and of what its scores are by name."""
    found = unlisted_files(vocabulary.training)
    fault = f"train.code {found.code_fault}" if found.code else ""
    scores = vocabulary.training.scores if vocabulary.training else {}
    return [note for note in (fault, found.note, *_kinds(scores)) if note]


def _kinds(scores: Mapping[str, str]) -> list[str]:
    """Scores that their names call other than those of the end on test data; claims use them."""
    notes = []
    for metric, name in scores.items():
        words = clean(name).split("_")
        splits = {SPLITS.get(word) for word in words} & {"train", "validation"}
        kinds = [f"a {split} score" for split in sorted(filter(None, splits))]
        kinds += ["the best of several evaluations"] if BEST & set(words) else []
        if kinds:
            notes.append(
                f"metrics.{metric}: {name!r} is {' and '.join(kinds)}, by its name. What was "
                "chosen by it, such as settings or the best epoch, looks better than it is; where "
                "you have a score on test data, judge that"
            )
    return notes
