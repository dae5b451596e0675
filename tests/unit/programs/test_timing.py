"""Time claims on trainings of the user's own."""

import json
from dataclasses import replace
from itertools import pairwise

import pytest
from hyperverdict import pipeline
from hyperverdict.design.cost import timing_seconds
from hyperverdict.design.plan import make_plan
from hyperverdict.design.state import RunState
from hyperverdict.errors import UserError
from hyperverdict.outcomes.timing import read_timing
from hyperverdict.programs import commands
from hyperverdict.programs.timing import Measured, time_programs, training_seconds

from tests.unit.programs.helpers import PYTHON
from tests.unit.programs.test_verdicts import STUDY, open_own, train_all

TIMED = {
    "metrics": {
        "score": {"better": "higher", "matters_from": 0.01},
        "train_time": {"matters_from": "1.10x"},
    },
    "hypotheses": {
        "H": {
            "says": "A higher rate takes longer.",
            "compare": {"rate": {"from": 0.1, "to": 0.2}},
            "expect": {"train_time": "higher"},
        }
    },
}
NOTES = """
open("calls", "a").write(f"{a['rate']}:{epochs}:{seed} ")
good()
"""


@pytest.fixture
def slow_start(monkeypatch):
    """Programs start in 5 s, and take as long for an epoch as their rate says, in units of 10 s."""
    real = commands.run_child

    def run(command, *others):
        words = dict(pairwise(command))
        seconds = 5 + int(words["--epochs"]) * float(words["--rate"]) * 10
        return replace(real(command, *others), seconds=seconds + int(words["--seed"]) / 1000)

    monkeypatch.setattr(commands, "run_child", run)


def timed(own, study, repeats=2, exclusive=True):
    (timing,) = make_plan(study).timings.values()
    out = own.folder / "results/timing/contrasts/x/timing.json"
    paths = [arm.timed_path for arm in timing.configurations]
    time_programs(paths, repeats, own.declaration, out, exclusive=exclusive)
    return out


def test_start_up_is_measured_apart_and_taken_off(own, slow_start):
    own.program(NOTES)
    out = timed(own, open_own(own, **TIMED))
    content = json.loads(out.read_text())
    fast, slow = (content["arms"][f"train~own/rate~{r}/epochs~3"] for r in ("0.1", "0.2"))
    assert content["start_up"] == "taken off"
    assert fast == pytest.approx([3, 3])
    assert slow == pytest.approx([6, 6])
    assert list(content["start_up_seconds"].values()) == pytest.approx([5, 5], abs=0.01)
    calls = (own.folder / "calls").read_text().split()
    assert calls[:2] == ["0.1:1:0", "0.2:1:0"]  # to warm up
    assert calls[2:6] == ["0.1:3:0", "0.1:1:0", "0.2:3:0", "0.2:1:0"]  # in turn
    assert calls[6:] == ["0.1:3:1", "0.1:1:1", "0.2:3:1", "0.2:1:1"]
    assert not (out.parent / "partial").exists()


def test_times_are_judged_as_whole_trainings(own, slow_start):
    own.program(NOTES)
    study = open_own(own, seeds=3, looks=[3], **TIMED)
    train_all(own, study)
    folder = own.folder / "results/studies/own"
    pipeline.collect_runs(
        study, {"runs": list(make_plan(study).runs)}, own.folder / "results", folder
    )
    verdict = pipeline.judge(study, folder, [timed(own, study, 3)]).hypotheses[0].verdicts[0]
    (effect,) = verdict.judgement.effects
    assert effect.estimate == pytest.approx(2)
    assert "times_not_comparable" not in {c.id for c in verdict.fired if c.level == "blocks"}
    assert any("start-up was measured apart and taken off" in text for text in verdict.scope)
    own.program(NOTES + "# other code")
    verdict = pipeline.judge(study, folder, [timed(own, study, 3)]).hypotheses[0].verdicts[0]
    (found,) = (c for c in verdict.fired if c.id == "times_not_comparable")
    assert "other code was timed" in found.sentence
    assert found.level == "blocks"


def test_times_that_the_program_reports_are_believed(own):
    own.program(
        "table([(e, 0.5, e * 7) for e in range(1, epochs + 1)], 'epoch,score,train_seconds')"
    )
    out = timed(own, open_own(own, **TIMED))
    assert read_timing(out).start_up == "reported"
    assert set(read_timing(out).arms.values()) == {(21.0, 21.0)}


def test_without_a_length_start_up_stays_in(own):
    own.program("a['epochs'] = 1\n" + "open('calls', 'a').write('x'); table([(1, 0.5)])",
                prelude=own_prelude_without_length())  # fmt: skip
    command = f"{PYTHON} train.py --seed {{seed}} --out {{metrics}} --rate {{rate}}"
    study = open_own(own, **TIMED, train={**STUDY["train"], "command": command}, baseline={})
    assert read_timing(timed(own, study)).start_up == "included"
    assert (own.folder / "calls").read_text() == "x" * 6


def own_prelude_without_length():
    from tests.unit.programs.helpers import PRELUDE

    return PRELUDE.replace('seed, epochs, out = int(a["seed"]), int(a["epochs"]), a["out"]',
                           'seed, out = int(a["seed"]), a["out"]')  # fmt: skip


def test_arms_are_treated_alike():
    one, other = [Measured(10.0, 4.0)], [Measured(6.0, 2.0)]
    assert training_seconds({"a": one, "b": other}, {"a": 4, "b": 3}) == (
        {"a": [8.0], "b": [6.0]},
        "taken off",
    )
    # Start-up cannot be told apart where one unit took as long as all.
    assert (
        training_seconds({"a": one, "b": [Measured(6.0, 6.5)]}, {"a": 4, "b": 3})[1] == "included"
    )
    assert training_seconds({"a": one, "b": [Measured(6.0)]}, {"a": 4, "b": 1})[1] == "included"
    mixed = {"a": [Measured(10.0, reported=9.0)], "b": [Measured(6.0)]}
    assert training_seconds(mixed, {"a": 4, "b": 4}) == ({"a": [10.0], "b": [6.0]}, "included")


def test_a_training_that_fails_stops_the_timing(own):
    own.program("sys.exit('no data')")
    with pytest.raises(UserError, match=r"timing train~own.*exit code 1.*no data"):
        timed(own, open_own(own, **TIMED))


def test_the_cost_of_timing_is_known_once_runs_are(own):
    own.program("good()")
    plan = make_plan(open_own(own, **TIMED))
    (timing,) = plan.timings.values()
    states = {run.folder: RunState(run, (), ()) for run in plan.all_runs}
    assert timing_seconds(timing, states) is None
    states = {run.folder: RunState(run, (0,), (), "", {0: 30.0}) for run in plan.all_runs}
    assert timing_seconds(timing, states) == pytest.approx(2 * 5 * 30 * (1 + 1 / 3))


def test_a_seed_that_fails_is_passed_over_in_all_arms(own):
    own.program("""
open("calls", "a").write(f"{a['rate']}:{epochs}:{seed} ")
if seed == 0 and a["rate"] == "0.2" and epochs == 3: sys.exit("bad luck")
good()
""")
    out = timed(own, open_own(own, **TIMED))
    assert [len(times) for times in read_timing(out).arms.values()] == [2, 2]
    calls = (own.folder / "calls").read_text().split()
    assert calls[-4:] == ["0.1:3:2", "0.1:1:2", "0.2:3:2", "0.2:1:2"]


def test_what_a_killed_timing_left_running_is_ended_first(own, monkeypatch):
    ended = []
    monkeypatch.setattr("hyperverdict.programs.timing.end_left_behind", ended.append)
    own.program("good()")
    out = timed(own, open_own(own, **TIMED))
    assert ended == [out.parent]
