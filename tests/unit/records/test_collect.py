"""Runs become tidy tables: what is there, how it ended, what it scored."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import pandas as pd
import pyarrow as pa
import pytest
from hyperverdict.errors import UserError
from hyperverdict.records import curves, tables
from hyperverdict.records.collect import collect, find_runs, write_collected
from hyperverdict.records.tables import (
    Tables,
    curve_schema,
    curves_file,
    read_tables,
    write_tables,
)
from hyperverdict.runs.layout import read_record
from hyperverdict.runs.parquet import read_parquet
from hyperverdict.runs.write import write_record, write_run
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Configuration, configure

from tests.unit.verdicts.synthetic import accuracies, write_synthetic


def with_batch(size: int) -> Configuration:
    return configure({"data": "digits", "batch_size": size}, Budget("steps", 300))


CONFIGURATION = with_batch(32)


def test_one_row_per_configuration_and_seed(tmp_path):
    other = with_batch(64)
    write_synthetic(CONFIGURATION, [0, 1, 2], tmp_path)
    write_synthetic(other, [5], tmp_path)
    final = collect([CONFIGURATION, other, CONFIGURATION], tmp_path).final
    assert final.groupby("path")["seed"].apply(list).to_dict() == {
        CONFIGURATION.path: [0, 1, 2],
        other.path: [5],
    }
    row = final[final["seed"] == 5].iloc[0]
    assert row["test_accuracy"] == accuracies(other, 5)
    assert row["test_error"] == pytest.approx(1 - accuracies(other, 5))
    assert (row["batch_size"], row["width"], row["depth"]) == (64, 256, 2)
    assert (row["hidden_units"], row["budget"], row["steps"]) == ("256x2", "steps~300", 300)
    assert row["commit"] == "c0ffee"


def test_missing_runs_are_absent_and_an_empty_study_keeps_its_columns(tmp_path):
    tables = collect([CONFIGURATION], tmp_path)
    assert len(tables.final) == 0
    assert {"path", "seed", "test_accuracy"} <= set(tables.final.columns)


def test_a_failed_seed_has_a_row_without_a_score(tmp_path):
    write_synthetic(CONFIGURATION, [0, 1], tmp_path, failed=[1])
    final = collect([CONFIGURATION], tmp_path).final.set_index("seed")
    assert final.loc[1, "failed"]
    assert final.loc[1, "status"] == "diverged"
    assert math.isnan(final.loc[1, "test_accuracy"])
    assert final.loc[1, "samples"] > 0
    assert not final.loc[0, "failed"]
    assert final.loc[0, "test_accuracy"] > 0


def test_a_table_that_its_record_does_not_vouch_for_is_not_read(tmp_path):
    write_synthetic(CONFIGURATION, [0], tmp_path)
    file = tmp_path / CONFIGURATION.path / "metrics.parquet"
    file.write_bytes(file.read_bytes()[:-10])
    assert len(collect([CONFIGURATION], tmp_path).final) == 0


def test_best_on_validation_is_the_first_highest_point_of_the_curve(tmp_path):
    write_synthetic(CONFIGURATION, [0], tmp_path)
    tables = collect([CONFIGURATION], tmp_path)
    curve = tables.curves[tables.curves["split"] == "validation_curve"]
    best = tables.final.iloc[0]
    assert best["best_validation_accuracy"] == curve["accuracy"].max()
    at_best = curve[curve["accuracy"] == curve["accuracy"].max()]
    assert best["best_validation_step"] == at_best["step"].min()


def test_tables_are_written_as_csv_and_parquet_and_read_back(tmp_path):
    write_synthetic(CONFIGURATION, [0, 1], tmp_path / "runs", failed=[1])
    tables = collect([CONFIGURATION], tmp_path / "runs")
    write_tables(tables, tmp_path / "tables")
    again = read_tables(tmp_path / "tables")
    pd.testing.assert_frame_equal(again.final, tables.final, check_dtype=False)
    pd.testing.assert_frame_equal(
        again.curves, tables.curves, check_dtype=False, check_categorical=False
    )
    readable = pd.read_csv(tmp_path / "tables" / "final.csv")
    assert "correct" not in readable
    assert list(readable["seed"]) == [0, 1]


def test_a_broken_table_is_named(tmp_path):
    (tmp_path / "final.parquet").write_bytes(b"nonsense")
    with pytest.raises(UserError, match=r"final\.parquet cannot be read"):
        read_tables(tmp_path)


def test_a_thousand_configurations_take_seconds(tmp_path):
    configurations = [with_batch(b) for b in range(1, 201)]
    for configuration in configurations:
        write_synthetic(configuration, [0, 1, 2], tmp_path)
    start = time.process_time()
    final = collect(configurations, tmp_path).final
    assert len(final) == 600
    # A fifth of a thousand, so the whole thousand stays below ten seconds of processor time.
    assert time.process_time() - start < 2


def test_a_failed_seed_has_no_score_even_where_its_table_holds_one(tmp_path):
    write_synthetic(CONFIGURATION, [0, 1], tmp_path)
    folder = tmp_path / CONFIGURATION.path
    record = read_record(folder)
    ended = replace(record.seeds["1"], status="out_of_memory")
    write_record(folder, replace(record, seeds={**record.seeds, "1": ended}))
    final = collect([CONFIGURATION], tmp_path).final.set_index("seed")
    assert math.isnan(final.loc[1, "test_accuracy"])
    assert math.isnan(final.loc[1, "validation_accuracy"])
    assert final.loc[1, "correct"] is None
    assert final.loc[0, "test_accuracy"] > 0


def test_a_column_of_text_and_numbers_is_written_as_text(tmp_path):
    """Two hypotheses on one table from elsewhere: one pools learning rates, the other has one."""
    final = pd.DataFrame(
        {
            "path": ["a", "b", "c"],
            "learning_rate": pd.Series(["0.1 and 0.2", 0.1, None], dtype=object),
            "depth": pd.Series([2, 3.5, None], dtype=object),
            "nesterov": pd.Series([True, 0.5, "no"], dtype=object),
        }
    )
    write_tables(Tables(final, pd.DataFrame({"path": ["a"]})), tmp_path)
    read = read_tables(tmp_path).final
    assert read["learning_rate"].tolist()[:2] == ["0.1 and 0.2", "0.1"]
    assert read["learning_rate"].isna().tolist() == [False, False, True]
    assert read["depth"].tolist()[:2] == [2.0, 3.5]
    assert read["nesterov"].tolist() == ["True", "0.5", "no"]
    assert "b,0.1,3.5,0.5" in (tmp_path / "final.csv").read_text()


def _written(found, folder):
    write_collected(found, folder)
    return read_tables(folder), (folder / "curves.csv").read_text()


def test_runs_read_part_by_part_give_the_tables_of_all_at_once(tmp_path, monkeypatch):
    configurations = [with_batch(b) for b in (8, 16, 32, 64, 128)]
    for configuration in configurations:
        write_synthetic(configuration, [0, 1], tmp_path / "runs", failed=[1])
    write_synthetic(CONFIGURATION, [7], tmp_path / "tuning")
    found = [
        find_runs(configurations, tmp_path / "runs"),
        find_runs([CONFIGURATION], tmp_path / "tuning"),
    ]
    whole, text = _written(found, tmp_path / "whole")
    monkeypatch.setattr(curves, "AT_ONCE", 2)
    parts, text_of_parts = _written(found, tmp_path / "parts")
    pd.testing.assert_frame_equal(parts.final, whole.final)
    pd.testing.assert_frame_equal(parts.curves, whole.curves)
    assert text_of_parts == text
    assert len(parts.final) == 11
    assert len(pd.read_csv(tmp_path / "parts" / "curves.csv")) == len(parts.curves)
    assert list(whole.curves["path"].cat.categories) == sorted(c.path for c in configurations)


def test_a_metric_that_only_later_runs_record_is_a_column_of_all(tmp_path, monkeypatch):
    monkeypatch.setattr(curves, "AT_ONCE", 1)
    configurations = [with_batch(b) for b in (8, 16)]
    for configuration in configurations:
        write_synthetic(configuration, [0], tmp_path)
    folder = tmp_path / configurations[1].path
    table = read_parquet(folder / "metrics.parquet")
    recall = pa.array([0.5] * len(table), pa.float64())
    write_run(folder, [table.append_column("recall", recall)], read_record(folder))
    write_collected([find_runs(configurations, tmp_path)], tmp_path / "tables")
    read = read_tables(tmp_path / "tables")
    assert read.final["test_recall"].isna().sum() == 1
    assert read.curves["recall"].notna().sum() == len(table)


def test_more_rows_than_a_spreadsheet_holds_are_not_written_as_csv(tmp_path, monkeypatch):
    monkeypatch.setattr(curves, "AT_ONCE", 1)
    configurations = [with_batch(b) for b in (8, 16)]
    for configuration in configurations:
        write_synthetic(configuration, [0], tmp_path / "runs")
    one = find_runs(configurations[:1], tmp_path / "runs")
    rows = len(_written([one], tmp_path / "tables")[0].curves)
    monkeypatch.setattr(tables, "MOST_CSV_ROWS", 2 * rows - 1)
    both = find_runs(configurations, tmp_path / "runs")
    write_collected([both], tmp_path / "tables")
    assert len(read_tables(tmp_path / "tables").curves) == 2 * rows
    left = {file.name for file in (tmp_path / "tables").iterdir()}
    assert left == {"curves.parquet", "final.csv", "final.parquet"}
    monkeypatch.setattr(tables, "MOST_CSV_ROWS", 2 * rows)
    assert _written([both], tmp_path / "tables")[1].count("\n") == 2 * rows + 1


def test_tables_stay_whole_when_writing_them_fails(tmp_path):
    write_synthetic(CONFIGURATION, [0], tmp_path / "runs")
    found = find_runs([CONFIGURATION], tmp_path / "runs")
    write_collected([found], tmp_path)
    before = {file: file.read_bytes() for file in tmp_path.glob("*.*")}
    with pytest.raises(ZeroDivisionError), curves_file(tmp_path, curve_schema(found.columns)):
        raise ZeroDivisionError
    assert {file: file.read_bytes() for file in tmp_path.glob("*.*")} == before
