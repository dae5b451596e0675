"""Smoke runs: every claim stays what it is, with a small budget and few seeds."""

from pathlib import Path

import pytest
from hyperverdict.design.plan import make_plan
from hyperverdict.errors import UserError
from hyperverdict.study.load import load_study
from hyperverdict.study.model import Smoke
from hyperverdict.study.smoke import load_smoke_study
from hyperverdict.vocabulary.budget import KINDS, Budget

ROOT = Path(__file__).parents[3]
STUDIES = [ROOT / "config/config.yaml", *sorted((ROOT / "config/studies").glob("*.yaml"))]

STUDY = """
study: s
data: digits
seeds: [3, 5, 7, 9]
looks: [4, 8]
baseline: {{width: 8, depth: 1, budget: 300 steps}}
hypotheses:
  H:
    says: x
    {claim}
    expect: {{accuracy: higher}}
explore:
  size: {{grid: {{width: [8, 16]}}, budget: 2 epochs}}
"""


@pytest.fixture
def small(tmp_path):
    def make(claim="compare: {width: {from: 8, to: 16}}", smoke=None, text=STUDY):
        file = tmp_path / "s.yaml"
        file.write_text(text.format(claim=claim))
        return load_smoke_study(file, smoke or Smoke(Budget("steps", 10), 2))

    return make


def budgets(study):
    return sorted({run.configuration.budget.amount for run in make_plan(study).all_runs})


def test_every_run_has_the_small_budget_and_the_first_seeds(small):
    study = small("compare: {width: {from: 8, to: 16}}\n    at_equal: [300 steps, 5 epochs]")
    assert study.hypotheses[0].budgets == (Budget("steps", 10),)
    assert study.hypotheses[0].seeds == study.seeds == (3, 5)
    assert {len(run.seeds) for run in make_plan(study).all_runs} == {2}
    assert budgets(study) == [10]
    assert study.only_estimates
    assert str(study.smoke) == "10 steps, 2 seeds"


@pytest.mark.parametrize(
    ("claim", "amounts"),
    [
        ("compare: {budget: {from: 300 steps, to: 1000 steps}}", [5, 10]),
        ("compare: {budget: {from: 1000 steps, to: 300 steps}}", [10, 5]),
        (
            "trend: {budget: [50 steps, 90 steps, 2000 steps, 3000 steps]}\n    shape: on_average",
            [3, 5, 8, 10],
        ),
        (
            "compare: {width: {from: 8, to: 16}}\n"
            "    only_in: {budget: {yes: [3000 steps], no: [9 steps]}}",
            [10, 10, 5, 5],
        ),
    ],
)
def test_budgets_that_a_claim_compares_keep_their_order_below_the_small_one(small, claim, amounts):
    study = small(claim)
    arms = study.claimed_arms(study.hypotheses[0], study.budget)
    assert [arm.configuration.budget.amount for arm in arms] == amounts


def test_heatmaps_are_small_or_left_out_too(small):
    text = STUDY + "  long: {{grid: {{budget: [100 steps, 300 steps]}}, seeds: 4}}\n"
    study = small(text=text)
    assert [len(heatmap.seeds) for heatmap in study.heatmaps] == [2, 2]
    assert study.heatmaps[0].budget == Budget("steps", 10)
    study = small(text=text, smoke=Smoke(Budget("steps", 1)))
    assert ([h.id for h in study.heatmaps], study.smoke.left_out) == (["size"], ("long",))


@pytest.mark.parametrize(
    ("claim", "smoke", "why"),
    [
        ("each: {epoch: 1..5}", Smoke(Budget("steps", 10)), "needs 5 epochs"),
        ("each: {epoch: 1..5}", Smoke(Budget("epochs", 1)), "has too few"),
        (
            "trend: {budget: [1 steps, 2 steps, 3 steps]}\n    shape: every_step",
            Smoke(Budget("steps", 2)),
            "3 budgets",
        ),
        (
            "compare: {budget: {from: 30 steps, to: 2 epochs}}",
            Smoke(Budget("steps", 9)),
            "budgets in epochs and steps",
        ),
    ],
)
def test_what_cannot_be_so_small_is_left_out_and_said(small, claim, smoke, why):
    study = small(claim, smoke)
    assert study.hypotheses == ()
    assert study.smoke.left_out == ("H",)
    [note] = study.notes
    assert why in note
    assert "leaves out H" in note


def test_a_smoke_run_in_epochs_keeps_a_shorter_learning_curve(small):
    study = small("each: {epoch: 1..5}", Smoke(Budget("epochs", 2)))
    assert study.hypotheses[0].claim.epochs == (1, 2)


def test_few_seeds_alone_keep_the_budgets(small):
    study = small(smoke=Smoke(None, 1))
    assert study.hypotheses[0].budgets == (Budget("steps", 300),)
    assert study.seeds == (3,)


def test_a_small_budget_alone_keeps_the_seeds(small):
    assert small(smoke=Smoke(Budget("steps", 10))).seeds == (3, 5, 7, 9)


def test_tuning_gets_few_seeds_too(small):
    study = small("compare: {width: {from: 8, to: 16}}\n    tune: {learning_rate: [0.1, 0.2]}")
    assert {run.seeds for run in make_plan(study).tuning.values()} == {(1000, 1001)}


def test_more_seeds_than_the_study_has_are_refused(small):
    with pytest.raises(UserError, match=r"at most the study's 4 seeds.*hyperverdict seeds"):
        small(smoke=Smoke(None, 5))


def test_faults_of_the_file_are_named_as_ever(small):
    with pytest.raises(UserError, match=r"line 10.*widht"):
        small("compare: {widht: {from: 8, to: 16}}")


def test_nothing_left_is_said(small):
    with pytest.raises(UserError, match="needs 5 epochs"):
        small("each: {epoch: 1..5}", text=STUDY.partition("explore")[0])


@pytest.mark.parametrize("file", STUDIES, ids=lambda file: file.stem)
@pytest.mark.parametrize("kind", KINDS)
def test_every_study_of_ours_has_a_smoke_run(file, kind):
    whole, smoke = load_study(file), Smoke(Budget(kind, 3), 1)
    study = load_smoke_study(file, smoke)
    left = {h.id for h in study.hypotheses} | set(study.smoke.left_out)
    assert left == {h.id for h in whole.hypotheses}
    for run in make_plan(study).all_runs:
        arm = run.configuration
        most = study.baseline.configure(dict(arm.levels), Budget(kind, 3)).budget
        assert (arm.budget.kind, len(run.seeds)) == (most.kind, 1)
        assert arm.budget.amount <= most.amount


OWN = """
study: heads
seeds: 5
train:
  command: python train.py --heads {heads} --trees {trees} --seed {seed} --out {metrics}
  code: [train.py]
hyperparameters:
  heads: {default: 4}
baseline: {budget: 50 trees}
metrics:
  bleu: {better: higher, matters_from: 0.5}
hypotheses:
  H:
    says: x
    compare: {heads: {from: 4, to: 8}}
    expect: {bleu: higher}
  longer:
    says: x
    compare: {budget: {from: 50 trees, to: 90 trees}}
    expect: {bleu: higher}
"""


def test_a_training_of_the_users_own_is_small_in_its_own_unit(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(OWN)
    study = load_smoke_study(file, Smoke(Budget("trees", 3), 1), runs=tmp_path / "runs")
    assert budgets(study) == [2, 3]
    assert {run.seeds for run in make_plan(study).all_runs} == {(0,)}
    assert study.smoke.left_out == ()
