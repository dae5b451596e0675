"""An interval beside a bound shows on which side of it its ends lie, wherever both are written."""

import math
import re
from dataclasses import replace

import pytest
from hyperverdict.claims.wording import effects_summary
from hyperverdict.figures.forest import effects_info
from hyperverdict.report.latex import verdict_table
from hyperverdict.report.legs import leg_table
from hyperverdict.report.overview import overview
from hyperverdict.report.page import effects_table
from hyperverdict.words.effects import effect_text, sentence
from hyperverdict.words.numbers import more_decimals
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.unit.report import samples


def effect(kind):
    """Points, seconds as speeds, seconds along one training: the units of effects."""
    scores, times = samples.verdict("trade-off", "supported").judgement.effects[::-1]
    curve = samples.verdict("learning curve", "supported").judgement.effects[0]
    longer = replace(curve, contrast=replace(curve.contrast, metric=times.metric))
    loss = replace(scores.metric, name="loss", title="test loss", unit="nats")
    nats = replace(scores, contrast=replace(scores.contrast, metric=loss))
    return {"points": scores, "nats": nats, "speed": times, "longer": longer}[kind]


UNITS = ("points", "nats", "speed", "longer")
MORE, LESS = {"higher", "slower"}, {"lower", "faster"}


def ends_of(text, ratio):
    """The ends of an interval as a reader understands them, in the unit that is written."""
    first, second = re.fullmatch(r"(.+?) to (.+)", text).groups()
    low, high = (float(part.split()[0].replace(",", "")) for part in (first, second))
    turned = (lambda x: 1 / x) if ratio else (lambda x: -x)
    words = set(second.split())
    if LESS & set(first.split()):
        return turned(low), high
    return (turned(high), turned(low)) if LESS & words else (low, high)


def nearly(one, other):
    return math.isclose(one, other, rel_tol=1e-7, abs_tol=1e-7)


@st.composite
def cases(draw):
    """An effect whose interval ends close to what it is compared with, or anywhere."""
    found = effect(draw(st.sampled_from(UNITS)))
    start = 1.0 if found.ratio else 0.0
    sizes = st.integers(1, 400).map(lambda n: n / 1000)
    low = draw(st.one_of(st.just(0.0), sizes))
    claimed = (start + low, start + low + draw(sizes))
    ranged = draw(st.booleans())
    found = replace(
        found,
        direction=draw(st.sampled_from(["higher", "lower"])),
        delta=start + draw(sizes),
        between=claimed if ranged else None,
    )
    away = st.floats(-6, -0.5).map(lambda x: 10**x)
    near = st.builds(
        lambda bound, by, sign: bound + sign * by * (bound if found.ratio else 1),
        st.sampled_from(found.bounds), away, st.sampled_from([-1, 0, 1]),
    )  # fmt: skip
    ends = sorted((draw(near), draw(near)))
    if found.ratio:
        ends = [max(end, 0.01) for end in ends]
    return replace(found, ci=tuple(ends), ci_equivalence=tuple(ends), estimate=sum(ends) / 2)


@settings(deadline=None)
@given(cases())
def test_every_end_lies_where_it_is_written(found):
    scale = 100 if found.metric.is_fraction else 1
    shown = ends_of(effect_text(found).whole_interval, found.ratio)
    for written, end in zip(shown, found.ci, strict=True):
        for bound in found.bounds:
            if not nearly(end, bound):
                assert not nearly(written, bound * scale)
                assert (written > bound * scale) == (end > bound)


@settings(deadline=None)
@given(cases())
def test_claimed_sizes_are_written_as_they_are_stated(found):
    if found.between is None:
        return
    said = sentence(found).rpartition("the claim says ")[2]
    scale = 100 if found.metric.is_fraction else 1
    claimed = [size * scale for size in found.claimed_range]
    assert ends_of(said.rstrip("."), found.ratio) == pytest.approx(claimed, rel=1e-6, abs=1e-9)


@settings(deadline=None)
@given(st.floats(0, 100), st.integers(0, 3), st.lists(st.floats(0, 100), max_size=3))
@example(0.5004, 2, [0.5])
def test_an_interval_far_from_its_bounds_keeps_its_decimals(end, decimals, bounds):
    step = 10**-decimals
    if all(abs(end - bound) > step for bound in bounds):
        assert more_decimals([(end, decimals)], bounds) == 0


def test_a_bound_that_an_interval_only_seems_to_touch():
    longer = replace(effect("longer"), direction="lower", between=(1.25, 2.0), ci=(0.5004, 0.7996))
    assert effect_text(longer).interval == "0.5004 to 0.7996 times"
    assert sentence(longer).endswith("; the claim says 0.5 to 0.8 times as long.")
    touching = replace(longer, ci=(0.5, 0.7))
    assert effect_text(touching).interval == "0.50 to 0.70 times"
    faster = replace(effect("speed"), direction="lower", between=(1.25, 2.0), ci=(0.4, 0.7996))
    assert effect_text(faster).interval == "1.251 to 2.500 times"
    assert sentence(faster).endswith("; the claim says 1.25 to 2 times faster.")
    points = replace(effect("points"), between=(0.005, 0.008), ci=(0.00801, 0.02))
    assert effect_text(points).interval == "0.801 to 2.000 points"


def test_the_interval_that_proves_a_size_shows_that_it_does():
    found = replace(
        effect("points"), evidence="no meaningful effect", between=None, delta=0.01,
        ci=(-0.012, 0.012), ci_equivalence=(-0.009996, 0.009996), estimate=0.0,
    )  # fmt: skip
    assert "0.9996 points lower to 0.9996 points higher, lies within 1 point" in sentence(found)


def close_to_a_size():
    """A report whose one effect excludes the size that matters, 1 point, by a ten-thousandth."""
    _, report = samples.judged("comparison", "supported")
    hypothesis = report.hypotheses[0]
    [verdict] = hypothesis.verdicts
    [leg] = verdict.judgement.legs
    effects = (replace(leg.effects[0], ci=(0.010001, 0.02)),)
    judgement = replace(verdict.judgement, legs=(replace(leg, effects=effects),))
    verdicts = (replace(verdict, judgement=judgement),)
    return replace(report, hypotheses=(replace(hypothesis, verdicts=verdicts),))


PLACES = {
    "table of effects": lambda r: effects_table(r.hypotheses[0].verdicts[0]).rows,
    "table of parts": lambda r: leg_table(r.hypotheses[0]),
    "LaTeX": verdict_table,
    "one line": lambda r: effects_summary(r.hypotheses[0].verdicts[0].judgement),
    "figure": lambda r: effects_info(r.hypotheses[0], "accuracy").lines,
    "overview": overview,
    "sentence": lambda r: sentence(r.hypotheses[0].verdicts[0].judgement.effects[0]),
}


@pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
def test_every_place_that_shows_an_interval_shows_that_it_excludes_a_size(place):
    assert "1.0001 to 2.0000" in str(place(close_to_a_size()))
