"""The ledger: registration before results, looks counted, edits and cuts detected."""

from __future__ import annotations

import json
import math

import pytest
from hyperverdict.ledger.chain import append, read_ledger
from hyperverdict.ledger.registration import register
from hyperverdict.records.collect import collect
from hyperverdict.stats.sequential import nominal_alphas, sequence_t
from hyperverdict.verdicts.judge import judge_study

from tests.unit.ledger.judging import effect_of, judge, lines_of, noisy, verdict_of
from tests.unit.verdicts.synthetic import (
    DEPTH,
    all_arms,
    one_claim,
    run_all,
    study_from,
    write_synthetic,
)


def test_a_chain_grows_and_verifies(tmp_path):
    path = tmp_path / "ledger.jsonl"
    append(path, [("registration", {"question": "a"}), ("look", {"question": "a"})])
    ledger = append(path, [("look", {"question": "b"})])
    assert [line.number for line in ledger.lines] == [1, 2, 3]
    assert ledger.problems == ()
    assert len(ledger.of_kind("look", "a")) == 1


def _edit(texts):
    raw = json.loads(texts[1])
    raw["content"]["x"] = 99
    return [texts[0], json.dumps(raw), *texts[2:]]


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_edit, "Line 2 of the ledger was edited."),
        (
            lambda texts: [texts[0], *texts[2:]],
            "1 of the lines before line 3 of the ledger are gone",
        ),
        (lambda texts: texts[:2], "The last 2 of the ledger's 4 lines are gone."),
        (lambda texts: [], "The last 4 of the ledger's 4 lines are gone."),
        (lambda texts: [texts[0], "{", *texts[2:]], "Line 2 of the ledger cannot be read."),
        (lambda texts: [texts[1], texts[0], *texts[2:]], "Line 1 of the ledger does not follow"),
    ],
)
def test_damage_is_said(tmp_path, damage, said):
    path = tmp_path / "ledger.jsonl"
    append(path, [("look", {"x": i}) for i in range(4)])
    path.write_text("\n".join(damage(path.read_text().splitlines())) + "\n")
    problems = read_ledger(path).problems
    assert problems
    assert said in " ".join(problems)


def test_a_torn_last_line_does_not_swallow_the_next(tmp_path):
    path = tmp_path / "ledger.jsonl"
    append(path, [("look", {"x": 1})])
    path.write_text(path.read_text() + '{"line": 2, "ki')
    ledger = append(path, [("look", {"x": 2})])
    assert [line.content["x"] for line in ledger.lines] == [1, 2]
    assert ledger.problems == ("Line 2 of the ledger cannot be read.",)


def test_registered_before_results(place):
    report = judge(place, 6)
    assert verdict_of(report).registered == "registered"
    assert "post_hoc" not in {c.id for c in verdict_of(report).fired}
    (line,) = lines_of(place, "registration")
    assert line.content["payload"]["delta"] == {"accuracy": 0.01}
    assert line.content["payload"]["seeds"] == [0, 1, 2, 3, 4, 5]
    assert "says" not in json.dumps(line.content)


def test_registered_after_results_is_post_hoc(place):
    study = one_claim(place, DEPTH, seeds=6)
    run_all(study, place / "runs", noisy)
    verdict = verdict_of(judge(place, 6))
    assert verdict.registered == "post hoc"
    check = next(c for c in verdict.fired if c.id == "post_hoc")
    assert check.sentence == "Post hoc: registered when results of 6 seeds existed."


def test_one_arm_alone_reveals_no_contrast(place):
    study = one_claim(place, DEPTH, seeds=6)
    first = next(iter(all_arms(study).values()))[0]
    write_synthetic(first, range(6), place / "runs", noisy)
    assert verdict_of(judge(place, 6)).registered == "registered"


def test_judging_without_registration_is_post_hoc(place):
    assert verdict_of(judge(place, 6, first=False)).registered == "post hoc"


def test_wording_is_no_part_of_a_registration(place):
    judge(place, 6)
    report = judge(place, 6, edit={"Something helps.": "Depth is good for you."})
    assert verdict_of(report).registered == "registered"
    assert len(lines_of(place, "registration")) == 1


def test_an_edited_size_that_matters_is_said_with_its_old_value(place):
    judge(place, 6)
    report = judge(place, 6, edit={"matters_from: 0.01": "matters_from: 0.005"})
    verdict = verdict_of(report)
    assert verdict.registered == "post hoc"
    (sentence,) = [c.sentence for c in verdict.fired if c.id == "post_hoc"]
    assert "the size that matters for accuracy was edited from 0.01 to 0.005" in sentence
    assert "after results existed" in sentence
    assert verdict_of(judge(place, 6)).registered == "registered"


def test_an_edit_before_results_is_registered_and_said(place):
    study = one_claim(place, DEPTH, seeds=6)
    register(study, place / "results", place / "runs")
    verdict = verdict_of(judge(place, 6, edit={"matters_from: 0.01": "matters_from: 0.005"}))
    assert verdict.registered == "registered"
    assert any("was edited from 0.01 to 0.005" in s and "before" in s for s in verdict.scope)


def test_judging_unchanged_runs_is_no_look(place):
    first = judge(place, 6)
    again = judge(place, 6)
    assert len(lines_of(place, "look")) == 1
    assert effect_of(first).ci == effect_of(again).ci


def test_a_provisional_report_is_no_look(place):
    study = one_claim(place, DEPTH, seeds=6)
    register(study, place / "results", place / "runs")
    for configuration, _ in all_arms(study).values():
        write_synthetic(configuration, range(4), place / "runs", noisy)
    tables = collect([c for c, _ in all_arms(study).values()], place / "runs")
    ledger = place / "results" / "ledger.jsonl"
    report = judge_study(study, tables.final, tables.curves, ledger=ledger)
    assert report.provisional == "4 of 12 runs are missing"
    assert lines_of(place, "look") == ()


def _large(configuration, seed):
    """Thirty points with a hundredth of it as noise: any test supports it."""
    return round(0.5 + 0.3 * (len(configuration["hidden_units"]) == 3) + 0.003 * (seed % 2), 4)


@pytest.mark.parametrize("with_ledger", [True, False])
def test_a_provisional_report_shows_estimates_and_no_verdict(place, with_ledger):
    study = one_claim(place, DEPTH, seeds=12)
    register(study, place / "results", place / "runs")
    for configuration, _ in all_arms(study).values():
        write_synthetic(configuration, range(11), place / "runs", _large)
    tables = collect([c for c, _ in all_arms(study).values()], place / "runs")
    ledger = place / "results" / "ledger.jsonl" if with_ledger else None
    report = judge_study(study, tables.final, tables.curves, ledger=ledger)
    verdict, effect = verdict_of(report), effect_of(report)
    assert verdict.headline == verdict.judgement.evidence == effect.evidence == "estimated"
    assert effect.ci[1] - effect.estimate == pytest.approx(
        sequence_t(11, 0.05) * effect.sd / math.sqrt(11)
    )
    assert "Train the missing runs." in report.next_step
    whole = verdict_of(judge(place, 12, score=_large))
    assert whole.headline == "supported"


def test_ten_then_twenty_uses_the_calibrated_boundaries(place):
    first = judge(place, 10)
    assert effect_of(first).alpha == pytest.approx(0.025)
    assert any("Look 1 of 2 registered looks" in s for s in verdict_of(first).scope)
    second = judge(place, 20)
    assert effect_of(second).n == 20
    assert effect_of(second).alpha == pytest.approx(nominal_alphas((10, 20), "even", 0.05)[1])
    assert verdict_of(second).registered == "registered"
    assert len(lines_of(place, "registration")) == 1
    assert [line.content["look"] for line in lines_of(place, "look")] == [1, 2]


def test_twenty_from_the_start_is_a_single_look(place):
    assert effect_of(judge(place, 20)).alpha == 0.05


def test_an_unregistered_extension_gets_a_confidence_sequence(place):
    judge(place, 10)
    report = judge(place, 15)
    effect = effect_of(report)
    low, high = effect.ci
    half = sequence_t(15, 0.05 * 0.5) * effect.sd / math.sqrt(15)
    assert (high - low) / 2 == pytest.approx(half)
    assert any("confidence sequence at the 50% of alpha" in s for s in verdict_of(report).scope)
    assert verdict_of(report).sequential


STATED = {"data: digits": "data: digits\nlooks: [6]"}


def test_after_the_only_stated_look_the_verdict_stands(place):
    first = judge(place, 6, edit=STATED)
    assert effect_of(first).alpha == 0.05
    report = judge(place, 9)
    assert effect_of(report).n == 6
    assert effect_of(report).ci == effect_of(first).ci
    assert any(
        "9 seeds exist, but the registered looks have used all" in s
        for s in verdict_of(report).scope
    )
    assert len(lines_of(place, "look")) == 1


def test_after_the_last_look_no_seeds_are_advised(place):
    report = judge(place, 6, edit=STATED)
    verdict = verdict_of(report)
    assert verdict.headline == "inconclusive"
    assert verdict.closed
    assert verdict.next_look is None
    assert "would not be judged" in report.next_step
    assert "would settle" not in report.next_step


@pytest.mark.parametrize("few", [3, 6])
def test_a_first_look_at_few_seeds_does_not_end_the_claim(place, few):
    first = judge(place, few)
    assert effect_of(first).alpha == pytest.approx(0.8 * 0.05)
    assert not verdict_of(first).closed
    report = judge(place, 20)
    effect = effect_of(report)
    assert effect.n == 20
    assert effect.ci[1] - effect.estimate == pytest.approx(
        sequence_t(20, 0.2 * 0.05) * effect.sd / math.sqrt(20)
    )
    again = judge(place, 25)
    assert effect_of(again).n == 25
    assert verdict_of(again).sequential


def test_a_registered_look_at_ten_or_more_seeds_is_the_only_one(place):
    assert effect_of(judge(place, 12)).alpha == 0.05
    assert verdict_of(judge(place, 12)).closed


def _of_the_first_edition(place):
    """Ledger lines as the first edition wrote them: without rules of looks."""
    path = place / "results" / "ledger.jsonl"
    lines = [(line.kind, dict(line.content)) for line in read_ledger(path).lines]
    for file in (path, path.with_suffix(".head")):
        file.unlink()
    for _, content in lines:
        content.pop("rules", None)
        content.pop("stated", None)
    append(path, lines)


@pytest.mark.parametrize(
    ("seeds", "first", "second"),
    [(10, 0.04, nominal_alphas((10, 20), "front_loaded", 0.05)[1]), (6, 0.05, 0.05)],
)
def test_looks_registered_before_keep_their_rules(place, seeds, first, second):
    register(one_claim(place, DEPTH, seeds=seeds), place / "results", place / "runs")
    _of_the_first_edition(place)
    assert effect_of(judge(place, seeds)).alpha == pytest.approx(first)
    assert effect_of(judge(place, 20)).alpha == pytest.approx(second)


def test_a_post_hoc_claim_that_is_extended_gets_the_sequence(place):
    run_all(one_claim(place, DEPTH, seeds=12), place / "runs", noisy)
    assert effect_of(judge(place, 12)).alpha == pytest.approx(0.8 * 0.05)
    other = place / "other"
    (other / "results").mkdir(parents=True)
    run_all(one_claim(other, DEPTH, seeds=6), other / "runs", noisy)
    register(one_claim(other, DEPTH, seeds=9), other / "results", other / "runs")
    effect = effect_of(judge(other, 9))
    half = sequence_t(9, 0.05) * effect.sd / 3
    assert effect.ci[1] - effect.estimate == pytest.approx(half)


@pytest.mark.parametrize("seeds", [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4, 6]])
def test_seeds_that_were_looked_at_cannot_be_left_out(place, seeds):
    judge(place, 6)
    verdict = verdict_of(judge(place, 6, edit={"seeds: 6": f"seeds: {seeds}"}))
    assert verdict.headline == "inconclusive (runs left out after a look)"
    (check,) = [c for c in verdict.fired if c.id == "runs_left_out"]
    assert "1 seed that an earlier look judged is left out" in check.sentence


def test_an_edited_size_leaves_the_registered_looks_as_they_were(place):
    judge(place, 10)
    edit = {"matters_from: 0.01": "matters_from: 0.005"}
    judge(place, 10, edit=edit)
    report = judge(place, 20, edit=edit)
    assert verdict_of(report).registered == "post hoc"
    assert any("Look 2 of 2 registered looks" in s for s in verdict_of(report).scope)
    assert not verdict_of(report).sequential


def test_history_says_which_verdict_changed_and_because_of_which_runs(place):
    def settles(configuration, seed):
        deep = len(configuration["hidden_units"]) == 3
        return 0.7 + deep * (0.02 + (0.04 * (-1) ** seed if seed < 10 else 0.001 * (seed % 3)))

    assert verdict_of(judge(place, 10, score=settles)).headline == "inconclusive"
    report = judge(place, 20, score=settles)
    assert verdict_of(report).headline == "supported"
    (sentence,) = report.history
    assert sentence.startswith("H at 300 steps: inconclusive (10 seeds, ")
    assert "became supported (20 seeds, " in sentence
    assert sentence.endswith("seeds 10 to 19 added.")


def test_damage_reaches_the_report(place):
    judge(place, 6)
    path = place / "results" / "ledger.jsonl"
    path.write_text(path.read_text().replace('"accuracy":0.01', '"accuracy":0.02'))
    report = judge(place, 6)
    assert report.history[0] == "Line 1 of the ledger was edited."
    assert verdict_of(report).registered == "post hoc"


TWO = """
study: family
data: digits
seeds: 6
hypotheses:
  A: {says: a, compare: {depth: {from: 2, to: 3}}, expect: {accuracy: higher}, primary: true}
  B: {says: b, compare: {depth: {from: 2, to: 4}}, expect: {accuracy: higher}, primary: true,
      at_equal: [300 steps, 3 epochs]}
"""
LATER = """
  C: {says: c, compare: {depth: {from: 2, to: 5}}, expect: {accuracy: higher}, primary: true}
"""


def test_the_primary_family_is_frozen_at_the_first_look(place):
    ledger = place / "results" / "ledger.jsonl"
    for text in (TWO, TWO + LATER):
        study = study_from(text, place)
        register(study, place / "results", place / "runs")
        tables = run_all(study, place / "runs", noisy)
        report = judge_study(study, tables.final, tables.curves, ledger=ledger)
        verdict = report.hypotheses[0].verdicts[0]
        assert verdict.judgement.legs[0].effects[0].alpha == pytest.approx(0.8 * 0.05 / 3)
        assert verdict.uncorrected is not None
    late = report.hypotheses[2].verdicts[0]
    assert late.judgement.legs[0].effects[0].alpha == pytest.approx(0.8 * 0.05)
    assert late.uncorrected is None
    assert any("after the family was frozen" in sentence for sentence in late.scope)


def test_a_tuned_claim_is_registered_although_its_untuned_arms_have_run(place):
    run_all(one_claim(place, DEPTH, seeds=6), place / "runs", noisy)
    tune = "tune: {learning_rate: [1e-4, 3e-4, 3e-3]}"
    study = one_claim(place, DEPTH, seeds=6, more=tune)
    (line,) = register(study, place / "results", place / "runs").lines
    assert line.content["seeds_before"] == 0
