"""Packing and resources: pure functions."""

import pytest
from snakemake_executor_plugin_submitit.pack import (
    chunks,
    grouped,
    split_by_duration,
    split_evenly,
    task_minutes_limit,
)
from snakemake_executor_plugin_submitit.resources import (
    ResourceError,
    batch_parameters,
    expected_seconds,
    parse_extra,
    whole_number,
)
from snakemake_executor_plugin_submitit.settings import MINIMUM, ExecutorSettings
from snakemake_executor_plugin_submitit_jobstep.settings import too_small


@pytest.mark.parametrize(
    ("seconds", "most", "lengths"),
    [
        ([60.0] * 20, 600, [10, 10]),
        ([60.0] * 21, 600, [7, 7, 7]),
        ([3600.0] * 3, 600, [1, 1, 1]),
        ([1.0] * 32, 600, [32]),
        ([900.0, *[10.0] * 60], 600, [1, 60]),
        ([], 600, []),
    ],
)
def test_tasks_are_about_as_long_as_they_should_be(seconds, most, lengths):
    parts = split_by_duration(range(len(seconds)), seconds, most)
    assert sorted(map(len, parts)) == lengths
    assert sorted(item for part in parts for item in part) == list(range(len(seconds)))
    assert all(part == sorted(part) for part in parts)


@pytest.mark.parametrize(("seconds", "tasks"), [(2500.0, 2), (60.0, 1), (600.0, 2), (150.0, 1)])
def test_long_jobs_still_run_so_many_at_once(seconds, tasks):
    parts = split_by_duration(range(16), [seconds] * 16, 600, at_once=8)
    assert [len(part) for part in parts] == [16 // tasks] * tasks


def test_unequal_jobs_make_equal_tasks():
    seconds = [float(1 + number % 97) for number in range(1000)]
    parts = split_by_duration(range(1000), seconds, 600)
    loads = [sum(seconds[item] for item in part) for part in parts]
    assert max(loads) - min(loads) <= 97
    assert max(loads) <= 600
    assert len(parts) <= 1.1 * sum(seconds) / 600


def test_split_is_even_complete_and_in_order():
    parts = split_evenly(list(range(10)), 4)
    assert [len(part) for part in parts] == [4, 3, 3]
    assert [item for part in parts for item in part] == list(range(10))
    assert split_evenly([], 4) == []


def test_chunks_stay_below_the_limit():
    assert [len(chunk) for chunk in chunks(range(43), 21)] == [21, 21, 1]


def test_grouped_keeps_order():
    assert grouped(["a", "b", "c"], [1, 2, 1]) == [["a", "c"], ["b"]]


def test_task_limit_is_the_bounded_sum():
    assert task_minutes_limit(10, 4, 1, None) == 40
    assert task_minutes_limit(10, 4, 1, 30) == 30
    assert task_minutes_limit(60, 4, 1, 30) == 60
    assert task_minutes_limit(None, 4, 1, 30) is None
    assert task_minutes_limit(10, 8, 1, None, 60) == 60
    assert task_minutes_limit(10, 8, 1, 30, 60) == 30
    assert task_minutes_limit(10, 8, 3, None) == 30


def test_jobs_at_once_multiply_what_a_task_asks_for():
    resources = {"mem_mb": 2000, "gpu": 1, "gpu_model": "h100"}
    one = batch_parameters(resources, threads=2, extra_mb=500)
    four = batch_parameters(resources, threads=2, extra_mb=500, at_once=4)
    shared = batch_parameters(resources, threads=2, extra_mb=500, at_once=4, jobs_per_gpu=3)
    assert (one.cpus, dict(one.options)["mem"], dict(one.options)["gpus"]) == (2, "2500M", "h100:1")
    assert (four.cpus, dict(four.options)["mem"]) == (8, "8500M")
    assert dict(four.options)["gpus"] == "h100:4"
    assert dict(shared.options)["gpus"] == "h100:2"
    by_cpu = batch_parameters({"mem_mb_per_cpu": 900}, threads=2, at_once=4)
    assert dict(by_cpu.options) == {"mem-per-cpu": "900M"}


def test_resources_become_sbatch_options():
    parameters = batch_parameters(
        {
            "slurm_partition": "gpu", "slurm_account": "lab", "runtime": 30, "mem_mb": 2000,
            "gpu": 2, "gpu_model": "a100", "qos": "long", "constraint": "fast",
            "slurm_extra": "--exclusive --nice=10", "unknown": "x",
        },
        threads=3,
        extra_mb=500,
    )  # fmt: skip
    assert dict(parameters.options) == {
        "partition": "gpu", "account": "lab", "mem": "2500M", "gpus": "a100:2", "qos": "long",
        "constraint": "fast", "exclusive": True, "nice": "10",
    }  # fmt: skip
    assert (parameters.cpus, parameters.minutes, parameters.gpus) == (3, 30, 2)


def test_memory_per_cpu_wins_and_equal_resources_share_tasks():
    first = batch_parameters({"mem_mb_per_cpu": 100, "mem_mb": 5}, threads=1)
    again = batch_parameters({"mem_mb": 5, "mem_mb_per_cpu": 100}, threads=1)
    assert dict(first.options) == {"mem-per-cpu": "100M"}
    assert first == again
    assert hash(first) == hash(again)
    assert first != batch_parameters({"mem_mb_per_cpu": 200, "mem_mb": 5}, threads=1)


@pytest.mark.parametrize(
    ("refusal", "origin"),
    [
        ("invalid partition specified: moon", "slurm_partition=moon"),
        ("Batch job submission failed: Invalid qos specification", "qos=odd, slurm_partition=moon"),
        ("Requested time limit is invalid", "runtime=30, slurm_partition=moon"),
        ("Memory specification can not be satisfied", "mem_mb=9, slurm_partition=moon"),
    ],
)
def test_a_refusal_is_traced_to_its_resources(refusal, origin):
    resources = {"slurm_partition": "moon", "qos": "odd", "runtime": 30, "mem_mb": 9}
    assert batch_parameters(resources, 1).origin_of(refusal) == origin


def test_extra_takes_long_options_only():
    assert parse_extra("--hold --nice 5 --licenses='a b'") == {
        "hold": True,
        "nice": "5",
        "licenses": "a b",
    }
    with pytest.raises(ResourceError, match="-x"):
        parse_extra("-x node1")


def test_mpi_and_odd_runtimes_are_refused():
    with pytest.raises(ResourceError, match="mpi"):
        batch_parameters({"mpi": "srun"}, 1)
    with pytest.raises(ResourceError, match="runtime"):
        batch_parameters({"runtime": "long"}, 1)


def test_counts_are_whole_numbers():
    assert whole_number({"submitit_pack": 4}, "submitit_pack") == 4
    assert whole_number({}, "submitit_pack") is None
    assert expected_seconds({"submitit_seconds": 90}) == 90
    assert expected_seconds({"submitit_seconds": 0}) is expected_seconds({}) is None
    assert batch_parameters({"mem_mb": 0}, threads=1, extra_mb=500).options == ()
    with pytest.raises(ResourceError, match=r"mem_mb='much' must be a whole number"):
        batch_parameters({"mem_mb": "much"}, threads=1)
    for wrong in ("many", 0, -1, 1.5, True):
        with pytest.raises(
            ResourceError, match=r"submitit_pack=.* must be a whole number, 1 or more"
        ):
            whole_number({"submitit_pack": wrong}, "submitit_pack")


def test_settings_below_their_least_value_are_named():
    assert too_small(ExecutorSettings(), MINIMUM, "submitit") is None
    assert too_small(ExecutorSettings(jobs_per_gpu=0), MINIMUM, "submitit") == (
        "--submitit-jobs-per-gpu is 0; allowed: 1 or more"
    )


@pytest.mark.parametrize(
    ("resources", "instead"),
    [
        ({"tasks": 4}, "cpus_per_task"),
        ({"tasks_per_node": 2}, "cpus_per_task"),
        ({"tasks_per_gpu": 2}, "cpus_per_task"),
        ({"slurm_extra": "--ntasks-per-node=4"}, "cpus_per_task"),
        ({"cluster": "north"}, "one cluster"),
        ({"slurm_cluster": "north"}, "one cluster"),
        ({"clusters": "north"}, "one cluster"),
        ({"slurm_extra": "--array=0-3"}, "the same jobs"),
        # sbatch takes the beginning of a name for the name.
        ({"slurm_extra": "--arr 0-3"}, "the same jobs"),
        ({"slurm_extra": "--wra=ls"}, "the command"),
        ({"slurm_extra": "--version"}, "nothing would be submitted"),
        ({"slurm_extra": "-- --nice"}, "takes long"),
        ({"slurm_extra": '--comment-not="a\n#SBATCH --array=0-3"'}, "a line of text"),
        ({"slurm_account": "lab\n#SBATCH --array=0-3"}, "--account="),
        ({"slurm_extra": "--time=10"}, "runtime"),
        ({"slurm_extra": "--output x.log"}, r"\.snakemake/submitit"),
        ({"slurm_extra": "--wait"}, "followed"),
        ({"slurm_extra": '--nice="1'}, "not a list of options"),
        ({"cpus_per_gpu": 2, "cpus_per_task": 3}, "exclude each other"),
        ({"gpu": -1}, "gpu=-1 must be a whole number"),
        ({"gpu": "a100:2"}, "gpu='a100:2' must be a whole number"),
        ({"mem_mb_per_cpu": -5}, "mem_mb_per_cpu=-5 must be"),
        ({"runtime": -4}, "a number of minutes"),
        ({"runtime": float("inf")}, "a number of minutes"),
        ({"runtime": float("nan")}, "a number of minutes"),
    ],
)
def test_what_cannot_be_honoured_is_refused_with_what_to_write(resources, instead):
    with pytest.raises(ResourceError, match=instead):
        batch_parameters(resources, threads=1)


def test_what_other_executors_set_by_default_is_accepted():
    for name in ("tasks", "tasks_per_node", "tasks_per_gpu"):
        assert batch_parameters({name: 1}, threads=2).cpus == 2
        assert batch_parameters({name: ""}, threads=2).cpus == 2
    for extra in ("--time-min=5", "--wait-all-nodes=1", "--export=ALL", "--exclude=n1"):
        assert batch_parameters({"slurm_extra": extra}, threads=1).options
    assert batch_parameters({"gpu": 0, "gpu_model": "a100"}, threads=1).options == ()


@pytest.mark.parametrize(("runtime", "minutes"), [(0, None), ("", None), (0.5, 1), (90, 90)])
def test_runtimes_in_minutes(runtime, minutes):
    assert batch_parameters({"runtime": runtime}, threads=1).minutes == minutes


def test_cpus_per_gpu_counts_for_every_device():
    assert batch_parameters({"gpu": 2, "cpus_per_gpu": 3}, threads=1).cpus == 6
