"""Which of Snakemake's own records tell a user nothing.

Only what is listed here is left out, so that whatever a later version says is shown. The log file
in .snakemake/log has all of it. Each entry has a test that looks for it in Snakemake.
"""

from __future__ import annotations

import logging
from pathlib import Path

import snakemake
from snakemake_interface_logger_plugins.common import LogEvent

HOME = Path(snakemake.__file__).parent

# Facts that the line or the plan states, and what only someone who repairs a workflow reads.
EVENTS = frozenset(
    {
        LogEvent.WORKFLOW_STARTED, LogEvent.RUN_INFO, LogEvent.RESOURCES_INFO, LogEvent.RULEGRAPH,
        LogEvent.JOB_INFO, LogEvent.JOB_STARTED, LogEvent.JOB_FINISHED, LogEvent.GROUP_INFO,
        LogEvent.PROGRESS, LogEvent.SHELLCMD, LogEvent.DEBUG_DAG,
    }
)  # fmt: skip

# (file below Snakemake's package, function) whose information is about its own steps.
STEPS = frozenset(
    {
        ("workflow.py", "_build_dag"),
        ("dag.py", "update_checkpoint_dependencies"),
        ("dag.py", "handle_temp"),
        ("jobs.py", "log_info"),
        ("scheduling/job_scheduler.py", "_handle_error"),
    }
)
# The same, of functions that also say what a user should see.
CHATTER = frozenset(
    {
        "Select jobs to execute...",
        "Conda environments: ignored",
        "Singularity containers: ignored",
        "Group jobs: inactive (local execution)",
        "Assuming unrestricted shared filesystem usage.",
    }
)
SHELL = "Using shell: "
# A job that fails at its first attempt has no earlier output: nothing is lost.
NO_BACKUP = ("persistence/__init__.py", "restore_output")


def place(record: logging.LogRecord) -> tuple[str, str]:
    """Where in Snakemake a record comes from: file below its package, function."""
    path = Path(record.pathname)
    inside = path.relative_to(HOME).as_posix() if path.is_relative_to(HOME) else ""
    return inside, record.funcName or ""


def is_noise(record: logging.LogRecord) -> bool:
    """Whether a record tells a user of the line nothing. Errors never are, unless said twice."""
    if getattr(record, "repeats_reason", False):
        # The record of the failed group has it, too.
        return True
    if record.levelno >= logging.ERROR:
        return False
    if getattr(record, "event", None) in EVENTS:
        return True
    where = place(record)
    if record.levelno >= logging.WARNING:
        return where == NO_BACKUP
    text = record.getMessage()
    if record.levelno < logging.INFO or text in ("", "None"):
        return True
    return bool(where[0]) and (where in STEPS or text in CHATTER or text.startswith(SHELL))
