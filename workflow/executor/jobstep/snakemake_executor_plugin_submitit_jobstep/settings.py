"""Command-line settings of the `submitit-jobstep` executor.

No `from __future__ import annotations` here: Snakemake reads the fields' types at run time.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

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


MINIMUM = {"jobs_per_gpu": 1, "grace_seconds": 0}


def too_small(settings: Any, least: Mapping[str, float], prefix: str) -> str | None:
    """What is wrong with the first setting that is below its least value."""
    for name, bound in least.items():
        value = getattr(settings, name)
        if value is not None and value < bound:
            return f"--{prefix}-{name.replace('_', '-')} is {value}; allowed: {bound:g} or more"
    return None
