import math

import pytest
from hyperverdict.words import numbers as units

POINTS = units.unit_of("accuracy")


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
    assert units.amount(value, POINTS, decimals) == text


def test_units_differ_by_metric():
    assert units.amount(0.05, units.unit_of("loss")) == "0.05 nats"
    assert units.matters_text(1.1, units.unit_of("train_time", ratio=True)) == "1.1 times"
    assert units.matters_text(0.05, units.unit_of("accuracy", share=True)) == "5 points"
    assert units.unit_of("f1", unit="fraction of test images").many == "points"
    assert units.amount(3.0, units.unit_of("depth_reached", unit="layers")) == "3 layers"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (1.10, "1.1"), (12345, "12,345"), (0.001, "0.001"), (-2.5, "−2.5"), (math.inf, "∞")],
)
def test_short_numbers(value, text):
    assert units.short(value) == text


def test_a_rounded_zero_has_no_sign():
    assert units.number(-0.004, 1) == "0.0"


@pytest.mark.parametrize(("width", "decimals"), [(13, 0), (3.6, 1), (0.86, 1), (0.05, 3), (0, 1)])
def test_decimals_follow_the_width_of_the_interval(width, decimals):
    assert units.decimals_for(width) == decimals


def test_band_of_a_ratio_is_symmetric_on_the_log_scale():
    low, high = units.band(1.1, ratio=True)
    assert low * high == pytest.approx(1)
    assert units.band(0.01, ratio=False) == (-0.01, 0.01)


def test_p_values_and_levels():
    assert units.p_text(0.00001) == "p < 0.0001"
    assert units.p_text(0.0411) == "p = 0.041"
    assert units.confidence_text(0.05) == "95 %"
    assert units.confidence_text(0.0125) == "98.75 %"
    assert units.level_text("accuracy", 0.7812) == "78.1 %"
