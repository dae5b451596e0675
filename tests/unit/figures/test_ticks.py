"""Ticks: equal steps, written exactly."""

from itertools import pairwise

import pytest
from hyperverdict.figures import cost, curves, style, ticks
from hyperverdict.figures.runs import Runs

from tests.unit.report import samples

STUDY, REPORT, TABLES = samples.whole()
RUNS = Runs(TABLES, REPORT.hypotheses)


def labels_of(axis):
    return [label.get_text() for label in axis.get_ticklabels() if label.get_text()]


def numbers(labels):
    plain = (label.replace("−", "-").replace(",", "").rstrip("%") for label in labels)
    return [float(label) for label in plain]


def drawn_axis(low, high, scale, suffix, **more):
    with style.look():
        figure = style.new_figure(2)
        ax = figure.subplots()
        ax.set_ylim(low, high)
        ticks.number_axis(ax, "y", scale, suffix, **more)
        figure.canvas.draw()
    return ax.yaxis


@pytest.mark.parametrize("scale", [1.0, 100.0])
@pytest.mark.parametrize(
    ("low", "high"),
    [
        (0.79, 0.91), (0.0, 1.0), (0.801, 0.823), (0.5, 0.502), (-0.031, 0.044), (0.0, 1e-6),
        (1234.5, 1236.1), (0.0, 123_456.0), (-5.0, -4.99), (0.999, 1.0), (3e-9, 8e-9),
    ],
)  # fmt: skip
def test_labels_stand_exactly_where_they_say(low, high, scale):
    axis = drawn_axis(low, high, scale, "%" if scale == 100 else "")
    labels = labels_of(axis)
    assert len(labels) >= 2
    values = numbers(labels)
    places = [tick * scale for tick in axis.get_ticklocs()]
    size = max(map(abs, places))
    assert values == pytest.approx(places, abs=1e-6 * size)
    steps = [b - a for a, b in pairwise(values)]
    assert max(steps) - min(steps) <= 1e-9 * size
    decimals = {len(label.rstrip("%").partition(".")[2]) for label in labels}
    assert len(decimals) == 1


def test_gains_have_a_plus_where_wanted():
    labels = labels_of(drawn_axis(-0.02, 0.02, 100.0, "", signed=True))
    assert labels == ["−2", "−1", "0", "+1", "+2"]


@pytest.mark.parametrize("report", REPORT.hypotheses, ids=lambda r: r.id)
def test_every_axis_of_curves_and_cost_is_exact(report):
    panels = [
        *curves.draw(report, STUDY, RUNS).panels.values(),
        *cost.draw(report, STUDY, RUNS).panels.values(),
    ]
    for panel in panels:
        with style.look():
            panel.figure.canvas.draw()
        for ax in panel.figure.axes:
            for axis in (ax.xaxis, ax.yaxis):
                shown = numbers(labels_of(axis))
                places = [float(place) for place in axis.get_ticklocs()]
                scale = 100 if "%" in "".join(labels_of(axis)) else 1
                assert shown == pytest.approx([scale * p for p in places], rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("values", [[0.1, 0.25], [1e-7, 2e-7], [5.0], [100.0, 250.0], []])
def test_decimals_are_the_fewest_that_lose_nothing(values):
    decimals = ticks.decimals_of(values)
    assert all(round(value, decimals) == pytest.approx(value, rel=1e-12) for value in values)
    if decimals:
        assert any(abs(round(v, decimals - 1) - v) > 1e-9 * max(values) for v in values)


@pytest.mark.parametrize(
    ("low", "high"),
    [(0.03003, 0.09009), (0.2, 30), (0.9, 1.12), (0.001, 1000), (1e-6, 1.1e-6), (1, 1e12), (7, 71)],
)
def test_log_axes_have_a_few_round_ticks(low, high):
    found = ticks.ratio_ticks(low, high)
    assert 3 <= len(found) <= 7
    assert all(low <= tick <= high for tick in found)
    assert all(len(f"{tick:.6g}".strip("0").replace(".", "").lstrip("0")) <= 7 for tick in found)
