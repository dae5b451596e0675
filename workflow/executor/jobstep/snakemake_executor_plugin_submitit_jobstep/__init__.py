"""Snakemake executor for one machine: warm Python workers and a GPU of its own for every job.

Used directly on a workstation (`--executor submitit-jobstep`) and, inside each array task, by the
`submitit` executor.
"""

from __future__ import annotations

from typing import Any

from snakemake_interface_executor_plugins.settings import CommonSettings

from .settings import ExecutorSettings

__all__ = ["Executor", "ExecutorSettings", "common_settings"]

common_settings = CommonSettings(
    non_local_exec=False,
    implies_no_shared_fs=False,
    job_deploy_sources=False,
    pass_envvar_declarations_to_cmd=True,
    auto_deploy_default_storage_provider=False,
    spawned_jobs_assume_shared_fs=True,
)


def __getattr__(name: str) -> Any:
    # Late, since the zygote and the array tasks import this package for its small modules only.
    if name == "Executor":
        from .executor import Executor

        return Executor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
