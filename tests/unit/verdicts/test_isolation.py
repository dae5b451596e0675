"""An error in one hypothesis costs that hypothesis alone, never the report."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest
from hyperverdict.checks.fairness import different_code
from hyperverdict.claims.trend import Trend
from hyperverdict.errors import UserError
from hyperverdict.ledger.chain import read_ledger
from hyperverdict.outcomes.elsewhere import Elsewhere
from hyperverdict.outcomes.values import index_runs
from hyperverdict.report.html import write_report
from hyperverdict.verdicts.document import from_json, to_json
from hyperverdict.verdicts.judge import JudgementInputs, judge_study, report_of

from tests.unit.verdicts.synthetic import REFLECTION, run_all, study_from


def _broken(*_):
    raise TypeError("unhashable type: 'list'")


@pytest.fixture
def study(tmp_path):
    return study_from(REFLECTION, tmp_path)


def _judged(study, tmp_path, **more):
    tables = run_all(study, tmp_path / "runs")
    return judge_study(study, tables.final, tables.curves, **more)


def test_the_others_are_judged_as_without_it(study, tmp_path, monkeypatch, caplog):
    whole = _judged(study, tmp_path)
    monkeypatch.setattr(Trend, "judge", _broken)
    with caplog.at_level(logging.ERROR):
        report = _judged(study, tmp_path)
    # By their text, since nan is not equal to itself.
    assert repr(report.hypotheses[:3]) == repr(whole.hypotheses[:3])
    failed = report.hypotheses[3]
    assert (failed.id, failed.headline, failed.verdicts) == ("wide", "not judged", ())
    assert failed.failed_because == "TypeError: unhashable type: 'list'"
    assert failed.claim == whole.hypotheses[3].claim
    assert "wide could not be judged" in caplog.text
    assert "Traceback" in caplog.text
    text = to_json(report)
    assert to_json(from_json(text)) == text


def test_it_is_said_on_the_first_screen_and_comes_next(study, tmp_path, monkeypatch):
    monkeypatch.setattr(Trend, "judge", _broken)
    report = _judged(study, tmp_path)
    assert report.main_caveat == "wide could not be judged because of an error."
    assert report.next_step.startswith("wide could not be judged: TypeError")
    page = write_report(study, report, None, {}, tmp_path / "report.html").read_text()
    assert "unhashable type" in page


def test_an_error_in_a_check_is_isolated_too(study, tmp_path, monkeypatch):
    def look(context):
        return _broken() if context.hypothesis.id == "H5" else None

    checks = (replace(different_code, look=look),)
    monkeypatch.setattr("hyperverdict.checks.CHECKS", checks)
    report = _judged(study, tmp_path)
    assert [h.id for h in report.hypotheses if h.failed_because] == ["H5"]


def test_what_the_user_did_is_said_as_it_is(study, tmp_path, monkeypatch):
    def refuse(*_):
        raise UserError("no run records the metric 'f1'")

    monkeypatch.setattr(Trend, "judge", refuse)
    failed = _judged(study, tmp_path).hypotheses[3]
    assert failed.failed_because == "no run records the metric 'f1'"


def test_the_ledger_has_looks_at_the_others_only(study, tmp_path, monkeypatch):
    monkeypatch.setattr(Trend, "judge", _broken)
    ledger = tmp_path / "ledger.jsonl"
    _judged(study, tmp_path, ledger=ledger)
    looks = read_ledger(ledger).of_kind("look")
    assert {line.content["hypothesis"] for line in looks} == {"H1", "H4", "H5"}


def test_a_registration_that_fails_costs_its_hypothesis_alone(study, tmp_path, monkeypatch):
    monkeypatch.setattr(Trend, "arms", _broken)
    others = replace(study, hypotheses=study.hypotheses[:3])
    tables = run_all(others, tmp_path / "runs")
    ledger = tmp_path / "ledger.jsonl"
    report = judge_study(study, tables.final, tables.curves, ledger=ledger)
    assert [h.id for h in report.hypotheses if h.failed_because] == ["wide"]
    assert {h.verdicts[0].registered for h in report.hypotheses[:3]} == {"post hoc"}


def test_a_table_that_can_answer_nothing_is_refused(study, tmp_path, monkeypatch):
    """Wrong input of `hyperverdict judge` is one message, and no report."""

    def refuse(*_):
        raise UserError("no run records the metric 'f1'")

    only = replace(study, hypotheses=study.hypotheses[3:])
    tables = run_all(only, tmp_path / "runs")
    monkeypatch.setattr(Trend, "judge", refuse)
    runs = index_runs(tables.final, tables.curves)
    with pytest.raises(UserError, match="no run records the metric 'f1'"):
        report_of(JudgementInputs(only, runs, elsewhere=Elsewhere()))
