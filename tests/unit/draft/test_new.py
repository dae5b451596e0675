"""`hyperverdict new`: what it finds in a script, a command and a function, and what it leaves open."""

from __future__ import annotations

import ast
import time
from pathlib import Path

import pytest
import yaml
from hyperverdict.cli import main
from hyperverdict.draft.new import draft_study, write_study
from hyperverdict.draft.scores import reported_names, scores_to_claim
from hyperverdict.draft.text import scalar
from hyperverdict.errors import UserError
from hyperverdict.study.load import load_study
from hyperverdict.words.commands import CLONE, snakemake

SCRIPT = """
import argparse, csv, torch
import helper
from blocks import attention

WIDTH = 64
parser = argparse.ArgumentParser()
parser.add_argument("--lr", "--learning-rate", type=float, default=1e-3, help="step size")
parser.add_argument("--hidden", type=int, default=WIDTH)
parser.add_argument("--optimizer", choices=["adam", "sgd"], default="adam")
parser.add_argument("--amp", action="store_true")
parser.add_argument("--layers", nargs="+", default=[1, 2])
parser.add_argument("--num-train-epochs", type=int, default=5)
parser.add_argument("--warmup-steps", type=int, default=10)
parser.add_argument("--random-state", type=int, default=0)
parser.add_argument("--output-dir", default="out")
parser.add_argument("--num-workers", type=int, default=4)
parser.add_argument("--data-dir", default="mydata")
args = parser.parse_args()
table = csv.DictWriter(open("x"), fieldnames=["epoch", "train_loss", "val_acc", "test_acc", "test_bleu"])
"""
BARE = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--epochs", type=int)
print("epoch,accuracy", 1)
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text(SCRIPT)
    (tmp_path / "bare.py").write_text(BARE)
    (tmp_path / "helper.py").write_text("raise SystemExit('never run')\n")
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks/attention.py").write_text("")
    (tmp_path / "mydata").mkdir()
    (tmp_path / "mydata/a.csv").write_text("1\n")
    return tmp_path


def written(file):
    return yaml.safe_load(file.read_text())


def test_a_script_becomes_a_study_that_loads(folder):
    study = write_study("train.py")
    assert study.refused == ""
    raw = written(study.file)
    assert raw["train"]["command"] == (
        "python train.py --learning-rate {learning_rate} --hidden {hidden} --optimizer {optimizer} {amp} "
        "--num-train-epochs {epochs} --warmup-steps {warmup_steps} --random-state {seed} "
        "--output-dir {metrics}"
    )
    assert set(raw["train"]["code"]) == {"train.py", "helper.py", "blocks/attention.py"}
    assert raw["data"] == ["mydata"]
    assert raw["hyperparameters"] == {
        "learning_rate": {"default": 0.001},
        "hidden": {"default": 64, "type": "whole"},
        "optimizer": {"default": "adam", "allowed": ["adam", "sgd"]},
        "amp": {"default": False, "flag": "--amp"},
        "warmup_steps": {"default": 10, "type": "whole"},
    }
    assert raw["metrics"]["accuracy"] == {
        "from": "test_acc",
        "validation": "val_acc",
        "matters_from": 0.01,
    }
    assert raw["metrics"]["bleu"]["from"] == "test_bleu"
    assert "matters_from" not in raw["metrics"]["bleu"], "only its author can say this"
    assert "better" not in raw["metrics"]["bleu"]
    assert raw["baseline"] == {"budget": "5 epochs"}
    text = study.file.read_text()
    assert "--layers" in text, "an option that cannot be a hyperparameter is named"
    assert "--num-workers" in text
    assert load_study(study.file).seeds == tuple(range(10))


def test_a_typed_command_keeps_what_was_typed(folder):
    study = write_study("python train.py --lr=2e-4 --num-workers 2 --amp --num-train-epochs 7")
    raw = written(study.file)
    assert raw["train"]["command"].startswith("python train.py --lr={lr} --num-workers 2 {amp}")
    assert raw["train"]["command"].endswith("--random-state {seed} --output-dir {metrics}")
    assert raw["baseline"] == {"budget": "7 epochs"}
    assert raw["hyperparameters"]["lr"]["default"] == 2e-4
    assert raw["hyperparameters"]["amp"] == {"default": True, "flag": "--amp"}
    assert study.refused == ""


def test_a_command_in_another_language():
    draft = draft_study(
        "julia fit.jl rate=0.1 model.depth=3 --seed 4 --out x.csv --epochs 2 --mode fast"
    )
    assert draft.command == (
        "julia", "fit.jl", "rate={rate}", "model.depth={model_depth}", "--seed", "{seed}",
        "--out", "{metrics}", "--epochs", "{epochs}", "--mode", "{mode}",
    )  # fmt: skip
    assert [(d.name, d.default) for d in draft.declared] == [
        ("rate", 0.1), ("model_depth", 3), ("mode", "fast")
    ]  # fmt: skip


def test_what_is_missing_is_said_with_the_lines_to_add(folder):
    study = write_study("bare.py")
    text = study.file.read_text()
    assert "takes no seed" in text
    assert 'table.writerow(["epoch", "accuracy"])' in text
    assert "torch" not in text, "the script does not import it"
    assert "baseline: {budget: LENGTH epochs}   # TODO: how long every run trains" in text
    assert "{seed}" in study.refused, "check says what the comments say"
    assert "{metrics}" in study.refused
    lines = text.splitlines()
    for number, words in study.open:
        assert words in lines[number - 1]


def test_nothing_is_overwritten(folder):
    (folder / "train.yaml").write_text("mine")
    with pytest.raises(UserError, match=r"train.yaml exists and is not overwritten.*--out"):
        write_study("train.py")
    assert (folder / "train.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("trian.py", "does not exist"),
        ("python trian.py --lr 1", "does not exist"),
        ("python train.py | tee log", "no shell"),
        ("tasks:train", "neither in"),
        ("train:fit", "has no function"),
    ],
)
def test_a_wrong_source_gets_one_message(source, words, capsys):
    assert main(["new", source]) == 1
    said = capsys.readouterr().err
    assert words in said
    assert "Traceback" not in said


def test_the_command_says_what_it_found(capsys):
    assert main(["new", "train.py", "--name", "mine", "--out", "sub.yaml"]) == 0
    said = capsys.readouterr().out
    assert "training length: 5 epochs" in said
    assert f"Then: {snakemake('sub.yaml')} -n" in said
    assert f"--snakefile {CLONE}" in said, "the folder of the script is no clone"


def test_a_function(folder):
    (folder / "mytask.py").write_text(
        "from typing import Literal\n"
        "def train(*, seed: int, epochs: int = 3, log, rate: float = 0.5, kind2: Literal['a', 'b'] = 'a'):\n"
        "    log(accuracy=1.0, epoch=1)\n"
    )
    draft = draft_study("mytask:train")
    assert (draft.call, draft.unit, draft.length) == ("mytask:train", "epochs", 3)
    assert [d.name for d in draft.declared] == ["rate", "kind2"]
    assert draft.declared[1].allowed == ("a", "b")
    assert [s.metric for s in draft.scores] == ["accuracy"]
    assert draft.missing == ()


def test_a_length_that_is_open_is_what_check_names(folder):
    (folder / "task.py").write_text(
        "def train(*, seed, trees, log, rate: float = 0.5):\n    log(trees=1, accuracy=1.0)\n"
    )
    study = write_study("task:train")
    line = next(n for n, words in study.open if "how long" in words)
    assert f"line {line}, baseline.budget" in study.refused
    study.file.write_text(study.file.read_text().replace("LENGTH", "10"))
    assert load_study(study.file).budget.amount == 10


def test_help_is_run_only_when_it_is_wanted(folder):
    (folder / "odd.py").write_text(
        "import sys\nopen('ran', 'w')\nprint('options:\\n  --rate R   x (default: 2)')\n"
    )
    assert draft_study("odd.py").declared == ()
    assert not (folder / "ran").exists()
    assert [d.name for d in draft_study("odd.py", run_help=True).declared] == ["rate"]
    # Nobody waits for what it has left running with its output open.
    text = Path("odd.py").read_text()
    Path("odd.py").write_text(f"import subprocess\nsubprocess.Popen(['sleep', '600'])\n{text}")
    begun = time.monotonic()
    assert [d.name for d in draft_study("odd.py", run_help=True).declared] == ["rate"]
    assert time.monotonic() - begun < 100


def test_scores_are_found_wherever_they_are_written():
    source = (
        "KEYS = ['step', 'val_loss']\nw.writerow(KEYS)\nself.log('test_f1', x)\n"
        "wandb.log({'dev/wer': 1, 'train/loss': 2})\nf.write('epoch,test_auc\\n')\nw.writerow([epoch, a])\n"
    )
    names = reported_names([ast.parse(source)])
    assert names == ["val_loss", "test_f1", "dev/wer", "train/loss", "test_auc"]
    assert [s.metric for s in scores_to_claim(names)] == ["f1", "auc", "wer", "loss"]


@pytest.mark.parametrize(
    "value", ["no", "1e-3", "a: b", "", "null", "a #b", "- x", "é", "~", "x\ny", "a b", "0x1", "."]
)
def test_text_is_quoted_where_it_needs_to_be(value):
    assert yaml.safe_load(f"x: [{scalar(value)}]") == {"x": [value]}


THESIS = """
import argparse, csv
def get_args():
    p = argparse.ArgumentParser()
    p.add_argument("--data-dir", required=True)
    p.add_argument("--rate", type=float, default=0.1)
    p.add_argument("--epochs", type=int, default=5)
    return p.parse_args()
opt = get_args()
history = []
history.append({"epoch": 1, "train_loss": 2.0, "loss": 1.0, "acc": 50.0})
history.append("accuracy")
OPEN as f:
    csv.DictWriter(f, history[0].keys()).writerows(history)
"""


@pytest.mark.parametrize(
    "opened",
    ['with open("history.csv", "w")', 'with open("history.csv", mode="a", newline="")',
     'with Path("history.csv").open("w")', 'NAME = "history.csv"\nwith open(NAME, "w")',
     'with open(os.path.join("logs", "history.csv"), "w")'],
)  # fmt: skip
def test_a_script_as_it_is_written_for_a_thesis(folder, opened):
    (folder / "thesis.py").write_text(THESIS.replace("OPEN", opened))
    study = write_study("thesis.py")
    text = study.file.read_text()
    assert "thesis.py requires --data-dir" in text
    assert "python thesis.py --data-dir TODO --rate {rate}" in text
    assert 'p.add_argument("--seed", type=int, default=0)' in text
    assert "history.csv; add --out {metrics} below" in text
    line = next(n for n, words in enumerate(text.splitlines()) if "in the place of" in words)
    number = int(text.splitlines()[line].rpartition(" ")[2])
    assert "open(" in (folder / "thesis.py").read_text().splitlines()[number - 1]
    assert [score.metric for score in study.draft.scores] == ["accuracy", "loss"]


@pytest.mark.parametrize(
    "opened", ['with open("history.csv")', 'with open("notes.txt", "w")', "with open(name, 'w')"]
)
def test_a_file_that_is_read_or_no_table_is_no_output(folder, opened):
    (folder / "thesis.py").write_text(THESIS.replace("OPEN", opened))
    assert draft_study("thesis.py").writes is None
    assert "has no output" in write_study("thesis.py").file.read_text()


def test_a_value_that_only_its_author_knows_is_asked_for(folder, capsys):
    text = THESIS.replace("OPEN", 'with open("x.csv", "w")').replace(
        "return", 'p.add_argument("--seed", type=int); p.add_argument("--out")\n    return'
    )
    (folder / "thesis.py").write_text(text)
    study = write_study("thesis.py")
    assert "TODO stands where a value belongs" in study.refused
    study.file.write_text(study.file.read_text().replace("dir TODO", "dir mydata"))
    assert main(["check", str(study.file)]) == 0
    said = capsys.readouterr().out
    for number, words in study.open:
        assert f"{study.file}, line {number}: TODO: {words}" in said
    assert f"valid; {len(study.open)} lines marked TODO" in said
    done = "\n".join(line.partition("# TODO")[0] for line in study.file.read_text().splitlines())
    study.file.write_text(done.replace("TODO: your claim in your own words", "Slow is better."))
    assert main(["check", str(study.file)]) == 0
    assert "TODO" not in capsys.readouterr().out


def test_what_to_write_for_percent_is_proposed_and_loads(folder):
    study = write_study("train.py")
    text = study.file.read_text()
    old = "  accuracy: {from: test_acc, "
    assert text.count(old) == 1
    assert "# or in percent: accuracy_percent: {from: test_acc, better: higher, " in text
    lines = [line for line in text.splitlines() if not line.startswith(old)]
    text = (
        "\n".join(lines)
        .replace("# or in percent: ", "")
        .replace("{accuracy:", "{accuracy_percent:")
    )
    study.file.write_text(text)
    assert load_study(study.file).metrics["accuracy_percent"].unit == "points"


def test_metrics_that_a_study_is_written_with_are_accepted(folder):
    source = THESIS.replace("history.append", "print").replace("OPEN", 'with open("x.csv", "w")')
    (folder / "thesis.py").write_text(source)
    study = write_study("thesis.py")
    assert "metrics" not in written(study.file)
    text = study.file.read_text()
    own = text.replace("# metrics:", "metrics:").replace("#   accuracy:", "  accuracy:")
    ready = own.replace("dir TODO", "dir mydata").replace(
        "{rate} --", "{rate} --seed {seed} --out {metrics} --"
    )
    study.file.write_text(ready)
    assert load_study(study.file).metrics["accuracy"].matters_from == 0.01


def test_a_function_that_returns_its_scores(folder):
    (folder / "mytask.py").write_text(
        "def other():\n    return {'f1': 0.1}\n"
        "def train(*, seed, rate=0.5):\n    return {'val_acc': 1.0, 'loss': 2.0}\n"
    )
    draft = draft_study("mytask:train")
    assert {s.metric: s.reported for s in draft.scores} == {"accuracy": "val_acc", "loss": "loss"}


def test_a_function_that_is_not_beside_its_study_is_named_as_a_package(folder):
    (folder / "fits.py").write_text(
        "def fit(*, seed, epochs=3, rate=0.1):\n    return {'a': rate}\n"
    )
    (folder / "studies").mkdir()
    beside = write_study("fits:fit", out=Path("beside.yaml"))
    assert "packages:" not in beside.file.read_text()
    elsewhere = write_study("fits:fit", out=Path("studies/elsewhere.yaml"))
    assert "packages: [fits]" in elsewhere.file.read_text()
    assert "packages" not in elsewhere.refused
