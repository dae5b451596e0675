"""What is made of a finished report: PDF where this machine can print, and the export to MLflow."""

from __future__ import annotations

from pathlib import Path

from hyperverdict.errors import UserError
from hyperverdict.exporting.destination import refuse_unusable
from hyperverdict.exporting.outcome import OUTCOME_FILE, read_outcome
from hyperverdict.options import PDF, Options


def is_printed(options: Options, elsewhere: bool) -> bool:
    """Whether report.pdf and summary.pdf are made.

    Args:
        elsewhere: jobs have a printer of their own, whatever this machine has.

    Raises UserError, with what to install, where they are asked for and cannot be made.
    """
    if options.pdf is False:
        return False
    missing = "" if elsewhere else printer_problem()
    if missing and options.pdf:
        raise UserError(f"--config {PDF}=yes: no PDF can be made: {missing}")
    return not missing


def unprinted(options: Options, elsewhere: bool) -> str:
    """Why they are not made although nobody declined them; "" where they are."""
    if options.pdf is not None or elsewhere:
        return ""
    return printer_problem()


def printer_problem() -> str:
    """Why nothing can be printed on this machine, with what to install; "" where it can."""
    from hyperverdict.report.printer import problem

    return problem()


def refuse_export(options: Options, elsewhere: bool) -> None:
    """UserError, with what to do, where an export was asked for that cannot be made.

    Args:
        elsewhere: jobs have an environment of their own, whatever is installed here.
    """
    if options.mlflow is not None:
        refuse_unusable(options.mlflow, elsewhere=elsewhere)


def export_to_repeat(folder: Path) -> str:
    """The file that says that a study's last export failed; "" where it did not."""
    return str(folder / OUTCOME_FILE) if read_outcome(folder).get("problem") else ""
