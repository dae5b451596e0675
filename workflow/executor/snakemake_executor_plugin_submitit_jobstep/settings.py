"""Command-line settings of the `submitit-jobstep` executor.

No `from __future__ import annotations` here: Snakemake reads the fields' types at run time.
"""

from dataclasses import dataclass, field

from snakemake_interface_executor_plugins.settings import ExecutorSettingsBase

DEFAULT_PRELOAD = "torch"


@dataclass
class ExecutorSettings(ExecutorSettingsBase):  # type: ignore[misc]
    """Settings for warm workers and GPU slots."""

    preload: str = field(
        default=DEFAULT_PRELOAD,
        metadata={
            "help": "Modules that the warm worker imports once, separated by commas; jobs are "
            "forked from it and find them imported. A module that is not installed is skipped. "
            "'none' starts every script in a new Python, as Snakemake's local executor does.",
            "env_var": False,
            "required": False,
        },
    )
    jobs_per_gpu: int = field(
        default=1,
        metadata={
            "help": "How many jobs that ask for `gpu` may share one device at a time.",
            "env_var": False,
            "required": False,
            "type": int,
        },
    )
    grace_seconds: int = field(
        default=30,
        metadata={
            "help": "Seconds between SIGTERM and SIGKILL for running jobs when the executor is "
            "told to stop (time for them to write a checkpoint).",
            "env_var": False,
            "required": False,
            "type": int,
        },
    )
