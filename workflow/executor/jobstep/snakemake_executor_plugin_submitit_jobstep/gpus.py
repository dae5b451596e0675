"""Devices present on this machine, and their assignment to jobs."""

from __future__ import annotations

import contextlib
import glob
import itertools
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence

NO_DEVICE = ""
# What the kernel knows of AMD's processors and devices.
AMD_NODES = "/sys/class/kfd/kfd/topology/nodes"


def devices_from_environment(environment: Mapping[str, str]) -> list[str] | None:
    """The devices CUDA_VISIBLE_DEVICES names, or None where it is not set."""
    value = environment.get("CUDA_VISIBLE_DEVICES")
    if value is None:
        return None
    names = [name.strip() for name in value.split(",") if name.strip()]
    # CUDA itself ignores everything from the first invalid entry on; "-1" is the usual one.
    return [] if not names or names[0] == "-1" else names


def count_nvidia_devices() -> int:
    """NVIDIA devices of this machine, without importing a CUDA library."""
    listing = shutil.which("nvidia-smi")
    if listing is not None:
        answer = subprocess.run([listing, "-L"], capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            return sum(line.startswith("GPU ") for line in answer.stdout.splitlines())
    return len(glob.glob("/dev/nvidia[0-9]*"))


def count_amd_devices(nodes: str = AMD_NODES, environment: Mapping[str, str] | None = None) -> int:
    """AMD devices of this machine that ROCR_VISIBLE_DEVICES leaves visible.

    A job sees those that CUDA_VISIBLE_DEVICES names, as HIP reads it, too.
    """
    found = 0
    for properties in glob.glob(f"{nodes}/*/properties"):
        with contextlib.suppress(OSError), open(properties) as file:
            facts = dict(line.split(None, 1) for line in file if " " in line)
            # A processor is a node without SIMD units.
            found += int(facts.get("simd_count", "0")) > 0
    visible = (os.environ if environment is None else environment).get("ROCR_VISIBLE_DEVICES")
    if visible is None:
        return found
    return min(found, len([name for name in visible.split(",") if name.strip()]))


def devices_present(environment: Mapping[str, str] | None = None) -> list[str]:
    """Names of the devices that jobs of this process may use, in CUDA_VISIBLE_DEVICES' terms."""
    given = devices_from_environment(os.environ if environment is None else environment)
    if given is not None:
        return given
    count = count_nvidia_devices() or count_amd_devices(environment=environment)
    return [str(number) for number in range(count)]


class GpuSlots:
    """Gives each job devices of its own; `jobs_per_gpu` jobs at a time may share one."""

    def __init__(self, devices: list[str], jobs_per_gpu: int = 1) -> None:
        if jobs_per_gpu < 1:
            raise ValueError(f"jobs_per_gpu must be 1 or more, not {jobs_per_gpu}")
        self.devices = devices
        self._jobs_per_gpu = jobs_per_gpu
        self._free = dict.fromkeys(devices, jobs_per_gpu)
        self._changed = threading.Condition()

    def _take(self, counts: Sequence[int]) -> list[list[str]] | None:
        free = dict(self._free)
        # Jobs that need more together than there is share when no other job has a device.
        may_share = len(counts) > 1 and all(left == self._jobs_per_gpu for left in free.values())
        taken = []
        for count in counts:
            # The emptiest devices first: jobs spread before they share.
            ranked = sorted(self.devices, key=lambda device: -free[device])
            chosen = [device for device in ranked if free[device] > 0 or may_share][:count]
            if len(chosen) < count:
                return None
            for device in chosen:
                free[device] -= 1
            taken.append(sorted(chosen, key=self.devices.index))
        self._free = free
        return taken

    @contextlib.contextmanager
    def assigned(self, count: int) -> Iterator[str]:
        """The CUDA_VISIBLE_DEVICES of a job that asks for `count` devices; waits for free ones.

        A job that asks for none sees none. One that asks for more than there are gets all: whether
        to run without is the job's decision, as it is under Snakemake's own executor.
        """
        with self.assigned_together([count]) as [devices]:
            yield devices

    @contextlib.contextmanager
    def assigned_together(self, counts: Sequence[int]) -> Iterator[list[str]]:
        """The same for jobs that must run at the same time: none of them waits for another."""
        counts = [max(0, min(count, len(self.devices))) for count in counts]
        if not any(counts):
            yield [NO_DEVICE] * len(counts)
            return
        with self._changed:
            while (taken := self._take(counts)) is None:
                self._changed.wait()
        try:
            yield [",".join(chosen) for chosen in taken]
        finally:
            with self._changed:
                for device in itertools.chain.from_iterable(taken):
                    self._free[device] += 1
                self._changed.notify_all()
