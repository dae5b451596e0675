"""Asking SLURM: states of tasks, cancelling, limits. Only parsing and subprocess calls."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

RUNNING_STATES = frozenset({"RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED", "STOPPED",
                            "STAGE_OUT", "SIGNALING", "RESIZING"})  # fmt: skip
PENDING_STATES = frozenset({"PENDING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "SPECIAL_EXIT",
                            "RESV_DEL_HOLD"})  # fmt: skip
QUEUE_FORMAT = "%i|%T|%r|%L|%N|%k"
COMMAND_TIMEOUT_SECONDS = 120
# The report at the end waits no longer for the accounting database.
SPENT_SECONDS = 30
# Variables that change what SLURM's commands do or say: options of the user's own shell, and those
# of a job that this process may run in. What says where the controller is, and who asks, stays.
STEERING = ("SLURM_", "SBATCH_", "SQUEUE_", "SACCT_", "SINFO_", "SCANCEL_", "SCONTROL_", "SALLOC_")
KEPT = frozenset({"SLURM_CONF", "SLURM_CONF_SERVER", "SLURM_JWT"})
# What the controller says of a job that it does not know, or no longer.
UNKNOWN_JOB = re.compile(r"invalid job id", re.IGNORECASE)


class SlurmUnavailableError(RuntimeError):
    """A SLURM command did not answer."""


@dataclass(frozen=True)
class TaskState:
    """What SLURM says about one array task."""

    state: str
    reason: str = ""
    time_left: str = ""
    node: str = ""
    comment: str = ""

    @property
    def pending(self) -> bool:
        """In the queue, also when it waits to run again."""
        return self.state in PENDING_STATES

    @property
    def running(self) -> bool:
        """On a node."""
        return self.state in RUNNING_STATES

    @property
    def ended(self) -> bool:
        """Never to run again."""
        return not self.pending and not self.running and self.state != "UNKNOWN"


def expand_indices(text: str) -> list[int]:
    """The task numbers of an array expression such as `3,5-7%20` or `0-9:3`."""
    numbers: list[int] = []
    for part in text.partition("%")[0].split(","):
        match = re.fullmatch(r"(\d+)(?:-(\d+)(?::(\d+))?)?", part.strip())
        if match is None:
            continue
        first, last, step = match.groups()
        numbers.extend(range(int(first), int(last or first) + 1, int(step or 1)))
    return numbers


def expand_task_id(text: str) -> list[str]:
    """The ids `12`, `12_3` or those that `12_[3,5-7%20]` stands for."""
    match = re.fullmatch(r"(\d+)_\[(.*)\]", text)
    if match is None:
        return [text]
    return [f"{match.group(1)}_{index}" for index in expand_indices(match.group(2))]


def plain_state(text: str) -> str:
    """`CANCELLED by 1000` and `COMPLETED+` without their tails."""
    words = text.split()
    return words[0].rstrip("+") if words else "UNKNOWN"


def parse_queue(text: str) -> dict[str, TaskState]:
    """The output of squeue in QUEUE_FORMAT, by task id."""
    states = {}
    for line in text.splitlines():
        fields = line.split("|", 5)
        if len(fields) == 6:
            task, state, reason, left, node, comment = (field.strip() for field in fields)
            for single in expand_task_id(task):
                states[single] = TaskState(plain_state(state), reason, left, node, comment)
    return states


def parse_accounting(text: str) -> dict[str, TaskState]:
    """The output of `sacct -X -n -P -o JobID,State,NodeList,Reason`, by task id."""
    states = {}
    for line in text.splitlines():
        fields = line.split("|")
        if len(fields) >= 4:
            for single in expand_task_id(fields[0]):
                states[single] = TaskState(plain_state(fields[1]), fields[3], "", fields[2])
    return states


def parse_config(text: str) -> dict[str, str]:
    """The output of `scontrol show config`."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {name.strip(): value.strip() for name, _, value in pairs}


def limit_minutes(text: str) -> int | None:
    """A time limit of SLURM, `[days-]hours:minutes:seconds` or shorter, None for no limit."""
    days, _, clock = text.strip().rpartition("-")
    parts = clock.split(":")
    if not all(part.isdigit() for part in parts) or not (days == "" or days.isdigit()):
        return None
    numbers = [int(part) for part in parts]
    # With days the first number is hours; without, a lone number is minutes.
    if days:
        hours, minutes = (*numbers, 0)[:2]
        return int(days) * 1440 + hours * 60 + minutes
    if len(numbers) == 3:
        return numbers[0] * 60 + numbers[1]
    return numbers[0]


def parse_partitions(text: str) -> dict[str, int | None]:
    """The output of `sinfo -h -a -o "%P|%l"`: limits by name, that of the default one at ""."""
    limits: dict[str, int | None] = {}
    for line in text.splitlines():
        name, _, limit = line.strip().partition("|")
        limits[name.rstrip("*")] = limit_minutes(limit)
        if name.endswith("*"):
            limits[""] = limit_minutes(limit)
    return limits


@dataclass(frozen=True)
class Spent:
    """What a task has used: peak memory in MB (None where it was not measured), times, CPUs.

    Before it has ended, in SLURM's books, its peak and CPU time are not there.
    """

    peak_mb: float | None = None
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    cpus: int = 1
    ended: bool = False


def clock_seconds(text: str) -> float:
    """A time of sacct, `[days-][hours:]minutes:seconds[.fraction]`; 0 where there is none."""
    days, _, clock = text.strip().rpartition("-")
    seconds = 0.0
    for part in clock.split(":"):
        if not re.fullmatch(r"\d+(\.\d+)?", part):
            return 0.0
        seconds = seconds * 60 + float(part)
    return seconds + (int(days) * 86400 if days.isdigit() else 0)


def memory_mb(text: str) -> float | None:
    """sacct's MaxRSS, such as `12345K` or `1.5G`, in MB; None where it was not measured."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)([KMGT]?)", text.strip())
    if match is None or float(match[1]) == 0:
        return None
    return float(match[1]) * {"": 2**-20, "K": 2**-10, "M": 1, "G": 2**10, "T": 2**20}[match[2]]


def parse_spent(text: str) -> dict[str, Spent]:
    """The output of `sacct -n -P -o JobID,State,MaxRSS,ElapsedRaw,TotalCPU,AllocCPUS`, by task."""
    found: dict[str, Spent] = {}
    for line in text.splitlines():
        fields = line.split("|")
        if len(fields) != 6:
            continue
        name, state, *fields = fields
        task, _, step = name.partition(".")
        known = found.get(task, Spent())
        peaks = [peak for peak in (known.peak_mb, memory_mb(fields[0])) if peak is not None]
        known = replace(known, peak_mb=max(peaks, default=None))
        if not step and fields[1].isdigit() and fields[3].isdigit():
            known = replace(
                known,
                wall_seconds=float(fields[1]),
                cpu_seconds=clock_seconds(fields[2]),
                cpus=int(fields[3]),
                ended=TaskState(plain_state(state)).ended,
            )
        found[task] = known
    return found


def array_base(task: str) -> str:
    """The array's id in a task's id."""
    return task.partition("_")[0]


def short_ids(tasks: Iterable[str], array_sizes: Mapping[str, int]) -> list[str]:
    """Ids for scancel: the array's own id where all of its tasks are meant."""
    by_array: dict[str, list[str]] = {}
    for task in tasks:
        by_array.setdefault(array_base(task), []).append(task)
    ids: list[str] = []
    for base, members in by_array.items():
        ids.extend([base] if len(members) >= array_sizes.get(base, 0) > 0 else members)
    return ids


def ranges(tasks: Iterable[str]) -> list[str]:
    """Ids for scancel and for people: `7`, `9_2` and `9_[0-3,7]`."""
    by_array: dict[str, list[int]] = {}
    for task in sorted(tasks):
        base, _, index = task.partition("_")
        by_array.setdefault(base, []).extend([int(index)] if index.isdigit() else [])
    return [f"{base}_{_numbers(sorted(found))}" if found else base
            for base, found in by_array.items()]  # fmt: skip


def _numbers(found: list[int]) -> str:
    """Sorted numbers as `3`, or `[0-3,7]`."""
    parts: list[list[int]] = []
    for number in found:
        if parts and number == parts[-1][-1] + 1:
            parts[-1] = [parts[-1][0], number]
        else:
            parts.append([number])
    text = ",".join("-".join(map(str, part)) for part in parts)
    return text if text.isdigit() else f"[{text}]"


def is_steering(variable: str) -> bool:
    """Whether a variable of the environment changes what SLURM's commands do or say."""
    return variable.startswith(STEERING) and variable not in KEPT


def plain_environment() -> dict[str, str]:
    """The environment for SLURM's commands: their answers are neither filtered nor shortened."""
    kept = {name: value for name, value in os.environ.items() if not is_steering(name)}
    # Lists of task numbers are cut at some length otherwise.
    return {**kept, "SLURM_BITSTR_LEN": "0", "LC_ALL": "C.UTF-8"}


def _ask(command: list[str], seconds: float = COMMAND_TIMEOUT_SECONDS) -> str:
    try:
        answer = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
            env=plain_environment(),
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SlurmUnavailableError(f"{command[0]}: {error}") from error
    if answer.returncode != 0:
        words = (answer.stderr or answer.stdout).strip().splitlines()
        raise SlurmUnavailableError(f"{command[0]}: {words[-1] if words else answer.returncode}")
    return answer.stdout


def queue(seconds: float = COMMAND_TIMEOUT_SECONDS) -> dict[str, TaskState]:
    """All tasks of this user that squeue knows, those that ended lately included."""
    return parse_queue(_ask(["squeue", "-h", "-a", "-r", "-t", "all", "-u", str(os.getuid()),
                             "-o", QUEUE_FORMAT], seconds))  # fmt: skip


def still_known(tasks: Iterable[str]) -> dict[str, TaskState]:
    """What the controller says of tasks that its list lacks, asked array by array.

    A task that is missing here is gone: the controller answered, and does not know it.
    """
    wanted = set(tasks)
    found: dict[str, TaskState] = {}
    for base in sorted({array_base(task) for task in wanted}):
        try:
            text = _ask(["squeue", "-h", "-a", "-r", "-t", "all", "-j", base, "-o", QUEUE_FORMAT])
        except SlurmUnavailableError as error:
            if UNKNOWN_JOB.search(str(error)):
                continue
            raise
        found |= parse_queue(text)
    return {task: state for task, state in found.items() if task in wanted}


def accounting(tasks: Iterable[str]) -> dict[str, TaskState]:
    """States from the accounting database, for tasks that have left the queue."""
    # By array, and by JobID: JobIdRaw has no task numbers.
    bases = sorted({array_base(task) for task in tasks})
    states: dict[str, TaskState] = {}
    fields = "JobID,State,NodeList,Reason"
    for start in range(0, len(bases), 200):
        some = ",".join(bases[start : start + 200])
        command = ["sacct", "-X", "-n", "-P", "-S", "now-30days", "-o", fields, "-j", some]
        states |= parse_accounting(_ask(command))
    return states


def spent(tasks: Iterable[str]) -> dict[str, Spent]:
    """What tasks have used, by the accounting database."""
    bases = sorted({array_base(task) for task in tasks})
    found: dict[str, Spent] = {}
    fields = "JobID,State,MaxRSS,ElapsedRaw,TotalCPU,AllocCPUS"
    for start in range(0, len(bases), 200):
        some = ",".join(bases[start : start + 200])
        command = ["sacct", "-n", "-P", "-S", "now-30days", "-o", fields, "-j", some]
        found |= parse_spent(_ask(command, SPENT_SECONDS))
    return found


def list_partitions(form: str) -> str:
    """What sinfo says of all partitions, a line for each kind of their nodes."""
    return _ask(["sinfo", "-h", "-a", "-e", "-o", form])


def last_end(job: str) -> str | None:
    """How the previous start of a requeued job ended, or None when nobody knows."""
    try:
        lines = _ask(["sacct", "-D", "-X", "-n", "-P", "-o", "State", "-j", job]).splitlines()
    except SlurmUnavailableError:
        return None
    ended = [plain_state(line) for line in lines if not TaskState(plain_state(line)).running]
    past = [state for state in ended if state not in PENDING_STATES | {"UNKNOWN"}]
    return past[-1] if past else None


def job_state(job: str) -> str | None:
    """SLURM's state of one job of the queue, or None when it does not say."""
    try:
        lines = _ask(["squeue", "-h", "-a", "-r", "-t", "all", "-j", job, "-o", "%T"]).split()
    except SlurmUnavailableError:
        return None
    return plain_state(lines[0]) if lines else None


def partition_minutes() -> dict[str, int | None]:
    """The time limits of all partitions; empty when SLURM does not say."""
    try:
        return parse_partitions(_ask(["sinfo", "-h", "-a", "-o", "%P|%l"]))
    except SlurmUnavailableError:
        return {}


def max_array_size() -> int | None:
    """SLURM's MaxArraySize; the largest task number is one less."""
    try:
        value = parse_config(_ask(["scontrol", "show", "config"])).get("MaxArraySize", "")
    except SlurmUnavailableError:
        return None
    return int(value) if value.isdigit() and int(value) > 0 else None


def cancel(ids: list[str], seconds: float = COMMAND_TIMEOUT_SECONDS) -> None:
    """scancel, some hundred ids a call."""
    for start in range(0, len(ids), 300):
        _ask(["scancel", *ids[start : start + 300]], seconds)


def release(tasks: list[str]) -> None:
    """Let held tasks of the queue start, some hundred a call."""
    for start in range(0, len(tasks), 300):
        _ask(["scontrol", "release", ",".join(tasks[start : start + 300])])


def requeue(job: str) -> None:
    """Put a running job back into the queue."""
    _ask(["scontrol", "requeue", job])
