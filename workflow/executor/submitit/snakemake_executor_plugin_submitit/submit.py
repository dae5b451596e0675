"""Submission through submitit, and what sbatch answers."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import sys
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any

from . import slurm
from .resources import BatchParameters
from .runner import run_task
from .settings import ExecutorSettings

# The controller is away or busy: the same call may succeed later.
AWAY = re.compile(
    r"unable to contact slurm controller|socket timed out|connection refused|connection reset|"
    r"temporarily unable|resource temporarily unavailable|zero bytes were transmitted|"
    r"communications? (?:shutdown|error|failure)|unexpected message received|"
    r"slurm backup controller in standby|transport endpoint|step creation temporarily disabled",
    re.IGNORECASE,
)
# A limit on submitted jobs, which ending jobs free.
FULL = re.compile(r"job submit limit|MaxSubmitJob|MaxJobCount|too many jobs|queue is full",
                  re.IGNORECASE)  # fmt: skip
NO_SPACE = re.compile(r"no space left|disk quota exceeded", re.IGNORECASE)


class Refusal(Enum):
    """Kinds of failed submissions."""

    AWAY = "away"
    FULL = "full"
    FINAL = "final"


class SubmissionError(RuntimeError):
    """sbatch did not take the job."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words
        self.kind = kind_of(words)


def kind_of(words: str) -> Refusal:
    """Whether it makes sense to try again."""
    # A refusal has words: without any, sbatch itself was ended, as Ctrl-C does.
    if not words or AWAY.search(words):
        return Refusal.AWAY
    return Refusal.FULL if FULL.search(words) else Refusal.FINAL


def sbatch_words(error: BaseException) -> str:
    """sbatch's own words in an exception of submitit."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    errors = [line.partition("error:")[2].strip() for line in lines if "error:" in line]
    return "; ".join(errors) if errors else (lines[-1] if lines else "")


def job_name(prefix: str, rule: str) -> str:
    """A short name for squeue."""
    return re.sub(r"[^\w.:+-]+", "_", f"{prefix}:{rule}")[:60]


def literal(path: str) -> str:
    """A path for sbatch, which would replace `%j` and the like in it."""
    return path.replace("%", "%%")


def submitit_parameters(
    parameters: BatchParameters,
    minutes: int | None,
    name: str,
    comment: str,
    settings: ExecutorSettings,
    logs: Path,
    tasks: int,
) -> dict[str, Any]:
    """Parameters of submitit's SlurmExecutor.

    Args:
        logs: where the output of so many tasks goes.
    """
    array = "%A_%a" if tasks > 1 else "%j"
    additional: dict[str, str | bool] = {
        "output": f"{literal(logs.absolute().as_posix())}/{array}_0_log.out",
        "ntasks": "1",
        "requeue": True,
        # To the batch process alone: everywhere else USR2 would kill.
        "signal": f"B:USR2@{settings.grace_seconds}",
    }
    additional.update(parameters.options)
    return {
        "job_name": name,
        "time": minutes,
        "cpus_per_task": parameters.cpus,
        "comment": comment,
        "array_parallelism": settings.throttle,
        "stderr_to_stdout": True,
        # srun would hide the task's Python from the batch script's signals.
        "use_srun": False,
        "setup": [part.strip() for part in (settings.setup or "").split(";;") if part.strip()]
        or None,
        "wckey": None,
        "additional_parameters": additional,
    }


def _remove_leftovers(folder: Path) -> None:
    # submitit leaves its pickles and the batch script behind when sbatch refuses.
    for path in (*folder.glob("*.pkl"), *folder.glob(".submission_file_*")):
        if not path.name.endswith("_submitted.pkl") and not path.is_symlink():
            with contextlib.suppress(OSError):
                path.unlink()


def submit(
    folder: Path, task_files: list[Path], parameters: Mapping[str, Any], python: str | None
) -> str:
    """Submit one array (one job for one task); SLURM's id of it."""
    from submitit import SlurmExecutor
    from submitit.core.utils import FailedJobError, FailedSubmissionError

    # With "exec" Python takes the batch shell's place, and gets its signals.
    command = f"exec {python or shlex.quote(sys.executable)}"
    try:
        executor = SlurmExecutor(folder=folder, max_num_timeout=0, python=command)
        executor.update_parameters(**parameters)
        jobs = executor.map_array(run_task, [str(path) for path in task_files])
    except (FailedJobError, FailedSubmissionError) as error:
        _remove_leftovers(folder)
        raise SubmissionError(sbatch_words(error)) from error
    except (OSError, RuntimeError) as error:
        _remove_leftovers(folder)
        raise SubmissionError(str(error)) from error
    return str(jobs[0].job_id).partition("_")[0]


# What a user may have set for sbatch, and the resource that says it here.
SBATCH_RESOURCES = {
    "SBATCH_ACCOUNT": "slurm_account",
    "SBATCH_PARTITION": "slurm_partition",
    "SBATCH_CONSTRAINT": "constraint",
    "SBATCH_QOS": "qos",
    "SBATCH_RESERVATION": "reservation",
    "SBATCH_GRES": "gres",
    "SBATCH_TIMELIMIT": "runtime",
    "SBATCH_MEM_PER_NODE": "mem_mb",
    "SBATCH_MEM_PER_CPU": "mem_mb_per_cpu",
    "SBATCH_GPUS": "gpu",
}


# Those that say where jobs run and who pays: sites ask their users to set them once and for all.
HONOURED = ("SBATCH_ACCOUNT", "SBATCH_PARTITION", "SBATCH_QOS", "SBATCH_CONSTRAINT",
            "SBATCH_RESERVATION")  # fmt: skip


def shell_defaults(environment: Mapping[str, str]) -> dict[str, str]:
    """Resource -> its value where neither a rule nor a profile sets it, from a user's shell."""
    return {SBATCH_RESOURCES[name]: environment[name] for name in HONOURED if environment.get(name)}


def forget_surrounding_job() -> list[str]:
    """Drop the variables that would steer SLURM's commands.

    They come from the job this Snakemake may itself run in, or from a user's shell.

    Returns: sentences on those that a user has set for sbatch, used or not.
    """
    dropped = {name: os.environ[name] for name in os.environ if slurm.is_steering(name)}
    for name in dropped:
        del os.environ[name]
    return [
        f"{name}={value} of your environment is used where no {_resource_of(name)} is set"
        if name in HONOURED
        else f"{name}={value} of your environment is not used: set {_resource_of(name)} in "
        "default-resources of the profile"
        for name, value in sorted(dropped.items())
        if name.startswith("SBATCH_")
    ]


def _resource_of(variable: str) -> str:
    """The resource for what a variable of sbatch says."""
    option = variable.removeprefix("SBATCH_").lower().replace("_", "-")
    return SBATCH_RESOURCES.get(variable, f'slurm_extra="--{option}=..."')
