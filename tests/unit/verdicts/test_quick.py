"""Quick mode: three seeds, estimates and intervals, no verdict and no ledger."""

from __future__ import annotations

from hyperverdict.verdicts.judge import judge_study

from tests.unit.verdicts.synthetic import REFLECTION, run_all, study_from


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
