"""On which device runs train: one device for all arms that are compared with each other.

Arms that a hypothesis compares or tunes, and cells of a heatmap, belong together; those that share
an arm do, too. Such a group trains on the device of the runs that it has. Before its first run, a
few steps of its smallest, its middle and its largest network are timed on both devices. The faster
one is that on which these steps would take less time, were its places used at once: the cores of
the machine, or its GPUs.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from hyperverdict.claims.factors import combinations
from hyperverdict.design.cost import estimated_seconds_per_step
from hyperverdict.design.state import RunState
from hyperverdict.errors import UserError, nearest
from hyperverdict.runs.sealed import read_json
from hyperverdict.study.model import Heatmap, Hypothesis, Study
from hyperverdict.study.tuning import tuning_arms
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.words.numbers import count, digits, listed

Device = Literal["cpu", "cuda"]
NAMES: Mapping[Device, str] = {"cpu": "CPU", "cuda": "GPU"}
TIMED_NETWORKS = 3


@dataclass(frozen=True)
class Machine:
    """What a machine has for training jobs.

    Attributes:
        cores: each trains one job at a time.
        gpu_slots: jobs that may train on its GPUs at a time.
    """

    cores: int
    gpu_slots: int


@dataclass(frozen=True)
class DeviceGroup:
    """Arms that train on one device.

    Attributes:
        arms: by arm path; their budgets do not matter.
        purposes: ids of the hypotheses and heatmaps that need them.
    """

    arms: Mapping[str, Configuration]
    purposes: tuple[str, ...]

    @property
    def key(self) -> str:
        """A short name for its set of arms."""
        return hashlib.sha256("\n".join(sorted(self.arms)).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Timed:
    """What timing a few steps of a group's networks has shown.

    Attributes:
        device: the faster one.
        factor: how many times faster, with all places of both devices in use; 0 where torch cannot
            use the GPU.
    """

    device: Device
    factor: float


def device_groups(study: Study) -> tuple[DeviceGroup, ...]:
    """The groups of a study's arms."""
    parts = [(h.id, _arms(h, study)) for h in study.hypotheses]
    parts += [(heatmap.id, _cells(heatmap, study)) for heatmap in study.heatmaps]
    groups: list[DeviceGroup] = []
    for name, arms in parts:
        if arms:
            apart = [group for group in groups if not group.arms.keys() & arms.keys()]
            joined = [group for group in groups if group not in apart]
            groups = [*apart, _joined([*joined, DeviceGroup(arms, (name,))])]
    return tuple(groups)


def _joined(groups: Iterable[DeviceGroup]) -> DeviceGroup:
    arms: dict[str, Configuration] = {}
    purposes: list[str] = []
    for group in groups:
        arms |= group.arms
        purposes += group.purposes
    return DeviceGroup(arms, tuple(purposes))


def _arms(hypothesis: Hypothesis, study: Study) -> dict[str, Configuration]:
    """All arms at all budgets, tuned and not: what is compared in the end is among them."""
    found: dict[str, Configuration] = {}
    for budget in hypothesis.budgets:
        claimed = (arm.configuration for arm in study.claimed_arms(hypothesis, budget))
        tuned = (trial.configuration for trial in tuning_arms(hypothesis, study, budget))
        found |= {c.arm_path: c for c in (*claimed, *tuned)}
    return found


def _cells(heatmap: Heatmap, study: Study) -> dict[str, Configuration]:
    cells = (study.baseline.configure(c, heatmap.budget) for c in combinations(heatmap.grid))
    return {cell.arm_path: cell for cell in cells}


def timed_networks(group: DeviceGroup) -> tuple[Configuration, ...]:
    """The networks whose steps are timed: the smallest, the middle and the largest of a group."""
    ordered = sorted(
        group.arms.values(), key=lambda arm: (estimated_seconds_per_step(arm), arm.arm_path)
    )
    if len(ordered) <= TIMED_NETWORKS:
        return tuple(ordered)
    return (ordered[0], ordered[len(ordered) // 2], ordered[-1])


def recorded_device(seeds: Iterable[Mapping[str, int]]) -> Device | None:
    """The device of most of the seeds on record; None without any.

    Args:
        seeds: of each run, device -> number of its seeds.
    """
    counted: Counter[str] = Counter()
    for of_run in seeds:
        counted.update(of_run)
    if not counted:
        return None
    most = max(counted, key=lambda device: (counted[device], device))
    return "cpu" if most == "cpu" else "cuda"


def faster_device(
    cpu: Sequence[float], cuda: Sequence[float], machine: Machine, jobs: int
) -> Timed:
    """The device on which a group trains faster.

    Args:
        cpu, cuda: seconds per step of the same networks; no `cuda` where torch cannot use the GPU.
        jobs: training jobs of the group; more places than jobs are of no use.
    """
    if not cuda or not machine.gpu_slots:
        return Timed("cpu", 0.0)
    on_cpu = sum(cpu) / max(1, min(machine.cores, jobs))
    on_gpu = sum(cuda) / max(1, min(machine.gpu_slots, jobs))
    if on_gpu < on_cpu:
        return Timed("cuda", on_cpu / on_gpu)
    return Timed("cpu", on_gpu / on_cpu)


def other_device(states: Iterable[RunState], device: Device | None) -> str:
    """That seeds would be added to runs of another device; "" where none would."""
    others = [s for s in states if device and s.missing and set(s.devices) - {device}]
    if not others or device is None:
        return ""
    other: Device = "cpu" if device == "cuda" else "cuda"
    return (
        f"{count(len(others), 'configuration')} with seeds from a {NAMES[other]} would get seeds "
        f"from a {NAMES[device]}, whose numbers differ in their last digits "
        f"({others[0].run.folder})"
    )


class Devices:
    """The device of every arm of a study, as far as it is known."""

    def __init__(
        self,
        study: Study,
        folder: Path,
        recorded: Callable[[Configuration], Mapping[str, int]],
    ) -> None:
        """Compiles nothing yet.

        Args:
            folder: where the timings of both devices are, one folder for each group.
            recorded: seeds on record of an arm at all its budgets, by device.
        """
        self._study, self._folder, self._recorded = study, folder, recorded
        self._by_hand: dict[str, DeviceGroup] = {}
        self._known: dict[str, Device] = {}

    @cached_property
    def groups(self) -> tuple[DeviceGroup, ...]:
        """The groups of the study."""
        return device_groups(self._study)

    @cached_property
    def _of_arm(self) -> dict[str, DeviceGroup]:
        return {path: group for group in self.groups for path in group.arms}

    def group_of(self, arm: Configuration) -> DeviceGroup:
        """The group of an arm; one asked for by hand is a group of its own."""
        found = self._of_arm.get(arm.arm_path)
        if found is None:
            found = DeviceGroup({arm.arm_path: arm}, ("asked for by hand",))
            self._by_hand[found.key] = found
        return found

    def group(self, key: str) -> DeviceGroup:
        """The group of this key; UserError for any other."""
        known = self._by_hand | {group.key: group for group in self.groups}
        if key not in known:
            raise UserError(f"unknown group of arms {key!r}; {nearest(key, known)}")
        return known[key]

    def networks(self, key: str) -> tuple[Configuration, ...]:
        """The networks that are timed for the group of this key."""
        return timed_networks(self.group(key))

    def device(self, group: DeviceGroup) -> Device | None:
        """Where a group trains on a machine with GPUs; None before it is timed."""
        if group.key not in self._known:
            device = recorded_device(map(self._recorded, group.arms.values()))
            timed = read_timed(self._file(group))
            if device is None and timed is not None:
                device = timed.device
            if device is None and self._study.vocabulary.training is not None:
                # How it uses a GPU is its own affair, and its steps cannot be timed apart.
                device = "cuda"
            if device is None:
                return None
            self._known[group.key] = device
        return self._known[group.key]

    def gpus(self, arms: Iterable[Configuration]) -> int:
        """GPUs for a job on arms of one group, on a machine that has some."""
        return int(any(self.device(self.group_of(arm)) != "cpu" for arm in arms))

    def to_time(self, arms: Iterable[Configuration]) -> str:
        """Key of the group that must be timed before a job on these arms can start; "" if none."""
        groups = (self.group_of(arm) for arm in arms)
        return next((group.key for group in groups if self.device(group) is None), "")

    def lines(self) -> Iterator[str]:
        """What the plan says of the devices on a machine with GPUs."""
        said: dict[str, list[str]] = {}
        for group in self.groups:
            said.setdefault(self._text(group), []).extend(group.purposes)
        for text, purposes in said.items():
            yield f"  {listed(purposes)}: {text}"

    def _text(self, group: DeviceGroup) -> str:
        device, timed = self.device(group), read_timed(self._file(group))
        if device is None:
            return "GPU or CPU, whichever is faster: a few steps are timed first"
        if timed is None or timed.device != device:
            exists = recorded_device(map(self._recorded, group.arms.values())) is not None
            why = "as the runs that exist" if exists else "as every training of your own"
            return f"{NAMES[device]}, {why}"
        if not timed.factor:
            return "CPU, since torch cannot use the GPU"
        return (
            f"{NAMES[device]}, timed to be {digits(timed.factor, 2)} times faster for all its jobs"
        )

    def _file(self, group: DeviceGroup) -> Path:
        return self._folder / group.key / "timing.json"


def read_timed(file: Path) -> Timed | None:
    """What a timing of both devices has shown; None without one."""
    try:
        content = read_json(file)
        return Timed("cuda" if content["device"] == "cuda" else "cpu", float(content["factor"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
