import math
from dataclasses import replace

import pytest
from hyperverdict.effects.contrast import Contrast
from hyperverdict.vocabulary.metrics import RECORDED, unrecorded
from hyperverdict.words import numbers

from tests.unit.report import samples

ACCURACY, LOSS, TIME = (RECORDED[name] for name in ("accuracy", "loss", "train_time"))
POINTS = numbers.unit_of(ACCURACY)
NATS = numbers.Unit(1.0, "nat", "nats")
SHARE = Contrast("share", ACCURACY, (), ("width",), ("depth",))


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (0.0234, 1, "2.3 points"),
        (-0.01, None, "1 point"),
        (0.01, None, "1 point"),
        (0.25, 0, "25 points"),
    ],
)
def test_fractions_are_told_in_points(value, decimals, text):
    assert numbers.amount(value, POINTS, decimals) == text


def test_units_follow_the_metric_and_the_contrast():
    assert numbers.size_text(0.05, LOSS) == "0.05 nats"
    assert numbers.size_text(1.0, LOSS) == "1 nat"
    assert numbers.size_text(1.1, TIME) == "1.1 times"
    assert numbers.size_text(0.05, SHARE) == "5 points"
    assert numbers.unit_of(SHARE).higher == "more"
    layers = replace(unrecorded("depth_reached"), unit="layers")
    assert numbers.size_text(3.0, layers) == "3 layers"
    assert numbers.size_text(1.0, layers) == "1 layer"
    assert numbers.size_text(1.0, replace(layers, unit="ms")) == "1 ms"


def test_time_along_one_training_and_effects_have_no_speed():
    for kind, words in (("epoch", "as long"), ("interaction", "as large"), ("difference", "")):
        unit = numbers.unit_of(Contrast(kind, TIME, (), ("1",), ("2",)))
        assert unit.speed == (kind == "difference")
        assert not words or unit.as_much == words


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1.10, "1.1"), (12345, "12,345"), (0.001, "0.001"), (-2.5, "−2.5"), (math.inf, "∞")],
)
def test_numbers_have_true_minus_signs_and_no_trailing_zeros(value, text):
    assert numbers.digits(value) == text


def test_a_rounded_zero_has_no_sign():
    assert numbers.number(-0.004, 1) == "0.0"
    effect = samples.verdict("comparison", "no meaningful effect").judgement.effects[0]
    assert numbers.estimate_text(replace(effect, estimate=-1e-9)) == "0.00 points"


@pytest.mark.parametrize(("width", "decimals"), [(13, 0), (3.6, 1), (0.86, 1), (0.05, 3), (0, 1)])
def test_decimals_follow_the_width_of_the_interval(width, decimals):
    assert numbers.decimals_for(width) == decimals


def test_p_values_levels_and_values():
    assert numbers.p_text(0.00001) == "p < 0.0001"
    assert numbers.p_text(0.0411) == "p = 0.041"
    assert numbers.confidence_text(0.05) == "95%"
    assert numbers.confidence_text(0.0125) == "98.75%"
    assert numbers.value_text(0.7812, ACCURACY) == "78.1%"
    assert numbers.value_text(12.5, TIME) == "12.5 s"
    assert numbers.value_text(math.nan, ACCURACY) == "no result"


@pytest.mark.parametrize(
    ("n", "noun", "text"),
    [
        (1, "seed", "1 seed"),
        (1200, "run", "1,200 runs"),
        (1, "hypothesis", "1 hypothesis"),
        (2, "hypothesis", "2 hypotheses"),
        (2, "study", "2 studies"),
        (3, "array task", "3 array tasks"),
        (2, "class", "2 classes"),
        (0, "day", "0 days"),
    ],
)
def test_one_function_makes_plurals(n, noun, text):
    assert numbers.count(n, noun) == text


def test_lists_and_seeds():
    assert numbers.listed(["a", "b", "c"]) == "a, b and c"
    assert numbers.listed(["a", "b"], "or") == "a or b"
    assert numbers.seeds_text([4, 3, 2, 1, 0, 7, 9]) == "0 to 4, 7 and 9"
    assert numbers.seeds_text([3]) == "3"


@pytest.mark.parametrize(
    ("end", "unit", "text"),
    [
        (0.05, NATS, "0.050"),
        (-0.05, NATS, "−0.050"),
        (0.05, POINTS, "5.0"),
        (0.234, POINTS, "23.4"),
        (0.000012, NATS, "0.00001"),
        (0.0, NATS, "0.0"),
    ],
)
def test_an_interval_without_width_shows_two_digits_of_its_size(end, unit, text):
    decimals = numbers.decimals_of((end, end), unit)
    assert numbers.number(end * unit.scale, decimals) == text


def test_estimates_carry_their_sign_and_the_decimals_of_their_interval():
    effect = samples.verdict("comparison", "refuted").judgement.effects[0]
    assert numbers.estimate_text(effect) == "−3.0 points"
    time = samples.verdict("trade-off", "supported").judgement.effects[0]
    assert numbers.estimate_text(time) == "0.75 times"
