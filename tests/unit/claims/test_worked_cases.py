"""Worked cases, to the digits that were computed for them by hand and with scipy."""

from __future__ import annotations

import numpy as np
import pytest

from .asking import COMPARE, ask, ask_curves, differences, make_hypothesis

A = [0.780, 0.772, 0.785, 0.778, 0.781]
B = [0.800, 0.799, 0.801, 0.797, 0.806]
FINER = 5e-5


def near(value):
    return pytest.approx(value, abs=FINER)


def effect_of(judgement):
    return judgement.legs[0].effects[0]


def test_supported_at_least_the_sesoi():
    judgement = ask(make_hypothesis(COMPARE, {"accuracy": "higher"}), {"accuracy": [A, B]})
    effect = effect_of(judgement)
    assert (judgement.evidence, judgement.grade) == ("supported", "at least the SESOI")
    assert effect.t == near(10.6206)
    assert effect.p == near(0.0004)
    assert effect.ci == near((0.0158, 0.0270))


def test_no_meaningful_effect():
    d = [0.002, -0.003, 0.001, -0.001, 0.003, -0.002]
    judgement = ask(make_hypothesis(COMPARE, {"accuracy": "higher"}), {"accuracy": differences(d)})
    effect = effect_of(judgement)
    assert judgement.evidence == "no meaningful effect"
    assert effect.p == near(1.0)
    assert effect.p_equivalence == near(0.0001)
    assert effect.ci_equivalence == near((-0.0019, 0.0019))


def test_one_run_each_gives_no_verdict():
    judgement = ask(
        make_hypothesis(COMPARE, {"accuracy": "higher"}), {"accuracy": [[0.77], [0.78]]}
    )
    effect = effect_of(judgement)
    assert judgement.evidence == "inconclusive"
    assert effect.n == 1
    assert effect.ci == (-np.inf, np.inf)
    assert effect.seeds_needed is None


def test_inconclusive_names_the_seeds_needed():
    d = [0.021, 0.002, 0.010]
    judgement = ask(make_hypothesis(COMPARE, {"accuracy": "higher"}), {"accuracy": differences(d)})
    effect = effect_of(judgement)
    assert judgement.evidence == "inconclusive"
    assert effect.p == near(0.1839)
    assert effect.ci == near((-0.0127, 0.0347))
    assert effect.seeds_needed == (10, 37)


def test_equal_differences_are_floored_by_the_resolution():
    hypothesis = make_hypothesis(COMPARE, {"accuracy": "higher"})
    judgement = ask(hypothesis, {"accuracy": differences([0.01] * 3, 0.5)}, resolution=0.01)
    effect = effect_of(judgement)
    assert judgement.evidence == "inconclusive"
    assert effect.sd == pytest.approx(0.00408, abs=5e-6)
    assert effect.p == near(0.0513)
    assert effect.ci == near((-0.0001, 0.0201))


LEVELS = [
    [0.70, 0.75, 0.74, 0.78],
    [0.71, 0.76, 0.74, 0.79],
    [0.69, 0.74, 0.73, 0.77],
    [0.70, 0.75, 0.73, 0.78],
    [0.72, 0.76, 0.75, 0.80],
    [0.70, 0.74, 0.73, 0.78],
]


def trend(shape):
    terms = {"trend": {"width": [16, 64, 256, 1024]}, "shape": shape}
    per_arm = np.transpose(LEVELS).tolist()
    return ask(
        make_hypothesis(terms, {"accuracy": "higher"}, delta=0.005),
        {"accuracy": per_arm},
    )


def test_trend_on_average_is_supported():
    judgement = trend("on_average")
    assert judgement.evidence == "supported"
    assert judgement.facts["slopes"]["accuracy"]["estimate"] == near(0.0113)
    assert judgement.facts["slope_unit"] == "per doubling"


@pytest.mark.parametrize("shape", ["never_worse", "every_step"])
def test_trend_with_a_dip_is_refuted(shape):
    judgement = trend(shape)
    second = judgement.legs[0].effects[1]
    assert judgement.evidence == "refuted"
    assert second.alpha == pytest.approx(0.05 / 3)
    assert second.ci == near((-0.0208, -0.0059))


def test_trade_off():
    times = [[41.2, 40.8, 42.0, 41.5, 40.9], [12.1, 12.4, 11.9, 12.0, 12.3]]
    d = [-0.003, 0.001, -0.004, -0.002, 0]
    judgement = ask(
        make_hypothesis(COMPARE, {"train_time": "lower", "accuracy": "not_lower"}),
        {"train_time": times, "accuracy": differences(d)},
    )
    time, accuracy = (leg.effects[0] for leg in judgement.legs)
    assert judgement.evidence == "supported"
    assert time.estimate == near(0.2941)
    assert time.ci == near((0.2838, 0.3047))
    assert accuracy.p_equivalence == near(0.0004)
    assert judgement.facts["positions"] == [
        ["training time", "lower"],
        ["test accuracy", "about equal"],
    ]


@pytest.mark.parametrize(("m", "evidence"), [(1, "supported"), (4, "inconclusive")])
def test_family_of_four_widens_the_interval(m, evidence):
    d = [0.012, 0.020, 0.004, 0.015, 0.001]
    hypothesis = make_hypothesis(COMPARE, {"accuracy": "higher"})
    judgement = ask(hypothesis, {"accuracy": differences(d)}, alpha=0.05 / m)
    assert judgement.evidence == evidence
    assert effect_of(judgement).p == near(0.0411)
    expected = (0.0007, 0.0201) if m == 1 else (-0.0047, 0.0255)
    assert effect_of(judgement).ci == near(expected)


CONTEXTS = [
    [0.020, 0.024, 0.018, 0.022, 0.021],
    [0.015, 0.019, 0.012, 0.017, 0.016],
    [0.011, 0.014, 0.009, 0.012, 0.013],
]
REVERSED = [-0.020, -0.016, -0.023, -0.018, -0.021]


def universal(contexts):
    terms = {
        "compare": {"depth": {"from": 2, "to": 3}},
        "in_every": {"width": [16, 64, 256]},
    }
    values = [arm for d in contexts for arm in differences(d)]
    return ask(make_hypothesis(terms, {"accuracy": "higher"}), {"accuracy": values})


def test_universal_supported_in_all_tested():
    judgement = universal(CONTEXTS)
    assert judgement.evidence == "supported"
    assert "all 3 contexts tested" in " ".join(judgement.notes)


def test_universal_refuted_by_one_context():
    judgement = universal([*CONTEXTS[:2], REVERSED])
    third = judgement.legs[0].effects[2]
    assert judgement.evidence == "refuted"
    assert third.alpha == pytest.approx(0.05 / 3)
    assert third.ci == near((-0.0244, -0.0148))


EPOCHS = [
    [0.610, 0.700, 0.741, 0.744],
    [0.602, 0.695, 0.738, 0.737],
    [0.615, 0.704, 0.739, 0.745],
    [0.608, 0.699, 0.744, 0.743],
    [0.611, 0.702, 0.740, 0.746],
]


def test_learning_curve_every_epoch_is_inconclusive():
    hypothesis = make_hypothesis({"each": {"epoch": "1..4"}}, {"accuracy": "higher"}, delta=0.005)
    judgement = ask_curves(hypothesis, {"accuracy": EPOCHS})
    steps = judgement.legs[0].effects
    assert [e.evidence for e in steps] == ["supported", "supported", "inconclusive"]
    assert steps[2].estimate == near(0.0026)
    assert steps[2].ci == near((-0.0018, 0.0070))
    assert judgement.evidence == "inconclusive"
