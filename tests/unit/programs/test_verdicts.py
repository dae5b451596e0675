"""What users' programs do, as far as the report."""

import json

import pytest
import yaml
from hyperverdict import pipeline
from hyperverdict.design.plan import make_plan
from hyperverdict.errors import UserError
from hyperverdict.programs.identity import data_checksum
from hyperverdict.programs.job import train_with_program
from hyperverdict.report.conclusion import conclude
from hyperverdict.runs.declaration import declaration_file, write_declaration
from hyperverdict.study.load import load_study

from tests.unit.programs.helpers import ARGUMENTS, PYTHON

STUDY = {
    "study": "own",
    "seeds": 5,
    "looks": [5],
    "train": {
        "command": f"{PYTHON} train.py {ARGUMENTS} --rate {{rate}}",
        "code": ["train.py"],
    },
    "hyperparameters": {"rate": {"default": 0.1}},
    "baseline": {"budget": "3 epochs"},
    "metrics": {"score": {"better": "higher", "matters_from": 0.01}},
    "hypotheses": {
        "H": {
            "says": "A higher rate is better.",
            "compare": {"rate": {"from": 0.1, "to": 0.2}},
            "expect": {"score": "higher"},
        }
    },
}
NOISE = "n = ((seed * 7919 + 13) % 101) / 1e4 + 0.123456789\n"


def open_own(own, **changed):
    file = own.folder / "study.yaml"
    file.write_text(yaml.safe_dump({**STUDY, **changed}))
    study = load_study(file)
    training = study.vocabulary.training
    rows = study.vocabulary.hyperparameters
    defaults = {name: row.default for name, row in rows.items() if name != "train"}
    write_declaration(declaration_file(training.name), defaults, training.stated)
    return study


def train_all(own, study):
    for run in make_plan(study).runs.values():
        folder = own.folder / "results/runs" / run.configuration.path
        file = own.folder / declaration_file(study.vocabulary.training.name)
        train_with_program(run.configuration.path, run.seeds, file, folder)


def judge(own, study, train=True):
    if train:
        train_all(own, study)
    results, folder = own.folder / "results", own.folder / "results/studies/own"
    pipeline.collect_runs(study, {"runs": list(make_plan(study).runs)}, results, folder)
    return pipeline.judge(study, folder, [])


def verdict_of(report):
    return report.hypotheses[0].verdicts[0]


def fired(report):
    return {check.id: check.level for check in verdict_of(report).checks if check.fired}


def test_a_working_program_is_judged(own):
    own.program(NOISE + "table([(e, n + float(a['rate']) * (1 + seed / 50)) for e in (1, 2, 3)])")
    report = judge(own, open_own(own))
    assert report.hypotheses[0].headline.startswith("supported"), report.hypotheses[0].headline
    assert not [check for check, level in fired(report).items() if level == "blocks"]


def test_failed_runs_say_how_in_the_report(own):
    own.program(
        f"""{NOISE}
if a["rate"] == "0.2" and seed in (1, 3): sys.exit("KeyError: 'no such head'")
table([(e, n + float(a["rate"]) * (1 + seed / 50)) for e in (1, 2, 3)])"""
    )
    study = open_own(own)
    report = judge(own, study)
    hypothesis = report.hypotheses[0]
    assert "2 of 5 runs of rate 0.2 failed" in hypothesis.headline
    assert fired(report)["failures_differ"] == "caveat"
    arm = verdict_of(report).arms[1]
    assert (arm.finished, len(arm.messages)) == (3, 1)
    text = " ".join(conclude(hypothesis, verdict_of(report), study).findings)
    assert "Seeds 1 and 3: the program ended with exit code 1" in text
    assert "KeyError: 'no such head'" in text


def test_all_runs_failing_is_no_score(own):
    own.program("sys.exit(1)")
    report = judge(own, open_own(own))
    assert verdict_of(report).judgement.evidence == "inconclusive"
    assert verdict_of(report).arms[0].means == {}


def test_a_program_that_ignores_its_seed_is_blocked(own):
    own.program("table([(e, 0.123456789 + float(a['rate']), time.time()) for e in (1, 2, 3)],"
                "'epoch,score,clock')")  # fmt: skip
    assert fired(judge(own, open_own(own)))["seeds_change_nothing"] == "blocks"


def test_a_program_that_ignores_its_factor_is_blocked(own):
    own.program(NOISE + "table([(e, n, time.time()) for e in (1, 2, 3)], 'epoch,score,clock')")
    assert fired(judge(own, open_own(own)))["same_results"] == "blocks"


def test_coarse_scores_may_agree_by_chance(own):
    own.program("table([(e, 0.5) for e in (1, 2, 3)])")
    assert fired(judge(own, open_own(own))).get("seeds_change_nothing") == "caveat"


def test_arms_of_different_code_are_blocked_and_older_code_is_said(own):
    own.program(NOISE + "table([(e, n + float(a['rate'])) for e in (1, 2, 3)])")
    study = open_own(own)
    first, second = make_plan(study).runs.values()
    file = own.folder / declaration_file("own")
    for run in (first, second):
        folder = own.folder / "results/runs" / run.configuration.path
        train_with_program(run.configuration.path, run.seeds, file, folder)
        own.program(NOISE + "table([(e, n + float(a['rate'])) for e in (1, 2, 3)])  # other")
    report = judge(own, study, train=False)
    assert fired(report)["different_code"] == "blocks"
    assert "made with other code" in verdict_of(report).scope[0]


def test_code_as_it_is_needs_no_word(own):
    own.program(NOISE + "table([(e, n + float(a['rate'])) for e in (1, 2, 3)])")
    assert "other code" not in verdict_of(judge(own, open_own(own))).scope[0]


def test_another_command_under_the_same_name_never_mixes(own):
    own.program("good()")
    study = open_own(own)
    train_all(own, study)
    command = STUDY["train"]["command"].replace("--rate", "--again 1 --rate")
    other = open_own(own, seeds=6, looks=[6], train={**STUDY["train"], "command": command})
    run = next(iter(make_plan(other).runs.values()))
    folder = own.folder / "results/runs" / run.configuration.path
    file = own.folder / declaration_file("own")
    with pytest.raises(UserError, match=r"other code \(\w{12}, now \w{12}\)"):
        train_with_program(run.configuration.path, run.seeds, file, folder)
    record = train_with_program(run.configuration.path, run.seeds, file, folder, retrain=True)
    assert len(record.seeds) == 6
    kept = list(folder.glob("replaced/*/record.json"))
    assert len(json.loads(kept[0].read_text())["seeds"]) == 5


def test_the_checksum_of_data_follows_links_once(own):
    data = own.folder / "data"
    (data / "deep").mkdir(parents=True)
    (data / "one.txt").write_text("1")
    before = data_checksum(("data",))
    (data / "deep/up").symlink_to(data)
    (data / "deep/self").symlink_to(".")
    assert data_checksum(("data",)) == before
    (data / "two.txt").write_text("2")
    assert data_checksum(("data",)) != before
    (data / "broken").symlink_to("nowhere")
    with pytest.raises(UserError, match="broken"):
        data_checksum(("data",))
