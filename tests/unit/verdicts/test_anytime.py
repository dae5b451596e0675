"""Beside every verdict stands an interval that stays valid however often anybody looks."""

from __future__ import annotations

import io
import math

import numpy as np
import pytest
from hyperverdict.effects.contrast import named
from hyperverdict.effects.effect import Expectation, contrast_effect
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.report.conclusion import conclude
from hyperverdict.report.page import ANYTIME, effects_table
from hyperverdict.report.terminal import print_verdicts
from hyperverdict.stats.intervals import t_quantile
from hyperverdict.stats.sequential import ConfidenceSequence, sequence_t
from hyperverdict.verdicts.anytime import anytime_interval
from hyperverdict.verdicts.document import from_json, to_json
from hyperverdict.verdicts.judge import judge_study
from hyperverdict.vocabulary.metrics import RECORDED

from tests.unit.ledger.judging import noisy
from tests.unit.verdicts.synthetic import ALL, DEPTH, one_claim, run_all, study_from


def _report(folder, seeds, score=noisy, more=""):
    study = one_claim(folder, DEPTH, seeds=seeds, more=more)
    tables = run_all(study, folder / "runs", score)
    return study, judge_study(study, tables.final, tables.curves)


def test_the_interval_is_the_confidence_sequence(tmp_path):
    _, report = _report(tmp_path, 12)
    verdict = report.hypotheses[0].verdicts[0]
    (effect,) = verdict.judgement.effects
    ((contrast, (low, high)),) = verdict.anytime
    half = sequence_t(12, 0.05) * effect.sd / math.sqrt(12)
    assert contrast == effect.contrast
    assert (low, high) == pytest.approx((effect.estimate - half, effect.estimate + half))
    assert low < effect.ci[0] < effect.ci[1] < high


def test_a_primary_claim_has_it_at_the_familys_alpha(tmp_path):
    one_claim(tmp_path, DEPTH, seeds=12, more="primary: true")
    text = (tmp_path / "study.yaml").read_text()
    widths = {}
    for budgets in ("[300 steps]", "[300 steps, 600 steps]"):
        study = study_from(text.replace("[300 steps]", budgets), tmp_path)
        tables = run_all(study, tmp_path / "runs", noisy)
        report = judge_study(study, tables.final, tables.curves)
        low, high = report.hypotheses[0].verdicts[0].anytime[0][1]
        widths[budgets] = high - low
    one, two = widths.values()
    assert two > one


def test_with_three_seeds_it_has_no_bounds(tmp_path):
    study, report = _report(tmp_path, 3)
    verdict = report.hypotheses[0].verdicts[0]
    assert verdict.anytime[0][1] == (-math.inf, math.inf)
    assert verdict.anytime_evidence == "inconclusive"
    said = conclude(report.hypotheses[0], verdict, study).text
    assert "Too few seeds for an interval that stays valid however often you look" in said


def test_terminal_report_and_json_have_it(tmp_path):
    study, report = _report(tmp_path, 12)
    verdict = report.hypotheses[0].verdicts[0]
    screen = io.StringIO()
    print_verdicts(report, study, stream=screen)
    assert "Valid however often you look" in " ".join(screen.getvalue().split())
    table = effects_table(verdict)
    (column,) = (place for place, name in enumerate(table.columns) if name.startswith(ANYTIME))
    assert table.rows[0][column] != "–"
    said = conclude(report.hypotheses[0], verdict, study).text
    assert "this confidence sequence alone would give “inconclusive”" in said
    assert from_json(to_json(report)) == report
    assert '"anytime_interval"' in to_json(report)


def test_every_effect_of_every_claim_type_has_one(tmp_path):
    study = study_from(ALL, tmp_path)
    tables = run_all(study, tmp_path / "runs", noisy)
    report = judge_study(study, tables.final, tables.curves)
    for hypothesis in report.hypotheses:
        for verdict in hypothesis.verdicts:
            assert {e.contrast for e in verdict.judgement.effects} == set(dict(verdict.anytime))


def test_quick_estimates_give_no_verdict_by_it_either(tmp_path):
    study = one_claim(tmp_path, DEPTH, seeds=12)
    text = (tmp_path / "study.yaml").read_text().replace("seeds: 12", "seeds: 12\nquick: true")
    study = study_from(text, tmp_path)
    tables = run_all(study, tmp_path / "runs", noisy)
    verdict = judge_study(study, tables.final, tables.curves).hypotheses[0].verdicts[0]
    assert verdict.anytime_evidence == "estimated"


def test_unequal_arms_have_it_on_their_own_standard_error():
    """The SD is that of one run of each arm, so it says nothing of arms of 6 and 40 runs."""
    metric = RECORDED["accuracy"]
    random = np.random.default_rng(2)
    a, b = (dict(enumerate(random.normal(0.7, 0.02, n), 100 * n)) for n in (6, 40))
    contrast, expectation = (
        named("difference", metric, "a", "b"),
        Expectation(metric, "higher", 0.01),
    )
    effect = contrast_effect(Outcomes(metric, {"a": a, "b": b}), contrast, expectation, 0.05)
    low, high = anytime_interval(effect, 0.05)
    nominal = ConfidenceSequence().nominal(0.05, effect.n)
    half = t_quantile(1 - nominal / 2, effect.df) * effect.standard_error
    assert (high - low) / 2 == pytest.approx(half)
    assert (effect.ci[1] - effect.ci[0]) / 2 == pytest.approx(
        t_quantile(0.975, effect.df) * effect.standard_error
    )
