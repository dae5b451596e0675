"""Levels of every kind, lists and budgets included, in every claim type, from runs to the report."""

from __future__ import annotations

import pytest
from hyperverdict.checks import run_checks
from hyperverdict.pipeline import report_what_exists
from hyperverdict.verdicts.document import from_json, to_json
from hyperverdict.verdicts.store import read_verdicts

from tests.unit.verdicts.synthetic import all_arms, context_of, judged, run_all, study_from

LISTS = """
study: lists
data: digits
seeds: 6
metrics: {accuracy: {matters_from: 0.01}, train_time: {matters_from: 1.10x}}
hypotheses:
  comparison:
    says: Two wider layers help.
    compare: {hidden_units: {from: [16], to: [64, 64]}}
    expect: {train_time: higher, accuracy: higher}
  classes:
    says: Other digits are harder.
    compare: {classes: {from: [0, 1, 2], to: [3, 5, 8]}}
    expect: {accuracy: lower}
  trend:
    says: Longer batches are faster, whatever the layers.
    trend: {batch_size: [16, 32, 64]}
    in_every: {hidden_units: [[16], [64], [64, 32]]}
    shape: never_worse
    expect: {accuracy: higher}
  universal:
    says: Dropout helps every network.
    compare: {dropout: {from: 0, to: 0.2}}
    in_every: {hidden_units: [[16], [64, 64], [64, 32, 16]]}
    expect: {accuracy: higher}
  interaction:
    says: Layers pay only with many classes.
    compare: {hidden_units: {from: [16], to: [64, 64]}}
    depends_on: {classes: {from: [0, 1], to: [0, 1, 2, 3]}}
    expect: {accuracy: {is: higher, matters_from: 0.01}}
  conditional:
    says: Dropout helps only networks of several layers.
    compare: {dropout: {from: 0, to: 0.2}}
    only_in: {hidden_units: {yes: [[64, 64]], no: [[16], [64]]}}
    expect: {accuracy: higher}
  importance:
    says: Layers matter more than batches.
    matters_more: {these: {hidden_units: [[16], [64, 64]]}, than: {batch_size: [16, 64]}}
    expect: {accuracy: {share_of_variance: higher}}
  strategy:
    says: Random search beats the grid.
    search: random
    than: grid
    over: {hidden_units: [[16], [64], [64, 64]], batch_size: [16, 64]}
    trials: 3
    expect: {accuracy: higher}
  optimum:
    says: Two layers are best.
    best: {hidden_units: [[16], [64], [64, 64]]}
    is: [[64, 64]]
    expect: {accuracy: higher}
  tuned:
    says: Two wider layers help, each with its own weight decay.
    compare: {hidden_units: {from: [16], to: [64, 64]}}
    tune: {weight_decay: [0, 1e-4, 1e-3]}
    expect: {accuracy: higher}
"""


@pytest.fixture
def study(tmp_path):
    return study_from(LISTS, tmp_path)


def test_list_levels_are_judged_in_every_claim_type(study, tmp_path):
    report = judged(study, tmp_path / "runs")
    assert {h.id: h.failed_because for h in report.hypotheses} == {
        h.id: "" for h in study.hypotheses
    }
    assert report.provisional == ""
    assert from_json(to_json(report)) == report
    settings = [arm.settings for arm in report.hypotheses[0].verdicts[0].arms]
    assert settings == [{"hidden_units": "16"}, {"hidden_units": "64x2"}]
    assert report.hypotheses[0].claim.startswith("hidden units 16 → 64x2: training time higher")
    texts = [s for h in report.hypotheses for v in h.verdicts for s in (v.headline, *v.scope)]
    texts += [c.sentence for h in report.hypotheses for v in h.verdicts for c in v.fired]
    assert not [text for text in texts if "(64, 64)" in text or "[64" in text]


def test_list_levels_reach_a_partial_report(study, tmp_path, monkeypatch):
    """`partial_report` on half of the runs writes a page with every hypothesis."""
    monkeypatch.chdir(tmp_path)
    results = tmp_path / "results"
    run_all(study, results / "runs")
    paths = {"runs": list(all_arms(study))[::2], "tuning": []}
    page, said = report_what_exists(study, paths, [], results, tmp_path / "provisional")
    assert said == ""
    text = page.read_text()
    report = read_verdicts(tmp_path / "provisional/verdicts.json")
    assert report.provisional.startswith(f"{report.planned - report.analysed} of ")
    assert not [h.failed_because for h in report.hypotheses if h.failed_because]
    assert all(h.says in text for h in study.hypotheses)


BUDGETS = """
study: lengths
data: digits
seeds: 6
metrics: {accuracy: {matters_from: 0.01}}
hypotheses:
  longer:
    says: Training longer helps.
    compare: {budget: {from: 1 epoch, to: 5 epochs}}
    expect: {accuracy: higher}
  doubled:
    says: Every doubling helps.
    trend: {budget: [100 steps, 200 steps, 400 steps, 800 steps]}
    shape: on_average
    expect: {accuracy: higher}
  everywhere:
    says: Dropout helps however long one trains.
    compare: {dropout: {from: 0, to: 0.2}}
    in_every: {budget: [100 steps, 200 steps, 400 steps]}
    expect: {accuracy: higher}
  held:
    says: Dropout helps.
    compare: {dropout: {from: 0, to: 0.2}}
    expect: {accuracy: higher}
  epochs:
    says: Every epoch helps.
    each: {epoch: 1..3}
    expect: {accuracy: higher}
"""


@pytest.mark.parametrize(
    ("id_", "sentence"),
    [
        ("longer", "Training length varies: 1 epoch and 5 epochs."),
        ("doubled", "Training length varies: 100 steps, 200 steps, 400 steps and 800 steps."),
        ("everywhere", "Training length varies: 100 steps, 200 steps and 400 steps."),
    ],
)
def test_a_budget_that_varies_is_never_held_equal(tmp_path, id_, sentence):
    study = study_from(BUDGETS, tmp_path)
    report = judged(study, tmp_path / "runs")
    (verdict,) = next(h for h in report.hypotheses if h.id == id_).verdicts
    assert verdict.budget_varies
    assert sentence in verdict.scope
    assert not any("Held equal" in text for text in verdict.scope)
    assert len({arm.steps for arm in verdict.arms}) > 1
    unequal = next(check for check in verdict.checks if check.id == "unequal_training")
    assert unequal.status == "not applicable"
    levels = {arm.settings["budget"] for arm in verdict.arms}
    assert all(isinstance(level, str) for level in levels)


def test_a_budget_that_does_not_vary_is_held_equal(tmp_path):
    study = study_from(BUDGETS, tmp_path)
    report = judged(study, tmp_path / "runs")
    verdicts = {h.id: h.verdicts[0] for h in report.hypotheses}
    assert "Held equal: 300 steps." in verdicts["held"].scope
    assert not verdicts["held"].budget_varies
    assert not verdicts["epochs"].budget_varies
    context = context_of(study, run_all(study, tmp_path / "runs"), "epochs")
    assert run_checks(context)
