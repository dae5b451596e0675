"""Ways to a wrong verdict: runs of several codes in one, rows of several runs, lost scores."""

from pathlib import Path

import pytest
from hyperverdict.cli import main
from hyperverdict.errors import UserError

from tests.unit.programs.test_verdicts import NOISE, STUDY, fired, judge, open_own, train_all

METRIC = {"better": "higher", "matters_from": 0.01}
EDIT = "open('train.py', 'a').write('# edited\\n')\n"


def test_code_that_is_edited_during_a_job_is_no_run(own):
    own.program(EDIT + "good()")
    with pytest.raises(UserError, match=r"code of own changed during this job.*seeds 0"):
        own.train()
    assert not (own.run_folder / "metrics.parquet").exists()
    own.program("good()")
    assert sorted(own.train().seeds) == ["0", "1"]


def test_data_that_is_edited_during_a_job_is_no_run(own):
    (own.folder / "rows.txt").write_text("1")
    own.program("open('rows.txt', 'a').write('2')\ngood()")
    own.declare()
    own.declaration.write_text(
        own.declaration.read_text().replace('"study": "own"', '"study": "own", "data": "rows.txt"')
    )
    with pytest.raises(UserError, match="data of own changed"):
        own.train()


def test_a_checkpoint_of_other_code_is_not_continued(own):
    """The attempt with the first code leaves a checkpoint; the second code must not see it."""
    resume = """
place = a["checkpoint"]
os.makedirs(place, exist_ok=True)
known = os.path.exists(place + "/state")
open(place + "/state", "w").close()
table([(e, 1.0 if known else 0.0) for e in range(1, epochs + 1)])
"""
    own.declare(own_command() + " --checkpoint {checkpoint}")
    # Interrupted by an edit, with its checkpoint still there.
    own.program("import signal\n" + resume + "time.sleep(0)\nos.kill(os.getppid(), signal.SIGTERM)"
                "\ntime.sleep(9)")  # fmt: skip
    with pytest.raises(SystemExit):
        own.train([0])
    assert list(own.run_folder.glob("partial/seed~0/checkpoint/state"))
    own.program(resume)
    own.train([0])
    assert own.scores() == {0: 0.0}


def own_command() -> str:
    return STUDY["train"]["command"].replace(" --rate {rate}", "")


def test_whether_short_trainings_count_is_part_of_the_code(own):
    own.program("table([(1, 0.5 + seed)])")
    own.declare()
    assert own.train().seeds["0"].status == "failed"
    own.declare(stops_early=True)
    with pytest.raises(UserError, match="other code"):
        own.train([0, 1, 2])


@pytest.mark.parametrize(
    ("header", "rows", "message"),
    [
        ("epoch,seed,score", "[(e, s, e + s) for s in (7, seed) for e in (1, 2, 3)]",
         "rows of several seeds"),
        ("fold,score", "[(f, f / 10) for f in (1, 2, 3)]", "column fold: 1, 2, 3"),
        ("trial,score", "[(f, f / 10) for f in (1, 2, 3)]", "column trial: 1, 2, 3"),
        ("epoch,score,other", "[(1, .1, 1), (2, .2, 1), (3, '', 1)]", "last reported at 2"),
    ],
)  # fmt: skip
def test_rows_that_give_no_score_of_one_whole_training_fail(own, header, rows, message):
    own.program(f"table({rows}, {header!r})")
    end = own.train([0]).seeds["0"]
    assert end.status == "failed"
    assert message in end.message


def test_scores_that_are_measured_now_and_then_count(own):
    own.program("table([(1, .1, 1), (2, '', 1), (3, .3, 1), (4, '', 1)], 'epoch,score,other')")
    own.epochs = 4
    assert own.train([0]).seeds["0"].status == "finished"


def test_a_metric_declared_later_that_is_no_number_in_some_runs_loses_no_seed(own):
    own.program(
        NOISE + "v = n + float(a['rate'])\n"
        "b = 'nan' if seed in (1, 2) and a['rate'] == '0.2' else v\n"
        "table([(e, v, b) for e in (1, 2, 3)], 'epoch,score,other')"
    )
    train_all(own, open_own(own))
    later = open_own(own, metrics={"score": {**METRIC, "from": "other"}})
    report = judge(own, later, train=False)
    assert fired(report)["failures_differ"] == "caveat"
    assert "2 of 5 runs of rate 0.2 diverged" in report.hypotheses[0].headline


def test_percent_of_runs_that_exist_is_no_fraction(own):
    own.program(NOISE + "table([(e, 90 + n) for e in (1, 2, 3)], 'epoch,acc')")
    expect = {"H": {**STUDY["hypotheses"]["H"], "expect": {"points": "higher"}}}
    study = open_own(own, metrics={"points": {**METRIC, "from": "acc"}}, hypotheses=expect)
    assert judge(own, study).hypotheses[0].verdicts
    expect = {"H": {**STUDY["hypotheses"]["H"], "expect": {"accuracy": "higher"}}}
    study = open_own(own, metrics={"accuracy": {"from": "acc"}}, hypotheses=expect)
    with pytest.raises(UserError, match=r"acc reaches 90.*fraction \(0 to 1\)"):
        judge(own, study, train=False)


COUNTED = """
with open("count", "a") as f:
    f.write(f"{seed} ")
table([(e, 90 + seed, 1.0, 70, 5) for e in (1, 2, 3)], "epoch,acc,share,val,loss")
"""


@pytest.mark.parametrize(
    "metrics",
    [
        {"accuracy": {"from": "acc"}},
        {"f1": {"from": "acc", "unit": "fraction", "better": "higher", "matters_from": 0.01}},
        {"accuracy": {"from": "share", "validation": "val"}},
    ],
)
def test_a_job_stops_after_the_first_seed_in_percent(own, metrics):
    own.program(COUNTED)
    own.declare(metrics=metrics)
    for _ in range(2):
        with pytest.raises(UserError, match=r"fraction \(0 to 1\).*nothing trains again"):
            own.train([0, 1, 2])
        assert Path("count").read_text() == "0 ", "and does not train again before it is corrected"
    [name] = metrics
    percent = {"from": "acc", "better": "higher", "matters_from": 1, "unit": "points"}
    own.declare(metrics={f"{name}_percent": percent, "loss": {"matters_from": 0.1}})
    record = own.train([0, 1, 2])
    assert {end.status for end in record.seeds.values()} == {"finished"}
    assert Path("count").read_text() == "0 1 2 "


def test_a_fraction_of_one_and_scores_that_are_none_are_no_percent(own):
    own.program(COUNTED)
    own.declare(metrics={"accuracy": {"from": "share"}, "loss": {"matters_from": 0.1}})
    assert len(own.train([0, 1]).seeds) == 2


def test_a_score_is_not_its_own_validation_score(own):
    with pytest.raises(UserError, match=r"metrics\.score\.validation.*is the score itself"):
        open_own(own, metrics={"score": {**METRIC, "from": "acc", "validation": "acc"}})


@pytest.mark.parametrize("code", [["train.py"], ["helper.py"]])
def test_check_refuses_code_that_misses_what_the_command_imports(own, code, capsys):
    Path("helper.py").write_text("x = 1")
    own.program("import helper")
    open_own(own, train={**STUDY["train"], "code": code})
    assert main(["check", "study.yaml"]) == 1
    other = ({"helper.py", "train.py"} - set(code)).pop()
    assert f"train.code: misses {other}" in capsys.readouterr().err
    open_own(own, train={**STUDY["train"], "code": ["train.py", "helper.py"]})
    assert main(["check", "study.yaml"]) == 0


def test_check_names_files_of_the_command_that_identify_nothing(own, capsys):
    Path("conf.yaml").write_text("x: 1")
    own.program("good()")
    train = {**STUDY["train"], "command": STUDY["train"]["command"] + " --config conf.yaml"}
    open_own(own, train=train)
    assert main(["check", "study.yaml"]) == 0
    assert "conf.yaml in the command is neither" in capsys.readouterr().out
    open_own(own, train=train, data="conf.yaml")
    assert main(["check", "study.yaml"]) == 0
    assert "conf.yaml" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "said"),
    [("val_acc", "a validation score"), ("best_acc", "the best of"), ("test_acc", "")],
)
def test_check_says_what_a_score_is_by_its_name(own, capsys, name, said):
    own.program("good()")
    open_own(own, metrics={"score": {**METRIC, "from": name}})
    assert main(["check", "study.yaml"]) == 0
    printed = capsys.readouterr().out
    assert (said in printed) if said else ("by its name" not in printed)
