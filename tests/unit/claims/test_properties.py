"""What must hold for any data. Values are dyadic, so that offsets and order cost no digits."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hyperverdict.effects.contrast import named
from hyperverdict.effects.effect import Expectation, contrast_effect
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.vocabulary.metrics import RECORDED
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from .asking import judge, make_hypothesis, metric_of, question_of

settings.register_profile("repeatable", deadline=None, derandomize=True)
settings.load_profile("repeatable")

UNIT = 1 / 4096
METRIC = replace(RECORDED["accuracy"], matters_from=41 * UNIT)
HIGHER = Expectation(METRIC, "higher", METRIC.matters_from)
MIRRORED = {"supported": "refuted", "refuted": "supported"}

numbers = st.integers(-400, 400).map(lambda k: k * UNIT)
failures = st.just(math.nan)


@st.composite
def arm_pairs(draw, values=numbers):
    """Two arms on the same seeds, or on different ones."""
    n = draw(st.integers(2, 12))
    a = dict(enumerate(draw(st.lists(values, min_size=n, max_size=n))))
    if draw(st.booleans()):
        b = dict(enumerate(draw(st.lists(values, min_size=n, max_size=n))))
    else:
        m = draw(st.integers(2, 12))
        b = {100 + s: v for s, v in enumerate(draw(st.lists(values, min_size=m, max_size=m)))}
    return a, b


with_failures = arm_pairs(st.one_of(numbers, numbers, numbers, failures))


def judged(a, b, *, names=("a", "b"), expectation=HIGHER, metric=METRIC, resolution=UNIT):
    first, second = names
    outcomes = Outcomes(metric, {first: a, second: b}, resolution)
    expectation = replace(expectation, metric=metric, matters_from=metric.matters_from)
    return contrast_effect(outcomes, named("difference", metric, first, second), expectation, 0.05)


def numbers_of(effect):
    return (
        effect.evidence,
        effect.grade,
        effect.n,
        effect.estimate,
        *effect.ci,
        *effect.ci_equivalence,
    )


def same(first, second):
    a, b = numbers_of(first), numbers_of(second)
    return a[:3] == b[:3] and np.allclose(a[3:], b[3:], rtol=1e-9, atol=1e-12, equal_nan=True)


@given(with_failures, st.randoms())
def test_order_of_rows_does_not_matter(arms, random):
    a, b = ([*arm.items()] for arm in arms)
    random.shuffle(a)
    random.shuffle(b)
    assert same(judged(*arms), judged(dict(a), dict(b)))


@given(with_failures, st.lists(st.text(min_size=1), min_size=2, max_size=2, unique=True))
def test_names_of_arms_do_not_matter(arms, names):
    assert same(judged(*arms), judged(*arms, names=names))


@given(with_failures, st.integers(-50, 50).map(lambda k: k / 4))
def test_an_offset_of_the_metric_does_not_matter(arms, offset):
    shifted = [{s: v + offset for s, v in arm.items()} for arm in arms]
    assert same(judged(*arms), judged(*shifted))


@given(with_failures, st.sampled_from([0.25, 2.0, 64.0]))
def test_the_unit_of_the_metric_does_not_matter(arms, factor):
    scaled = [{s: v * factor for s, v in arm.items()} for arm in arms]
    metric = replace(METRIC, matters_from=METRIC.matters_from * factor)
    first, second = judged(*arms), judged(*scaled, metric=metric, resolution=UNIT * factor)
    assert (first.evidence, first.grade, first.n) == (second.evidence, second.grade, second.n)


@given(with_failures)
def test_swapping_the_arms_mirrors_the_verdict(arms):
    a, b = arms
    first, second = judged(a, b), judged(b, a)
    assert second.evidence == MIRRORED.get(first.evidence, first.evidence)
    assert second.grade == first.grade
    assert second.ci == pytest.approx((-first.ci[1], -first.ci[0]))


@given(with_failures)
def test_the_opposite_claim_gets_the_opposite_verdict(arms):
    first = judged(*arms)
    second = judged(*arms, expectation=replace(HIGHER, direction="lower"))
    assert second.evidence == MIRRORED.get(first.evidence, first.evidence)


@given(arm_pairs(st.integers(-30, 30).map(lambda k: k * UNIT)))
def test_no_meaningful_effect_is_never_worse(arms):
    assume(judged(*arms).evidence == "no meaningful effect")
    for direction in ("not_lower", "not_higher"):
        claim = replace(HIGHER, direction=direction)
        assert judged(*arms, expectation=claim).evidence == "supported"


@given(st.lists(numbers, min_size=3, max_size=12), st.data())
def test_dropping_a_seed_that_agreed_never_gives_confidence(d, data):
    """A seed that agreed lies between the mean and one SD beyond it, towards the claim."""
    mean, sd = np.mean(d), np.std(d)
    agreed = [i for i, x in enumerate(d) if mean <= x <= mean + sd]
    assume(agreed)
    dropped = data.draw(st.sampled_from(agreed))
    a = dict.fromkeys(range(len(d)), 0.0)
    before = judged(a, dict(enumerate(d)))
    a.pop(dropped)
    after = judged(a, {s: x for s, x in enumerate(d) if s != dropped})
    assert after.ci[1] - after.ci[0] > before.ci[1] - before.ci[0]
    assert not (after.evidence == "supported" and before.ci[0] <= 0)


@given(st.lists(numbers, min_size=2, max_size=12))
def test_a_smaller_alpha_never_gives_confidence(d):
    a = dict.fromkeys(range(len(d)), 0.0)
    outcomes = Outcomes(METRIC, {"a": a, "b": dict(enumerate(d))}, UNIT)
    plain, strict = (
        contrast_effect(outcomes, named("difference", METRIC, "a", "b"), HIGHER, alpha)
        for alpha in (0.05, 0.01)
    )
    if strict.evidence != "inconclusive":
        assert plain.evidence in (strict.evidence, "no meaningful effect")


TERMS = {
    "trend": {"trend": {"width": [16, 64, 256, 1024]}, "shape": "every_step"},
    "never worse": {"trend": {"width": [16, 64, 256, 1024]}, "shape": "never_worse"},
    "universal": {
        "compare": {"depth": {"from": 2, "to": 3}},
        "in_every": {"width": [16, 64, 256]},
    },
    "optimum": {"best": {"width": [16, 64, 256, 1024]}, "is": [64]},
    "conditional": {
        "compare": {"depth": {"from": 2, "to": 3}},
        "only_in": {"width": {"yes": [64], "no": [16]}},
    },
}


@pytest.mark.parametrize("name", TERMS)
@settings(max_examples=30)
@given(data=st.data())
def test_whole_claims_do_not_depend_on_row_order_or_offset(name, data):
    hypothesis = make_hypothesis(TERMS[name], {"accuracy": "higher"}, delta=METRIC.matters_from)
    question = question_of(hypothesis)
    arms = question.arms
    n = data.draw(st.integers(2, 6))
    values = {arm.label: data.draw(st.lists(numbers, min_size=n, max_size=n)) for arm in arms}

    def evidence(order, offset):
        runs = {label: {s: v[s] + offset for s in order} for label, v in values.items()}
        outcomes = Outcomes(metric_of(hypothesis, "accuracy"), runs, UNIT)
        return judge(question, {"accuracy": outcomes}).evidence

    offset = data.draw(st.integers(-8, 8))
    assert evidence(range(n), 0.0) == evidence(range(n - 1, -1, -1), float(offset))
