"""What the plan says of looks: before registration, once they are registered, after each of them."""

import pytest
from hyperverdict.ledger.chain import read_ledger
from hyperverdict.ledger.coming_looks import coming_looks
from hyperverdict.ledger.registration import recorded_seeds, register

from tests.unit.ledger.judging import effect_of, judge, verdict_of
from tests.unit.verdicts.synthetic import DEPTH, one_claim, study_from


def lines(place, seeds, edit=None):
    """What the plan says."""
    study = one_claim(place, DEPTH, seeds=seeds)
    for old, new in (edit or {}).items():
        study = study_from((place / "study.yaml").read_text().replace(old, new), place)
    ledger = read_ledger(place / "results" / "ledger.jsonl")
    return list(coming_looks(study, ledger, recorded_seeds(place / "runs")).lines)


def alpha_of(place, seeds, edit=None):
    """Of the t interval that the plan promises."""
    study = one_claim(place, DEPTH, seeds=seeds)
    for old, new in (edit or {}).items():
        study = study_from((place / "study.yaml").read_text().replace(old, new), place)
    ledger = read_ledger(place / "results" / "ledger.jsonl")
    return coming_looks(study, ledger, recorded_seeds(place / "runs")).alphas["H"]


LOOKS = {"data: digits": "data: digits\nlooks: [4, 6, 12]"}


def test_the_default_looks_need_no_words_before_registration(place):
    assert lines(place, 10) == []


def test_few_seeds_say_what_further_seeds_cost(place):
    [line] = lines(place, 6)
    assert line.startswith(
        "Judged at 6 seeds with 80% of alpha: the intervals of seeds added later are wide (at 12 "
        "seeds intervals 2."
    )
    assert line.endswith("register it before the first run: looks: [6, 12]")


def test_many_seeds_are_judged_once(place):
    [line] = lines(place, 15)
    assert line.startswith(
        "Judged once, at 15 seeds: seeds added later would not count, and the verdict at 15 seeds "
        "would stand. To plan a second look"
    )


def test_stated_looks_are_said_with_the_next(place):
    assert lines(place, 4, LOOKS) == [
        "Looks at 4, 6 and 12 seeds: this is look 1 of 3, the next is at 6 seeds"
    ]


def test_registered_looks_are_said_and_no_registration_is_advised(place):
    judge(place, 4, edit=LOOKS)
    assert lines(place, 4, LOOKS) == []
    assert lines(place, 6, LOOKS) == [
        "Registered looks at 4, 6 and 12 seeds: this is look 2 of 3, the next is at 12 seeds"
    ]
    judge(place, 6, edit=LOOKS)
    assert lines(place, 12, LOOKS) == [
        "Registered looks at 4, 6 and 12 seeds: this is look 3 of 3, the last"
    ]
    # Also where the study no longer states them: the ledger holds.
    assert lines(place, 12) == lines(place, 12, LOOKS)


def test_an_unregistered_look_says_its_cost_and_the_next_registered_one(place):
    judge(place, 4, edit=LOOKS)
    [line] = lines(place, 8)
    assert line.startswith("No look is registered at 8 seeds (registered: 4, 6 and 12); judged ")
    assert "with a confidence sequence at " in line
    assert "times as wide as those of a single look" in line
    assert line.endswith("; the next registered look is at 12 seeds")


def test_a_registered_single_look_is_said_as_such(place):
    study = one_claim(place, DEPTH, seeds=12)
    register(study, place / "results", place / "runs")
    assert lines(place, 12) == [
        "Registered as the only look, at 12 seeds: seeds added later would not count, and the "
        "verdict at 12 seeds would stand"
    ]


def test_seeds_that_would_change_no_verdict_are_named_before_they_train(place):
    judge(place, 12)
    assert lines(place, 12) == []
    assert alpha_of(place, 15) == 0
    assert lines(place, 15) == [
        "15 seeds would change no verdict: the looks at 12 seeds have used all of alpha, so the "
        "verdict at 12 seeds stands"
    ]


def test_two_seeds_more_may_have_no_finite_interval(place):
    judge(place, 2)
    [line] = lines(place, 3)
    assert "no interval is finite, so every verdict is inconclusive" in line


def test_a_damaged_ledger_is_named(place):
    judge(place, 4, edit=LOOKS)
    file = place / "results" / "ledger.jsonl"
    file.write_text(file.read_text().replace('"n":4', '"n":5'))
    [line] = lines(place, 6, LOOKS)
    assert line.startswith("The ledger is damaged (Line ")


@pytest.mark.parametrize("seeds", [4, 6, 12, 9])
def test_the_words_fit_what_the_judgement_does(place, seeds):
    """The note of the look that is then taken."""
    judge(place, 4, edit=LOOKS) if seeds > 4 else None
    edit = LOOKS if seeds in (4, 6, 12) else None
    said = " ".join(lines(place, seeds, edit))
    promised = alpha_of(place, seeds, edit)
    report = judge(place, seeds, edit=edit)
    verdict = verdict_of(report)
    assert verdict.sequential == ("confidence sequence" in said)
    assert promised == pytest.approx(effect_of(report).alpha)
    # Also once it was taken.
    assert alpha_of(place, seeds, edit) == pytest.approx(promised)
