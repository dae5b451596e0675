"""Devices that this process was granted, and their assignment to jobs.

What counts, in this order: the variables by which the makers' libraries see devices, which SLURM
sets; what SLURM says that it granted; the devices of the machine.
"""

from __future__ import annotations

import contextlib
import glob
import itertools
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

CUDA = "CUDA_VISIBLE_DEVICES"
# AMD's: the driver's own, and those of the libraries above it, which count within what it leaves.
# These read CUDA's variable, too.
ROCR = "ROCR_VISIBLE_DEVICES"
HIP = "HIP_VISIBLE_DEVICES"
ORDINAL = "GPU_DEVICE_ORDINAL"
AMD = (ROCR, HIP, ORDINAL)
# Intel's.
MASK = "ZE_AFFINITY_MASK"
# Variable -> the value with which a program sees no device. An empty mask of Intel's hides nothing:
# the number is one that no machine has.
HIDDEN = {CUDA: "", ROCR: "", HIP: "-1", ORDINAL: "-1", MASK: "9999"}
# What SLURM says that it granted, by numbers of the node: the step's part first.
SLURM_GRANTS = ("SLURM_STEP_GPUS", "SLURM_JOB_GPUS")
# What the kernel knows of AMD's processors and devices.
AMD_NODES = "/sys/class/kfd/kfd/topology/nodes"


def words_of(value: str) -> list[str]:
    """The devices that a variable names: numbers, parts or UUIDs.

    Libraries ignore everything from the first invalid entry on; "-1" and, of older versions of
    SLURM, "NoDevFiles" are the usual ones.
    """
    names: list[str] = []
    for name in (word.strip() for word in value.split(",")):
        if name.startswith("-") or name == "NoDevFiles":
            break
        if name:
            names.append(name)
    return names


def numbers_of(value: str) -> list[str]:
    """The numbers of a list such as `0,2-3`."""
    found: list[str] = []
    for first, last in re.findall(r"(\d+)(?:-(\d+))?", value):
        found.extend(str(number) for number in range(int(first), int(last or first) + 1))
    return found


def parse_nvidia(listing: str) -> list[str]:
    """The output of `nvidia-smi -L`: the parts of divided devices, and the others.

    Numbers where no device is divided: a job cannot mix numbers and UUIDs.
    """
    devices: list[tuple[str, list[str]]] = []
    for line in listing.splitlines():
        uuid = re.search(r"\(UUID: ([^)]+)\)", line)
        if line.startswith("GPU "):
            devices.append((uuid[1] if uuid else str(len(devices)), []))
        elif line.strip().startswith("MIG ") and devices and uuid:
            devices[-1][1].append(uuid[1])
    if not any(parts for _, parts in devices):
        return [str(number) for number in range(len(devices))]
    return [name for device, parts in devices for name in (parts or [device])]


def nvidia_devices() -> list[str]:
    """NVIDIA devices of this machine, without importing a CUDA library."""
    listing = shutil.which("nvidia-smi")
    if listing is not None:
        answer = subprocess.run([listing, "-L"], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            return parse_nvidia(answer.stdout)
    return [str(number) for number in range(len(glob.glob("/dev/nvidia[0-9]*")))]


def count_amd_devices(nodes: str = AMD_NODES) -> int:
    """AMD devices of this machine."""
    found = 0
    for properties in glob.glob(f"{nodes}/*/properties"):
        with contextlib.suppress(OSError), open(properties) as file:
            facts = dict(line.split(None, 1) for line in file if " " in line)
            # A processor is a node without SIMD units.
            found += int(facts.get("simd_count", "0")) > 0
    return found


@dataclass(frozen=True)
class Machine:
    """What a machine has. Intel's devices are not looked for: most are graphics of a processor.

    Attributes:
        amd: devices of AMD.
        nvidia: lists those of NVIDIA; asked only where no variable says it.
        has_nvidia: whether there are any.
    """

    amd: int = 0
    nvidia: Callable[[], list[str]] = list
    has_nvidia: bool = False


def this_machine() -> Machine:
    """The machine that this process runs on."""
    present = bool(glob.glob("/dev/nvidia[0-9]*"))
    return Machine(count_amd_devices(), nvidia_devices, present)


@dataclass(frozen=True)
class Devices:
    """The devices of this process.

    Attributes:
        names: one for each device.
        variables: variable -> its word for each device, in the order of `names`.
        counted: variables that count within a job's own devices, from 0.
    """

    names: tuple[str, ...] = ()
    variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    counted: tuple[str, ...] = ()

    def environment(self, positions: Sequence[int]) -> dict[str, str]:
        """The variables of a job that gets the devices at these positions, and sees no others."""
        if not positions:
            return {name: HIDDEN[name] for name in (CUDA, *self.variables, *self.counted)}
        chosen = {name: [words[i] for i in positions] for name, words in self.variables.items()}
        within = [str(number) for number in range(len(positions))]
        chosen |= dict.fromkeys(self.counted, within)
        return {name: ",".join(words) for name, words in chosen.items()}


def granted(environment: Mapping[str, str], machine: Machine) -> Devices:
    """The devices that a process of this environment may use."""
    words = {name: words_of(environment[name]) for name in HIDDEN if name in environment}
    if not machine.has_nvidia and (machine.amd or (CUDA not in words and words.keys() & set(AMD))):
        return _of_amd(words, environment, machine.amd)
    main = MASK if MASK in words and CUDA not in words and not machine.has_nvidia else CUDA
    names = words.get(main)
    if names is None:
        names = _granted_by_slurm(environment, machine.nvidia)
    if names is None:
        names = machine.nvidia()
    # SLURM sets the variables of all makers where nobody has told it the make.
    others = {
        name: tuple(found)
        for name, found in words.items()
        if name != main and len(found) == len(names)
    }
    return Devices(tuple(names), {main: tuple(names), **others})


def _of_amd(
    words: Mapping[str, list[str]], environment: Mapping[str, str], present: int
) -> Devices:
    """What the driver's variable leaves, and of that what the libraries' variable names."""
    everything = [str(number) for number in range(present)]
    left = words.get(ROCR)
    named = next((words[name] for name in (HIP, CUDA, ORDINAL) if name in words), None)
    if named is None:
        granted_ones = left if left is not None else _granted_by_slurm(environment, everything.copy)
        names = everything if granted_ones is None else granted_ones
    elif left is not None and left == named and "SLURM_JOB_ID" in environment:
        # SLURM writes the same numbers into all of its variables.
        names = left
    else:
        names = _among(named, left if left is not None else everything)
    return Devices(tuple(names), {ROCR: tuple(names)}, (HIP, CUDA, ORDINAL))


def _among(named: Sequence[str], devices: Sequence[str]) -> list[str]:
    """The devices that numbers stand for; anything else, such as a UUID, as it is."""
    if not devices:
        return list(named)
    return [
        devices[int(name)] if name.isdigit() else name
        for name in named
        if not name.isdigit() or int(name) < len(devices)
    ]


def _granted_by_slurm(
    environment: Mapping[str, str], present: Callable[[], list[str]]
) -> list[str] | None:
    """The devices of a SLURM job whose makers' variables are not set; None outside of a job."""
    if "SLURM_JOB_ID" not in environment:
        return None
    value = next((environment[name] for name in SLURM_GRANTS if name in environment), None)
    if value is None:
        count = environment.get("SLURM_GPUS_ON_NODE", "")
        value = f"0-{int(count) - 1}" if count.isdigit() and int(count) else ""
    numbers = numbers_of(value)
    found = present() if numbers else []
    # Where a job sees only what it was granted, devices are numbered from 0.
    if len(found) == len(numbers):
        return found
    return [found[int(n)] if int(n) < len(found) else n for n in numbers]


def devices_present(environment: Mapping[str, str] | None = None) -> list[str]:
    """Names of the devices that a process may use: this one, or one of another environment."""
    known = os.environ if environment is None else environment
    return list(granted(known, this_machine()).names)


class GpuSlots:
    """Gives each job devices of its own; `jobs_per_gpu` jobs at a time may share one."""

    def __init__(self, devices: Devices, jobs_per_gpu: int = 1) -> None:
        if jobs_per_gpu < 1:
            raise ValueError(f"jobs_per_gpu must be 1 or more, not {jobs_per_gpu}")
        self.devices = devices
        self._jobs_per_gpu = jobs_per_gpu
        self._free = [jobs_per_gpu] * len(devices.names)
        self._changed = threading.Condition()

    def _take(self, counts: Sequence[int]) -> list[list[int]] | None:
        """Positions of devices for each of the jobs; None where there are too few now."""
        free = list(self._free)
        # Jobs that need more together than there is share when no other job has a device.
        may_share = len(counts) > 1 and all(left == self._jobs_per_gpu for left in free)
        taken = []
        for count in counts:
            # The emptiest devices first: jobs spread before they share.
            ranked = sorted(range(len(free)), key=lambda position: -free[position])
            chosen = [place for place in ranked if free[place] > 0 or may_share][:count]
            if len(chosen) < count:
                return None
            for position in chosen:
                free[position] -= 1
            taken.append(sorted(chosen))
        self._free = free
        return taken

    @contextlib.contextmanager
    def assigned(self, count: int) -> Iterator[dict[str, str]]:
        """The variables of a job that asks for `count` devices; waits for free ones.

        A job that asks for none sees none. One that asks for more than there are gets all: whether
        to run without is the job's decision, as it is under Snakemake's own executor.
        """
        with self.assigned_together([count]) as [devices]:
            yield devices

    @contextlib.contextmanager
    def assigned_together(self, counts: Sequence[int]) -> Iterator[list[dict[str, str]]]:
        """The same for jobs that must run at the same time: none of them waits for another."""
        counts = [max(0, min(count, len(self._free))) for count in counts]
        if not any(counts):
            yield [self.devices.environment([]) for _ in counts]
            return
        with self._changed:
            while (taken := self._take(counts)) is None:
                self._changed.wait()
        try:
            yield [self.devices.environment(chosen) for chosen in taken]
        finally:
            with self._changed:
                for position in itertools.chain.from_iterable(taken):
                    self._free[position] += 1
                self._changed.notify_all()
