"""Files of runs: what is no table is refused with what was seen, and nothing takes the machine down."""

from __future__ import annotations

import gzip
import io
import json
import zipfile

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hyperverdict.errors import UserError
from hyperverdict.foreign import folders, parquet, texts, unpacking
from hyperverdict.foreign.files import read_content, read_runs
from hyperverdict.foreign.folders import settings_in_name

from tests.unit.foreign.asking import concludes, difference, rows, study, verdict


def _columns(content, name="runs.csv"):
    return {k: c.tolist() for k, c in read_content(content, name).columns.items()}


@pytest.mark.parametrize(
    ("text", "cells"),
    [
        ("a,b\n1,x\n2,y\n", {"a": [1, 2], "b": ["x", "y"]}),
        ("a;b\n0,5;x\n1,25;y\n", {"a": [0.5, 1.25], "b": ["x", "y"]}),
        ("a\tb\n0,001\t7\n0,01\t8\n", {"a": [0.001, 0.01], "b": [7, 8]}),
        ("a;b\n1.000,5;1\n2.000,25;2\n", {"a": [1000.5, 2000.25], "b": [1, 2]}),
        ('a,b\n"1,000",0.5\n"2,000",0.25\n', {"a": [1000, 2000], "b": [0.5, 0.25]}),
        ("a,b\n1 000,x\n12 000,y\n", {"a": [1000, 12000], "b": ["x", "y"]}),
        ('a;b\n"[64, 64]";0.5\n"[32]";0.25\n', {"a": ["[64, 64]", "[32]"], "b": [0.5, 0.25]}),
        (",a\n0,5\n1,6\n", {"row": [0, 1], "a": [5, 6]}),
        ("a,b,\n1,2,\n3,4,\n", {"a": [1, 3], "b": [2, 4]}),
        ("#a,b\n1,2\n", {"a": [1], "b": [2]}),
        ("# remark\n\na,b\n1,2\n\n3,4\n", {"a": [1, 3], "b": [2, 4]}),
        ("epoch, train/loss, lr/pg0\n0, 1.5, 0.01\n", {"epoch": [0], "train/loss": [1.5], "lr/pg0": [0.01]}),
        ("id,a\n007,1\n010,2\n", {"id": ["007", "010"], "a": [1, 2]}),
        ("id,a\n12345678901234567,1\n12345678901234568,2\n",
         {"id": ["12345678901234567", "12345678901234568"], "a": [1, 2]}),
        ("id,a\n1_2,1\n1_3,2\n", {"id": ["1_2", "1_3"], "a": [1, 2]}),
    ],
)  # fmt: skip
def test_dialects_of_csv(text, cells):
    assert _columns(text.encode()) == cells


def test_encodings():
    text = "Größe;Wert\nü;1\n"
    for content in (text.encode(), text.encode("utf-8-sig"), text.encode("utf-16"),
                    text.encode("utf-16-le"), text.encode("cp1252")):  # fmt: skip
        assert _columns(content) == {"Größe": ["ü"], "Wert": [1]}


def test_lines_are_those_of_the_file():
    table = read_content(b'# remark\na,b\n1,"two\nlines"\n\n2,x\n', "runs.csv")
    assert [table.place(0), table.place(1)] == ["line 3", "line 6"]


@pytest.mark.parametrize(
    ("value", "cells"),
    [
        ([{"a": 1, "c": {"lr": 0.1}}, {"a": 2}], {"a": [1, 2], "c.lr": [0.1, np.nan]}),
        ({"a": {"0": 1, "1": 2}}, {"a": [1, 2]}),
        ({"columns": ["a"], "index": [0, 1], "data": [[1], [2]]}, {"a": [1, 2]}),
        ({"best_metric": None, "log_history": [{"epoch": 1.0, "eval_loss": 0.5}]},
         {"epoch": [1.0], "eval_loss": [0.5]}),
        ({"acc": {"steps": [1, 2], "values": [0.1, 0.2], "timestamps": ["", ""]}},
         {"step": [1, 2], "acc": [0.1, 0.2]}),
        ({"r1": {"lr": 0.1}, "r2": {"lr": 0.2}}, {"run": ["r1", "r2"], "lr": [0.1, 0.2]}),
        ({"test_acc": 0.9}, {"test_acc": [0.9]}),
    ],
)  # fmt: skip
def test_shapes_of_json(value, cells):
    found = _columns(json.dumps(value).encode(), "runs.json")
    assert found.keys() == cells.keys()
    for name, column in cells.items():
        np.testing.assert_array_equal(found[name], column)


def test_the_last_line_of_json_lines_may_be_cut_off():
    assert _columns(b'{"a": 1}\n{"a": 2}\n{"a": ', "result.json") == {"a": [1, 2]}
    with pytest.raises(UserError, match="line 2 is broken JSON"):
        read_content(b'{"a": 1}\n{"a": \n{"a": 3}\n', "result.json")


def test_parquet_with_nested_columns(tmp_path):
    table = pa.table(
        {"config": [{"lr": 0.1, "net": {"w": [64, 64]}}], "acc": pa.array([0.5], pa.float32())}
    )
    pq.write_table(table, tmp_path / "runs.parquet")
    columns = read_runs([tmp_path / "runs.parquet"]).columns
    assert columns["config.lr"].tolist() == [0.1]
    assert columns["config.net.w"].tolist() == [(64, 64)]


def test_a_workbook_with_several_sheets_names_one(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["my runs"])
    book.active.append([])
    book.active.append(["lr", "acc", "note"])
    book.active.append([0.1, 0.5, None])
    book.create_sheet("other").append(["a", "b"])
    book["other"].append([1, 2])
    book.save(tmp_path / "runs.xlsx")
    with pytest.raises(UserError, match=r"several sheets hold tables \(Sheet, other\)"):
        read_runs([tmp_path / "runs.xlsx"])
    columns = read_runs([f"{tmp_path}/runs.xlsx#Sheet"]).columns
    assert columns["lr"].tolist() == [0.1]
    assert read_runs([f"{tmp_path}/runs.xlsx#other"]).columns["b"].tolist() == [2]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"), (b" \n", "it is empty"), (b"a,b\n1,2,3\n", "line 2 has 3 cells, the header 2"),
        (b"seed,seed\n1,2\n", "two columns 'seed'"), (b"\x00\x01PAR1" * 9, "bytes that are no text"),
        (b"PAR1" + b"x" * 20, "broken Parquet"), (b"\x1f\x8bbroken", "broken archive"),
        (b"PK\x03\x04broken", "broken archive"), (b"<html></html>", "HTML"), (b"%PDF-1.4", "PDF"),
        (b"[1, 2]", "entry 1 of the JSON is no mapping"), (b"[]", "empty list"), (b"{broken", "broken JSON"),
        (b"[" * 100_000, "nested too deeply|broken JSON"), (b"\x80\x04pickle", "pickle"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_with_what_it_is(tmp_path, content, words):
    file = tmp_path / "runs.csv"
    file.write_bytes(content)
    with pytest.raises(UserError, match=words) as refusal:
        read_runs([file])
    assert "runs.csv is not a table that can be read" in str(refusal.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"nothing\.csv does not exist"):
        read_runs([tmp_path / "nothing.csv"])


def test_small_files_that_unpack_into_huge_ones_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(unpacking, "MOST_UNPACKED", 100_000)
    monkeypatch.setattr(parquet, "MOST_IN_COLUMNS", 100_000)
    bomb = b"a,b\n" + b"1,2\n" * 100_000
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("runs.csv", bomb)
    footer = io.BytesIO()
    pd.DataFrame({"a": np.random.default_rng(0).normal(size=20_000)}).to_parquet(footer)
    for content in (gzip.compress(bomb), packed.getvalue(), footer.getvalue()):
        with pytest.raises(UserError, match="unpacks to"):
            read_content(content, "runs")


def test_tables_of_too_many_cells_are_refused(monkeypatch):
    monkeypatch.setattr(texts, "MOST_CELLS", 1000)
    with pytest.raises(UserError, match="more than 1,000 cells"):
        read_content(b"a,b\n" + b"1,2\n" * 1000, "runs.csv")


def test_a_long_table_without_quotes_is_refused_before_its_rows_are_read(monkeypatch):
    monkeypatch.setattr(texts, "MOST_CELLS", 1000)
    content = b"a,b\n" + b"1,2\n" * 600
    with monkeypatch.context() as unread:
        unread.setattr(texts, "_records", None)
        with pytest.raises(UserError, match="more than 1,000 cells; leave out what no claim needs"):
            read_content(content, "runs.csv")
    # A quoted cell may hold separators, so that only reading tells.
    quoted = b"a,b\n" + b'"1,2,,,",3\n' * 200
    assert len(read_content(quoted, "runs.csv")) == 200
    assert len(read_content(b"a,b\n" + b"1,2\n" * 499, "runs.csv")) == 499


def test_settings_files_that_explode_are_refused(tmp_path):
    levels = "".join(f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]\n" for i in range(1, 250))
    (tmp_path / "config.yaml").write_text(f"l0: &l0 [x]\n{levels}")
    with pytest.raises(UserError, match="more than 1,000,000 values, aliases included"):
        folders.read_settings(tmp_path / "config.yaml")
    (tmp_path / "config.yaml").write_text(f"l0: &l0 [x]\n{''.join(levels.splitlines(True)[:50])}")
    assert folders.read_settings(tmp_path / "config.yaml")["l50"] == "a long list"
    (tmp_path / "hparams.yaml").write_text(
        "lr: 0.1\nact: !!python/name:torch.nn.ReLU ''\nwd: {value: 0, desc: x}\n"
    )
    assert folders.read_settings(tmp_path / "hparams.yaml") == {
        "lr": 0.1, "act": "torch.nn.ReLU", "wd": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("lr=0.1,seed=3", {"lr": "0.1", "seed": "3"}),
        ("batch_size=64_lr=0.1_seed=0", {"batch_size": "64", "lr": "0.1", "seed": "0"}),
        ("+model.depth=4,optim=adam", {"model.depth": "4", "optim": "adam"}),
        ("train_fn_d48b7_00003_3_lr=0.0100,wd=0_2024-01-01_10-00-00", {"lr": "0.0100", "wd": "0"}),
        ("baseline_seed_12", {"seed": "12"}), ("runs_lr=0.1", {"lr": "0.1"}), ("version_3", {}),
        ("run-lr=0.1,seed=2-tag-acc", {"lr": "0.1", "seed": "2"}),
    ],
)  # fmt: skip
def test_settings_in_names(name, settings):
    assert settings_in_name(name) == settings


def test_a_folder_without_runs_says_what_it_holds(tmp_path):
    (tmp_path / "model.pt").write_bytes(b"x")
    with pytest.raises(UserError, match=r"holds no run that can be read: 1 file \(.pt\)"):
        read_runs([tmp_path])


def test_sacred_and_hugging_face_folders(tmp_path):
    for run in (1, 2):
        folder = tmp_path / "sacred" / str(run)
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps({"lr": run / 10, "seed": run}))
        (folder / "run.json").write_text("{}")
        (folder / "metrics.json").write_text(
            json.dumps({"test.acc": {"steps": [1, 2], "values": [0.1, 0.2]}})
        )
    table = read_runs([tmp_path / "sacred"])
    assert table.columns["lr"].tolist() == [0.1, 0.1, 0.2, 0.2]
    assert table.columns["test.acc"].tolist() == [0.1, 0.2, 0.1, 0.2]
    folder = tmp_path / "hf" / "lr=0.1"
    folder.mkdir(parents=True)
    log = [
        {"epoch": 1.0, "step": 10, "eval_accuracy": 0.5},
        {"epoch": 1.0, "step": 10, "train_runtime": 3.0},
    ]
    (folder / "trainer_state.json").write_text(json.dumps({"log_history": log}))
    (folder / "all_results.json").write_text(json.dumps({"eval_accuracy": 0.5}))
    table = read_runs([tmp_path / "hf"])
    assert len(table) == 2
    assert table.columns["lr"].tolist() == [0.1, 0.1]
    assert "1 other data file beside them were not." in table.notes or any(
        "beside" in n for n in table.notes
    )


def test_curves_without_settings_are_refused():
    chart = (
        b'"Step","run-1 - val_acc","run-1 - val_acc__MIN","run-1 - val_acc__MAX"\n1,0.5,0.5,0.5\n'
    )
    from hyperverdict.foreign.wide import reshaped

    with pytest.raises(UserError, match="a chart exported from W&B"):
        reshaped(read_content(chart, "chart.csv"))


def _write(tmp_path, table, kind):
    file = tmp_path / f"runs.{kind.split()[0]}"
    comma = table.to_csv(sep=";", decimal=",", index=False)
    content = {
        "csv semicolons": comma.encode(),
        "tsv decimal commas": table.to_csv(sep="\t", decimal=",", index=False).encode(),
        "csv utf-16": comma.encode("utf-16"),
        "csv bom": b"\xef\xbb\xbf" + table.to_csv(index=False).encode(),
        "txt pipes": table.to_csv(sep="|", index=False).encode(),
        "txt spaces": table.to_csv(sep=" ", index=False).encode(),
        "csv excel": b"sep=;\r\n" + comma.replace("\n", "\r\n").encode(),
        "csv comments": b"# a run of mine\n" + table.to_csv(index=False).encode(),
        "json records": table.to_json(orient="records").encode(),
        "json columns": table.to_json().encode(),
        "json split": table.to_json(orient="split").encode(),
        "jsonl lines": table.to_json(orient="records", lines=True).encode(),
    }
    if kind in content:
        file.write_bytes(content[kind])
    elif kind == "parquet":
        table.to_parquet(file)
    elif kind == "xlsx":
        table.to_excel(file, index=False)
    else:
        table.to_csv(tmp_path / f"runs.csv.{kind}", index=False)
        return tmp_path / f"runs.csv.{kind}"
    return file


@pytest.mark.parametrize(
    "kind",
    ["csv semicolons", "tsv decimal commas", "csv utf-16", "csv bom", "txt pipes", "txt spaces",
     "csv excel", "csv comments", "json records", "json columns", "json split", "jsonl lines",
     "parquet", "xlsx", "gz", "bz2", "xz", "zip"],
)  # fmt: skip
def test_files_of_every_kind(tmp_path, kind):
    file = _write(tmp_path, rows([0.001, 0.01], name="learning_rate", epochs=20), kind)
    concludes(verdict(None, study({"lr": (1e-3, 1e-2)}), file), estimate=difference())
