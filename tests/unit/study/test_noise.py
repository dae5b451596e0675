"""Where the noise comes from: the runs that tell sources of randomness apart, and refusals."""

import pytest
from hyperverdict.design.plan import make_plan
from hyperverdict.errors import UserError
from hyperverdict.study.load import load_study

STUDY = """
study: noisy
data: digits
seeds: 5
baseline: {width: 16, depth: 1, dropout: DROPOUT, budget: 300 steps}
metrics: {accuracy: {matters_from: 0.01}}
hypotheses:
  deeper:
    says: Two layers are better.
    CLAIM
    noise: [NOISE]
    expect: {accuracy: higher}
"""
COMPARE = "compare: {depth: {from: 1, to: 2}}"


def study(folder, noise, claim=COMPARE, dropout="0", seeds="5"):
    text = STUDY.replace("NOISE", noise).replace("CLAIM", claim).replace("DROPOUT", dropout)
    file = folder / "study.yaml"
    file.write_text(text.replace("seeds: 5", f"seeds: {seeds}"))
    return load_study(file)


def swapped(plan, name):
    """(path's seed of the source, run seed) of the runs that take a source from its own seed."""
    return sorted(
        (run.configuration[name], *run.seeds)
        for run in plan.runs.values()
        if run.configuration[name] != "run"
    )


def test_each_source_adds_a_run_for_each_arm_and_seed(tmp_path):
    plan = make_plan(study(tmp_path, "initialisation, data_order"))
    ring = [(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)]
    assert swapped(plan, "initialisation_seed") == sorted(ring * 2)
    assert swapped(plan, "data_order_seed") == sorted(ring * 2)
    assert plan.planned_seeds == 10 + 2 * 10
    assert all("/initialisation_seed~" not in path or "/steps~300" in path for path in plan.runs)


def test_a_claim_without_noise_trains_what_it_did(tmp_path):
    text = "initialisation"
    plain = load_study_without_noise(tmp_path)
    assert make_plan(plain).planned_seeds == 10
    assert set(make_plan(plain).runs) < set(make_plan(study(tmp_path, text)).runs)


def load_study_without_noise(folder):
    file = folder / "plain.yaml"
    text = (
        STUDY.replace("CLAIM", COMPARE).replace("DROPOUT", "0").replace("    noise: [NOISE]\n", "")
    )
    file.write_text(text)
    return load_study(file)


def test_an_arm_that_does_not_draw_a_source_needs_no_further_runs(tmp_path):
    plan = make_plan(study(tmp_path, "dropout", "compare: {dropout: {from: 0, to: 0.2}}"))
    assert len(swapped(plan, "dropout_seed")) == 5
    assert plan.planned_seeds == 15


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"noise": "initialization"}, "did you mean 'initialisation'"),
        ({"noise": "dropout"}, "nothing draws dropout in these arms"),
        ({"noise": "augmentation"}, "nothing draws augmentation in these arms"),
        ({"noise": "initialisation", "seeds": "4"}, "use at least 5"),
        (
            {
                "noise": "initialisation",
                "claim": "trend: {depth: [1, 2, 3, 4]}\n    shape: on_average",
            },
            "the claim has 4 arms",
        ),
    ],
)
def test_designs_that_say_nothing_are_refused_with_the_place(tmp_path, change, said):
    with pytest.raises(UserError) as refused:
        study(tmp_path, **change)
    assert said in str(refused.value).replace("; ", " ")
    assert "study.yaml, line" in str(refused.value)


def test_a_training_of_ones_own_has_one_seed_for_everything(tmp_path):
    (tmp_path / "train.py").write_text("")
    file = tmp_path / "own.yaml"
    file.write_text(
        "study: own\n"
        "train: {command: 'python train.py --x {x} --seed {seed} --out {metrics}', code: [train.py]}\n"
        "hyperparameters: {x: {default: 1}}\n"
        "metrics: {score: {better: higher, matters_from: 0.1}}\n"
        "hypotheses:\n"
        "  h: {says: more, compare: {x: {from: 1, to: 2}}, noise: [initialisation],\n"
        "      expect: {score: higher}}\n"
    )
    with pytest.raises(UserError, match="one seed for everything"):
        load_study(file)
