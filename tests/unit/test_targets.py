"""A folder as a target stands for the file that a job leaves in it."""

from pathlib import Path

import pytest
from hyperverdict.errors import UserError
from hyperverdict.targets import Names, file_target, unmade
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import configure, parse_path

PATH = configure({"data": "digits", "width": 8}, Budget("steps", 10)).path
RESULTS = Path("results")


def known(*names):
    def check(*given):
        if given[-1] not in names:
            raise UserError(f"unknown name {given[-1]!r}")

    return check


def file_of(target, results=RESULTS):
    names = Names(
        results=results,
        prepared=Path("resources/prepared"),
        study="tiny",
        run=lambda path: parse_path(path).path,
        timed=known("width.0123"),
        data=known("digits"),
        tuned=["H1"],
    )
    return file_target(target, names)


@pytest.mark.parametrize("kind", ["runs", "tuning"])
@pytest.mark.parametrize("form", ["{}", "{}/", "./{}", "{}//", "results/../{}"])
def test_a_runs_folder_is_its_table(kind, form):
    folder = f"results/{kind}/{PATH}"
    assert file_of(form.format(folder)) == f"{folder}/metrics.parquet"
    assert file_of(str(Path.cwd() / folder)) == f"{folder}/metrics.parquet"


def test_below_a_prefix_and_in_a_smoke_run_too():
    for results in ("hv/results", "results/smoke", "hv/results/smoke"):
        folder = f"{results}/runs/{PATH}"
        assert file_of(folder, Path(results)) == f"{folder}/metrics.parquet"
        assert file_of(f"{results}/studies/tiny/", Path(results)).endswith("tiny/report.html")


@pytest.mark.parametrize(
    "target",
    [
        "report",
        "all",
        f"results/runs/{PATH}/metrics.parquet",
        f"results/runs/{PATH}/record.json",
        "results/studies/tiny/report.html",
        "results/studies/tiny/tables/final.csv",
        "results/timing/contrasts/width.0123/timing.json",
        f"elsewhere/results/runs/{PATH}",
        "results/studies",
        "results",
    ],
)
def test_other_targets_stay(target):
    assert file_of(target) == target


def test_folders_of_timings_and_of_data_are_their_files():
    timing = "results/timing/contrasts/width.0123"
    assert file_of(timing) == file_of(f"{timing}/") == f"{timing}/timing.json"
    assert file_of("resources/prepared/digits/") == "resources/prepared/digits/facts.json"


def test_what_no_job_makes_gets_the_nearest_that_one_does():
    files = ["results/studies/tiny/report.html", "results/studies/tiny/verdicts.json"]
    said = str(unmade("results/studies/tiny/reprot.html", ["all"], files))
    assert said.endswith("did you mean results/studies/tiny/report.html?")
    assert "did you mean partial_report?" in str(unmade("partial_reprot", ["partial_report"], []))
    assert "results/runs/..." in str(unmade("/etc/passwd", ["all"], files))


def test_a_studys_folder_is_its_report():
    assert file_of("results/studies/tiny") == "results/studies/tiny/report.html"


@pytest.mark.parametrize(
    ("target", "words"),
    [
        (f"results/runs/{PATH.replace('0.001', '1e-3')}", f"ask for {PATH!r}"),
        (f"results/tuning/{PATH.replace('steps~10', 'steps~010')}/", f"ask for {PATH!r}"),
        ("results/runs/data~digits", "must spell every hyperparameter"),
        (f"results/runs/{PATH.replace('0.001', '1e-3')}/metrics.parquet", f"ask for {PATH!r}"),
        ("results/runs/data~digits/record.json", "must spell every hyperparameter"),
        ("results/runs/metrics.parquet", ""),
        ("results/studies/other", "this is study tiny"),
        ("results/studies/other/report.html", "this is study tiny"),
        ("results/studies/tiny/../other/report.html", "this is study tiny"),
        ("results/studies/tiny/tuning/H.1.json", "did you mean 'H1'?"),
        ("results/studies/tiny/tuning/nothing.json", "allowed: H1"),
        ("results/timing/contrasts/width.0124/timing.json", "unknown name 'width.0124'"),
        ("results/timing/contrasts/width.0124/", "unknown name 'width.0124'"),
        ("results/timing/devices/0123/timing.json", "unknown name '0123'"),
        ("resources/prepared/digit/facts.json", "unknown name 'digit'"),
        ("resources/prepared/os:system/images.npy", "unknown name 'os:system'"),
        ("resources/prepared/../prepared/os:system", "unknown name 'os:system'"),
        ("results/runs/train~other/training.json", "does not declare the training"),
        ("", "is not a file's name"),
        ("a\0b", "is not a file's name"),
        (f"results/smoke/runs/{PATH}", "--config steps=10"),
    ],
)
def test_folders_of_nothing_are_refused(target, words):
    with pytest.raises(UserError) as refused:
        file_of(target)
    assert words in str(refused.value)
