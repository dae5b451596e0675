"""Command-line settings of the `submitit` executor.

No `from __future__ import annotations` here: Snakemake reads the fields' types at run time.
"""

from dataclasses import dataclass, field
from typing import Any

from snakemake_executor_plugin_submitit_jobstep.settings import DEFAULT_PRELOAD
from snakemake_interface_executor_plugins.settings import ExecutorSettingsBase


def _setting(default: Any, text: str, kind: type = str) -> Any:
    metadata = {"help": text, "env_var": False, "required": False}
    # A flag must not name its type.
    if kind is not bool:
        metadata["type"] = kind
    return field(default=default, metadata=metadata)


@dataclass
class ExecutorSettings(ExecutorSettingsBase):  # type: ignore[misc]
    """Settings for packing, submitting and watching array tasks."""

    pack: int | None = _setting(
        None,
        "Jobs in one array task (1000 at most), run one after the other unless jobs_at_once says "
        "otherwise. A "
        "rule's resource `submitit_pack` overrides it. Unset: as many as fit into task_minutes, by "
        "the resource `submitit_seconds` or by earlier runs of the rule, else first_pack.",
        int,
    )
    first_pack: int = _setting(
        1, "Jobs in one array task while nothing is known about how long the rule's jobs take.", int
    )
    task_minutes: float = _setting(
        10.0,
        "Minutes that one array task should take when the pack size is chosen by duration. "
        "Shorter tasks pay the start-up more often, longer ones lose more when they are killed.",
        float,
    )
    jobs_at_once: int = _setting(
        1,
        "Jobs of one array task that run at the same time, sharing its warm worker: the task asks "
        "for the cores and the memory of so many, and for a GPU for every jobs_per_gpu of them. A "
        "rule's resource `submitit_at_once` overrides it.",
        int,
    )
    max_task_minutes: int | None = _setting(
        None,
        "Upper bound on a task's time limit in minutes, which otherwise is the sum of its jobs' "
        "`runtime` (divided by how many run at once). A task that meets it is requeued and goes on "
        "with its unfinished jobs.",
        int,
    )
    throttle: int = _setting(
        256,
        "Array tasks of one submission that may run at the same time (after %% in sbatch --array).",
        int,
    )
    max_array_size: int | None = _setting(
        None,
        "Tasks in one submission at most. Unset: MaxArraySize as SLURM reports it, and 10000 at "
        "most.",
        int,
    )
    extra_mem_mb: int = _setting(
        600,
        "Added to a task's `mem_mb`, for Snakemake itself and the warm worker beside the job.",
        int,
    )
    grace_seconds: int = _setting(
        60,
        "Seconds before the time limit at which running jobs get SIGTERM, to write a checkpoint "
        "before the task requeues itself. SLURM may be up to a minute early.",
        int,
    )
    max_requeues: int = _setting(
        20,
        "How often a task may requeue itself at its time limit, and how often jobs that were lost "
        "to preemption or a dead node are submitted again.",
        int,
    )
    coalesce_seconds: float = _setting(
        1.0,
        "Wait this long for more ready jobs before packing and submitting them; while more keep "
        "coming, ten times as long at most.",
        float,
    )
    poll_seconds: float = _setting(
        2.0, "Seconds between looks at the tasks' ledgers (files; costs SLURM nothing).", float
    )
    slurm_poll_seconds: float = _setting(
        15.0,
        "Seconds between calls of squeue (and of sacct, for tasks that left the queue).",
        float,
    )
    status_seconds: float = _setting(
        30.0, "Seconds between status lines on the terminal at least; 0 switches them off.", float
    )
    preload: str = _setting(
        DEFAULT_PRELOAD,
        "Modules that the warm worker of a task imports once, separated by commas; 'none' starts "
        "every script in a new Python.",
    )
    jobs_per_gpu: int = _setting(
        1, "How many jobs of a task that ask for `gpu` may share one device at a time.", int
    )
    setup: str | None = _setting(
        None,
        "Shell commands for the head of the batch script, separated by ';;' (module load ...).",
    )
    python: str | None = _setting(
        None, "Python command on the nodes, when it is not this Python at this path."
    )
    job_prefix: str | None = _setting(
        None, "Head of the job names that squeue shows. Unset: the name of the working folder."
    )
    logs: str | None = _setting(
        None,
        "Folder for the logs of tasks, in a folder of its own for each run. Unset: "
        ".snakemake/submitit.",
    )
    exclude_nodes: str | None = _setting(
        None,
        "Nodes that no task runs on, separated by commas. Nodes that could not run a task are "
        "left out for the rest of the run in any case.",
    )
    efficiency_report: bool = _setting(
        False,
        "Show at the end, by rule, what was requested against what was used: memory, time, CPUs.",
        bool,
    )
    keep_logs: bool = _setting(
        False, "Keep the task logs in .snakemake/submitit after a run without failures.", bool
    )


MINIMUM = {
    "pack": 1, "first_pack": 1, "task_minutes": 0.1, "jobs_at_once": 1, "max_task_minutes": 1,
    "throttle": 1, "max_array_size": 1, "extra_mem_mb": 0, "grace_seconds": 1, "max_requeues": 0,
    "coalesce_seconds": 0, "poll_seconds": 0, "slurm_poll_seconds": 0, "status_seconds": 0,
    "jobs_per_gpu": 1,
}  # fmt: skip
