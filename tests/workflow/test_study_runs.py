"""The whole loop on a tiny study: what trains, what does not, and what comes out."""

import json
import re

import pandas as pd
import pytest

from tests.interrupted import interrupt
from tests.workflow.conftest import STUDY, make_project


def snapshot(project):
    """Content of every metrics table, times apart."""
    return {
        str(run.relative_to(project.path)): pd.read_parquet(run / "metrics.parquet").drop(
            columns="train_seconds"
        )
        for run in project.runs
    }


def verdicts(project):
    return json.loads((project.path / "results/studies/tiny/verdicts.json").read_text())


def mtimes(project):
    return {run: (run / "metrics.parquet").stat().st_mtime_ns for run in project.runs}


def trained(project, before):
    """Runs whose table is new or changed since `before`."""
    return [run for run, time in mtimes(project).items() if before.get(run) != time]


def test_report_and_tables_are_made(finished):
    folder = finished.path / "results/studies/tiny"
    html = (folder / "report.html").read_text()
    for word in ("Claim", "Experiment", "Findings", "Conclusion", "40 steps", "640 samples"):
        assert word in html
    assert 'src="' not in html, "the report must be self-contained"
    linked = {link for link in re.findall(r'href="([^"#]+)"', html)}
    assert "figures/H1.curves.seconds.svg" in linked
    assert not [link for link in linked if not (folder / link).is_file()]
    for table in (
        "final.csv",
        "final.parquet",
        "curves.parquet",
        "verdicts.csv",
        "verdicts.parquet",
    ):
        assert (folder / "tables" / table).stat().st_size > 0
    assert (folder / "figures/H1.effect.data.svg").exists()
    assert (folder / "figures/size.heatmap.svg").exists()


def test_one_job_per_configuration_shared_by_hypothesis_and_heatmap(finished):
    # Two batch sizes at 40 steps, two at 640 samples, two widths: six configurations.
    assert len(finished.runs) == 6
    assert all("steps~" in run.name for run in finished.runs)


def test_a_second_run_does_nothing_and_says_so(finished):
    before = mtimes(finished)
    assert "Nothing to be done" in finished.run()
    assert trained(finished, before) == []


def test_rewording_a_claim_and_changing_what_matters_retrains_nothing(finished):
    before = mtimes(finished)
    old = verdicts(finished)
    finished.write(
        STUDY.replace("A large batch is faster", "Big batches are quicker").replace("0.01", "0.3")
    )
    finished.run()
    assert trained(finished, before) == []
    assert verdicts(finished) != old
    assert (
        "Big batches are quicker"
        in (finished.path / "results/studies/tiny/report.html").read_text()
    )


def test_touching_and_reformatting_code_retrains_nothing(finished):
    before = mtimes(finished)
    for file in (finished.path / "workflow").rglob("*.py"):
        file.write_text(file.read_text() + "\n\n# reformatted\n")
    for file in (finished.path / "workflow/rules").glob("*.smk"):
        file.touch()
    assert "Nothing to be done" in finished.run()
    assert trained(finished, before) == []


def test_adding_seeds_trains_only_the_new_and_equals_one_larger_run(finished, tmp_path):
    before = snapshot(finished)
    finished.write(STUDY.replace("seeds: 3", "seeds: 4"))
    assert "1 seed, 3 exist" in finished.run("-n")
    finished.run()
    after = snapshot(finished)
    larger = tmp_path / "larger"
    larger.mkdir()
    other = make_project(larger, STUDY.replace("seeds: 3", "seeds: 4"))
    other.run()
    for path, table in snapshot(other).items():
        pd.testing.assert_frame_equal(after[path], table)
        kept = table[table.seed.isin(before[path].seed.unique())].reset_index(drop=True)
        pd.testing.assert_frame_equal(before[path], kept)
    # Wanting fewer again removes nothing and trains nothing.
    times = mtimes(finished)
    finished.write(STUDY)
    finished.run()
    assert trained(finished, times) == []


def test_adding_a_level_trains_only_the_new_one(finished):
    before = mtimes(finished)
    finished.write(STUDY.replace("[8, 16]", "[8, 16, 24]"))
    finished.run()
    assert [run for run in trained(finished, before) if "~24/" not in str(run)] == []
    assert len(trained(finished, before)) == 1


def test_another_study_shares_the_runs(finished):
    before = mtimes(finished)
    finished.write(STUDY.replace("study: tiny", "study: other"))
    finished.run()
    assert trained(finished, before) == []
    assert (finished.path / "results/studies/other/report.html").exists()


@pytest.mark.parametrize("damage", ["truncated", "foreign"])
def test_an_unusable_table_is_retrained_and_said(finished, damage):
    reference, before = snapshot(finished), mtimes(finished)
    victim, donor = finished.runs[0] / "metrics.parquet", finished.runs[1] / "metrics.parquet"
    content = victim.read_bytes()[:200] if damage == "truncated" else donor.read_bytes()
    victim.write_bytes(content)
    said = finished.run("-n")
    assert "retrained" in said
    assert str(victim.relative_to(finished.path)) in said
    finished.run()
    assert trained(finished, before) == [victim.parent]
    for path, table in snapshot(finished).items():
        pd.testing.assert_frame_equal(reference[path], table)
    assert "Nothing to be done" in finished.run()


def test_two_clean_runs_give_identical_metrics(finished, project):
    project.run()
    first, second = snapshot(finished), snapshot(project)
    assert first.keys() == second.keys()
    for path, table in first.items():
        pd.testing.assert_frame_equal(table, second[path])


def test_a_run_can_be_asked_for_by_its_path(finished):
    path = str(finished.runs[0].relative_to(finished.path)).replace("32", "48") + "/metrics.parquet"
    path = path.replace("learning_rate~0.001", "learning_rate~0.002")
    finished.run(path)
    assert (finished.path / path).exists()


def test_a_folder_can_be_asked_for(finished):
    run = str(finished.runs[0].relative_to(finished.path))
    folder = run.replace("learning_rate~0.001", "learning_rate~0.002")
    finished.run(f"{folder}/")
    assert (finished.path / folder / "metrics.parquet").exists()
    assert "Nothing to be done" in finished.run(folder)
    assert "Nothing to be done" in finished.run("results/studies/tiny")
    said = finished.run("-n", folder.replace("runs/", "tuning/").replace("0.002", "0.003"))
    assert re.search(r"^train +1$", said, re.MULTILINE)
    said = finished.fail("-n", folder.replace("0.002", "2e-3"))
    assert "learning_rate~0.002/schedule" in said
    assert "Traceback" not in said


def test_a_path_that_is_not_canonical_is_refused_naming_the_canonical_one(project):
    path = (
        "results/runs/data~digits/model~mlp/hidden_units~16/activation~relu/dropout~0/batch_size~8"
        "/optimizer~adam/learning_rate~1e-3/schedule~constant/weight_decay~0/steps~40/metrics.parquet"
    )
    said = project.fail(path)
    assert "learning_rate~0.001/schedule" in said
    assert "Traceback" not in said
    assert project.runs == []


def test_partial_report_judges_what_exists(finished):
    (victim,) = [
        run for run in finished.runs if "batch_size~64/" in str(run) and run.name == "steps~40"
    ]
    interrupt(victim, kept=(0, 2))
    left = mtimes(finished)
    said = finished.run("partial_report")
    assert "would train" not in said
    assert "It includes 2 seeds kept by interrupted jobs." in said
    html = (finished.path / "results/studies/tiny/provisional/report.html").read_text()
    assert "1 of 12 runs is missing" in html
    assert mtimes(finished) == left


def test_a_diverging_run_is_an_outcome(project):
    project.write(
        STUDY.replace("{batch_size: {from: 8, to: 64}}", "{learning_rate: {from: 1e-3, to: 50}}")
        .replace("depth: 1,", "depth: 2, optimizer: sgd, activation: leaky_relu,")
        .replace("[40 steps, 640 samples]", "[200 steps]")
        .replace("{train_time: lower, accuracy: lower}", "{accuracy: lower}")
    )
    project.run()
    statuses = {
        entry["status"]
        for run in project.runs
        for entry in json.loads((run / "record.json").read_text())["seeds"].values()
    }
    assert "diverged" in statuses
    assert "diverged" in (project.path / "results/studies/tiny/report.html").read_text()


def test_dry_run_says_what_for_and_what_it_costs(project):
    said = project.run("-n")
    for words in (
        "6 configurations would train",
        "16 runs",
        "for H1 at 40 steps",
        "Cost:",
        "at 3 seeds",
    ):
        assert words in said
    assert project.runs == []
    assert not (project.path / "results/studies/tiny/ledger.jsonl").exists()


def test_snakemakes_own_report_has_the_figures_in_their_categories(finished):
    finished.run("--report", "own.html")
    html = (finished.path / "own.html").read_text()
    for words in ("Verdicts", "Learning curves", "Score against cost", "Heatmaps", "Report"):
        assert words in html
    labels = re.findall(r'"labels": (\{[^}]*\})', html)
    assert len(set(labels)) == len(labels)
    assert '{"hypothesis": "H1", "figure": "curves seconds"}' in labels
    assert '{"hypothesis": "H1", "figure": "effect data"}' in labels
    assert '{"heatmap": "size", "figure": "heatmap"}' in labels
    assert '{"hypothesis": "all", "figure": "whole report"}' in labels


def test_the_cluster_profile_plans_the_same_jobs(project):
    done = project.snakemake("-n", profile="profiles/slurm")
    output = done.stdout + done.stderr
    assert done.returncode == 0, output[-4000:]
    assert re.search(r"train +6\n", output)


def test_no_tensorboard_files_when_switched_off_and_some_when_on(finished):
    assert not list(finished.path.glob("results/runs/**/tensorboard"))
    finished.write(STUDY.replace("[8, 16]", "[8, 16, 24]"))
    finished.run("--config", "tensorboard=true")
    (folder,) = finished.path.glob("results/runs/**/tensorboard")
    assert "hidden_units~24" in str(folder)
    assert list(folder.rglob("events.out.tfevents.*"))


def test_a_study_without_hypotheses_draws_its_heatmaps(project):
    project.write(
        "study: tiny\ndata: digits\nseeds: 2\nbaseline: {width: 8, depth: 1, budget: 10 steps}\n"
        "explore:\n  size: {grid: {width: [8, 16], depth: [1, 2]}}\n"
    )
    project.run()
    assert (project.path / "results/studies/tiny/figures/size.heatmap.svg").exists()
    assert (project.path / "results/studies/tiny/report.html").exists()
    assert len(project.runs) == 4
