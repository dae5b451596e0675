"""The plan: what trains once for all, what is missing, what it costs."""

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hyperverdict.design.choices import choice_file, make_choices, with_choices, write_choices
from hyperverdict.design.cost import (
    Cost,
    estimated_seconds,
    estimated_seconds_per_step,
    run_cost,
    timed_seconds_per_step,
)
from hyperverdict.design.plan import make_plan, timing_key
from hyperverdict.design.state import (
    RunState,
    refuse_mixing,
    run_state,
    seeds_after,
    to_force,
)
from hyperverdict.design.summary import duration, plan_summary
from hyperverdict.errors import UserError
from hyperverdict.invocation import Invocation
from hyperverdict.options import RESULTS, Options
from hyperverdict.runs.layout import (
    METRICS_FILE,
    RECORD_FILE,
    TRAINING_VERSION,
    RunRecord,
    SeedRecord,
    file_sha256,
)
from hyperverdict.runs.sealed import json_bytes
from hyperverdict.study.load import load_study
from hyperverdict.study.tuning import tuning_arms
from hyperverdict.training.partial import PartialFolder
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import configure

STUDY = """
study: s
data: fashion_mnist
seeds: 4
baseline: {width: 256, depth: 2, batch_size: 64, budget: 300 steps}
hypotheses:
  H1:
    says: Large batches are faster and worse.
    compare: {batch_size: {from: 4, to: 128}}
    expect: {train_time: lower, accuracy: lower}
    at_equal: [300 steps, 38400 samples, 5 seconds]
    seeds: 6
  H4:
    says: Small batches are faster and worse.
    compare: {batch_size: {from: 128, to: 4}}
    expect: {train_time: lower, accuracy: lower}
    at_equal: [300 steps, 38400 samples, 5 seconds]
explore:
  size: {grid: {batch_size: [64, 128]}, seeds: 2}
"""


@pytest.fixture
def plan(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(STUDY)
    return make_plan(load_study(file))


def plan_state(plan, results):
    return {run.folder: run_state(run, results) for run in plan.all_runs}


def finish(plan, path, seeds, runs):
    """A run's folder as training leaves it; the table's content does not matter here."""
    folder = runs / "runs" / path
    folder.mkdir(parents=True)
    (folder / METRICS_FILE).write_bytes(b"table")
    record = RunRecord(
        path=path, configuration={}, data_checksum="", training_version=1, steps=300,
        parameters=1, flops_per_sample=1, train_size=1, test_size=1,
        seeds={str(s): SeedRecord("finished", 300, 2.0, 0) for s in seeds},
        metrics_sha256=file_sha256(folder / METRICS_FILE),
    )  # fmt: skip
    (folder / RECORD_FILE).write_bytes(json_bytes(asdict(record)))


def test_opposing_claims_and_heatmaps_share_runs(plan):
    # batch 4 and 128 at 300 steps, batch 4 at 9600 steps (38400 samples; batch 128 needs 300 steps
    # for them, a run that is there already), both at 5 seconds, and batch 64 of the heatmap.
    assert len(plan.runs) == 6
    shared = next(r for r in plan.runs.values() if "batch_size~128/" in r.configuration.path
                  and r.configuration.budget.slug == "steps~300")  # fmt: skip
    assert shared.seeds == tuple(range(6))
    assert set(shared.purposes) == {
        "H1 at 300 steps", "H1 at 38,400 samples", "H4 at 300 steps", "H4 at 38,400 samples",
        "heatmap size",
    }  # fmt: skip


def test_one_timing_for_both_directions_and_all_budgets_but_seconds(plan):
    (timing,) = plan.timings.values()
    assert timing.repeats == 6
    assert not any("seconds" in purpose for purpose in timing.purposes)
    assert timing.key == timing_key(reversed(timing.configurations))


def test_state_counts_missing_seeds_and_never_less_than_recorded(plan, tmp_path):
    path, run = next(iter(plan.runs.items()))
    assert to_force(plan_state(plan, tmp_path).values(), tmp_path) == []
    finish(plan, path, [0, 1, 9], tmp_path)
    state = plan_state(plan, tmp_path)[run.folder]
    assert state.recorded == (0, 1, 9)
    assert state.missing == tuple(s for s in run.seeds if s not in (0, 1))
    assert seeds_after(run, tmp_path) == sorted({*run.seeds, 9})
    assert to_force([state], tmp_path) == [str(tmp_path / run.folder / METRICS_FILE)]


def test_a_complete_run_is_left_alone(plan, tmp_path):
    path, run = next(iter(plan.runs.items()))
    finish(plan, path, run.seeds, tmp_path)
    state = plan_state(plan, tmp_path)[run.folder]
    assert not state.missing
    assert to_force([state], tmp_path) == []
    assert run_cost(state, {}) == Cost(0.0, "earlier runs")


@pytest.mark.parametrize("content", [b"", b"other"])
def test_a_table_that_does_not_fit_its_record_is_unsound(plan, tmp_path, content):
    path, run = next(iter(plan.runs.items()))
    finish(plan, path, run.seeds, tmp_path)
    (tmp_path / run.folder / METRICS_FILE).write_bytes(content)
    state = plan_state(plan, tmp_path)[run.folder]
    assert state.missing == run.seeds
    assert METRICS_FILE in state.unsound
    assert to_force([state], tmp_path)


def test_the_files_of_another_run_are_unsound(plan, tmp_path):
    (path, run), (_, other) = list(plan.runs.items())[:2]
    finish(plan, path, run.seeds, tmp_path)
    shutil.copytree(tmp_path / run.folder, tmp_path / other.folder)
    state = plan_state(plan, tmp_path)[other.folder]
    assert state.missing == other.seeds
    assert METRICS_FILE in state.unsound


def test_a_choice_counts_only_for_the_trials_that_it_saw(tmp_path):
    file = tmp_path / "s.yaml"
    claim = STUDY.partition("    at_equal:")[0]
    file.write_text(f"{claim}    tune: {{learning_rate: [1e-3, 1e-2]}}\n")
    study = load_study(file)
    (hypothesis,) = study.hypotheses
    (budget,) = hypothesis.budgets
    trials = tuning_arms(hypothesis, study, budget)
    scores = {
        configuration.path: dict.fromkeys(trials[0].seeds, configuration["learning_rate"])
        for configuration in (trial.configuration for trial in trials)
    }
    write_choices(make_choices(hypothesis, study, scores), choice_file(tmp_path, hypothesis.id))
    (chosen,) = with_choices(study, tmp_path).hypotheses
    assert list(chosen.tuned[str(budget)].values()) == [{"learning_rate": 0.01}] * 2
    file.write_text(f"{claim}    tune: {{learning_rate: [1e-3, 1e-2, 1e-1]}}\n")
    (again,) = with_choices(load_study(file), tmp_path).hypotheses
    assert not again.tuned


def test_cost_comes_from_timings_before_the_estimate(plan, tmp_path):
    _, state = next(iter(plan_state(plan, tmp_path).items()))
    estimate = run_cost(state, {})
    timed = run_cost(state, {state.run.configuration.arm_path: 1.0})
    assert estimate.source == "estimate"
    assert timed.source == "timing table"
    assert timed.seconds > 300 * len(state.missing)


def test_what_a_job_will_take_is_said_where_it_is_no_guess(tmp_path, monkeypatch, plan):
    monkeypatch.chdir(tmp_path)
    invocation = Invocation("s.yaml", load_study(tmp_path / "s.yaml"), Options(), main=False)
    path, run = next((p, r) for p, r in plan.runs.items() if "steps~300" in p)
    settings = {**dict(run.configuration.levels), "model": "nets:Tall"}
    own = replace(run, configuration=configure(settings, run.configuration.budget))
    few = replace(run, seeds=run.seeds[:2])
    assert 0 < invocation.expected_seconds(few) < invocation.expected_seconds(run)
    assert invocation.expected_seconds(own) == 0
    finish(plan, path, run.seeds[:-1], Path(RESULTS))
    more = replace(run, seeds=tuple(range(100)))
    assert 0 < invocation.expected_seconds(run) < invocation.expected_seconds(more)
    assert invocation.expected_seconds(few) == 0


def test_the_estimate_is_near_the_two_measured_points(plan):
    """0.8 ms a step at batch 4 and 2.0 ms at batch 128."""
    small, large = (
        next(
            r.configuration
            for r in plan.runs.values()
            if f"batch_size~{b}/" in r.configuration.path
        )
        for b in (4, 128)
    )
    assert estimated_seconds_per_step(small) == pytest.approx(0.8e-3, rel=0.1)
    assert estimated_seconds_per_step(large) == pytest.approx(2.0e-3, rel=0.1)


def test_convolutional_networks_have_an_estimate_of_their_own():
    """Within 2 of the measured step: 12 ms of cnn at batch 128, 2.6 s of resnet18 at batch 32."""
    steps = Budget("steps", 300)
    small = configure({"data": "digits", "model": "cnn", "batch_size": 128}, steps)
    large = configure({"data": "cifar10", "model": "resnet18", "batch_size": 32}, steps)
    assert 0.5 < estimated_seconds_per_step(small) / 14e-3 < 2
    assert 0.5 < estimated_seconds_per_step(large) / 2.6 < 2
    changed = configure(
        {"data": "digits", "batch_size": 64, "augmentation": "trivial_augment"}, steps
    )
    assert 0.5 < estimated_seconds_per_step(changed) / 20e-3 < 2


def test_what_a_convolutional_job_will_take_holds_its_final_evaluation(plan):
    run = next(iter(plan.runs.values()))
    settings = {"data": "digits", "model": "cnn"}
    one, two, three = (configure(settings, Budget("steps", n)) for n in (1, 2, 3))

    def seconds(configuration):
        state = RunState(replace(run, configuration=configuration), (), (0,))
        return estimated_seconds(state)

    final = 2 * seconds(one) - seconds(two)
    assert final > 2 * (seconds(two) - seconds(one))
    assert seconds(three) - seconds(two) == pytest.approx(seconds(two) - seconds(one))


def test_seconds_per_step_come_from_all_timings_and_first_from_those_of_their_own(tmp_path):
    for folder, content in (
        ("contrasts/x", {"arms": {"a": [1.0, 3.0, 2.0], "b": [4.0], "never timed": []}}),
        ("configurations/a", {"arm_path": "a", "seconds_per_step": 7.0}),
        ("configurations/broken", []),
    ):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "timing.json").write_text(json.dumps(content))
    assert timed_seconds_per_step(tmp_path) == {"a": 7.0, "b": 4.0}
    shutil.rmtree(tmp_path / "configurations")
    assert timed_seconds_per_step(tmp_path) == {"a": 2.0, "b": 4.0}


def test_the_summary_says_how_claims_will_be_judged(plan, tmp_path):
    states = plan_state(plan, tmp_path)
    text = plan_summary(plan, states, {}, (), 2, looks=("Judged once, at 15 seeds",))
    assert "\n  Judged once, at 15 seeds\n" in text


def test_what_is_detectable_follows_the_alpha_of_the_coming_look(plan, tmp_path):
    states = plan_state(plan, tmp_path)

    def line(**alphas):
        text = plan_summary(plan, states, {}, (), 2, alphas=alphas)
        return next(t for t in text.splitlines() if t.startswith("  H1") and "accuracy at" in t)

    usual, less = (float(line(H1=alpha).split(": ")[2].split()[0]) for alpha in (0.05, 0.01))
    assert less > usual
    assert line(H1=0.0).endswith("seeds: nothing; a look there has no alpha left, or too few seeds")


def test_seeds_that_interrupted_jobs_kept_exist(plan, tmp_path):
    run = next(iter(plan.runs.values()))
    identity = {"path": run.configuration.path, "training_version": TRAINING_VERSION}
    identity["data_checksum"] = "d"
    folder = PartialFolder(tmp_path / run.folder / "partial", identity)
    for seed in run.seeds[:2]:
        folder.begin(seed, 1)
        folder.keep(seed, [], SeedRecord("finished", 1, 1.0, 0), {})
    before = run_cost(run_state(replace(run, seeds=(90, 91)), tmp_path), {})
    state = run_state(run, tmp_path, {"data_checksum": "d"})
    assert state.kept == run.seeds[:2]
    assert state.missing == run.seeds
    assert state.untrained == run.seeds[2:]
    assert run_state(run, tmp_path).kept == run.seeds[:2]
    assert run_state(run, tmp_path, {"data_checksum": "e"}).kept == ()
    assert run_cost(state, {}).seconds < run_cost(replace(state, kept=()), {}).seconds
    assert before.seconds > 0
    states = plan_state(plan, tmp_path)
    total = sum(len(planned.seeds) for planned in plan.all_runs)
    text = plan_summary(plan, states, {}, (), 2)
    assert f"2 of {total} exist already (2 of them kept by interrupted jobs)." in text
    [line] = [line for line in text.splitlines() if ", 2 exist" in line]
    assert line.startswith(f"  {len(run.seeds) - 2} seeds, 2 exist  ")


def test_the_summary_names_purposes_costs_and_what_is_detectable(plan, tmp_path):
    text = plan_summary(plan, plan_state(plan, tmp_path), {}, plan.timings.values(), 2)
    for words in (
        "6 configurations would train",
        "H4 at 5 seconds",
        "Cost:",
        "80% power",
        "timing",
    ):
        assert words in text


def test_every_line_of_the_summary_names_what_is_varied(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(
        """
study: own
train: {command: "x {rate} {layers} {shape} {seed} {metrics}", code: [x]}
hyperparameters: {rate: {default: 0.5}, layers: {default: 2}, shape: {default: a}}
metrics: {accuracy: {matters_from: 0.01}}
baseline: {shape: b}
hypotheses:
  H: {says: x, compare: {rate: {from: 0, to: 0.5}}, expect: {accuracy: lower}}
"""
    )
    own = make_plan(load_study(file))
    text = plan_summary(own, plan_state(own, tmp_path), {}, (), 2)
    assert "10 seeds  rate=0 shape=b (1 training)" in text
    assert "10 seeds  rate=0.5 shape=b (1 training)" in text, "also at its default"
    assert "layers" not in text


def test_a_setting_without_effect_is_not_named(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(
        """
study: s
data: digits
baseline: {width: 8, depth: 1, momentum: 0.5, budget: 30 steps}
hypotheses:
  H:
    says: x
    compare: {optimizer: {from: adam, to: sgd_momentum}}
    expect: {accuracy: lower}
"""
    )
    plan = make_plan(load_study(file))
    text = plan_summary(plan, plan_state(plan, tmp_path), {}, (), 2)
    [adam] = [line for line in text.splitlines() if "optimizer=adam" in line]
    [sgd] = [line for line in text.splitlines() if "optimizer=sgd_momentum" in line]
    assert "momentum=0.5" in sgd
    assert "momentum=" not in adam


def test_durations_are_written_as_a_person_would():
    assert [duration(s) for s in (3, 600, 36000)] == ["3 s", "10 min", "10.0 h"]


def test_seeds_are_never_added_to_runs_of_other_data(plan, tmp_path):
    run = replace(next(iter(plan.runs.values())), seeds=(0,))
    finish(plan, run.configuration.path, [0], tmp_path)
    other = {"data_checksum": "f" * 64}
    complete = run_state(run, tmp_path, other)
    assert "trained with other data" in complete.other
    refuse_mixing([complete], lambda configuration: configuration.data)
    wanted = replace(run, seeds=(0, 1))
    with pytest.raises(UserError, match=r"never mixed.*1 seed of 1 configuration.*retrain=fashion"):
        refuse_mixing([run_state(wanted, tmp_path, other)], lambda c: c.data)
    # Nor beside them: another arm would be made of other data than this one.
    beside = run_state(list(plan.runs.values())[1], tmp_path, other)
    with pytest.raises(UserError, match="never mixed"):
        refuse_mixing([complete, beside], lambda configuration: configuration.data)
    refuse_mixing([complete, beside], lambda configuration: configuration.path)
    again = run_state(wanted, tmp_path, other, retrain=True)
    assert (again.missing, again.other) == ((0, 1), "")
    assert to_force([again], tmp_path)
