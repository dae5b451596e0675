"""The overview picture and the one conclusion over all budgets: what they say is what verdicts say."""

from dataclasses import replace

import pytest
from hyperverdict.claims.wording import deciding_effect
from hyperverdict.report import page
from hyperverdict.report.badges import standing, verdict_badge
from hyperverdict.report.legs import answer, leg_table, over_budgets
from hyperverdict.report.methods import methods_paragraph
from hyperverdict.report.overview import overview
from hyperverdict.verdicts.judge import judge_study
from scipy import stats

from tests.unit.report import made_runs, samples

STUDY, REPORT, _ = samples.whole()


def test_a_row_per_hypothesis_and_budget_with_the_verdict_of_each():
    shown = overview(REPORT)
    assert [group.id for group in shown.groups] == [h.id for h in REPORT.hypotheses]
    for group, hypothesis in zip(shown.groups, REPORT.hypotheses, strict=True):
        assert [row.badge for row in group.rows] == list(map(verdict_badge, hypothesis.verdicts))
        assert [row.standing for row in group.rows] == list(map(standing, hypothesis.verdicts))


def test_rows_share_one_axis_per_metric_and_keep_the_order_of_effects():
    shown = overview(REPORT)
    assert [axis.name for axis in shown.axes] == ["Test accuracy", "Training time"]
    for position, metric in enumerate(("accuracy", "train_time")):
        axis, found = shown.axes[position], []
        for group, hypothesis in zip(shown.groups, REPORT.hypotheses, strict=True):
            for row, verdict in zip(group.rows, hypothesis.verdicts, strict=True):
                legs = [leg for leg in verdict.judgement.judged_legs if leg.metric.name == metric]
                strip = row.cells[position].strip
                assert bool(strip) == bool(legs)
                if strip:
                    low, high = strip.interval
                    assert 0 <= low <= strip.estimate <= high <= 100
                    assert strip.band[0] < axis.neutral < strip.band[1]
                    found.append((deciding_effect(legs[0]).estimate, strip.estimate))
        assert len(found) >= 2
        assert sorted(found) == sorted(found, key=lambda pair: pair[1])


def test_an_interval_far_beyond_the_estimates_is_cut_and_marked():
    _, report = samples.judged("comparison", "supported")
    hypothesis = report.hypotheses[0]
    [verdict] = hypothesis.verdicts
    [leg] = verdict.judgement.legs
    wide = replace(leg.effects[0], ci=(-50.0, 50.0))
    judgement = replace(verdict.judgement, legs=(replace(leg, effects=(wide,)),))
    verdicts = (replace(verdict, judgement=judgement),)
    report = replace(report, hypotheses=(replace(hypothesis, verdicts=verdicts),))
    strip = overview(report).groups[0].rows[0].cells[0].strip
    assert strip.cut == (True, True)
    axis = overview(report).axes[0]
    assert abs(strip.estimate - axis.neutral) > 5


@pytest.mark.parametrize(("kind", "evidence"), samples.every_combination())
def test_every_type_and_verdict_has_a_row(kind, evidence):
    _, report = samples.judged(kind, evidence)
    shown = overview(report)
    [row] = shown.groups[0].rows
    assert row.badge.text == report.hypotheses[0].headline
    assert row.text or any(cell.strip for cell in row.cells)


def test_the_claimed_direction_is_the_arrow():
    _, report = samples.judged("trade-off", "supported")
    shown = overview(report)
    arrows = {
        axis.name: cell.strip.arrow
        for axis, cell in zip(shown.axes, shown.groups[0].rows[0].cells, strict=True)
    }
    assert arrows == {"Training time": -1, "Test accuracy": 1}


def test_a_part_is_answered_per_budget_and_said_in_a_sentence():
    report = REPORT.hypotheses[0]
    table = leg_table(report)
    said = over_budgets(report)
    verdicts, _, said = said.partition(". ")
    assert verdicts == "Refuted at 300 steps and 38,400 samples; supported at 5 seconds"
    assert table.budgets == ("300 steps", "38,400 samples", "5 seconds")
    answers = {row.claim: [cell.badge.text for cell in row.cells] for row in table.rows}
    for claim, texts in answers.items():
        assert claim in said
        for verdict, text in zip(report.verdicts, texts, strict=True):
            legs = {leg.metric.name: leg for leg in verdict.judgement.legs}
            assert text in ("yes", "no", "no difference that matters", "undecided", "not tested")
            assert legs
    for row in table.rows:
        if len({cell.badge.text for cell in row.cells}) == 1:
            assert f"{row.claim}: {row.cells[0].badge.text} at every budget." in said


def test_a_part_that_a_check_blocks_has_no_answer():
    _, report = samples.judged("comparison", "supported")
    hypothesis = report.hypotheses[0]
    [verdict] = hypothesis.verdicts
    fired = replace(verdict.checks[0], status="fired", level="blocks", headline="confounded")
    blocked = replace(verdict, checks=(fired, *verdict.checks[1:]))
    [row] = leg_table(replace(hypothesis, verdicts=(blocked,))).rows
    assert (row.cells[0].badge.text, row.cells[0].why) == ("no verdict", "confounded")


def test_a_part_that_speaks_against_an_undecided_claim_is_explained():
    noise = made_runs.draws(0.01, 10, "between alpha and alpha / 2")
    reach = 0.01 / 10**0.5 * stats.t.ppf(1 - 0.035 / 2, 9)

    def score(arm, seed):
        higher = arm.configuration["batch_size"] == 128
        return 0.7 + 0.001 * (seed % 3) + (reach + noise[seed] if higher else 0.0)

    terms = {"compare": {"batch_size": {"from": 4, "to": 128}}}
    expect = {"accuracy": "lower", "loss": {"is": "lower", "matters_from": 0.01}}
    study, report, _ = samples.judge_terms(terms, score, expect)
    hypothesis = report.hypotheses[0]
    [verdict] = hypothesis.verdicts
    answers = [cell.badge.text for row in leg_table(hypothesis).rows for cell in row.cells]
    assert (verdict.judgement.evidence, answers) == ("inconclusive", ["no", "yes"])
    assert "One part alone can refute the claim, but only by stronger" in answer(hypothesis, study)


def test_scores_on_other_images_have_an_axis_of_their_own():
    entries = {"end": samples.entry("comparison"), "way": samples.entry("learning curve")}
    study = samples.read(samples.raw_study(entries))
    tables = made_runs.tables_of(study, lambda arm, seed: 0.7 + 0.001 * (seed % 3), "supported")
    shown = overview(judge_study(study, tables.final, tables.curves))
    assert sorted(axis.name for axis in shown.axes) == ["Test accuracy", "Validation accuracy"]
    for group in shown.groups:
        drawn = [a.name for a, c in zip(shown.axes, group.rows[0].cells, strict=True) if c.strip]
        assert drawn == [{"end": "Test accuracy", "way": "Validation accuracy"}[group.id]]


@pytest.mark.parametrize(
    ("expect", "size"),
    [
        ({"accuracy": {"higher_by": [0, 0.02]}}, "test accuracy higher by 0 to 2 points"),
        ({"accuracy": {"lower_by": [0.005, 0.01]}}, "test accuracy lower by 0.5 to 1 point"),
    ],
)
def test_a_claimed_size_is_said_with_its_part(expect, size):
    terms = {"compare": {"batch_size": {"from": 4, "to": 128}}}
    _, report, _ = samples.judge_terms(terms, lambda arm, seed: 0.7 + 0.001 * (seed % 3), expect)
    [row] = leg_table(report.hypotheses[0]).rows
    assert row.claim.lower() == size
    assert size in report.hypotheses[0].claim
    strip = overview(report).groups[0].rows[0].cells[0].strip
    assert strip.label.endswith(f"claimed: {size}")


def test_a_verdict_is_drawn_with_all_its_parts_or_said_in_words():
    """An axis is missing for a fourth metric: a part alone would not explain the verdict."""
    effects = {}
    shown = overview(REPORT)
    for group in shown.groups:
        for row in group.rows:
            effects[(group.id, row.budget)] = sum(bool(cell.strip) for cell in row.cells)
    assert effects[("H1", "300 steps")] == 2
    hypothesis = REPORT.hypotheses[0]
    first = hypothesis.verdicts[0]
    time_leg, accuracy_leg = first.judgement.legs
    others = []
    for number in range(3):
        metric = replace(accuracy_leg.metric, name=f"metric_{number}", title=f"metric {number}")
        [effect] = accuracy_leg.effects
        contrast = replace(effect.contrast, metric=metric)
        expectation = replace(accuracy_leg.expectation, metric=metric)
        leg = replace(
            accuracy_leg, expectation=expectation, effects=(replace(effect, contrast=contrast),)
        )
        legs = (leg, time_leg) if number == 2 else (leg,)
        verdict = replace(first, judgement=replace(first.judgement, legs=legs))
        others.append(replace(hypothesis, id=f"M{number}", verdicts=(verdict,)))
    shown = overview(replace(REPORT, hypotheses=(*REPORT.hypotheses, *others)))
    last = shown.groups[-1].rows[0]
    assert not any(cell.strip for cell in last.cells)
    assert "etric 2" in last.text
    assert "aster" in last.text
    for place, _ in enumerate(shown.axes):
        assert any(row.cells[place].strip for group in shown.groups for row in group.rows)


@pytest.mark.parametrize(
    ("shift", "evidence", "said"),
    [
        (0.06, "refuted", "does not hold at 300 steps: the effect is not of the claimed size."),
        (0.001, "refuted", "does not hold at 300 steps: the effect is not of the claimed size."),
        (0.02, "supported", "holds at 300 steps: the effect is of the claimed size."),
    ],
)
def test_a_claim_on_a_size_is_concluded_by_its_size(shift, evidence, said):
    """An effect that is too large does not go the other way."""

    def score(arm, seed):
        higher = arm.configuration["batch_size"] == 128
        return 0.7 + 0.0005 * (seed % 3) + higher * (shift + 0.0002 * (seed % 2))

    terms = {"compare": {"batch_size": {"from": 4, "to": 128}}}
    study, report, _ = samples.judge_terms(terms, score, {"accuracy": {"higher_by": [0.01, 0.03]}})
    hypothesis = report.hypotheses[0]
    assert hypothesis.headline == evidence
    assert said in answer(hypothesis, study)
    assert "A claim on a size counted as supported when" in methods_paragraph(study, report, {})


@pytest.mark.parametrize("sequential", [False, True])
def test_of_two_intervals_the_unused_one_is_named(sequential):
    """Which one was used depends on the evidence: negligible effects rest on a third one."""
    verdict = REPORT.hypotheses[1].verdicts[0]
    [effect] = verdict.judgement.effects
    found = replace(verdict, anytime=((effect.contrast, (-0.01, 0.01)),), sequential=sequential)
    columns = page.effects_table(found).columns
    unused = [name for name in columns if name.endswith(page.UNUSED)]
    assert unused == [f"{page.INTERVAL if sequential else page.ANYTIME}{page.UNUSED}"]
    assert page.UNUSED not in "".join(page.effects_table(replace(verdict, anytime=())).columns)
