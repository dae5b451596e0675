"""Effects and failures: pairing, sizes, ratios, runs that end without a result."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hyperverdict.effects.contrast import Contrast, Weighted, named
from hyperverdict.effects.measure import measure
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.errors import UserError
from hyperverdict.stats.power import seeds_needed
from hyperverdict.stats.sequential import Scheduled
from hyperverdict.vocabulary.metrics import RECORDED

from .asking import COMPARE, ask, differences, judge, make_hypothesis, question_of
from .judging import DOWN, FLAT, NAN, UNCLEAR, UP, compared, effect_of

ACCURACY = RECORDED["accuracy"]
A_TO_B = named("difference", ACCURACY, "a", "b")


# Pairing


def outcomes(a, b, metric=None):
    return Outcomes(metric or ACCURACY, {"a": a, "b": b})


def test_pairs_are_formed_by_seed_whatever_the_order():
    a, b = {0: 0.5, 1: 0.6, 2: 0.7}, {2: 0.72, 0: 0.51, 1: 0.63}
    measured = measure(outcomes(a, b), A_TO_B)
    assert dict(measured.per_seed) == pytest.approx({0: 0.01, 1: 0.03, 2: 0.02})


def test_a_missing_run_costs_its_pair_only():
    a = {s: 0.5 + s / 100 for s in range(8)}
    b = {s: 0.5 + s / 100 for s in range(6)}
    assert measure(outcomes(a, b), A_TO_B).estimate.n == 6


def test_unmatched_seeds_are_judged_by_welch():
    a = {s: 0.5 + s / 100 for s in range(5)}
    b = {s + 100: 0.6 + s / 100 for s in range(7)}
    measured = measure(outcomes(a, b), A_TO_B)
    assert measured.per_seed == ()
    assert measured.correlation is None
    assert measured.estimate.n == 5
    assert 4 < measured.estimate.df < 10


def test_pairing_does_not_look_at_values():
    a, b = {0: 0.5, 1: NAN, 2: 0.7, 3: NAN}, {0: 0.5, 1: 0.6, 2: NAN, 3: 0.8}
    assert measure(outcomes(a, b), A_TO_B).estimate.n == 1


def test_pairing_correlation_is_reported():
    a = [0.70, 0.72, 0.74, 0.71]
    effect = effect_of(compared([a, [x + 0.02 for x in a]], resolution=1e-4))
    assert effect.correlation == pytest.approx(1.0)
    assert effect.paired


def test_sign_flip_stands_beside_from_six_pairs():
    assert effect_of(compared(differences(UP[:5]))).sign_flip_p is None
    assert effect_of(compared(differences(UP[:6]))).sign_flip_p == pytest.approx(2 / 64)


# Sizes and ratios


def test_loss_lower_is_the_mirror_of_accuracy_higher():
    hypothesis = make_hypothesis(COMPARE, {"loss": "lower"})
    judgement = ask(hypothesis, {"loss": differences(DOWN, 1.0)})
    assert (judgement.evidence, judgement.grade) == ("supported", "at least the SESOI")
    assert effect_of(judgement).estimate < 0


def test_ratios_are_judged_on_the_log_scale_and_given_back_as_ratios():
    times = [[10.0, 11.0, 10.5, 10.2], [10.1, 11.1, 10.4, 10.3]]
    effect = effect_of(
        ask(make_hypothesis(COMPARE, {"train_time": "lower"}), {"train_time": times})
    )
    assert effect.evidence == "no meaningful effect"
    assert effect.delta == 1.10
    assert effect.ci[0] < effect.estimate < effect.ci[1]
    logs = np.log(times[1]) - np.log(times[0])
    assert effect.estimate == pytest.approx(math.exp(logs.mean()))
    assert dict(effect.per_seed)[0] == pytest.approx(1.01)


def test_a_ratio_of_nothing_is_refused():
    with pytest.raises(UserError, match="train_time of 'batch_size 4', seed 1, is 0"):
        ask(
            make_hypothesis(COMPARE, {"train_time": "lower"}),
            {"train_time": [[1.0, 0.0], [1.0, 1.0]]},
        )


@pytest.mark.parametrize(
    ("direction", "between", "d", "evidence"),
    [
        ("higher", (0.0, 0.05), UP, "supported"),
        ("higher", (0.0, 0.01), UP, "refuted"),
        ("higher", (0.0, 0.03), UP, "inconclusive"),
        ("lower", (0.0, 0.05), DOWN, "supported"),
        ("lower", (0.0, 0.05), UP, "refuted"),
    ],
)
def test_claims_on_size(direction, between, d, evidence):
    expectation = {f"{direction}_by": list(between)}
    assert compared(differences(d), {"accuracy": expectation}).evidence == evidence


def test_an_open_claim_on_size_says_how_many_seeds_would_prove_it():
    expectation = {"higher_by": [0, 0.03]}
    wide = {"higher_by": [0, 0.2]}
    narrow, broad = (
        effect_of(compared(differences(UNCLEAR), {"accuracy": e})) for e in (expectation, wide)
    )
    assert narrow.seeds_needed[0] > broad.seeds_needed[0] >= 2


def test_more_seeds_are_not_asked_for_where_failures_decide():
    assert effect_of(failing([], [0, 1])).seeds_needed is None


def test_a_leg_may_have_its_own_size_that_matters():
    d = differences(UP)
    assert compared(d).grade == "at least the SESOI"
    wide = compared(d, {"accuracy": {"is": "higher", "matters_from": 0.05}})
    assert wide.evidence == "no meaningful effect"
    assert effect_of(wide).delta == 0.05


def test_looks_widen_the_interval():
    plain = effect_of(compared(differences(UP)))
    second = effect_of(compared(differences(UP), look_rule=Scheduled(2)))
    assert second.alpha < plain.alpha
    assert second.ci[0] < plain.ci[0]


# Failures


def failing(a_failed, b_failed, d=UP, metric="accuracy", direction="higher"):
    a, b = differences(d, 0.7)
    for failed, arm in ((a_failed, a), (b_failed, b)):
        for seed in failed:
            arm[seed] = NAN
    return ask(make_hypothesis(COMPARE, {metric: direction}), {metric: [a, b]})


def test_no_failure_is_no_failure():
    assert failing([], []).failures == ()


def test_one_failed_seed_in_eight_leaves_the_verdict_and_is_told():
    judgement = failing([], [3])
    assert judgement.evidence == "supported"
    assert effect_of(judgement).n == 7
    a, b = judgement.failures
    assert (a.failed, a.total, b.failed, b.total) == (0, 8, 1, 8)
    assert b.rate_interval[0] < 1 / 8 < b.rate_interval[1]


def test_failures_against_the_effect_decide():
    judgement = failing([], [0, 1])
    assert judgement.evidence == "inconclusive"
    assert effect_of(judgement).failures_decide
    assert judgement.grade == ""
    assert any("depends on the failed runs" in note for note in judgement.notes)


def test_failures_that_point_the_same_way_do_not():
    assert failing([0, 1], []).evidence == "supported"
    assert failing([], [0, 1], d=DOWN).evidence == "refuted"


def test_lower_is_better_for_a_loss():
    assert failing([0, 1], [], d=DOWN, metric="loss", direction="lower").evidence == "supported"
    assert failing([], [0, 1], d=DOWN, metric="loss", direction="lower").evidence == "inconclusive"


def test_failures_of_a_ratio_are_ranked_worst():
    def times(a_failed, b_failed):
        a, b = [10.0 + s / 50 for s in range(8)], [5.0 + s / 90 for s in range(8)]
        for failed, arm in ((a_failed, a), (b_failed, b)):
            for seed in failed:
                arm[seed] = NAN
        return ask(make_hypothesis(COMPARE, {"train_time": "lower"}), {"train_time": [a, b]})

    assert times([0, 1], []).evidence == "supported"
    assert times([], [0, 1]).evidence == "inconclusive"
    assert effect_of(times([], [0, 1])).failures_decide


@pytest.mark.parametrize(("a", "b"), [([0, 1], [2, 3]), ([0, 1, 2], [0, 1, 2]), ([], [5])])
def test_arms_that_fail_alike_block_nothing(a, b):
    """However many fail: rates are compared by the exact test alone."""
    assert failing(a, b).evidence == "supported"
    assert failing(a, b, d=DOWN).evidence == "refuted"
    assert failing(a, b, d=FLAT).evidence == "no meaningful effect"


@pytest.mark.parametrize(("a", "b"), [([], [0, 1]), ([0, 1], [])])
def test_nothing_negligible_about_an_arm_that_fails(a, b):
    judgement = failing(a, b, d=FLAT)
    assert judgement.evidence == "inconclusive"
    assert effect_of(judgement).failures_decide


def test_a_negligible_difference_of_many_seeds_outweighs_two_failures():
    n = 30
    noise = np.random.default_rng(0).normal(0, 0.002, n).tolist()
    a, b = differences(noise, 0.7)
    b[0] = b[1] = NAN
    effect = effect_of(compared([a, b]))
    assert (effect.evidence, effect.failures_decide) == ("no meaningful effect", False)


def test_an_undecided_effect_is_not_undecided_because_of_failures():
    effect = effect_of(failing([], [0, 1], d=UNCLEAR))
    assert (effect.evidence, effect.failures_decide) == ("inconclusive", False)
    assert effect.seeds_needed is not None


def test_a_size_must_hold_with_failures_too():
    """Of 20 seeds 3 fail: above 0 with them ranked worst, but not above the size that matters."""
    d = [0.02 + s / 10_000 for s in range(12)] + [0.0099 - s / 1e5 for s in range(8)]
    a, b = differences(d, 0.7)
    whole = effect_of(compared([a, b]))
    assert (whole.evidence, whole.grade) == ("supported", "at least the SESOI")
    b[17] = b[18] = b[19] = NAN
    held = effect_of(compared([a, b]))
    assert held.ci[0] > 0.01
    assert (held.evidence, held.grade) == ("supported", "direction only")


@pytest.mark.parametrize(
    ("expectation", "d", "a", "b"),
    [
        ("not_lower", FLAT, [], [0, 1]),
        ("not_higher", FLAT, [0, 1], []),
        ({"higher_by": [0.01, 0.05]}, UP, [], [0, 1]),
        ({"lower_by": [0.01, 0.05]}, DOWN, [0, 1], []),
    ],
)
def test_claims_of_every_direction_and_size_heed_failures(expectation, d, a, b):
    def judged(a_failed, b_failed):
        arms = differences(d, 0.7)
        for failed, arm in zip((a_failed, b_failed), arms, strict=True):
            for seed in failed:
                arm[seed] = NAN
        return compared(arms, {"accuracy": expectation})

    assert judged([], []).evidence == "supported"
    assert judged(a, b).evidence == "inconclusive"
    assert effect_of(judged(a, b)).failures_decide


def test_unpaired_arms_rank_failures_worst_too():
    a = {s: 0.70 + s / 1000 for s in range(8)}
    b = {s + 100: 0.73 + s / 1000 for s in range(8)}
    assert measure(outcomes(a, b), A_TO_B).worst is None
    lost = measure(outcomes(a, b | {100: NAN, 101: NAN, 102: NAN}), A_TO_B).worst
    assert not lost.alike
    assert lost.above_p(0.0) > 0.05 > measure(outcomes(a | {0: NAN}, b), A_TO_B).worst.above_p(0.0)


def test_where_nobody_says_which_end_is_better_both_may_be_the_worst():
    metric = replace(ACCURACY, better=None)
    a, b = {s: 0.5 for s in range(10)}, {s: 0.6 + s / 1000 for s in range(10)}
    worst = measure(outcomes(a, b | {0: NAN, 1: NAN, 2: NAN}, metric), A_TO_B).worst
    assert len(worst.paired) == 2
    assert worst.above_p(0.0) > 0.05
    assert worst.below_p(0.0) > 0.05


def test_contrasts_of_many_arms_rank_failures_worst():
    values = {k: {s: 0.5 + s / 1000 for s in range(8)} for k in "abc"}
    values["c"] |= {0: NAN, 1: NAN}
    contrast = Contrast("conditional", ACCURACY, ("a", "b", "c"), ("c",), ("a", "b"))
    weights = {"a": 1.0, "b": 1.0, "c": -2.0}
    found = measure(Outcomes(ACCURACY, values), Weighted(contrast, weights)).worst
    assert not found.alike
    assert found.paired[0].count(math.inf) == 2
    values["a"] |= {0: NAN, 1: NAN}
    values["b"] |= {0: NAN, 1: NAN}
    found = measure(Outcomes(ACCURACY, values), Weighted(contrast, weights)).worst
    assert found.alike


# Seeds of which some match


def test_pairs_and_single_runs_are_used_together():
    a = {s: 0.5 + s / 100 for s in range(8)}
    b = {s: 0.52 + s / 100 for s in range(3, 11)}
    measured = measure(outcomes(a, b), A_TO_B)
    assert (measured.pairs, measured.per_seed, measured.estimate.n) == (5, (), 8)
    values = np.mean(list(b.values())) - np.mean(list(a.values()))
    assert measured.estimate.value == pytest.approx(values)
    assert measured.correlation == pytest.approx(1.0)
    apart = measure(outcomes(a, {s + 100: v for s, v in b.items()}), A_TO_B)
    assert apart.pairs == 0
    assert measured.estimate.standard_error < 0.8 * apart.estimate.standard_error


def test_a_shared_seed_with_a_failed_run_is_used_in_neither_arm():
    a = {s: 0.5 + s / 100 for s in range(8)}
    b = {s: 0.52 + s / 100 for s in range(3, 11)}
    lost = measure(outcomes(a, b | {4: NAN, 10: NAN}), A_TO_B)
    assert lost.pairs == 4
    kept = measure(outcomes({s: v for s, v in a.items() if s != 4}, b), A_TO_B)
    assert kept.estimate.n == 7


def test_seeds_of_unequal_arms_are_planned_for_equal_ones():
    """With 5 runs of one arm and 40 of the other, the new seeds are those of two equal arms."""
    random = np.random.default_rng(5)
    small, large = random.normal(0.7, 0.03, 5), random.normal(0.7, 0.03, 40)
    a, b = dict(enumerate(small)), {s + 100: v for s, v in enumerate(large)}
    hypothesis = make_hypothesis(COMPARE, {"accuracy": "higher"})
    question = question_of(hypothesis)
    labels = [arm.label for arm in question.arms]
    found = Outcomes(ACCURACY, dict(zip(labels, (a, b), strict=True)))
    needed = effect_of(judge(question, {"accuracy": found})).seeds_needed
    sd = math.hypot(small.std(ddof=1), large.std(ddof=1))
    assert needed[0] == seeds_needed(sd, 4, 0.01, 0.05)[0]
