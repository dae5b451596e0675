"""Which jobs get a GPU, as Snakemake plans them: with simulated devices, which torch cannot use."""

import json
import re

import pytest

from tests.workflow.conftest import STUDY

GPUS = {"CUDA_VISIBLE_DEVICES": "0,1"}
NO_GPUS = {"CUDA_VISIBLE_DEVICES": ""}
SECONDS = STUDY.replace("640 samples", "1 seconds")


def planned(project, environment, *options, profile="profiles/local"):
    """The output of a dry-run, and the GPUs of the jobs of each rule."""
    said = project.run("--quiet", "host", "-n", *options, profile=profile, **environment)
    gpus: dict[str, set[int]] = {}
    for job in re.split(r"\n(?=(?:local)?(?:rule|checkpoint) \w+:)", said):
        name = re.match(r"(?:local)?(?:rule|checkpoint) (\w+):", job)
        found = re.search(r"resources: .*\bgpu=(\d+)", job)
        if name and found:
            gpus.setdefault(name[1], set()).add(int(found[1]))
    return said, gpus


def test_without_gpus_nothing_asks_for_one_and_nothing_is_timed_for_it(project):
    project.write(SECONDS)
    said, gpus = planned(project, NO_GPUS)
    assert gpus == {"train": {0}, "time_contrast": {0}, "time_configuration": {0}}
    assert "GPU" not in said


def test_with_gpus_both_devices_are_timed_before_the_first_run(project):
    project.write(SECONDS)
    said, gpus = planned(project, GPUS)
    assert gpus["choose_device"] == {1}
    assert "H1 and size: GPU or CPU, whichever is faster: a few steps are timed first" in said


@pytest.mark.parametrize("gpu", [0, 1])
def test_one_line_decides_for_training_and_timing(project, gpu):
    project.write(SECONDS)
    for environment in (GPUS, NO_GPUS):
        said, gpus = planned(project, environment, "--set-resources", f"train:gpu={gpu}")
        assert gpus == {"train": {gpu}, "time_contrast": {gpu}, "time_configuration": {gpu}}
    assert ("GPUs of a training job: 1, as stated" in said) == (gpu == 1)


def test_the_cluster_profile_asks_for_a_gpu_and_one_line_turns_that_off(project):
    project.write(SECONDS)
    _, gpus = planned(project, NO_GPUS, profile="profiles/slurm")
    assert gpus == {"train": {1}, "time_contrast": {1}, "time_configuration": {1}}
    off = ("--set-resources", "train:gpu=0")
    _, gpus = planned(project, GPUS, *off, profile="profiles/slurm")
    assert gpus == {"train": {0}, "time_contrast": {0}, "time_configuration": {0}}
    config = project.path / "profiles/slurm/config.yaml"
    config.write_text(config.read_text().replace("    gpu: 1\n", "    gpu: 0\n"))
    _, gpus = planned(project, GPUS, profile="profiles/slurm")
    assert gpus == {"train": {0}, "time_contrast": {0}, "time_configuration": {0}}


def test_where_torch_cannot_use_the_gpu_all_train_on_the_cpu_for_good(project):
    project.run(**GPUS)
    # The heatmap shares no arm with H1.
    files = list(project.path.glob("results/timing/devices/*/timing.json"))
    assert [json.loads(file.read_text())["device"] for file in files] == ["cpu", "cpu"]
    records = [json.loads((run / "record.json").read_text()) for run in project.runs]
    assert {s["device"] for record in records for s in record["sessions"]} == {"cpu"}
    assert "Nothing to be done" in project.run(**GPUS)
    # A new level joins its group, on the device of the others and without another timing.
    project.write(STUDY.replace("[8, 16]", "[8, 16, 24]"))
    said, gpus = planned(project, GPUS)
    assert gpus == {"train": {0}}
    assert "H1: CPU, since torch cannot use the GPU" in said
    assert "size: CPU, as the runs that exist" in said
