"""A study's experiment in MLflow: what it holds, and that a second export updates it."""

import pytest
from hyperverdict.exporting import mlflow_store
from hyperverdict.exporting.destination import mlflow_client, read_destination
from hyperverdict.exporting.outcome import OUTCOME_FILE
from hyperverdict.runs.curves import curves_by_seed
from hyperverdict.runs.parquet import read_parquet
from hyperverdict.runs.sealed import read_json
from hyperverdict.verdicts.store import read_verdicts

from tests.unit.exporting.conftest import STUDY


def of_batch(exports, size, seed):
    """(id, run) of the run with a batch size and the baseline's learning rate."""
    return next(
        (name, run)
        for name, run in exports.shown().items()
        if name != "summary"
        and (run.data.params["batch_size"], run.data.params["seed"]) == (str(size), str(seed))
        and run.data.params["learning_rate"] == "0.001"
    )


def test_every_seed_is_a_run_with_its_hyperparameters_and_curves(exports):
    outcome = exports.export()
    shown = exports.shown()
    planned = exports.plan().planned_seeds
    assert (outcome["problem"], outcome["runs"], outcome["new"]) == ("", planned, planned)
    assert len(shown) == planned + 1
    name, run = of_batch(exports, 128, 1)
    assert run.info.run_name == "batch_size=128, learning_rate=0.001, seed 1"
    assert run.info.status == "FINISHED"
    assert 0 < run.info.start_time <= run.info.end_time
    assert run.data.params["budget"] == "4 steps"
    assert "kernel" not in run.data.params, "a perceptron has none"
    assert run.data.tags["hyperverdict.purpose"] == "H1 at 4 steps"
    assert run.data.tags["mlflow.parentRunId"] == shown["summary"].info.run_id
    folder = exports.results / name.rpartition(" seed ")[0]
    points = curves_by_seed(read_parquet(folder / "metrics.parquet"))[1]
    assert {p.name for p in points} >= {"loss/validation_curve", "accuracy/test"}
    for metric in {p.name for p in points}:
        written = [(m.step, m.value) for m in exports.history(run, metric)]
        assert written == [(p.step, p.value) for p in points if p.name == metric]


def test_the_run_above_all_holds_verdicts_effects_and_files(exports):
    exports.judge()
    (exports.folder / "report.html").write_text("<p>report</p>")
    exports.export()
    above = exports.shown()["summary"]
    [h1, h2] = read_verdicts(exports.folder / "verdicts.json").hypotheses
    assert above.data.tags["verdict H1"] == h1.headline
    assert above.data.tags["verdict H2 at 4 steps"] == h2.verdicts[0].headline
    effect = h1.verdicts[0].judgement.effects[0]
    name = "H1/4 steps/accuracy batch size 128 - batch size 8"
    assert above.data.metrics[name] == effect.estimate
    assert (above.data.metrics[f"{name} low"], above.data.metrics[f"{name} high"]) == effect.ci
    assert {"report.html", "verdicts.json"} <= exports.artifacts(above)


def test_a_second_export_changes_nothing(exports):
    exports.export()
    before = exports.shown()
    _, run = of_batch(exports, 8, 0)
    points = len(exports.history(run, "loss/train"))
    assert exports.export()["new"] == 0
    after = exports.shown()
    assert {n: r.info.run_id for n, r in after.items()} == {
        n: r.info.run_id for n, r in before.items()
    }
    assert len(exports.history(run, "loss/train")) == points
    above = "H1/4 steps/accuracy batch size 128 - batch size 8"
    assert len(exports.history(after["summary"], above)) == 1


def test_failed_seeds_are_failed_until_they_are_trained_again(exports):
    name, _ = next(iter(curve_runs(exports)))
    exports.set_seed(name, 1, status="diverged", message="loss is not a number")
    exports.export()
    failed = exports.shown()[f"{name} seed 1"]
    assert failed.info.status == "FAILED"
    assert failed.data.tags["hyperverdict.status"] == "diverged"
    assert failed.data.tags["hyperverdict.message"] == "loss is not a number"
    exports.set_seed(name, 1, status="finished", message="")
    assert exports.export()["new"] == 1
    assert exports.shown()[f"{name} seed 1"].info.status == "FINISHED"


def test_a_seed_with_other_numbers_replaces_the_earlier_run(exports):
    exports.export()
    name, before = of_batch(exports, 8, 1)
    exports.set_seed(name.rpartition(" seed ")[0], 1, train_seconds=123.0)
    assert exports.export()["new"] == 1
    _, after = of_batch(exports, 8, 1)
    assert after.data.metrics["train_seconds"] == 123.0
    assert after.info.run_id != before.info.run_id
    assert len(exports.history(after, "loss/train")) == len(exports.history(before, "loss/train"))


def curve_runs(exports):
    return ((run.folder, run) for run in exports.plan().all_runs)


def test_what_the_study_no_longer_has_is_marked_and_what_is_new_is_added(exports):
    fewer = STUDY.replace("seeds: 3", "seeds: 2").partition("  H2")[0]
    exports.export(fewer)
    assert len(exports.shown()) == 5
    exports.export()
    assert len(exports.shown()) == exports.plan().planned_seeds + 1
    assert "verdict H2" in exports.shown()["summary"].data.tags
    exports.export(fewer)
    shown = exports.shown()
    assert len(shown) == exports.plan().planned_seeds + 1, "nothing is removed"
    assert not any(name.startswith("H2/") for name in shown["summary"].data.metrics)
    present = {n for n, run in shown.items() if run.data.tags["hyperverdict.in_study"] == "yes"}
    assert len(present) == 5
    assert {shown[n].info.run_name for n in present if n.endswith("seed 0")} == {
        f"batch_size={size}, seed 0" for size in (8, 128)
    }
    parents = {shown[n].data.tags["mlflow.parentRunId"] for n in present - {"summary"}}
    assert parents == {shown["summary"].info.run_id}


def test_the_verdict_of_a_claim_without_effects_goes_with_the_claim(exports):
    kept = STUDY + "  H3: {says: z, combinations: {width: 5, depth: 4}}\n"
    exports.export(kept + "  H4: {says: z, combinations: {width: 5, depth: 3}}\n")
    before = exports.shown()["summary"]
    assert {"verdict H4", "claim H4"} <= before.data.tags.keys()
    with mlflow_client(read_destination(str(exports.store))) as client:
        client.set_tag(before.info.run_id, "claims of mine", "of the user")
    exports.export(kept)
    after = exports.shown()["summary"]
    assert after.info.run_id == before.info.run_id
    assert not any("H4" in name for name in after.data.tags)
    assert {"verdict H3", "claim H3", "claims of mine"} <= after.data.tags.keys()


@pytest.mark.parametrize("call", ["create_run", "log_batch", "set_terminated", "log_artifact"])
def test_an_interrupted_export_is_completed(exports, monkeypatch, call):
    from mlflow import MlflowClient

    whole, left = getattr(MlflowClient, call), [2]

    def stops(self, *args, **kwargs):
        left[0] -= 1
        if left[0] < 0:
            raise ConnectionError("the server is gone")
        return whole(self, *args, **kwargs)

    monkeypatch.setattr(MlflowClient, call, stops)
    outcome = exports.export()
    assert outcome["problem"].endswith("the server is gone")
    assert read_json(exports.folder / OUTCOME_FILE) == outcome
    monkeypatch.undo()
    assert exports.export()["problem"] == ""
    shown = exports.shown()
    assert len(shown) == exports.plan().planned_seeds + 1
    assert {run.info.status for run in shown.values()} == {"FINISHED"}


@pytest.mark.parametrize("broken", ["results", "store"])
def test_whatever_goes_wrong_is_a_sentence(exports, broken, monkeypatch):
    exports.judge()
    if broken == "store":
        exports.store.write_text("a file")
    else:
        monkeypatch.setattr("hyperverdict.exporting.runs.read_record", lambda folder: 1 / 0)
    outcome = exports.export()
    assert outcome["problem"]
    assert "\n" not in outcome["problem"]


def test_experiments_are_told_apart(exports, monkeypatch):
    monkeypatch.delenv("MLFLOW_EXPERIMENT_NAME", raising=False)
    names = {mlflow_store.experiment_name("a", smoke) for smoke in (True, False)}
    assert names == {"a", "a (smoke)"}
    monkeypatch.setenv("MLFLOW_EXPERIMENT_NAME", "shared")
    exports.export()
    exports.export(STUDY.replace("study: exported", "study: other"))
    assert exports.folder.exists()
    assert len(exports.shown_all("shared")) == 2 * (exports.plan().planned_seeds + 1)


def test_a_deleted_experiment_comes_back(exports):
    from hyperverdict.exporting.destination import mlflow_client, read_destination

    exports.export()
    with mlflow_client(read_destination(str(exports.store))) as client:
        client.delete_experiment(client.get_experiment_by_name("exported").experiment_id)
    assert exports.export()["problem"] == ""
    assert len(exports.shown()) == exports.plan().planned_seeds + 1


def test_more_than_one_request_holds_arrives_whole(exports, monkeypatch):
    for limit in ("METRICS_AT_ONCE", "PARAMS_AT_ONCE", "TAGS_AT_ONCE"):
        monkeypatch.setattr(mlflow_store, limit, 3)
    exports.export()
    _, run = of_batch(exports, 8, 2)
    monkeypatch.undo()
    assert len(run.data.params) > 20
    assert exports.export()["new"] == 0
    assert len(exports.history(run, "loss/validation_curve")) == 4
