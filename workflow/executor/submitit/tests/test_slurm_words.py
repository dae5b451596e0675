"""What SLURM's commands say, parsed."""

import pytest
from snakemake_executor_plugin_submitit import slurm
from snakemake_executor_plugin_submitit.slurm import TaskState
from snakemake_executor_plugin_submitit.submit import Refusal, job_name, kind_of, sbatch_words


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("12", ["12"]),
        ("12_3", ["12_3"]),
        ("12_[3,5-7%20]", ["12_3", "12_5", "12_6", "12_7"]),
        ("12_[0-6:3]", ["12_0", "12_3", "12_6"]),
    ],
)
def test_array_expressions(text, ids):
    assert slurm.expand_task_id(text) == ids


def test_queue():
    states = slurm.parse_queue(
        "7_[1-2%5]|PENDING|Resources|1:00||snakemake-submitit:a:0\n"
        "7_0|RUNNING|None|0:59|n1|snakemake-submitit:a:0\n"
        "garbage\n"
    )
    assert states["7_2"].pending
    assert states["7_2"].reason == "Resources"
    assert states["7_0"].running
    assert states["7_0"].node == "n1"
    assert set(states) == {"7_0", "7_1", "7_2"}


def test_accounting():
    states = slurm.parse_accounting("7_0|CANCELLED by 1000|n1|None\n7_1|NODE_FAIL|n2|None\n\n")
    assert states["7_0"].state == "CANCELLED"
    assert states["7_0"].ended
    assert states["7_1"].state == "NODE_FAIL"


def test_states_are_pending_running_or_ended():
    for state in ("REQUEUED", "REQUEUE_HOLD", "PENDING"):
        assert TaskState(state).pending
        assert not TaskState(state).ended
    for state in ("COMPLETING", "RUNNING", "SUSPENDED"):
        assert TaskState(state).running
        assert not TaskState(state).ended
    for state in ("PREEMPTED", "TIMEOUT", "OUT_OF_MEMORY", "COMPLETED"):
        assert TaskState(state).ended
    assert not TaskState("UNKNOWN").ended


def test_scancel_names_whole_arrays_by_their_own_id():
    assert slurm.short_ids(["5_0", "5_1", "6_3", "9"], {"5": 2, "6": 9, "9": 1}) == [
        "5",
        "6_3",
        "9",
    ]


@pytest.mark.parametrize(
    ("text", "minutes"),
    [("1:00:00", 60), ("2-00:00:00", 2880), ("1-12", 2160), ("30:00", 30), ("45", 45),
     ("infinite", None), ("n/a", None)],
)  # fmt: skip
def test_time_limits(text, minutes):
    assert slurm.limit_minutes(text) == minutes


def test_partitions():
    limits = slurm.parse_partitions("gpu*|1:00:00\nlong|infinite\n")
    assert limits == {"gpu": 60, "": 60, "long": None}


def test_config():
    assert slurm.parse_config("MaxArraySize            = 1001\nx = a=b\n")["MaxArraySize"] == "1001"


def test_sbatchs_words():
    error = RuntimeError(
        "sbatch: error: invalid partition specified: moon\n"
        "sbatch: error: Batch job submission failed: Invalid partition name specified"
    )
    words = sbatch_words(error)
    assert words.startswith("invalid partition specified: moon; Batch job")
    assert kind_of(words) is Refusal.FINAL
    assert kind_of("Unable to contact slurm controller (connect failure)") is Refusal.AWAY
    assert kind_of("Job violates accounting/QOS policy (job submit limit)") is Refusal.FULL


def test_job_names_are_short_and_plain():
    assert job_name("my study", "train") == "my_study:train"
    assert len(job_name("x" * 100, "train")) == 60
