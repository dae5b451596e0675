"""Which partitions can run a task."""

import pytest
from snakemake_executor_plugin_submitit import slurm
from snakemake_executor_plugin_submitit.partitions import Partitions, parse_partitions
from snakemake_executor_plugin_submitit.resources import ResourceError, batch_parameters

# What sinfo says in the format of the module, of kinds of nodes.
SINFO = """\
short|up|1:00:00|64|256000|(null)
long|up|7-00:00:00|64|256000|(null)
long|up|7-00:00:00|128|1000000|(null)
gpu|up|1-00:00:00|32|128000|gpu:a100:4(S:0-1)
gpu|up|1-00:00:00|32|128000|gpu:v100:2(S:0)
old|up|infinite|16|64000|gpu:2(S:0-1),tmp:100
away|down|infinite|64|256000+|(null)
"""


@pytest.fixture
def partitions(monkeypatch):
    monkeypatch.setattr(slurm, "list_partitions", lambda form: SINFO)
    return Partitions()


@pytest.mark.parametrize(
    ("resources", "threads", "chosen"),
    [
        ({"runtime": 30, "mem_mb": 1000}, 1, "short,long,gpu,old"),
        ({"runtime": 300, "mem_mb": 1000}, 1, "long,gpu,old"),
        ({"runtime": 30, "mem_mb": 500_000}, 1, "long"),
        ({"runtime": 30, "mem_mb_per_cpu": 4000}, 64, "short,long"),
        ({"runtime": 30}, 100, "long"),
        ({"runtime": 30, "gpu": 1}, 1, "gpu,old"),
        ({"runtime": 30, "gpu": 3}, 1, "gpu"),
        ({"runtime": 30, "gpu": 1, "gpu_model": "v100"}, 1, "gpu,old"),
        ({"runtime": 30, "gpu": 4, "gpu_model": "v100"}, 1, None),
        ({"runtime": 20_000, "gpu": 1}, 1, "old"),
    ],
)
def test_of_several_partitions_those_that_fit_are_asked_for(partitions, resources, threads, chosen):
    named = resources | {"slurm_partition": "short,long, gpu,old,away"}
    parameters = batch_parameters(named, threads)
    if chosen is None:
        with pytest.raises(ResourceError, match=r"gpu has no such node with 4 GPUs \(v100\)"):
            partitions.placed(parameters)
        return
    assert partitions.placed(parameters).partition == chosen


def test_each_partition_says_what_it_lacks(partitions):
    resources = {"slurm_partition": "short,old,away", "runtime": 90, "mem_mb": 100_000}
    with pytest.raises(ResourceError) as refused:
        partitions.placed(batch_parameters(resources, 1))
    for words in ("short has a limit of 60 min, not 90", "old has no such node with 100000 MB",
                  "away is not up"):  # fmt: skip
        assert words in str(refused.value)


def test_one_partition_and_unknown_ones_are_left_to_sbatch(partitions):
    alone = batch_parameters({"slurm_partition": "short", "runtime": 300}, 1)
    assert partitions.placed(alone) is alone
    moon = batch_parameters({"slurm_partition": "moon,short", "runtime": 300}, 1)
    assert partitions.placed(moon).partition == "moon"


def test_without_an_answer_the_list_stays_and_slurm_is_asked_again(partitions, monkeypatch):
    def away(form):
        raise slurm.SlurmUnavailableError("away")

    parameters = batch_parameters({"slurm_partition": "short,long", "runtime": 300}, 1)
    monkeypatch.setattr(slurm, "list_partitions", away)
    assert partitions.placed(parameters) is parameters
    monkeypatch.setattr(slurm, "list_partitions", lambda form: SINFO)
    assert partitions.placed(parameters).partition == "long"


def test_partitions_without_a_limit_and_lines_of_another_form():
    found = parse_partitions("old|up|infinite|16|64000|(null)\nnonsense\n")
    assert list(found) == ["old"]
    assert found["old"].minutes is None


LIMITS = {"": 60, "short": 60, "long": 10_080, "gpu": 1440, "old": None}


@pytest.mark.parametrize(
    ("resources", "minutes"),
    [
        ({"runtime": 50}, 50),
        ({"runtime": 120}, 60),
        ({"runtime": 120, "slurm_partition": "short"}, 60),
        ({"runtime": 2000, "slurm_partition": "short,gpu"}, 1440),
        ({"runtime": 2000, "slurm_partition": "short,gpu", "gpu": 1}, 1440),
        # `long` gives more time, but has no GPU.
        ({"runtime": 2000, "slurm_partition": "long,gpu", "gpu": 1}, 1440),
        ({"runtime": 20_000, "slurm_partition": "old"}, 20_000),
        ({"runtime": 20_000, "slurm_partition": "gpu,old", "gpu": 1}, 20_000),
        ({"runtime": 20_000, "slurm_partition": "nobody-knows"}, 20_000),
        ({}, None),
    ],
)
def test_a_further_attempt_that_grew_gets_what_its_partitions_allow(
    partitions, monkeypatch, resources, minutes
):
    monkeypatch.setattr(slurm, "partition_minutes", lambda: LIMITS)
    parameters = batch_parameters(resources, 1)
    cut = partitions.within_limit(parameters)
    assert cut.minutes == minutes
    assert cut.wanted_minutes == (parameters.minutes if minutes != parameters.minutes else None)
    assert partitions.placed(cut).minutes == minutes
