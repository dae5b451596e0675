"""`hyperverdict check` names files that are not there, with their line and the nearest name."""

import pytest
from hyperverdict.cli import main

STUDY = """study: s
train:
  command: python train.py --rate {rate} --seed {seed} --out {metrics}
  code: [train.py]
data: mydata
hyperparameters:
  rate: {default: 1}
metrics:
  accuracy: {matters_from: 0.01}
hypotheses:
  H:
    says: x
    compare: {rate: {from: 1, to: 2}}
    expect: {accuracy: higher}
"""


@pytest.fixture
def check(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text("")
    (tmp_path / "mydata").mkdir()
    (tmp_path / "mydata/a.csv").write_text("1\n")

    def run(old, new):
        (tmp_path / "s.yaml").write_text(STUDY.replace(old, new, 1))
        code = main(["check", "s.yaml"])
        said = capsys.readouterr()
        return code, said.out + said.err

    return run


def test_a_study_whose_files_are_there_is_valid(check, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda program: program)
    assert check("nothing", "else")[0] == 0


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("[train.py]", "[trian.py]", "s.yaml, line 4, train.code: trian.py does not exist; did you mean 'train.py'?"),
        ("mydata", "mydat", "s.yaml, line 5, data: mydat does not exist; did you mean 'mydata'?"),
        ("python train.py", "python trian.py", "s.yaml, line 3, train.command: trian.py does not exist; did you mean 'train.py'?"),
        ("python train.py", "pyton train.py", "s.yaml, line 3, train.command: no program 'pyton'"),
        ("mydata", "elsewhere/x", "s.yaml, line 5, data: elsewhere/x does not exist (looked in"),
    ],
)  # fmt: skip
def test_what_is_missing_is_named(check, old, new, message):
    code, said = check(old, new)
    assert code == 1
    assert message in said
