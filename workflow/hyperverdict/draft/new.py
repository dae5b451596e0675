"""`hyperverdict new`: writes a study file for a script, a command or a function."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from hyperverdict.draft.function import draft_of_function
from hyperverdict.draft.model import Draft, draft_of_program
from hyperverdict.draft.program import read_program
from hyperverdict.draft.text import open_lines, study_text
from hyperverdict.errors import UserError
from hyperverdict.study.load import load_study

_FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")

# Names of scripts that say nothing about what they train.
_COMMON = frozenset({"train", "main", "run", "__main__", "fit", "training"})


@dataclass(frozen=True)
class Written:
    """A study file that was written.

    Attributes:
        file: the study file.
        draft: what it says.
        open: (line, what only its author can say).
        refused: why it cannot be run yet; "" where it can.
    """

    file: Path
    draft: Draft
    open: tuple[tuple[int, str], ...]
    refused: str = ""


def write_study(
    source: str, name: str | None = None, out: Path | None = None, *, run_help: bool = False
) -> Written:
    """Write a study file for a script, a command as it is typed, or ``module:function``.

    Args:
        source: ``train.py``, ``python train.py --lr 1e-3`` or ``mytask:train``.
        name: of the study; default that of the script or function.
        out: the file; default NAME.yaml.
        run_help: run the program with ``--help`` and read its options from there, too.

    Raises UserError for a source that cannot be read, and for a file that exists: nothing is
    overwritten.
    """
    draft = draft_study(source, name, run_help=run_help)
    file = out or Path(f"{draft.name}.yaml")
    if draft.call and file.parent.resolve() != Path.cwd():
        draft = replace(draft, package=draft.call.partition(":")[0].partition(".")[0])
    text = study_text(draft, str(file))
    try:
        with file.open("x", encoding="utf-8") as target:
            target.write(text)
    except FileExistsError:
        raise UserError(
            f"{file} exists and is not overwritten; name another file: --out FILE"
        ) from None
    except OSError as error:
        raise UserError(f"{file} cannot be written: {error.strerror}") from None
    try:
        load_study(file)
        refused = ""
    except UserError as error:
        refused = str(error)
    return Written(file, draft, tuple(open_lines(text)), refused)


def draft_study(source: str, name: str | None = None, *, run_help: bool = False) -> Draft:
    """What a study for this source would say; see `write_study`."""
    source = source.strip()
    if _FUNCTION.fullmatch(source) and not Path(source).exists():
        return draft_of_function(source, source, _name(name or source.partition(":")[2], name))
    if not source:
        raise UserError("name a script, a command or module:function")
    program = read_program(source, run_help=run_help)
    return draft_of_program(program, source, _name(name or _called(Path(program.script)), name))


def _called(script: Path) -> str:
    """A name for the training of a script: that of its folder where its own says nothing."""
    folder = script.parent.name
    return folder if script.stem in _COMMON and folder.isidentifier() else script.stem


def _name(proposed: str, given: str | None) -> str:
    cleaned = re.sub(r"[^A-Za-z0-9_-]+", "_", proposed).strip("_-")[:64]
    if given and cleaned != given:
        raise UserError(
            f"--name {given}: letters, digits, _ and - only, such as {cleaned or 'study'}"
        )
    return cleaned or "study"
