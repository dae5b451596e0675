"""Bad input through Snakemake itself: one message, exit code not 0, nothing trained, nothing lost."""

import pytest

from tests.workflow.conftest import STUDY

BAD = {
    "unknown key": (STUDY.replace("seeds:", "sedes:"), "did you mean 'seeds'?"),
    "value out of range": (STUDY.replace("width: 16", "width: 0"), "width"),
    "one configuration": (STUDY.replace("to: 64", "to: 8"), "H1"),
    "yaml": (STUDY.replace("seeds: 3", "seeds: [3"), "line 5"),
    "duplicate": (STUDY + "seeds: 4\n", "'seeds' is given twice"),
    "metric": (STUDY.replace("accuracy: lower", "acuracy: lower"), "'accuracy'"),
    "unknown data set": (STUDY.replace("data: digits", "data: digit"), "'digits'"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_study(project, name):
    text, words = BAD[name]
    project.write(text)
    said = project.fail()
    assert words in said
    assert "config/config.yaml" in said
    assert "Traceback" not in said
    assert not (project.path / "results").exists()


def test_two_studies_at_once(project):
    (project.path / "other.yaml").write_text(STUDY)
    said = project.fail("--configfile", "config/config.yaml", "other.yaml")
    assert "one study at a time" in said


NO_STUDY = {
    "missing": (None, "other.yaml: cannot be read (No such file or directory)"),
    "yaml": ("study: [a\nseeds: 3\n", "other.yaml, line 2: is not valid YAML"),
    "deep": ("study: " + "[" * 5_000, "line 1: values lie more than 50 levels deep"),
}


@pytest.mark.parametrize("name", NO_STUDY)
def test_a_file_that_snakemake_could_not_read(project, name):
    text, words = NO_STUDY[name]
    if text is not None:
        (project.path / "other.yaml").write_text(text)
    said = project.fail("--configfile", "other.yaml", "-n")
    assert words in said
    assert said.count("hyperverdict:") == 1
    assert "Traceback" not in said


def test_study_keys_on_the_command_line(project):
    said = project.fail("--config", "seeds=20")
    assert "seeds" in said
    assert "Traceback" not in said


def test_data_of_a_wrong_checksum(project):
    raw = project.path / "resources/FashionMNIST/raw"
    raw.mkdir(parents=True)
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (raw / f"{name}-ubyte").write_bytes(b"not the data")
    project.write(STUDY.replace("data: digits", "data: fashion_mnist"))
    said = project.fail()
    assert "train-images-idx3-ubyte" in said
    assert "Traceback" not in said
    assert project.runs == []


def test_truncated_prepared_data_are_prepared_again_before_training(finished):
    before = [(run / "metrics.parquet").read_bytes() for run in finished.runs]
    images = finished.path / "resources/prepared/digits/images.npy"
    images.write_bytes(images.read_bytes()[:100])
    finished.write(STUDY.replace("[8, 16]", "[8, 16, 24]"))
    said = finished.run()
    assert "images.npy is truncated: 100 bytes" in said
    assert "It is prepared again" in said
    assert len(images.read_bytes()) > 100
    after = [(run / "metrics.parquet").read_bytes() for run in finished.runs]
    assert set(before) < set(after)
