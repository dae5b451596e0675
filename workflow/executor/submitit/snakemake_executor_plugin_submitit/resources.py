"""From a job's resources to the parameters of its batch job."""

from __future__ import annotations

import math
import re
import shlex
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

PACK_RESOURCE = "submitit_pack"
AT_ONCE_RESOURCE = "submitit_at_once"
SECONDS_RESOURCE = "submitit_seconds"
CHECKPOINT_RESOURCE = "submitit_checkpoint"
# Resource of the community plugin -> sbatch option. Order: what a message lists first.
PLAIN_OPTIONS = {
    "slurm_partition": "partition",
    "slurm_account": "account",
    "qos": "qos",
    "constraint": "constraint",
    "reservation": "reservation",
    "nodes": "nodes",
    "gres": "gres",
}
# What sbatch complains about -> the resources it may have come from.
REFUSALS = (
    (r"time limit|timelimit|MaxWall", ("runtime", "slurm_partition")),
    (r"partition", ("slurm_partition",)),
    (r"account", ("slurm_account", "slurm_partition")),
    (r"qos", ("qos", "slurm_account", "slurm_partition")),
    (r"feature|constraint", ("constraint",)),
    (r"memory", ("mem_mb", "mem_mb_per_cpu", "jobs_at_once", "slurm_partition")),
    (r"gres|gpu|generic resource", ("gpu", "gpu_model", "gres", "jobs_at_once")),
    (r"reservation", ("reservation",)),
    (
        r"node configuration|node count|cpu count|more processors",
        ("mem_mb", "mem_mb_per_cpu", "cpus_per_task", "threads", "jobs_at_once", "gpu",
         "gpu_model", "gres", "nodes", "constraint", "slurm_partition"),
    ),
    (r"unrecognized option|invalid option|unknown option", ("slurm_extra",)),
)  # fmt: skip


# Resources of other executors that mean nothing here, and what to write instead.
ONE_CLUSTER = "jobs are followed on one cluster only: log in on a machine of that cluster"
ONE_PROCESS = "a job is one process: use threads or cpus_per_task"
NOT_HERE = dict.fromkeys(("clusters", "cluster", "slurm_cluster"), ONE_CLUSTER)
# Those that say nothing where they are 1.
ONE_EACH = ("tasks", "tasks_per_node", "ntasks_per_gpu", "tasks_per_gpu")
# Options of sbatch that this executor sets itself, or that break how it follows jobs.
RESERVED_OPTIONS = {
    "array": "each task of the array would run the same jobs",
    "chdir": "jobs run in the folder of the workflow",
    "clusters": ONE_CLUSTER,
    "comment": "it marks the jobs of this executor, so that the next call finds them",
    "cpus-per-task": "use threads or cpus_per_task",
    "error": "the output of a task goes to .snakemake/submitit",
    "help": "nothing would be submitted",
    "job-name": "use --submitit-job-prefix",
    "no-requeue": "use --submitit-max-requeues 0",
    "ntasks": ONE_PROCESS,
    "ntasks-per-gpu": ONE_PROCESS,
    "ntasks-per-node": ONE_PROCESS,
    "ntasks-per-core": ONE_PROCESS,
    "ntasks-per-socket": ONE_PROCESS,
    "open-mode": "the output of a task goes to .snakemake/submitit",
    "output": "the output of a task goes to .snakemake/submitit",
    "parsable": "the answer of sbatch is read by this executor",
    "quiet": "the answer of sbatch is read by this executor",
    "signal": "use --submitit-grace-seconds",
    "test-only": "nothing would be submitted",
    "time": "use runtime",
    "usage": "nothing would be submitted",
    "version": "nothing would be submitted",
    "wait": "jobs are followed by this executor",
    "wrap": "the job is the command",
}


class ResourceError(ValueError):
    """A resource that cannot be turned into sbatch parameters."""


@dataclass(frozen=True)
class BatchParameters:
    """What sbatch gets for a job. Jobs with equal ones may share an array task.

    Attributes:
        wanted_minutes: what a further attempt asked for, where its partitions allow less.
    """

    cpus: int
    minutes: int | None
    options: tuple[tuple[str, str | bool], ...]
    origins: tuple[tuple[str, str], ...]
    gpus: int = 0
    checkpoint: bool = False
    wanted_minutes: int | None = None

    @property
    def partition(self) -> str:
        """The partitions it is for, as they were stated."""
        return str(dict(self.options).get("partition", ""))

    @property
    def mem_mb(self) -> int | None:
        """The memory of a task in MB, None where nothing asks for any."""
        options = dict(self.options)
        total = re.fullmatch(r"(\d+)M", str(options.get("mem", "")))
        per_cpu = re.fullmatch(r"(\d+)M", str(options.get("mem-per-cpu", "")))
        if per_cpu:
            return int(per_cpu[1]) * self.cpus
        return int(total[1]) if total else None

    def in_partitions(self, names: Sequence[str]) -> BatchParameters:
        """The same for some partitions."""
        return self._with("partition", ",".join(names))

    def without_nodes(self, nodes: Collection[str]) -> BatchParameters:
        """The same, and never on these nodes."""
        if not nodes:
            return self
        stated = str(dict(self.options).get("exclude", ""))
        return self._with("exclude", ",".join([*([stated] if stated else []), *sorted(nodes)]))

    def _with(self, option: str, value: str) -> BatchParameters:
        options = dict(self.options) | {option: value}
        return replace(self, options=tuple(sorted(options.items())))

    def origin_of(self, refusal: str) -> str:
        """The resources that a refusal by sbatch is about, with their values."""
        given = dict(self.origins)
        for pattern, names in REFUSALS:
            if re.search(pattern, refusal, re.IGNORECASE):
                found = [f"{name}={given[name]}" for name in names if name in given]
                if found:
                    return ", ".join(found)
        return ", ".join(f"{name}={value}" for name, value in self.origins) or "no resource at all"


def parse_extra(text: str) -> dict[str, str | bool]:
    """The options of `slurm_extra`, long ones only."""
    options: dict[str, str | bool] = {}
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ResourceError(f"slurm_extra={text!r} is not a list of options ({error})") from None
    while words:
        word = words.pop(0)
        name, equals, value = word[2:].partition("=")
        if not word.startswith("--") or not name:
            raise ResourceError(
                "slurm_extra takes long sbatch options such as --exclusive or --nice=10, "
                f"not {word!r}"
            )
        # sbatch takes the beginning of a name for the name.
        reserved = next((full for full in sorted(RESERVED_OPTIONS) if full.startswith(name)), None)
        if reserved is not None:
            raise ResourceError(f"slurm_extra cannot hold --{name}: {RESERVED_OPTIONS[reserved]}")
        if equals:
            options[name] = value
        elif words and not words[0].startswith("-"):
            options[name] = words.pop(0)
        else:
            options[name] = True
    return options


def gpu_option(resources: Mapping[str, Any], sharers: int = 1) -> str | None:
    """The value of sbatch's --gpus: a job's devices for each set of jobs that share them."""
    model = resources.get("gpu_model")
    # 0 is what a call says that wants none.
    count = (whole_number(resources, "gpu") or 0) * sharers if resources.get("gpu") else 0
    if not count:
        return None
    return f"{model}:{count}" if model else str(count)


def memory_option(
    resources: Mapping[str, Any], extra_mb: int = 0, at_once: int = 1
) -> tuple[str, str] | None:
    """Option and value for the memory."""
    if resources.get("mem_mb_per_cpu"):
        return "mem-per-cpu", f"{whole_number(resources, 'mem_mb_per_cpu')}M"
    # 0 is what workflows say for "no limit".
    memory = whole_number(resources, "mem_mb") if resources.get("mem_mb") else None
    return None if memory is None else ("mem", f"{memory * at_once + extra_mb}M")


def whole_number(resources: Mapping[str, Any], name: str) -> int | None:
    """A resource that counts something, None where it is not set."""
    value = resources.get(name)
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ResourceError(f"{name}={value!r} must be a whole number, 1 or more")
    return value


def expected_seconds(resources: Mapping[str, Any]) -> int | None:
    """How long the job's rule says that it will take; 0 and nothing say that nobody knows."""
    known = resources.get(SECONDS_RESOURCE)
    return whole_number(resources, SECONDS_RESOURCE) if known else None


def has_checkpoint(resources: Mapping[str, Any]) -> bool:
    """Whether the job's rule says that the job goes on from where it was ended."""
    value = resources.get(CHECKPOINT_RESOURCE)
    if value in (None, "", 0, 1, False, True):
        return bool(value)
    raise ResourceError(
        f"{CHECKPOINT_RESOURCE}={value!r} must be 1 (the job continues from its own checkpoints) "
        "or 0"
    )


def minutes_of(value: Any) -> int | None:
    """The `runtime` resource, which Snakemake has turned into minutes; 0 says "no limit"."""
    if value is None or value == "" or value == 0:
        return None
    try:
        minutes = math.ceil(value if isinstance(value, float) else int(value))
    except (TypeError, ValueError, OverflowError):
        minutes = 0
    if minutes < 1:
        raise ResourceError(f"runtime={value!r} must be a number of minutes")
    return minutes


def _cpus(resources: Mapping[str, Any], threads: int) -> int:
    """The CPUs of one job: stated, or per device, or as many as threads."""
    per_gpu = whole_number(resources, "cpus_per_gpu")
    stated = whole_number(resources, "cpus_per_task")
    if per_gpu is not None and stated is not None:
        raise ResourceError(
            f"cpus_per_gpu={per_gpu} and cpus_per_task={stated} exclude each other: set one of them"
        )
    if per_gpu is not None:
        return per_gpu * (whole_number(resources, "gpu") or 1)
    return stated or max(1, threads)


def batch_parameters(
    resources: Mapping[str, Any],
    threads: int,
    extra_mb: int = 0,
    at_once: int = 1,
    jobs_per_gpu: int = 1,
) -> BatchParameters:
    """The parameters of a task that runs `at_once` jobs with these resources at the same time."""
    if resources.get("mpi"):
        raise ResourceError(
            "MPI jobs (resource `mpi`) are not packed: run them with another executor"
        )
    for name, instead in NOT_HERE.items():
        if resources.get(name) not in (None, ""):
            raise ResourceError(f"{name}={resources[name]!r} is not possible: {instead}")
    for name in ONE_EACH:
        if resources.get(name) not in (None, "", 1):
            raise ResourceError(f"{name}={resources[name]!r} is not possible: {ONE_PROCESS}")
    options: dict[str, str | bool] = {}
    for name, option in PLAIN_OPTIONS.items():
        if resources.get(name) not in (None, ""):
            options[option] = str(resources[name])
    if (memory := memory_option(resources, extra_mb, at_once)) is not None:
        options[memory[0]] = memory[1]
    if (gpus := gpu_option(resources, math.ceil(at_once / jobs_per_gpu))) is not None:
        options["gpus"] = gpus
    options.update(parse_extra(str(resources.get("slurm_extra") or "")))
    for option, text in options.items():
        if not str(text).isprintable():
            raise ResourceError(
                f"sbatch cannot be told --{option}={text!r}: a line of text is needed"
            )
    origins = {
        name: str(resources[name])
        for name in (
            *PLAIN_OPTIONS, "runtime", "mem_mb", "mem_mb_per_cpu", "cpus_per_task",
            "cpus_per_gpu", "gpu", "gpu_model", "slurm_extra",
        )
        if resources.get(name) not in (None, "")
    }  # fmt: skip
    origins["threads"] = str(threads)
    if at_once > 1:
        origins["jobs_at_once"] = str(at_once)
        if "gpu" in str(resources.get("gres") or ""):
            raise ResourceError(
                f"gres={resources['gres']} for {at_once} jobs at once: use gpu=1 instead, so that "
                "each gets a device of its own"
            )
    return BatchParameters(
        cpus=_cpus(resources, threads) * at_once,
        minutes=minutes_of(resources.get("runtime")),
        options=tuple(sorted(options.items(), key=lambda item: item[0])),
        origins=tuple(sorted(origins.items())),
        gpus=resources.get("gpu") or 0,
        checkpoint=has_checkpoint(resources),
    )
