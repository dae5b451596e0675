"""A training whose program, code or data are not there is refused before anything is scheduled."""

from pathlib import Path

import pytest
from hyperverdict.cli import main

STUDY = """\
study: a
seeds: 5
looks: [5]
data: rows.txt
train: {command: "sh train.sh {n} {seed} {metrics}", code: [train.sh]}
hyperparameters: {n: {default: 1}}
metrics: {score: {better: higher, matters_from: 0.1}}
hypotheses:
  H:
    says: More is better.
    compare: {n: {from: 1, to: 2}}
    expect: {score: higher}
"""


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Path("train.sh").write_text("exit 0")
    Path("rows.txt").write_text("1")

    def run(text):
        Path("study.yaml").write_text(text)
        code = main(["check", "study.yaml"])
        printed = capsys.readouterr()
        return code, printed.out + printed.err

    return run


def test_what_is_there_is_ready(check):
    assert check(STUDY)[0] == 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"sh train.sh', '"no-such-program train.sh', "no program 'no-such-program' is installed"),
        ('"sh train.sh', '"./train.sh', "./train.sh may not be executed; chmod +x ./train.sh"),
        ("code: [train.sh]", "code: [trian.sh]", "code: trian.sh does not exist"),
        ("data: rows.txt", "data: row.txt", "data: row.txt does not exist"),
    ],
)
def test_what_is_missing_is_named(check, old, new, message):
    assert old in STUDY
    code, printed = check(STUDY.replace(old, new))
    assert code == 1
    assert message in printed
