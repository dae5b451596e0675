"""Headlines, next steps and the numbers in sentences."""

from __future__ import annotations

import pytest
from hyperverdict.claims.model import Judgement, Leg
from hyperverdict.study.model import Expectation, Hypothesis
from hyperverdict.verdicts.claim_text import claim_text
from hyperverdict.verdicts.headline import (
    headline,
    hours_text,
    main_caveat,
    next_step,
    over_budgets,
)
from hyperverdict.verdicts.model import Check, HypothesisReport, Verdict
from hyperverdict.words import counting as numbers


def _verdict(evidence, budget="", checks=(), legs=(), **more):
    judged = tuple(Leg(metric, "higher", found, ()) for metric, found in legs)
    judgement = Judgement("comparison", evidence, "", judged)
    return Verdict(budget, judgement, None, headline(judgement, checks), (), checks, **more)


def _report(*verdicts, id_="H"):
    return HypothesisReport(id_, "", "comparison", "", "", over_budgets(verdicts), verdicts)


BLOCK = Check("2", "blocks", "Arms also differ in dropout.", "confounded", 9)
CAVEAT = Check("10", "caveat", "B was still improving.", gravity=5.5)
NOTE = Check("19", "information", "H and K are rivals.", gravity=1)


def test_a_blocking_check_caps_the_headline_with_its_word():
    assert _verdict("supported", checks=(BLOCK, CAVEAT)).headline == "inconclusive (confounded)"
    assert _verdict("supported", checks=(CAVEAT, NOTE)).headline == "supported"
    assert _verdict("true by arithmetic", checks=(BLOCK,)).headline == "true by arithmetic"


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([("supported", "300 steps")], "supported"),
        ([("supported", "300 steps"), ("supported", "5 epochs")], "supported"),
        ([("supported", "300 steps"), ("refuted", "5 epochs")], "depends on the budget"),
        (
            [("supported", "300 steps"), ("no meaningful effect", "5 epochs")],
            "depends on the budget",
        ),
        (
            [("inconclusive", "300 steps"), ("refuted", "5 epochs"), ("refuted", "9 epochs")],
            "refuted at 5 epochs and 9 epochs; inconclusive at 300 steps",
        ),
    ],
)
def test_budgets_side_by_side(verdicts, expected):
    assert over_budgets([_verdict(e, b) for e, b in verdicts]) == expected


def test_a_leg_that_turns_makes_an_open_verdict_depend_on_the_budget():
    first = _verdict("refuted", "300 steps", legs=[("train_time", "refuted")])
    second = _verdict("inconclusive", "5 epochs", legs=[("train_time", "supported")])
    assert over_budgets([first, second]) == "depends on the budget"


def test_validity_is_per_budget():
    blocked = _verdict("supported", "5 epochs", checks=(BLOCK,))
    assert over_budgets([_verdict("supported", "300 steps"), blocked]) == (
        "supported at 300 steps; inconclusive (confounded) at 5 epochs"
    )


def test_the_main_caveat_is_the_gravest_and_says_where():
    reports = [
        _report(_verdict("supported", checks=(CAVEAT, NOTE)), id_="H"),
        _report(_verdict("supported", checks=(CAVEAT,)), id_="K"),
    ]
    assert main_caveat(reports) == "H and K: B was still improving."
    two = [_verdict("supported", "9 steps", checks=(CAVEAT,)), _verdict("supported", "5 epochs")]
    assert main_caveat([*reports, _report(*two, id_="M"), _report(*two, id_="N")]) == (
        "H and K; M and N at 9 steps: B was still improving."
    )
    reports.append(_report(_verdict("supported", checks=(BLOCK,)), id_="L"))
    assert main_caveat(reports) == "L: Arms also differ in dropout."
    assert main_caveat([_report(_verdict("supported", checks=(NOTE,)))]) == ""


def test_next_mends_what_blocks_then_settles_the_cheapest():
    blocked = _report(_verdict("supported", "5 epochs", checks=(BLOCK,)), id_="L")
    cheap = _verdict(
        "inconclusive",
        "300 steps",
        seeds_needed=(20, 31),
        cost_hours=(0.1, 0.5),
        command="do it",
        next_look=20,
    )
    dear = _verdict("inconclusive", "9 epochs", seeds_needed=(12, 12), cost_hours=(7.0, 9.0))
    assert next_step([blocked, _report(cheap)]) == (
        "Hold everything but the factor equal (L at 5 epochs)."
    )
    assert next_step([_report(cheap, dear)]) == (
        "H at 300 steps would be settled by 20 to 31 seeds, about 6 to 30 minutes of CPU time: "
        "do it"
    )
    assert next_step([_report(_verdict("supported"))]).startswith("Nothing is open")


def test_next_says_when_the_next_look_may_not_do_and_when_none_is_left():
    short = _verdict("inconclusive", seeds_needed=(40, 95), command="do it", next_look=20)
    assert "(the next registered look, at 20, may leave it open)" in next_step([_report(short)])
    spent = _verdict("inconclusive", seeds_needed=(40, 95), registered="registered")
    assert next_step([_report(spent)]).endswith("its registered looks have used all of alpha")


def test_open_times_are_measured_again():
    timed = _verdict("inconclusive", "300 steps", legs=[("train_time", "inconclusive")])
    assert next_step([_report(timed)]) == (
        "Measure the times again on an idle machine: only they keep H at 300 steps open."
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (1234.5, "1,234"), (0.00123, "0.00123"), (2.0, "2"), (99.96, "100")],
)
def test_digits(value, text):
    assert numbers.digits(value) == text


@pytest.mark.parametrize(
    ("value", "metric", "ratio", "text"),
    [
        (0.015, "accuracy", False, "1.5 points"),
        (0.01, "error", False, "1 point"),
        (1.1, "train_time", True, "1.1 times"),
        (0.25, "loss", False, "0.25"),
    ],
)
def test_sizes(value, metric, ratio, text):
    assert numbers.size(value, metric, ratio) == text


def test_lists_of_seeds():
    assert numbers.seeds_text([0, 1, 2, 3, 7, 9]) == "0 to 3, 7 and 9"
    assert numbers.seeds_text([5]) == "5"
    assert numbers.seeds_text([1, 2]) == "1 and 2"


@pytest.mark.parametrize(
    ("hours", "text"),
    [((1, 30), "1 to 30 hours"), ((0.1, 0.5), "6 to 30 minutes"), ((0.001, 0.001), "3.6 seconds")],
)
def test_hours(hours, text):
    assert hours_text(hours) == text


def test_a_claim_in_canonical_words():
    hypothesis = Hypothesis(
        id="H",
        says="whatever",
        terms={"trend": {"width": [16, 64]}, "shape": "every_step"},
        expect=(Expectation("accuracy", "higher", between=(0, 0.01)),),
        at_equal=(),
        seeds=(),
    )
    assert claim_text(hypothesis) == (
        "trend width 16, 64; shape every_step: accuracy higher by 0 to 0.01"
    )
