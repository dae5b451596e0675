"""Quick mode and smoke runs: estimates and intervals, no verdict and no ledger."""

from __future__ import annotations

import re

import pytest
from hyperverdict.claims.comparison import Comparison
from hyperverdict.report.captions import results_rst
from hyperverdict.report.html import render
from hyperverdict.report.latex import verdict_table
from hyperverdict.study.model import Smoke
from hyperverdict.study.smoke import load_smoke_study
from hyperverdict.verdicts.document import to_json
from hyperverdict.verdicts.judge import judge_study
from hyperverdict.vocabulary.budget import Budget

from tests.unit.verdicts.synthetic import (
    ALL,
    REFLECTION,
    batch_cost,
    run_all,
    study_from,
    timing_of_arms,
)


def test_quick_gives_intervals_and_no_verdict(tmp_path):
    text = REFLECTION.replace("study: ", "quick: true\nstudy: ", 1)
    study = study_from(text, tmp_path)
    assert all(h.seeds == (0, 1, 2) for h in study.hypotheses)
    tables = run_all(study, tmp_path / "runs")
    ledger = tmp_path / "ledger.jsonl"
    report = judge_study(study, tables.final, tables.curves, ledger=ledger)
    verdicts = [v for h in report.hypotheses for v in h.verdicts]
    assert verdicts
    assert {v.judgement.evidence for v in verdicts} == {"estimated"}
    assert all(v.sensitivity == () and v.uncorrected is None for v in verdicts)
    effects = [effect for v in verdicts for effect in v.judgement.effects]
    assert all(e.ci[0] < e.estimate < e.ci[1] for e in effects if not e.metric.is_time)
    assert not ledger.exists()


VERDICT_WORDS = ("supported", "refuted", "inconclusive", "no meaningful effect")


@pytest.mark.parametrize("seeds", [1, 2])
def test_a_smoke_run_of_every_claim_type_gives_no_verdict_word(tmp_path, seeds):
    file = tmp_path / "study.yaml"
    file.write_text(ALL)
    study = load_smoke_study(file, Smoke(Budget("steps", 10), seeds))
    tables = run_all(study, tmp_path / "runs")
    ledger = tmp_path / "ledger.jsonl"
    timing = timing_of_arms(study, batch_cost)
    report = judge_study(study, tables.final, tables.curves, [timing], ledger)
    assert not ledger.exists()
    left = f"10 steps, {seeds} seed{'s' * (seeds > 1)}, without epochs"
    assert report.provisional == f"smoke run ({left}), which only shows that everything works"
    assert (
        report.next_step
        == f"Run the study without `--config steps=10 seeds={seeds}` for a verdict."
    )
    assert not any(h.failed_because for h in report.hypotheses)
    assert {h.headline for h in report.hypotheses} == {"estimated", "true by arithmetic"}
    said = [render(study, report, None, {}), to_json(report), results_rst(report, study)]
    said.append(verdict_table(report))
    words = " ".join(re.sub(r"(?s)<style>.*?</style>|class=\"[^\"]*\"", "", text) for text in said)
    assert not [word for word in VERDICT_WORDS if word in words]
    assert "quick" not in words
    assert "Not judged: smoke run" in words


def test_a_hypothesis_that_breaks_in_a_smoke_run_is_what_comes_next(tmp_path, monkeypatch):
    file = tmp_path / "study.yaml"
    file.write_text(REFLECTION)
    study = load_smoke_study(file, Smoke(None, 2))
    tables = run_all(study, tmp_path / "runs")
    monkeypatch.setattr(Comparison, "judge", lambda *_: 1 / 0)
    report = judge_study(study, tables.final, tables.curves)
    assert "could not be judged: ZeroDivisionError" in report.next_step


def test_a_smoke_run_in_which_runs_fail_says_where_to_look(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text(REFLECTION)
    study = load_smoke_study(file, Smoke(Budget("steps", 10), 2))
    tables = run_all(study, tmp_path / "runs")
    final = tables.final.copy()
    arm = final["batch_size"] == 4
    final.loc[arm, ["status", "failed", "test_accuracy"]] = ["diverged", True, float("nan")]
    report = judge_study(study, final, tables.curves)
    assert report.next_step.startswith("Find out why 2 of 2 runs of batch size 4 failed")
    assert "train.log" in report.next_step
