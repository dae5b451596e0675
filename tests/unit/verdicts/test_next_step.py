"""What comes next: one function for a verdict, and the most urgent of them for the study."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hyperverdict.report.conclusion import conclude
from hyperverdict.verdicts.model import NextLook
from hyperverdict.verdicts.next_step import SETTLED, Urgency, next_step, study_step
from hyperverdict.verdicts.seeds_needed import hours_text

from tests.unit.verdicts.synthetic import judged, one_claim
from tests.unit.verdicts.test_headline import BLOCK, CAVEAT, NOTE, made_report, made_verdict

CHEAP = NextLook((20, 31), (0.1, 0.5), "CPU", 20, "do it")
DEAR = NextLook((12, 12), (7.0, 9.0))


def _open(budget, look, **more):
    return made_verdict("inconclusive", budget, next_look=look, **more)


def test_what_blocks_comes_first_then_the_cheapest_open_verdict():
    blocked = made_report(made_verdict("supported", "5 epochs", checks=(BLOCK,)), id_="L")
    cheap, dear = _open("300 steps", CHEAP), _open("9 epochs", DEAR)
    assert study_step([blocked, made_report(cheap)]) == "L at 5 epochs: Do better."
    assert study_step([made_report(dear, cheap)]) == (
        "H at 300 steps: About 20 to 31 seeds per arm would settle it, at a cost of about 6 to 30 "
        "CPU minutes. Run `do it`."
    )
    assert study_step([made_report(made_verdict("supported", checks=(NOTE,)))]) == SETTLED


def test_a_hypothesis_that_could_not_be_judged_comes_before_all():
    failed = made_report(id_="M", failed_because="ZeroDivisionError: division by zero")
    blocked = made_report(made_verdict("supported", checks=(BLOCK,)))
    assert study_step([blocked, failed]) == (
        "M could not be judged: ZeroDivisionError: division by zero"
    )


def test_the_next_look_may_not_do_and_there_may_be_none_left():
    short = _open("", replace(CHEAP, seeds_needed=(40, 95)))
    assert "(the next registered look, at 20, may leave it open)" in study_step(
        [made_report(short)]
    )
    spent = _open("", None, registered="registered", closed=True)
    step = study_step([made_report(spent)])
    assert "The registered looks have used all of alpha, so more seeds would not be judged." in step
    assert "would settle" not in step


def test_open_times_are_measured_again():
    timed = made_verdict("inconclusive", "300 steps", legs=[("train_time", "inconclusive")])
    assert study_step([made_report(timed)]) == (
        "H at 300 steps: Measure the times again on an idle machine: only they are undecided."
    )


def test_arms_trained_here_are_timed_again_by_a_command(tmp_path):
    study = one_claim(tmp_path, "compare: {dropout: {from: 0, to: 0.5}}")
    ours = judged(study, tmp_path / "runs", lambda c, seed: 0.7).hypotheses[0].verdicts[0].arms
    theirs = tuple(replace(arm, is_ours=False) for arm in ours)
    timed = made_verdict("inconclusive", "300 steps", legs=[("train_time", "inconclusive")])
    busy = replace(CAVEAT, id="times_not_comparable", level="blocks", headline="busy")
    for verdict in (timed, replace(timed, checks=(busy,))):
        step = study_step([made_report(replace(verdict, arms=ours))], "study.yaml")
        assert step.endswith("--configfile study.yaml --forcerun time_contrast`.")
        step = study_step([made_report(replace(verdict, arms=theirs))], "study.yaml")
        assert "snakemake" not in step


def test_a_caveat_of_a_settled_verdict_is_the_studys_next_step():
    """Not "nothing is open" beside a verdict's own "add seeds"."""
    fragile = made_verdict("supported", "300 steps", checks=(CAVEAT, NOTE))
    assert next_step(fragile).urgency is Urgency.CAVEAT
    assert study_step([made_report(fragile)]) == "H at 300 steps: Do better."


def _page_and_study(report, study):
    """Every next step on the page, and the study's."""
    steps = [conclude(h, v, study).next for h in report.hypotheses for v in h.verdicts]
    return steps, report.next_step


@pytest.mark.parametrize("noise", [0.0, 0.004])
def test_the_page_has_one_adviser(tmp_path, noise):
    """The study's next step is one of its verdicts' own, also where all claims are decided."""
    study = one_claim(tmp_path, "compare: {dropout: {from: 0, to: 0.5}}")

    def score(configuration, seed):
        return 0.7 + 0.002 * seed + (configuration["dropout"] > 0) * (0.02 + noise * (seed % 2))

    report = judged(study, tmp_path / "runs", score)
    assert report.hypotheses[0].headline == "supported"
    steps, of_study = _page_and_study(report, study)
    urgent = next_step(report.hypotheses[0].verdicts[0])
    if urgent.urgency is Urgency.NOTHING:
        assert of_study == SETTLED
    else:
        assert of_study == f"H at 300 steps: {steps[0]}"


def test_a_verdict_that_one_seed_decides_asks_for_seeds_on_the_first_screen(tmp_path):
    study = one_claim(tmp_path, "compare: {dropout: {from: 0, to: 0.5}}")
    gains = (0.007, 0.016, 0.033, 0.011, 0.053, 0.025)

    def score(configuration, seed):
        return 0.7 + 0.002 * seed + (configuration["dropout"] > 0) * gains[seed]

    report = judged(study, tmp_path / "runs", score)
    (verdict,) = report.hypotheses[0].verdicts
    assert verdict.judgement.evidence == "supported"
    assert "one_seed_carries" in {check.id for check in verdict.fired}
    steps, of_study = _page_and_study(report, study)
    assert steps == ["Add seeds, so that no single one decides."]
    assert of_study == f"H at 300 steps: {steps[0]}"


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        ((1, 30), "1 to 30 hours"),
        ((1, 1), "1 hour"),
        ((0.1, 0.5), "6 to 30 minutes"),
        ((0.001, 0.001), "3.6 seconds"),
    ],
)
def test_hours(hours, text):
    assert hours_text(hours) == text


def test_a_claim_on_the_budget_names_no_budget_as_held_equal(tmp_path):
    more = "saw: {accuracy: {from: 0.5, to: 0.7}, error: {to: 0.3}, train_time: {to: 2}}"
    claim = "compare: {budget: {from: 200 steps, to: 300 steps}}"
    study = one_claim(tmp_path, claim, at_equal="", more=more)
    report = judged(study, tmp_path / "runs")
    (hypothesis,) = report.hypotheses
    assert [at for _, at in hypothesis.conclusions] == [()]
    assert hypothesis.verdicts[0].held_budget == ""
    for text in (report.next_step, report.main_caveat, hypothesis.headline, *hypothesis.prior):
        assert "at 200 steps" not in text
        assert "at 300 steps" not in text
    accuracy, error, time = hypothesis.prior
    assert "Here, 6 seeds: " in accuracy
    assert "Here, 6 seeds: " in error
    assert time.endswith("The claim is not about training time.")
    study = one_claim(tmp_path, more="saw: {loss: {from: 0.5, to: 0.7}}")
    (hypothesis,) = judged(study, tmp_path / "runs").hypotheses
    assert ". Here, 6 seeds at 300 steps: " in hypothesis.prior[0]


def test_quick_mode_says_how_to_leave_it(tmp_path):
    quick = made_verdict("estimated", "300 steps")
    assert next_step(quick).sentence.startswith("Remove `quick: true`")


def test_no_command_exceeds_what_a_study_file_may_list():
    hopeless = _open("300 steps", NextLook((2100, 3000)), registered="registered")
    assert next_step(hopeless).sentence == (
        "The effect is too small to settle with at most 1,000 seeds: about 2,100 to 3,000 per arm "
        "would settle it."
    )
