"""Snakemake logger: one line in the terminal that says how far a study is, and failures by name.

`--logger hyperverdict`, as the profiles state it. It knows the words of a workflow that describes
its jobs (`LogHandler.describe`); of any other it shows rules and wildcards.

Snakemake imports every logger that is installed, at each start: all but this file waits until it is
asked for.
"""

from __future__ import annotations

import sys
from logging import LogRecord
from typing import TYPE_CHECKING

from snakemake_interface_logger_plugins.base import LogHandlerBase

from snakemake_logger_plugin_hyperverdict.settings import LogHandlerSettings

if TYPE_CHECKING:
    from hyperverdict.live.job import JobWords

__all__ = ["LogHandler", "LogHandlerSettings"]


class LogHandler(LogHandlerBase):
    """The logger, as Snakemake and a workflow see it."""

    writes_to_stream = True
    writes_to_file = False
    has_filter = True
    has_formatter = True
    needs_rulegraph = False

    def __post_init__(self) -> None:
        from snakemake_logger_plugin_hyperverdict.display import Display

        style = getattr(self.settings, "style", None) or "auto"
        self._display = Display(self.common_settings, style)
        self._display.interrupts.listen()
        _check_config_files()

    def describe(self, words: JobWords) -> None:
        """What the jobs of a workflow are called; each workflow in a call may tell its own."""
        self._display.describe(words)

    def settle(self, stopped: bool = False) -> None:
        """Wait until all that was logged is shown and the line is gone, before others write.

        Args:
            stopped: somebody has ended the call: its jobs have not failed.
        """
        self._display.settle(stopped)

    def emit(self, record: LogRecord) -> None:
        """Show a record, or take note of it; an error in doing so ends no run."""
        try:
            self._display.emit(record)
        except BrokenPipeError:
            self._display.drop_output()
        except Exception:
            self.handleError(record)

    def close(self) -> None:
        """The end of the call, or of what somebody takes for it: a later record is shown."""
        self._display.close()
        super().close()


def _check_config_files() -> None:
    """Ends Snakemake with one message where a file of `--configfile` cannot be read.

    A logger is made before Snakemake opens these files, and by the main process only.
    """
    from hyperverdict.errors import UserError
    from hyperverdict.study.config_files import check_config_file, named_files
    from hyperverdict.words.safe import terminal

    try:
        for file in named_files(sys.argv):
            check_config_file(file)
    except UserError as error:
        sys.exit(terminal(f"\nhyperverdict: {error}\n"))
