"""Every claim type goes from runs to a verdict, through JSON and back."""

from __future__ import annotations

import pytest
from hyperverdict.verdicts.judge import judge_study

from tests.unit.verdicts.synthetic import ALL, batch_cost, run_all, study_from, timing_of_arms


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("all")
    study = study_from(ALL, folder)
    tables = run_all(study, folder / "runs")
    return judge_study(study, tables.final, tables.curves, [timing_of_arms(study, batch_cost)])


def test_every_type_is_judged(judged):
    kinds = {h.id: h.kind for h in judged.hypotheses}
    assert kinds == {
        "count": "definitional",
        "H1": "trade-off",
        "trend": "trend",
        "always": "universal",
        "together": "interaction",
        "only": "conditional",
        "importance": "importance",
        "epochs": "learning curve",
        "search": "strategy",
        "best": "optimum",
    }
    assert judged.provisional == ""


def test_verdicts_that_the_numbers_imply(judged):
    headlines = {h.id: h.headline for h in judged.hypotheses}
    assert headlines["count"] == "true by arithmetic"
    assert headlines["trend"] == "supported"
    assert headlines["best"] == "supported"
    assert headlines["importance"] == "supported"


def test_a_claim_that_trains_nothing_has_one_verdict_and_no_checks(judged):
    (verdict,) = judged.hypotheses[0].verdicts
    assert (verdict.budget, verdict.arms, verdict.checks) == ("", (), ())


def test_a_leg_that_is_equal_by_design_is_dropped(judged):
    at_seconds = judged.hypotheses[1].verdicts[2]
    assert at_seconds.budget == "5 seconds"
    (dropped,) = [leg for leg in at_seconds.judgement.legs if leg.dropped_because]
    assert dropped.metric.is_time


def test_a_primary_family_counts_hypothesis_times_budget(judged):
    for verdict in judged.hypotheses[1].verdicts:
        assert verdict.judgement.effects[0].alpha == pytest.approx(0.05 / 3)
        assert verdict.uncorrected is not None
    exploratory = judged.hypotheses[2].verdicts[0]
    assert exploratory.uncorrected is None
    assert exploratory.judgement.effects[0].alpha == pytest.approx(0.05)


def test_the_epochs_claimed_are_those_judged(judged):
    epochs = next(h for h in judged.hypotheses if h.id == "epochs")
    assert [v.budget for v in epochs.verdicts] == ["4 epochs"]
    leg = epochs.verdicts[0].judgement.legs[0]
    contrasts = [effect.contrast for effect in leg.effects]
    assert {contrast.kind for contrast in contrasts} == {"epoch"}
    steps = [(contrast.start, contrast.to) for contrast in contrasts]
    assert steps == [(("1",), ("2",)), (("2",), ("3",)), (("3",), ("4",))]
    assert leg.effects[0].estimate > 0


def test_winners_are_chosen_on_validation(judged):
    search = next(h for h in judged.hypotheses if h.id == "search")
    assert search.verdicts[0].judgement.notes == ()
