"""Headlines, budgets side by side, the main caveat, and claims in canonical words."""

from __future__ import annotations

import pytest
from hyperverdict.checks.model import CheckResult
from hyperverdict.claims import parse_claim
from hyperverdict.claims.model import Judgement, Leg
from hyperverdict.effects.effect import Expectation
from hyperverdict.verdicts.claim_text import claim_text
from hyperverdict.verdicts.headline import conclusions, headline, main_caveat, over_budgets
from hyperverdict.verdicts.model import HypothesisReport, Verdict
from hyperverdict.vocabulary.metrics import RECORDED
from hyperverdict.vocabulary.vocabulary import OURS


def expects(metric):
    return Expectation(RECORDED[metric], "higher", 0.01)


def made_verdict(evidence, budget="", checks=(), legs=(), **more):
    """A verdict of this evidence; `legs` are (metric, evidence)."""
    judged = tuple(Leg(expects(metric), found, ()) for metric, found in legs)
    judgement = Judgement("comparison", evidence, "", judged)
    blocking = next((c for c in checks if c.level == "blocks"), None)
    return Verdict(budget, judgement, headline(judgement, blocking), (), checks=checks, **more)


def made_report(*verdicts, id_="H", **more):
    return HypothesisReport(id_, "", "comparison", "", "", over_budgets(verdicts), verdicts, **more)


def result(id_, level, sentence, headline="", gravity=1.0, remedy="Do better."):
    return CheckResult(id_, id_, level, "fired", sentence, headline, gravity, remedy)


BLOCK = result("undeclared", "blocks", "The arms also differ in dropout.", "confounded", 9)
CAVEAT = result("improving", "caveat", "B was still improving.", gravity=5.5)
NOTE = result("opposing", "information", "H and K claim the opposite.", gravity=1)
PASSED = CheckResult("few_seeds", "At least five seeds", "caveat", "passed")


def test_a_blocking_check_caps_the_headline_with_its_word():
    assert made_verdict("supported", checks=(BLOCK, CAVEAT)).headline == (
        "inconclusive (confounded)"
    )
    assert made_verdict("supported", checks=(CAVEAT, NOTE)).headline == "supported"
    assert made_verdict("true by arithmetic", checks=(BLOCK,)).headline == "true by arithmetic"


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
        ([], "not judged"),
    ],
)
def test_budgets_side_by_side(verdicts, expected):
    assert over_budgets([made_verdict(e, b) for e, b in verdicts]) == expected


def test_conclusions_are_values_with_their_budgets():
    verdicts = [
        made_verdict("inconclusive", "300 steps"),
        made_verdict("refuted", "5 epochs"),
        made_verdict("supported", "9 epochs", checks=(BLOCK,)),
    ]
    assert conclusions(verdicts) == (
        ("refuted", ("5 epochs",)),
        ("inconclusive", ("300 steps",)),
        ("inconclusive (confounded)", ("9 epochs",)),
    )


def test_a_leg_that_turns_makes_an_open_verdict_depend_on_the_budget():
    first = made_verdict("refuted", "300 steps", legs=[("train_time", "refuted")])
    second = made_verdict("inconclusive", "5 epochs", legs=[("train_time", "supported")])
    assert over_budgets([first, second]) == "depends on the budget"


def test_validity_is_per_budget():
    blocked = made_verdict("supported", "5 epochs", checks=(BLOCK,))
    assert over_budgets([made_verdict("supported", "300 steps"), blocked]) == (
        "supported at 300 steps; inconclusive (confounded) at 5 epochs"
    )


def test_the_main_caveat_is_the_gravest_and_says_where():
    reports = [
        made_report(made_verdict("supported", checks=(CAVEAT, NOTE)), id_="H"),
        made_report(made_verdict("supported", checks=(CAVEAT,)), id_="K"),
    ]
    assert main_caveat(reports) == "H and K: B was still improving."
    two = [
        made_verdict("supported", "9 steps", checks=(CAVEAT,)),
        made_verdict("supported", "5 epochs", checks=(PASSED,)),
    ]
    assert main_caveat([*reports, made_report(*two, id_="M"), made_report(*two, id_="N")]) == (
        "H and K; M and N at 9 steps: B was still improving."
    )
    reports.append(made_report(made_verdict("supported", checks=(BLOCK,)), id_="L"))
    assert main_caveat(reports) == "L: The arms also differ in dropout."
    assert main_caveat([made_report(made_verdict("supported", checks=(NOTE, PASSED)))]) == ""
    reports.append(made_report(id_="M", failed_because="ZeroDivisionError: division by zero"))
    assert main_caveat(reports) == "M could not be judged because of an error."


@pytest.mark.parametrize(
    ("terms", "expect", "text"),
    [
        (
            {"trend": {"width": [16, 64]}, "shape": "every_step"},
            Expectation(RECORDED["accuracy"], "higher", 0.01, between=(0, 0.01)),
            "trend over width 16, 64, every step: test accuracy higher by 0 to 1 point",
        ),
        (
            {"compare": {"hidden_units": {"from": [16], "to": [64, 64]}}},
            Expectation(RECORDED["train_time"], "not_higher", 1.1),
            "hidden units 16 → 64x2: training time not higher",
        ),
    ],
)
def test_a_claim_in_canonical_words(terms, expect, text):
    assert claim_text(parse_claim(terms, (expect,), OURS)) == text
