"""Tables from elsewhere: every export is recognised, every fault has its message."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hyperverdict.errors import UserError
from hyperverdict.foreign.exports import recognise
from hyperverdict.foreign.judge import judge_table
from hyperverdict.foreign.names import clean, score_of
from hyperverdict.foreign.select import select
from hyperverdict.foreign.table import table_of_frame

from tests.unit.foreign.asking import column_of, read


def _table(**columns):
    base = {
        "batch_size": [4, 4, 128, 128],
        "seed": [0, 1, 0, 1],
        "accuracy": [0.5, 0.6, 0.7, 0.8],
    }
    return pd.DataFrame({**base, **columns})


def _read(table, metrics=("accuracy",), factors=("batch_size",), states=None, **mapped):
    return read(table, metrics, factors, columns=mapped, states=states or {})


def _scores(runs, metric="accuracy"):
    return runs.scores[metric].values.tolist()


def test_columns_under_our_names_are_taken_as_they_are():
    runs = _read(_table())
    assert _scores(runs) == [0.5, 0.6, 0.7, 0.8]
    assert column_of(runs, "batch_size").role == "factor"
    assert runs.seeded
    assert runs.notes == ()


@pytest.mark.parametrize(
    ("column", "name"),
    [("Batch Size", "batch_size"), ("test/acc", "test_acc"), ("testAcc", "test_acc")],
)
def test_names_are_compared_in_one_spelling(column, name):
    assert clean(column) == name


def test_a_prefix_is_stripped_only_in_its_own_export():
    optuna = ["number", "value", "params_lr", "state"]
    runs = _read(
        pd.DataFrame({c: ["1", "2"] for c in optuna} | {"state": "COMPLETE"}), ["value"], ["lr"]
    )
    assert column_of(runs, "params_lr").name == "learning_rate"
    plain = _read(_table(params_lr=[1, 1, 2, 2]))
    assert column_of(plain, "params_lr").name == "params_lr"


@pytest.mark.parametrize(
    ("columns", "export"),
    [
        (["number", "value", "params_lr", "state"], "Optuna"),
        (["run_id", "params.lr", "metrics.acc", "status"], "MLflow"),
        (["Start Time", "Duration", "Run ID", "Name", "Source Name", "lr", "acc"], "MLflow (UI)"),
        (["Name", "State", "Runtime", "lr", "acc"], "W&B"),
        (["batch_size", "seed", "accuracy"], ""),
    ],
)
def test_exports_are_known_by_their_columns(columns, export):
    assert recognise(table_of_frame(pd.DataFrame(columns=columns))).name == export


def test_test_scores_go_before_validation_scores():
    table = _table(val_acc=[0.1, 0.2, 0.3, 0.4]).rename(columns={"accuracy": "test_acc"})
    runs = _read(table)
    assert runs.scores["accuracy"].column.theirs == "test_acc"
    assert column_of(runs, "val_acc").score.split == "validation"


def test_the_studys_mapping_goes_before_names():
    table = _table(final_score=[0.1, 0.2, 0.3, 0.4])
    assert _scores(_read(table, accuracy="final_score")) == [0.1, 0.2, 0.3, 0.4]


def test_a_mapping_to_a_missing_column_names_the_nearest():
    with pytest.raises(UserError, match="no column 'acuracy'; did you mean 'accuracy'"):
        _read(_table(), accuracy="acuracy")


@pytest.mark.parametrize(
    ("metrics", "factors", "missing"),
    [(["f1"], ["batch_size"], "f1"), (["accuracy"], ["num_heads"], "num_heads")],
)
def test_a_missing_column_is_named_with_what_to_write(metrics, factors, missing):
    study = {
        "study": "s", "data": "", "metrics": {"f1": {"matters_from": 0.01}},
        "hypotheses": {"H": {
            "says": "c", "compare": {factors[0]: {"from": 4, "to": 128}},
            "expect": {metrics[0]: "higher"},
        }},
    }  # fmt: skip
    with pytest.raises(UserError, match=rf"no column holds '{missing}'.*columns: {{{missing}:"):
        judge_table(_table(), study)


def test_a_cell_of_the_wrong_type_is_named_with_its_line():
    with pytest.raises(UserError, match=r"line 4, column 'accuracy': 'good' is not a number"):
        _read(_table(accuracy=["0.5", "0.6", "good", "0.8"]))


def test_numbers_written_as_text_are_numbers():
    runs = _read(_table(accuracy=["0.5", " 6e-1", "", "nan"]))
    assert _scores(runs)[:2] == [0.5, 0.6]
    assert np.isnan(_scores(runs)[2:]).all()
    assert select(runs, {}, None).failed.tolist() == [False, False, True, True]


def test_infinite_values_are_failed_runs():
    runs = _read(_table(accuracy=[0.5, np.inf, 0.7, 0.8]))
    assert select(runs, {}, None).failed.tolist() == [False, True, False, False]


def test_percentages_become_fractions_and_nonsense_is_refused():
    runs = _read(_table(accuracy=[50, 60, 70, 80]))
    assert _scores(runs) == [0.5, 0.6, 0.7, 0.8]
    assert "Accuracy is in percent in the table: divided by 100." in runs.notes
    written = _read(_table(accuracy=["50%", "60 %", "70%", "80%"]))
    assert _scores(written) == [0.5, 0.6, 0.7, 0.8]
    with pytest.raises(UserError, match="accuracy 500 is neither a fraction nor a percentage"):
        _read(_table(accuracy=[50, 60, 70, 500]))


def test_repeated_rows_are_dropped_and_said():
    table = pd.concat([_table(), _table().iloc[:1]])
    runs = _read(table)
    assert runs.n == 4
    assert runs.notes == ("1 row repeats another and is counted once.",)


def test_contradicting_rows_are_refused_with_both_lines():
    table = pd.concat([_table(), _table(accuracy=[0.9] * 4).iloc[:1]])
    with pytest.raises(
        UserError, match=r"line 2 and line 6 are the same run \(seed 0, batch_size 4\)"
    ):
        _read(table)


def test_a_run_id_tells_repeated_seeds_apart():
    table = pd.concat([_table(), _table(accuracy=[0.9] * 4).iloc[:1]])
    table["run_id"] = ["a", "b", "c", "d", "e"]
    assert _read(table).n == 5


@pytest.mark.parametrize(
    ("status", "counted", "failed"), [("finished", 4, 0), ("running", 3, 0), ("failed", 4, 1)]
)
def test_status_decides_what_a_row_is(status, counted, failed):
    chosen = select(_read(_table(status=["finished"] * 3 + [status])), {}, None)
    assert len(chosen.runs) == counted
    assert chosen.failed.sum() == failed
    assert len(chosen.unfinished) == (status == "running")


def test_without_seeds_every_run_gets_its_own():
    runs = _read(_table().drop(columns="seed"))
    assert not runs.seeded
    assert len(set(runs.seed.tolist())) == runs.n == 4


def test_without_seeds_evaluations_of_one_run_stay_together():
    table = pd.DataFrame(
        {
            "batch_size": [4, 4, 4, 4, 128, 128],
            "epoch": [1, 2, 1, 2, 1, 2],
            "accuracy": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        }
    )
    runs = _read(table)
    assert runs.n == 3
    assert runs.run.tolist() == [0, 0, 1, 1, 2, 2]


def test_seeds_that_are_words_are_numbered_alike_in_all_arms():
    runs = _read(_table(seed=["a", "b", "a", "b"]))
    assert runs.seed.tolist() == [0, 1, 0, 1]


def test_a_missing_seed_is_named():
    with pytest.raises(UserError, match="line 3: the seed is missing"):
        _read(_table(seed=[0, None, 0, 1]))


def test_durations_become_seconds():
    times = ["0 days 00:00:10", "0 days 00:01:00", "5", "6.5"]
    runs = _read(_table(duration=times), metrics=["train_time"])
    assert _scores(runs, "train_time") == [10, 60, 5, 6.5]


def test_error_comes_from_accuracy_and_back():
    runs = _read(_table(), metrics=["error"])
    assert _scores(runs, "error") == pytest.approx([0.5, 0.4, 0.3, 0.2])


def test_maxima_are_known_by_their_names():
    assert score_of("best_val_acc").is_best
    assert score_of("max/accuracy").is_best
    assert not score_of("maxpool_accuracy").is_best


def test_a_table_without_rows_or_with_two_equal_columns_is_refused():
    with pytest.raises(UserError, match="has no rows"):
        _read(_table().iloc[:0])
    twice = _table()
    twice.columns = ["batch_size", "seed", "seed"]
    with pytest.raises(UserError, match="two columns 'seed'"):
        _read(twice)


def test_an_unknown_column_that_tells_runs_apart_is_a_hyperparameter():
    grid = pd.concat([_table(heads=4), _table(heads=8, accuracy=[0.1, 0.2, 0.3, 0.4])])
    grid["val_score"] = np.linspace(0, 1, len(grid))
    runs = _read(grid)
    assert column_of(runs, "heads").role == "factor"
    assert column_of(runs, "val_score").role == "metric"
    assert runs.notes == ("Taken as settings, since they tell runs apart: heads.",)
    assert runs.n == 8
