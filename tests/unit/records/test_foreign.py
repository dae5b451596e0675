"""Tables from elsewhere: every export is recognised, every fault has its message."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hyperverdict.errors import UserError
from hyperverdict.foreign.recognise import clean_name, export_of, is_maximum, recognise
from hyperverdict.foreign.runs import foreign_runs, read_runs


def _table(**columns):
    base = {
        "batch_size": [4, 4, 128, 128],
        "seed": [0, 1, 0, 1],
        "accuracy": [0.5, 0.6, 0.7, 0.8],
    }
    return pd.DataFrame({**base, **columns})


def _read(table, metrics=("accuracy",), factors=("batch_size",), **mapped):
    return foreign_runs(table, mapped, metrics, factors)


def test_columns_under_our_names_are_taken_as_they_are():
    runs = _read(_table())
    assert list(runs.rows["accuracy"]) == [0.5, 0.6, 0.7, 0.8]
    assert runs.hyperparameters == ("batch_size",)
    assert runs.seeded
    assert runs.notes == ()


@pytest.mark.parametrize(
    ("column", "clean"),
    [("params_lr", "lr"), ("config.Batch Size", "batch_size"), ("test/acc", "test_acc")],
)
def test_names_lose_prefixes_and_spelling(column, clean):
    assert clean_name(column) == clean


@pytest.mark.parametrize(
    ("columns", "export"),
    [
        (["number", "value", "params_lr", "state"], "Optuna"),
        (["run_id", "params.lr", "metrics.acc", "status"], "MLflow"),
        (["Start Time", "Duration", "Run ID", "Name", "Source Name", "lr", "acc"], "MLflow"),
        (["Name", "State", "Runtime", "lr", "acc"], "W&B"),
        (["batch_size", "seed", "accuracy"], ""),
    ],
)
def test_exports_are_known_by_their_columns(columns, export):
    assert export_of(columns) == export


def test_test_scores_go_before_validation_scores():
    found = recognise(["val_acc", "test_acc", "seed"], {}, ["accuracy"])
    assert found.columns["accuracy"] == "test_acc"
    assert found.columns["validation_accuracy"] == "val_acc"


def test_the_studys_mapping_goes_before_names():
    table = _table(final_score=[0.1, 0.2, 0.3, 0.4])
    runs = _read(table, accuracy="final_score")
    assert list(runs.rows["accuracy"]) == [0.1, 0.2, 0.3, 0.4]


def test_a_mapping_to_a_missing_column_names_the_nearest():
    with pytest.raises(UserError, match="no column 'acuracy'; did you mean 'accuracy'"):
        _read(_table(), accuracy="acuracy")


@pytest.mark.parametrize(
    ("metrics", "factors", "missing"),
    [(["f1"], ["batch_size"], "f1"), (["accuracy"], ["num_heads"], "num_heads")],
)
def test_a_missing_column_is_named_with_what_to_write(metrics, factors, missing):
    with pytest.raises(UserError, match=rf"no column holds '{missing}'.*columns: {{{missing}:"):
        _read(_table(), metrics, factors)


def test_a_cell_of_the_wrong_type_is_named_with_its_line():
    with pytest.raises(UserError, match=r"line 4, column 'accuracy': 'good' is not a number"):
        _read(_table(accuracy=["0.5", "0.6", "good", "0.8"]))


def test_numbers_written_as_text_are_numbers():
    runs = _read(_table(accuracy=["0.5", " 6e-1", "", "nan"]))
    assert list(runs.rows["accuracy"][:2]) == [0.5, 0.6]
    assert runs.rows["accuracy"][2:].isna().all()
    assert "2 rows without accuracy count as failed runs." in runs.notes


def test_infinite_values_are_failed_runs():
    runs = _read(_table(accuracy=[0.5, np.inf, 0.7, 0.8]))
    assert "1 infinite value of accuracy counts as a failed run." in runs.notes
    assert np.isnan(runs.rows["accuracy"][1])


def test_percentages_become_fractions_and_nonsense_is_refused():
    runs = _read(_table(accuracy=[50, 60, 70, 80]))
    assert list(runs.rows["accuracy"]) == [0.5, 0.6, 0.7, 0.8]
    assert "Accuracy is in percent in the table: divided by 100." in runs.notes
    with pytest.raises(UserError, match="accuracy of 500 is no fraction"):
        _read(_table(accuracy=[50, 60, 70, 500]))


def test_repeated_rows_are_dropped_and_said():
    table = pd.concat([_table(), _table().iloc[:1]])
    runs = _read(table)
    assert len(runs.rows) == 4
    assert runs.notes == ("1 row repeats another and is left out.",)


def test_contradicting_rows_are_refused_with_both_lines():
    table = pd.concat([_table(), _table(accuracy=[0.9] * 4).iloc[:1]])
    with pytest.raises(UserError, match=r"lines 2 and 6 are the same run \(seed 0, batch_size 4\)"):
        _read(table)


def test_a_run_id_tells_repeated_seeds_apart():
    table = pd.concat([_table(), _table(accuracy=[0.9] * 4).iloc[:1]])
    table["run_id"] = ["a", "b", "c", "d", "e"]
    assert len(_read(table).rows) == 5


@pytest.mark.parametrize(
    ("status", "kept", "failed"), [("finished", 4, 0), ("running", 3, 0), ("failed", 4, 1)]
)
def test_status_decides_what_a_row_is(status, kept, failed):
    runs = _read(_table(status=["finished"] * 3 + [status]))
    assert len(runs.rows) == kept
    assert runs.rows["failed"].sum() == failed
    said = "1 row with status 'running' is left out." in runs.notes
    assert said == (status == "running")


def test_without_seeds_every_run_gets_its_own():
    runs = _read(_table().drop(columns="seed"))
    assert not runs.seeded
    assert runs.rows["seed"].is_unique


def test_without_seeds_evaluations_of_one_run_stay_together():
    table = pd.DataFrame(
        {
            "batch_size": [4, 4, 4, 4, 128, 128],
            "epoch": [1, 2, 1, 2, 1, 2],
            "accuracy": [0.1, 0.2, 0.3, 0.4, 0.5, 0.6],
        }
    )
    seeds = _read(table).rows["seed"].tolist()
    assert seeds[0] == seeds[1] != seeds[2]
    assert len(set(seeds)) == 3


def test_seeds_that_are_words_are_numbered_alike_in_all_arms():
    runs = _read(_table(seed=["a", "b", "a", "b"]))
    assert runs.rows["seed"].tolist() == [0, 1, 0, 1]


def test_a_missing_seed_is_named():
    with pytest.raises(UserError, match="line 3: the seed is missing"):
        _read(_table(seed=[0, None, 0, 1]))


def test_durations_become_seconds():
    times = ["0 days 00:00:10", "0 days 00:01:00", "5", "6.5"]
    runs = _read(_table(duration=times), metrics=["train_time"])
    assert runs.rows["train_time"].tolist() == [10, 60, 5, 6.5]


def test_error_comes_from_accuracy_and_back():
    runs = _read(_table(), metrics=["error"])
    assert runs.rows["error"].tolist() == pytest.approx([0.5, 0.4, 0.3, 0.2])


def test_maxima_are_known_by_their_names():
    assert is_maximum("best_val_acc")
    assert is_maximum("summary.max/accuracy")
    assert not is_maximum("maxpool_accuracy")


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".parquet", ".csv.gz"])
def test_files_of_every_kind(tmp_path, suffix):
    file = tmp_path / f"runs{suffix}"
    if suffix == ".parquet":
        _table().to_parquet(file)
    else:
        _table().to_csv(file, index=False, sep="\t" if suffix == ".tsv" else ",")
    assert len(read_runs(file)) == 4


def test_semicolons_and_byte_order_marks(tmp_path):
    file = tmp_path / "runs.csv"
    file.write_bytes("\ufeffbatch_size;seed;accuracy\n4;0;0.5\n".encode())
    assert list(read_runs(file).columns) == ["batch_size", "seed", "accuracy"]


@pytest.mark.parametrize("content", [b"", b"\x00\x01PAR1"])
def test_a_file_that_is_no_table_is_named(tmp_path, content):
    file = tmp_path / "runs.parquet"
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"runs\.parquet is no table that can be read"):
        read_runs(file)
    with pytest.raises(UserError, match="does not exist"):
        read_runs(tmp_path / "other.csv")


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
    assert "heads" in runs.hyperparameters
    assert "val_score" not in runs.hyperparameters
    assert runs.notes == ("Taken as hyperparameters, since they tell runs apart: heads.",)
    assert len(runs.rows) == 8
