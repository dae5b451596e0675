"""Partitions that can run a task: by their time limit and by what their nodes have."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from . import slurm
from .resources import BatchParameters, ResourceError

FORMAT = "%R|%a|%l|%c|%m|%G"


@dataclass(frozen=True)
class Node:
    """A kind of node: CPUs, memory in MB, and GPUs by model ("" where it has no name)."""

    cpus: int
    mem_mb: int
    gpus: Mapping[str, int]


@dataclass
class Partition:
    """One partition: its limit in minutes (None for no limit), and its kinds of nodes."""

    is_up: bool
    minutes: int | None
    nodes: list[Node] = field(default_factory=list)


@dataclass(frozen=True)
class Need:
    """What one task needs: minutes, and CPUs, memory in MB and GPUs of one node."""

    minutes: int | None
    cpus: int
    mem_mb: int | None
    gpus: int
    model: str | None


def _gpus_of(text: str) -> dict[str, int]:
    """The GPUs of a node's `gres`, such as `gpu:a100:4(S:0-1),gpu:2,tmp:5`."""
    found: dict[str, int] = {}
    for part in re.sub(r"\([^)]*\)", "", text).split(","):
        words = part.strip().split(":")
        if words[0] == "gpu" and words[-1].isdigit():
            model = words[1] if len(words) > 2 else ""
            found[model] = found.get(model, 0) + int(words[-1])
    return found


def _number(text: str) -> int:
    """`16000+` as a number: a kind of node has at least so much."""
    digits = re.match(r"\d+", text)
    return int(digits[0]) if digits else 0


def parse_partitions(text: str) -> dict[str, Partition]:
    """The output of `sinfo -h -a -e -o` in FORMAT, by name."""
    found: dict[str, Partition] = {}
    for line in text.splitlines():
        fields = [part.strip() for part in line.split("|")]
        if len(fields) != 6:
            continue
        name, state, limit, cpus, memory, gres = fields
        partition = found.setdefault(name, Partition(state == "up", slurm.limit_minutes(limit)))
        partition.nodes.append(Node(_number(cpus), _number(memory), _gpus_of(gres)))
    return found


def need_of(parameters: BatchParameters) -> Need:
    """What a task with these parameters needs of a partition."""
    options = dict(parameters.options)
    model, _, count = str(options.get("gpus", "0")).rpartition(":")
    gpus = int(count) if count.isdigit() else 1
    return Need(parameters.minutes, parameters.cpus, parameters.mem_mb, gpus, model or None)


def lacks(partition: Partition, need: Need) -> str | None:
    """What keeps a task from a partition; None where nothing does."""
    if not partition.is_up:
        return "is not up"
    if partition.minutes is not None and (need.minutes or 0) > partition.minutes:
        return f"has a limit of {partition.minutes} min, not {need.minutes}"
    nodes = [node for node in partition.nodes if node.cpus >= need.cpus]
    if not nodes:
        return f"has no node with {need.cpus} CPUs"
    nodes = [node for node in nodes if node.mem_mb >= (need.mem_mb or 0)]
    if not nodes:
        return f"has no such node with {need.mem_mb} MB"
    if not any(_gpus(node, need.model) >= need.gpus for node in nodes):
        return f"has no such node with {need.gpus} GPUs" + (
            f" ({need.model})" if need.model else ""
        )
    return None


def _gpus(node: Node, model: str | None) -> int:
    if model is None:
        return sum(node.gpus.values())
    # Nodes whose GPUs have no name may be of any model.
    return node.gpus.get(model, 0) + node.gpus.get("", 0)


def choose(
    names: Sequence[str], need: Need, known: Mapping[str, Partition]
) -> tuple[list[str], dict[str, str]]:
    """(the partitions that can run it, what keeps it from each of the others).

    A partition that SLURM does not list is left to sbatch's word.
    """
    kept = {name: lacks(known[name], need) if name in known else None for name in names}
    fitting = [name for name in names if kept[name] is None]
    return fitting, {name: why for name, why in kept.items() if why is not None}


def _names(parameters: BatchParameters) -> list[str]:
    """The partitions that are asked for; none means the cluster's default one."""
    return [part.strip() for part in parameters.partition.split(",") if part.strip()]


class Partitions:
    """What SLURM says of its partitions, asked when it is needed and again where it did not say."""

    def __init__(self) -> None:
        self._limits: dict[str, int | None] = {}
        self._kinds: dict[str, Partition] = {}

    def _ask_limits(self) -> None:
        if not self._limits:
            # Not kept where SLURM did not say: a task longer than the limit would wait for ever.
            self._limits = slurm.partition_minutes()

    def _ask_kinds(self) -> bool:
        """Whether SLURM has said which nodes there are."""
        if not self._kinds:
            with contextlib.suppress(slurm.SlurmUnavailableError):
                self._kinds = parse_partitions(slurm.list_partitions(FORMAT))
        return bool(self._kinds)

    def minutes(self, parameters: BatchParameters) -> int | None:
        """The shortest limit of the partitions: in that one, a longer task would wait for ever."""
        self._ask_limits()
        limits = [self._limits.get(name) for name in _names(parameters) or [""]]
        return min((limit for limit in limits if limit is not None), default=None)

    def within_limit(self, parameters: BatchParameters) -> BatchParameters:
        """The same with the longest limit of its partitions, where it asks for more time.

        For further attempts: their `runtime` has grown by itself, and the first one fitted.
        """
        self._ask_limits()
        names = _names(parameters)
        if len(names) > 1 and self._ask_kinds():
            # Those that lack something else do not count.
            need = replace(need_of(parameters), minutes=None)
            names = choose(names, need, self._kinds)[0] or names
        limits = [self._limits.get(name) for name in names or [""]]
        known = [limit for limit in limits if limit is not None]
        if len(known) < len(limits) or (parameters.minutes or 0) <= max(known):
            return parameters
        return replace(parameters, minutes=max(known), wanted_minutes=parameters.minutes)

    def placed(self, parameters: BatchParameters) -> BatchParameters:
        """The same for those of its partitions that can run it, where several are named.

        Raises ResourceError where none can.
        """
        names = _names(parameters)
        if len(names) < 2 or not self._ask_kinds():
            # sbatch, and SLURM's reasons later, say what does not fit.
            return parameters
        fitting, others = choose(names, need_of(parameters), self._kinds)
        if not fitting:
            listed = "; ".join(f"{name} {why}" for name, why in others.items())
            raise ResourceError(
                f"no partition of slurm_partition={parameters.partition} can run it: {listed}"
            )
        return parameters.in_partitions(fitting)
