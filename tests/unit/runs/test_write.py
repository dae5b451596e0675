"""The metrics table: our columns, further numbers after them, null for what is not there."""

from __future__ import annotations

import json
import math
from dataclasses import asdict

import pyarrow as pa
import pytest
from hyperverdict.runs.layout import COLUMNS, RECORD_FILE, RunRecord, SeedRecord, read_record
from hyperverdict.runs.write import SCHEMA, metrics_table, read_table, write_run, write_table

ROW = {
    "seed": 1, "step": 20, "samples": 640, "epoch": 0.5, "split": "test", "loss": 0.25,
    "accuracy": -0.0, "train_seconds": 1.5, "correct": b"\x01",
}  # fmt: skip


def test_rows_come_back_as_they_were():
    rows = [ROW, {**ROW, "seed": 2, "loss": math.inf, "correct": None}]
    table = metrics_table(rows)
    assert table.schema == SCHEMA
    assert table.to_pylist() == rows
    assert math.copysign(1, table["accuracy"][0].as_py()) == -1
    assert table.validate(full=True) is None


def test_further_numbers_follow_and_are_null_where_a_row_has_none():
    table = metrics_table([{**ROW, "zeta": 0.5, "alpha": 1}, ROW])
    assert table.column_names == [*COLUMNS, "alpha", "zeta"]
    assert table["alpha"].to_pylist() == [1.0, None]
    assert table["zeta"].to_pylist() == [0.5, None]
    assert table.validate(full=True) is None


def test_tables_with_and_without_further_numbers_are_read(tmp_path):
    for name, row in (("old", ROW), ("new", {**ROW, "alpha": 1.0})):
        write_table(tmp_path / name, metrics_table([row]), {"name": name})
        table, footer = read_table(tmp_path / name)
        assert (table.to_pylist(), footer) == ([row], {"name": name})


@pytest.mark.parametrize(
    "table",
    [
        metrics_table([ROW]).drop_columns("loss"),
        metrics_table([ROW]).append_column("alpha", pa.array(["text"])),
        metrics_table([ROW]).select([*reversed(COLUMNS)]),
    ],
    ids=["a column is missing", "further text", "another order"],
)
def test_another_table_is_not_ours(tmp_path, table):
    write_table(tmp_path / "table", table, {})
    with pytest.raises(ValueError, match="not written by hyperverdict"):
        read_table(tmp_path / "table")


def test_a_record_without_a_checksum_must_equal_its_copy_in_the_table(tmp_path):
    """Of an earlier version: a flipped bit would make another outcome of a seed."""
    seeds = {"1": SeedRecord("finished", 20, 1.5, 0)}
    made = RunRecord("p", {}, "c", 1, 20, 1, 1, 1, 1, seeds)
    record = write_run(tmp_path, [metrics_table([ROW])], made)
    older = json.dumps(asdict(record))
    (tmp_path / RECORD_FILE).write_text(older)
    assert read_record(tmp_path) == record
    for wrong in (older.replace("1.5", "9.5"), older.replace("finished", "diverged")):
        (tmp_path / RECORD_FILE).write_text(wrong)
        assert read_record(tmp_path) is None
