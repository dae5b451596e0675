"""GPUs of every make: what was granted, and what each job sees of it."""

import threading

import pytest
from snakemake_executor_plugin_submitit_jobstep import gpus
from snakemake_executor_plugin_submitit_jobstep.gpus import (
    HIDDEN,
    Devices,
    GpuSlots,
    Machine,
    granted,
    parse_nvidia,
)

NOTHING = Machine()
NVIDIA = Machine(nvidia=lambda: ["0", "1", "2", "3"], has_nvidia=True)
AMD = Machine(amd=4)
JOB = {"SLURM_JOB_ID": "7"}
# What SLURM sets where gres.conf names no make.
EVERY_MAKE = dict.fromkeys(
    ("CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "ZE_AFFINITY_MASK", "GPU_DEVICE_ORDINAL"),
    "2,3",
)


@pytest.mark.parametrize(
    ("machine", "environment", "names"),
    [
        (NOTHING, {}, []),
        (NVIDIA, {}, ["0", "1", "2", "3"]),
        (AMD, {}, ["0", "1", "2", "3"]),
        # A variable decides, wherever it comes from.
        (NVIDIA, {"CUDA_VISIBLE_DEVICES": "2, 3"}, ["2", "3"]),
        (NVIDIA, {"CUDA_VISIBLE_DEVICES": ""}, []),
        (NVIDIA, {"CUDA_VISIBLE_DEVICES": "-1"}, []),
        (NVIDIA, {"CUDA_VISIBLE_DEVICES": "1,-1,2"}, ["1"]),
        (NVIDIA, {"CUDA_VISIBLE_DEVICES": "NoDevFiles"}, []),
        (NVIDIA, {"CUDA_VISIBLE_DEVICES": "GPU-8f,MIG-1a"}, ["GPU-8f", "MIG-1a"]),
        (NVIDIA, {"ROCR_VISIBLE_DEVICES": "1"}, ["0", "1", "2", "3"]),
        (NOTHING, {"CUDA_VISIBLE_DEVICES": "2,5"}, ["2", "5"]),
        (AMD, {"ROCR_VISIBLE_DEVICES": "1,3"}, ["1", "3"]),
        (AMD, {"ROCR_VISIBLE_DEVICES": ""}, []),
        (AMD, {"ROCR_VISIBLE_DEVICES": "GPU-8f"}, ["GPU-8f"]),
        (AMD, {"HIP_VISIBLE_DEVICES": "2"}, ["2"]),
        (AMD, {"CUDA_VISIBLE_DEVICES": "2"}, ["2"]),
        (AMD, {"CUDA_VISIBLE_DEVICES": ""}, []),
        (AMD, {"HIP_VISIBLE_DEVICES": "9"}, []),
        # AMD's libraries count within what the driver leaves.
        (AMD, {"ROCR_VISIBLE_DEVICES": "1,3", "HIP_VISIBLE_DEVICES": "1"}, ["3"]),
        (NOTHING, {"ROCR_VISIBLE_DEVICES": "0,1"}, ["0", "1"]),
        (NOTHING, {"ZE_AFFINITY_MASK": "0.0,0.1,1"}, ["0.0", "0.1", "1"]),
        # In a job of SLURM, what it granted, whatever the machine has.
        (NVIDIA, JOB, []),
        (AMD, JOB, []),
        (NVIDIA, JOB | {"SLURM_JOB_GPUS": "1,3"}, ["1", "3"]),
        (AMD, JOB | {"SLURM_JOB_GPUS": "0,2-3"}, ["0", "2", "3"]),
        (NVIDIA, JOB | {"SLURM_JOB_GPUS": "0-3", "SLURM_STEP_GPUS": "2"}, ["2"]),
        (NVIDIA, JOB | {"SLURM_GPUS_ON_NODE": "2"}, ["0", "1"]),
        (NVIDIA, JOB | {"SLURM_JOB_GPUS": "1", "CUDA_VISIBLE_DEVICES": "0"}, ["0"]),
        (NOTHING, JOB | {"SLURM_JOB_GPUS": "1,3"}, ["1", "3"]),
        # Only what was granted is visible: it is numbered from 0.
        (NVIDIA, JOB | {"SLURM_JOB_GPUS": "4-7"}, ["0", "1", "2", "3"]),
        (Machine(amd=1), JOB | {"SLURM_JOB_GPUS": "5"}, ["0"]),
        (NVIDIA, JOB | EVERY_MAKE, ["2", "3"]),
        (AMD, JOB | EVERY_MAKE, ["2", "3"]),
        (NOTHING, JOB | EVERY_MAKE, ["2", "3"]),
    ],
)  # fmt: skip
def test_what_was_granted_counts(machine, environment, names):
    assert list(granted(environment, machine).names) == names


@pytest.mark.parametrize(
    ("machine", "environment", "seen"),
    [
        (NVIDIA, {}, {"CUDA_VISIBLE_DEVICES": "1"}),
        (NVIDIA, {"CUDA_VISIBLE_DEVICES": "MIG-1a,MIG-2b"}, {"CUDA_VISIBLE_DEVICES": "MIG-2b"}),
        (NOTHING, {"ZE_AFFINITY_MASK": "0.0,0.1"}, {"ZE_AFFINITY_MASK": "0.1"}),
        (AMD, JOB | EVERY_MAKE,
         {"ROCR_VISIBLE_DEVICES": "3", "HIP_VISIBLE_DEVICES": "0", "CUDA_VISIBLE_DEVICES": "0",
          "GPU_DEVICE_ORDINAL": "0"}),
        (NOTHING, JOB | EVERY_MAKE, dict.fromkeys(EVERY_MAKE, "3")),
    ],
)  # fmt: skip
def test_a_job_sees_its_device_in_the_variables_of_the_make(machine, environment, seen):
    devices = granted(environment, machine)
    assert devices.environment([1]) == seen
    # A Snakemake inside the job finds the same device.
    inside = granted(environment | devices.environment([1]), machine)
    assert inside.names == devices.names[1:2]


@pytest.mark.parametrize("machine", [NOTHING, NVIDIA, AMD])
@pytest.mark.parametrize("environment", [{}, EVERY_MAKE, {"ZE_AFFINITY_MASK": "0"}])
def test_a_job_that_asks_for_none_sees_none_of_any_make(machine, environment):
    hidden = granted(environment, machine).environment([])
    assert hidden["CUDA_VISIBLE_DEVICES"] == ""
    assert all(hidden[name] == HIDDEN[name] for name in hidden)
    assert not granted(environment | hidden, machine).names


def test_parts_of_divided_devices_are_devices():
    whole = "GPU 0: NVIDIA A100 (UUID: GPU-0a)\nGPU 1: NVIDIA A100 (UUID: GPU-0b)\n"
    assert parse_nvidia(whole) == ["0", "1"]
    parts = (
        "GPU 0: NVIDIA A100-SXM4-40GB (UUID: GPU-0a)\n"
        "  MIG 3g.20gb     Device  0: (UUID: MIG-1a)\n"
        "  MIG 3g.20gb     Device  1: (UUID: MIG-1b)\n"
        "GPU 1: NVIDIA A100-SXM4-40GB (UUID: GPU-0b)\n"
    )
    assert parse_nvidia(parts) == ["MIG-1a", "MIG-1b", "GPU-0b"]
    assert parse_nvidia("No devices were found\n") == []


def test_amd_devices_are_the_nodes_with_simd_units(tmp_path):
    for number, units in enumerate((0, 304, 304)):
        node = tmp_path / str(number)
        node.mkdir()
        (node / "properties").write_text(f"cpu_cores_count 8\nsimd_count {units}\n")
    assert gpus.count_amd_devices(str(tmp_path)) == 2
    assert gpus.count_amd_devices(str(tmp_path / "none")) == 0


def test_this_machine_is_asked_where_no_variable_says_it(monkeypatch):
    monkeypatch.setattr(gpus, "nvidia_devices", lambda: ["0", "1"])
    monkeypatch.setattr(gpus, "count_amd_devices", lambda: 0)
    assert gpus.devices_present({}) == ["0", "1"]
    monkeypatch.setattr(gpus, "nvidia_devices", lambda: pytest.fail("asked for nothing"))
    assert gpus.devices_present({"CUDA_VISIBLE_DEVICES": "5"}) == ["5"]


def seen(name):
    return {"CUDA_VISIBLE_DEVICES": name}


def test_slots_give_every_job_a_device_of_its_own():
    slots = GpuSlots(granted(seen("a,b"), NOTHING))
    with slots.assigned(1) as first, slots.assigned(1) as second, slots.assigned(0) as none:
        assert [first, second] == [seen("a"), seen("b")]
        assert none == seen("")
    with slots.assigned(2) as both:
        assert both == seen("a,b")


def test_slots_are_shared_and_waited_for():
    slots = GpuSlots(granted(seen("a"), NOTHING), jobs_per_gpu=2)
    order, waits = [], threading.Event()

    def third():
        waits.set()
        with slots.assigned(1) as device:
            order.append(device)

    with slots.assigned(1) as first, slots.assigned(1) as second:
        assert first == second == seen("a")
        thread = threading.Thread(target=third)
        thread.start()
        waits.wait(30)
        assert order == []
    thread.join(30)
    assert order == [seen("a")]


def test_machine_without_devices_runs_the_job_all_the_same():
    with GpuSlots(Devices()).assigned(1) as devices:
        assert devices == seen("")
    with pytest.raises(ValueError, match="jobs_per_gpu"):
        GpuSlots(Devices(), jobs_per_gpu=0)
