"""A report of what exists holds the seeds that interrupted jobs have kept, those that are sound."""

import pyarrow.parquet as pq
import pytest
from hyperverdict.kept_runs import add_kept
from hyperverdict.pipeline import report_what_exists
from hyperverdict.records.tables import read_final
from hyperverdict.runs.layout import read_record
from hyperverdict.verdicts.store import read_verdicts

from tests.interrupted import KEPT, interrupt
from tests.unit.verdicts.synthetic import all_arms, run_all, study_from

STUDY = """
study: s
data: digits
seeds: 6
metrics: {accuracy: {matters_from: 0.01}}
hypotheses:
  H1:
    says: Dropout helps.
    compare: {dropout: {from: 0, to: 0.2}}
    expect: {accuracy: higher}
"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = study_from(STUDY, tmp_path)
    run_all(found, tmp_path / "results/runs")
    return found


@pytest.fixture
def run(study, tmp_path):
    """The folder of one of its runs."""
    return tmp_path / "results/runs" / list(all_arms(study))[1]


def reported(study, folder):
    """(analysed runs, rows of the final table by path and seed, what is said)."""
    paths = {"runs": list(all_arms(study)), "tuning": []}
    _, said = report_what_exists(study, paths, [], folder / "results", folder / "provisional")
    final = read_final(folder / "provisional/tables")
    scores = {(row.path, row.seed): row.test_accuracy for row in final.itertuples()}
    return read_verdicts(folder / "provisional/verdicts.json"), scores, said


@pytest.mark.parametrize(
    ("tabled", "there"), [((), KEPT), ((3,), (0, 1, 2, 3, 4)), ((0, 3), (0, 1, 2, 3, 4))]
)
def test_kept_seeds_are_judged_as_they_will_be(study, run, tmp_path, tabled, there):
    whole = reported(study, tmp_path)[1]
    before = len(read_record(run).seeds)
    interrupt(run, tabled=tabled)
    files = {file: file.read_bytes() for file in run.rglob("*") if file.is_file()}
    report, scores, said = reported(study, tmp_path)
    missing = before - len(there)
    assert report.provisional.startswith(f"{missing} of 12 runs ")
    assert report.hypotheses[0].verdicts[0].judgement.evidence == "estimated"
    mine = {seed: score for (path, seed), score in scores.items() if str(run).endswith(path)}
    assert mine.keys() == set(there)
    assert scores.items() <= whole.items()
    added = len(set(KEPT) - set(tabled))
    assert said == f"It includes {added} seeds kept by interrupted jobs.\n"
    assert {file: file.read_bytes() for file in run.rglob("*") if file.is_file()} == files


def test_a_damaged_file_of_kept_seeds_is_left_out(study, run, tmp_path):
    interrupt(run)
    file = run / "partial/seed~2.parquet"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    report, scores, said = reported(study, tmp_path)
    assert report.provisional.startswith("3 of 12 runs ")
    assert "3 seeds" in said
    assert {seed for path, seed in scores if str(run).endswith(path)} == {0, 1, 4}


@pytest.mark.parametrize(
    "how",
    [
        {"tabled": (3,), "data_checksum": "other"},
        {"training_version": 0},
        {"path": "other"},
        {"described": False},
        {"kept": ()},
    ],
)
def test_seeds_that_the_next_job_would_not_take_are_left_out(study, run, tmp_path, how):
    interrupt(run, **how)
    runs = {"runs": list(all_arms(study)), "tuning": []}
    found = add_kept(study, runs, tmp_path / "results", tmp_path / "copies")
    assert (found.seeds, found.folders, found.words) == (0, {}, "")


def test_a_file_without_a_checksum_is_left_out(study, run, tmp_path):
    interrupt(run)
    file = run / "partial/seed~2.parquet"
    pq.write_table(pq.read_table(file), file)
    runs = {"runs": list(all_arms(study)), "tuning": []}
    assert add_kept(study, runs, tmp_path / "results", tmp_path / "copies").seeds == 3


def test_files_of_earlier_versions_are_used_beside_a_table(study, run, tmp_path):
    interrupt(run, tabled=(3,), described=False)
    assert reported(study, tmp_path)[0].provisional.startswith("1 of 12 runs is missing")
