"""A folder as a target stands for the file that a job leaves in it."""

from pathlib import Path

import pytest
from hyperverdict.errors import UserError
from hyperverdict.targets import file_target
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import configure, parse_path

PATH = configure({"data": "digits", "width": 8}, Budget("steps", 10)).path
RESULTS = Path("results")


def file_of(target, results=RESULTS):
    return file_target(target, results, "tiny", lambda path: parse_path(path).path)


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
        (f"results/smoke/runs/{PATH}", "--config steps=10"),
    ],
)
def test_folders_of_nothing_are_refused(target, words):
    with pytest.raises(UserError) as refused:
        file_of(target)
    assert words in str(refused.value)
