"""Every version that was registered is listed, whichever of them is judged in the end."""

from __future__ import annotations

import pytest
from hyperverdict.ledger.registration import register
from hyperverdict.verdicts.judge import judge_study

from tests.unit.ledger.judging import judge, noisy, verdict_of
from tests.unit.verdicts.synthetic import DEPTH, one_claim, run_all, study_from

SIZES = [0.01, *(round(0.011 + 0.001 * i, 3) for i in range(11))]


def _register(place, edit):
    one_claim(place, DEPTH, seeds=6)
    text = (place / "study.yaml").read_text()
    for old, new in edit.items():
        assert old in text
        text = text.replace(old, new)
    register(study_from(text, place), place / "results", place / "runs")


def _check(verdict):
    return next((c for c in verdict.fired if c.id == "several_versions"), None)


def test_one_version_is_not_remarked(place):
    assert _check(verdict_of(judge(place, 6))) is None


def test_twelve_versions_and_back_to_the_first(place):
    for size in SIZES:
        _register(place, {"matters_from: 0.01": f"matters_from: {size}"})
    report = judge(place, 6)
    assert verdict_of(report).registered == "registered"
    check = _check(verdict_of(report))
    assert check.level == "caveat"
    assert check.sentence.startswith("One of 12 versions of this claim that were registered: ")
    (listed,) = [s for s in report.history if "registered in 12 versions" in s]
    assert all(f"accuracy matters from {size} (" in listed for size in SIZES)
    assert "before results" in listed


@pytest.mark.parametrize(
    "edit",
    [
        {"accuracy: higher": "accuracy: lower"},
        {"accuracy: higher": "error: lower"},
        {"to: 3": "to: 4"},
        {"data: digits": "data: digits\nalpha: 0.1"},
        {"  H:": "  other:"},
    ],
    ids=["direction", "metric", "level", "alpha", "another id"],
)
def test_any_change_of_the_claim_is_a_version(place, edit):
    _register(
        place, {**edit, "matters_from: 0.01": "matters_from: 0.02"} if "  H:" in edit else edit
    )
    report = judge(place, 6)
    assert "One of 2 versions" in _check(verdict_of(report)).sentence


def test_more_seeds_and_other_words_are_no_version(place):
    _register(place, {"seeds: 6": "seeds: 8", "Something helps.": "Depth is good."})
    assert _check(verdict_of(judge(place, 6))) is None


def test_claims_that_stand_in_the_study_are_no_versions_of_each_other(place):
    text = """
study: both
data: digits
seeds: 6
hypotheses:
  A: {says: a, compare: {depth: {from: 2, to: 3}}, expect: {accuracy: higher}}
  B: {says: b, compare: {depth: {from: 3, to: 2}}, expect: {accuracy: higher}}
"""
    study = study_from(text, place)
    register(study, place / "results", place / "runs")
    tables = run_all(study, place / "runs", noisy)
    ledger = place / "results" / "ledger.jsonl"
    report = judge_study(study, tables.final, tables.curves, ledger=ledger)
    assert all(_check(h.verdicts[0]) is None for h in report.hypotheses)


def test_a_claim_that_was_dropped_is_named(place):
    _register(place, {"  H:": "  dropped:", "to: 3": "to: 5"})
    report = judge(place, 6)
    assert any(s.startswith("dropped at 300 steps was registered on") for s in report.history)


WORDS = {
    "direction": ({"accuracy: higher": "accuracy: lower"}, ["accuracy higher", "accuracy lower"]),
    "level": ({"to: 3": "to: 4"}, ["depth 2 → 3", "depth 2 → 4"]),
    "alpha": ({"data: digits": "data: digits\nalpha: 0.1"}, ["alpha 0.05", "alpha 0.1"]),
    "tuned": (
        {"    expect:": "    tune: {learning_rate: [1e-3, 1e-2]}\n    expect:"},
        ["not tuned", "tuned over learning rate 0.001 and 0.01"],
    ),
    "held": (
        {"batch_size: 64": "batch_size: 16"}, ["batch size 64", "batch size 16"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("edit", "texts"), WORDS.values(), ids=WORDS)
def test_versions_are_told_apart_in_plain_words(place, edit, texts):
    _register(place, {})
    _register(place, edit)
    report = judge(place, 6)
    (listed,) = [s for s in report.history if "registered in 2 versions" in s]
    found = listed.partition(": ")[2].rstrip(".").split("; ")
    assert [text.partition(" (")[0] for text in found] == texts
