"""From Snakemake's log records to the line, and to what stands above it."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from hyperverdict.live import lines
from hyperverdict.live.interrupts import Interrupts
from hyperverdict.live.job import JobText, JobWords, LostSeed, neutral
from hyperverdict.live.progress import Progress, Running, job_key
from hyperverdict.live.screen import Screen
from hyperverdict.words.printing import drop
from snakemake.logging import ColorizingTextHandler, DefaultFilter, DefaultFormatter, show_logs
from snakemake.settings.enums import Quietness
from snakemake_interface_logger_plugins.common import LogEvent

from snakemake_logger_plugin_hyperverdict.noise import is_noise

REFRESH_SECONDS = 0.5
LEAST_SECONDS = 0.2
# Plain lines: every finished configuration of a small study, else one in so many seconds.
SMALL = 50
PLAIN_SECONDS = 30.0
# A plain line that says how far it is, when no job has finished for so long.
STILL_SECONDS = 300.0
SETTLE_SECONDS = 5.0
TAIL_BYTES = 16_384
BOLD, RED, YELLOW = "bold", "red", "yellow"


class Display:
    """Shows how far a workflow is. All but `describe` and `settle` runs in the logging thread."""

    def __init__(self, common: Any, style: str) -> None:
        self.common_settings = common
        quiet = set(common.quiet or ())
        self._as_snakemake = (
            self._snakemakes_own()
            if common.dryrun or common.verbose or common.debug_dag or style == "snakemake"
            else None
        )
        self.shows_progress = not quiet & {Quietness.ALL, Quietness.PROGRESS}
        self.shows_notes = Quietness.ALL not in quiet
        terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self.screen = Screen(
            sys.stderr,
            live=terminal and style != "plain" and self.shows_progress,
            colour=terminal and not common.nocolor and not os.environ.get("NO_COLOR"),
        )
        self.progress = Progress()
        self._words: list[JobWords] = []
        self._held: dict[int | None, str] = {}
        self._last_plain = self._refreshed = 0.0
        self._all_done = False
        self._ended: list[tuple[JobText, float]] = []
        self._ticking: threading.Event | None = None
        self._started = self._over = False
        self.interrupts = Interrupts()
        self._stopped = False
        self._on: Mapping[LogEvent, Callable[[Any], None]] = {
            LogEvent.RESOURCES_INFO: self._on_resources,
            LogEvent.RUN_INFO: self._on_run,
            LogEvent.JOB_INFO: self._on_job,
            LogEvent.JOB_FINISHED: self._on_finished,
            LogEvent.PROGRESS: self._on_progress,
            LogEvent.JOB_ERROR: self._on_job_error,
            LogEvent.GROUP_ERROR: self._on_group_error,
            LogEvent.ERROR: self._on_error,
        }

    def _snakemakes_own(self) -> logging.Handler:
        """What Snakemake itself would show; of a dry-run the plan without its list of jobs."""
        common = self.common_settings
        quiet = set(common.quiet or ()) or ({Quietness.RULES} if common.dryrun else set())
        stream = sys.stdout if common.stdout else sys.stderr
        handler: logging.Handler = ColorizingTextHandler(nocolor=common.nocolor, stream=stream)
        handler.addFilter(
            DefaultFilter(
                quiet, common.debug_dag, common.verbose, common.dryrun, common.printshellcmds
            )
        )
        handler.setFormatter(DefaultFormatter(quiet, common.show_failed_logs))
        return handler

    def drop_output(self) -> None:
        """Write nowhere from now on: the reader is gone, as in ``snakemake -n | head``."""
        drop(sys.stdout if self.common_settings.stdout else sys.stderr)

    def describe(self, words: JobWords) -> None:
        """What the jobs of a workflow are called; each workflow in a call may tell its own."""
        self._words.append(words)

    def settle(self, stopped: bool = False) -> None:
        """Wait until all that was logged is shown and the line is gone, before others write.

        Args:
            stopped: somebody has ended the call; no more is said of it than how far its jobs got.
        """
        reached = threading.Event()
        extra = {"reached": reached, "stopped": stopped}
        logging.getLogger("snakemake.logging").info("", extra=extra)
        reached.wait(SETTLE_SECONDS)

    def emit(self, record: logging.LogRecord) -> None:
        """Show a record, or take note of it."""
        reached = getattr(record, "reached", None)
        if reached is not None:
            self._stopped = self._stopped or record.stopped  # type: ignore[attr-defined]
            self.end()
            reached.set()
        elif self._as_snakemake is None:
            self._show(record)
        elif self._as_snakemake.filter(record):
            self._as_snakemake.emit(record)

    def _show(self, record: Any) -> None:
        with self.screen.lock:
            self._start()
            event = getattr(record, "event", None)
            action = self._on.get(event) if event is not None else None
            if action is not None:
                action(record)
            elif self._on_queue(record):
                pass
            elif not is_noise(record):
                self._note(record)
            if event == LogEvent.SHELLCMD and self.common_settings.printshellcmds:
                self.screen.text(str(getattr(record, "shellcmd", None) or ""))
            self._refresh()

    def _on_queue(self, record: Any) -> bool:
        """What an executor says of its queue is in the line already, where there is one."""
        queue = getattr(record, "queue", None)
        if queue is None:
            return False
        self.progress.at_work = queue["jobs_running"]
        self.progress.waits_for = queue["reasons"]
        return self.screen.live or not self.shows_progress

    def _note(self, record: logging.LogRecord) -> None:
        """Anything else that somebody says."""
        if record.levelno >= logging.ERROR:
            self.screen.text(record.getMessage(), RED)
        elif self.shows_notes:
            style = YELLOW if record.levelno >= logging.WARNING else ""
            self.screen.text(record.getMessage(), style)

    # What the records of Snakemake's events say.

    def _on_resources(self, record: Any) -> None:
        self.progress.remote = self.progress.remote or hasattr(record, "nodes")

    def _on_run(self, record: Any) -> None:
        self.progress.steps = int(record.stats.get("total", 0))
        self._plan()
        self._started = self.shows_progress

    def _plan(self) -> None:
        for words in self._words[:1]:
            for rule, wildcards in words.planned():
                key = job_key(rule, wildcards)
                if key not in self.progress.planned:
                    self.progress.plan([(key, self._job(rule, wildcards))])

    def _job(self, rule: str, wildcards: Mapping[str, str]) -> JobText:
        found = (words.job(rule, wildcards) for words in self._words)
        return next((job for job in found if job is not None), neutral(rule, wildcards))

    def _on_job(self, record: Any) -> None:
        self._all_done = False
        key = job_key(record.rule_name, record.wildcards)
        job = self.progress.planned.get(key) or self._job(record.rule_name, record.wildcards)
        if record.jobid in self.progress.failed:
            self.screen.text(f"Trying again: {lines.with_seeds(job)}", YELLOW)
        self.progress.started(record.jobid, key, job, time.monotonic())

    def _on_finished(self, record: Any) -> None:
        done = self.progress.finished(record.job_id, time.monotonic())
        if done is None:
            return
        # Its step is counted by the record that follows it, or the whole group.
        self._ended.append(done)
        if done[0].lost is not None:
            self._lost(done[0], done[0].lost())

    def _lost(self, job: JobText, lost: Sequence[LostSeed]) -> None:
        self.progress.seeds_lost += len(lost)
        for line in lines.lost_lines(job, lost):
            self.screen.text(line, YELLOW)

    def _on_progress(self, record: Any) -> None:
        grown = record.total != self.progress.steps
        self.progress.steps, self.progress.steps_done = record.total, record.done
        if grown:
            self._plan()
        # Then the workflow's last words follow, which others print.
        self._all_done = record.done >= record.total
        if self._all_done:
            self.screen.clear()
        ended, self._ended = self._ended, []
        if self.shows_progress and not self.screen.live:
            for job, seconds in ended:
                self._plain(job, seconds)

    def _plain(self, job: JobText, seconds: float) -> None:
        now = time.monotonic()
        total = self.progress.trainings or self.progress.steps
        is_last = bool(job.configuration) and self.progress.trainings_done == total
        if total <= SMALL or is_last or now - self._last_plain >= PLAIN_SECONDS:
            line = lines.finished_line(job, seconds, self.progress, now)
            if line:
                self._last_plain = now
                self.screen.text(line)

    def _on_job_error(self, record: Any) -> None:
        if self._has_stopped and record.jobid in self.progress.running:
            # It did what it was asked to do.
            self._held.pop(record.thread, None)
            return
        entry = self.progress.has_failed(record.jobid)
        job = entry.job if entry is not None else neutral(record.rule_name, {})
        if entry is not None:
            self.progress.count_seeds([entry])
        held = self._held.pop(record.thread, "")
        self._failure(job, entry, str(record.rule_msg or ""), held, list(record.log))

    def _failure(
        self, job: JobText, entry: Running | None, reason: str, held: str, logs: list[str]
    ) -> None:
        log, tail = end_of(logs)
        if held and not (job.logs_failures and (reason or tail)):
            reason = "\n".join(filter(None, (reason, held)))
        done = entry.seeds_done if entry is not None else 0
        first, *rest = lines.failure_lines(job, done, reason, log, tail)
        self.screen.text(first, RED)
        if rest:
            self.screen.text("\n".join(rest))
        if self.common_settings.show_failed_logs:
            self.screen.text("\n".join(show_logs(logs)))

    def _on_group_error(self, record: Any) -> None:
        """A group says why; each of its jobs follows with a record of its own."""
        reason = str(getattr(record, "reason", None) or "")
        self.screen.text("\n    ".join(["A group of jobs failed:", *reason.splitlines()]), RED)

    def _on_error(self, record: Any) -> None:
        """An exception: that of a job belongs to the record that follows in its thread."""
        if record.exception == "RuleException" and self.progress.running:
            self._held[record.thread] = record.getMessage()
        elif not (self._over and self._has_stopped and record.exception == "WorkflowError"):
            # That a call which was stopped has not succeeded needs no words.
            self.screen.text(record.getMessage(), RED)

    @property
    def _has_stopped(self) -> bool:
        """Whether somebody has ended the call."""
        return self._stopped or self.interrupts.happened

    # The line.

    def _tick(self, ended: threading.Event) -> None:
        while not ended.wait(REFRESH_SECONDS):
            with self.screen.lock:
                if ended.is_set():
                    return
                self.progress.count_seeds()
                self._still()
                self._refresh()

    def _still(self) -> None:
        now = time.monotonic()
        if not self.screen.live and now - self._last_plain >= STILL_SECONDS:
            if self._last_plain:
                self.screen.text(lines.live_line(self.progress, now, 10_000))
            self._last_plain = now

    def _refresh(self) -> None:
        now = time.monotonic()
        if self._ticking is None or self._all_done or not self.screen.live:
            return
        if not self.screen.shown or now - self._refreshed >= LEAST_SECONDS:
            self._refreshed = now
            self.screen.show(lines.live_line(self.progress, now, self.screen.width))

    def _start(self) -> None:
        """Let the line run by itself, from when jobs are known."""
        if self._started and self._ticking is None and not self._over:
            self.screen.guard_output()
            self._ticking = threading.Event()
            threading.Thread(target=self._tick, args=(self._ticking,), daemon=True).start()

    def end(self) -> None:
        """The jobs are over: the line goes, and what was trained is said once."""
        with self.screen.lock:
            self.pause()
            if self._started and not self._over:
                now = time.monotonic()
                began = now if self.progress.began is None else self.progress.began
                self._say_stopped()
                text = lines.summary(self.progress, now - began)
                if text:
                    self.screen.text(text, BOLD)
            self._over = True

    def _say_stopped(self) -> None:
        """How far the trainings got that were on their way when somebody ended the call."""
        running = [entry for entry in self.progress.running.values() if entry.job.configuration]
        if not (self._has_stopped and running):
            return
        self._held.clear()
        self.progress.count_seeds(running)
        for line in lines.stopped_lines([(entry.job, entry.seeds_done) for entry in running]):
            self.screen.text(line, YELLOW)

    def close(self) -> None:
        """The end, where all jobs are done; else it may be one that is none."""
        if self._all_done or self._has_stopped:
            self.end()
        else:
            self.pause()

    def pause(self) -> None:
        """The line goes, until another record comes.

        Not only at the end: whoever configures logging anew, as submitit does when it is imported,
        closes every handler of the process.
        """
        with self.screen.lock:
            for text in self._held.values():
                self.screen.text(text, RED)
            self._held.clear()
            self.screen.clear()
            if self._ticking is not None:
                self._ticking.set()
                self._ticking = None
            self.screen.release_output()


def end_of(logs: list[str], lines_shown: int = lines.TAIL) -> tuple[str, list[str]]:
    """The first log that says something, and its last lines; the first log where none does."""
    for log in logs:
        try:
            with Path(log).open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - TAIL_BYTES))
                text = file.read().decode(errors="replace")
        except OSError:
            continue
        found = [line for line in text.splitlines() if line.strip()]
        if found:
            return log, found[-lines_shown:]
    return next(iter(logs), ""), []
