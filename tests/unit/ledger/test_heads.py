"""A ledger whose chain was computed anew no longer fits the runs and reports that saw it."""

from __future__ import annotations

import json

from hyperverdict.ledger.chain import Head, Witness, append, read_ledger
from hyperverdict.ledger.record import reported_heads, witnesses_in
from hyperverdict.ledger.registration import register
from hyperverdict.report.methods import methods_paragraph
from hyperverdict.runs.heads import heads_beside
from hyperverdict.runs.layout import SeedRecord
from hyperverdict.training.fill import fill_run
from hyperverdict.verdicts.judge import judge_study

from tests.unit.ledger.judging import judge, noisy, verdict_of
from tests.unit.verdicts.synthetic import DEPTH, one_claim, run_all


def _rewrite(path, edit):
    """What a forger does: other contents, every hash and the head computed anew."""
    lines = [(line.kind, edit(dict(line.content))) for line in read_ledger(path).lines]
    path.unlink()
    path.with_suffix(".head").unlink()
    append(path, lines)
    assert read_ledger(path).problems == ()


def _post_dated(content):
    return {**content, "seeds_before": 0}


def test_the_report_carries_the_head(place):
    report = judge(place, 6)
    last = read_ledger(place / "results" / "ledger.jsonl").lines[-1]
    assert report.ledger == Head(last.number, last.hash)
    study = one_claim(place, DEPTH, seeds=6)
    assert last.hash in methods_paragraph(study, report, {})


def test_a_rewritten_chain_is_noticed_by_what_runs_recorded(place):
    study = one_claim(place, DEPTH, seeds=6)
    run_all(study, place / "runs", noisy)
    assert verdict_of(judge(place, 6)).registered == "post hoc"
    ledger = place / "results" / "ledger.jsonl"
    head = read_ledger(ledger).head
    tables = run_all(study, place / "runs", noisy)
    final = tables.final.assign(ledgers=json.dumps({study.name: f"{head.line} {head.hash}"}))
    sound = judge_study(study, final, tables.curves, ledger=ledger)
    assert not any("rewritten" in s for s in sound.history)
    _rewrite(ledger, _post_dated)
    report = judge_study(study, final, tables.curves, ledger=ledger)
    assert report.history[0] == (
        "The ledger was rewritten: its line 2 is not what the runs recorded."
    )
    assert verdict_of(report).registered == "post hoc"
    assert verdict_of(report).sequential


def test_a_lost_ledger_is_noticed(place):
    study = one_claim(place, DEPTH, seeds=6)
    judge(place, 6)
    ledger = place / "results" / "ledger.jsonl"
    head = read_ledger(ledger).head
    for file in (ledger, ledger.with_suffix(".head")):
        file.unlink()
    tables = run_all(study, place / "runs", noisy)
    seen = [Witness(Head(head.line + 5, head.hash), "the last report")]
    report = judge_study(study, tables.final, tables.curves, ledger=ledger, witnesses=seen)
    assert "not what the last report recorded" in report.history[0]


def test_other_studies_heads_do_not_count(place):
    study = one_claim(place, DEPTH, seeds=6)
    tables = run_all(study, place / "runs", noisy)
    final = tables.final.assign(ledgers=json.dumps({"another": f"9 {'a' * 64}"}))
    assert witnesses_in(final, study.name) == frozenset()


class _Trainer:
    """Trains a seed by writing down nothing but that it was trained."""

    def __init__(self, record):
        self.record = record

    def empty_record(self):
        return self.record

    def train(self, seeds, partial, earlier):
        for seed in seeds:
            session = {"started": "2026-01-01", "ended": "2026-01-01", "wall_seconds": 1.0}
            partial.keep(seed, [], SeedRecord("finished", 1, 1.0, 0), session)


def test_runs_record_the_heads_beside_them(place):
    from hyperverdict.runs.layout import TRAINING_VERSION, RunRecord

    results = place / "results"
    study = one_claim(place, DEPTH, seeds=6)
    register(study, results / "studies" / study.name, results / "runs")
    head = read_ledger(results / "studies" / study.name / "ledger.jsonl").head
    folder = results / "runs" / "a" / "b"
    assert heads_beside(folder) == {study.name: f"{head.line} {head.hash}"}
    identity = {"path": "a/b", "data_checksum": "x", "training_version": TRAINING_VERSION}
    record = RunRecord(
        **identity, configuration={}, steps=1, parameters=0, flops_per_sample=0, train_size=0,
        test_size=0, seeds={},
    )  # fmt: skip
    written = fill_run(folder, identity, [0], _Trainer(record))
    assert written.sessions[0]["ledgers"] == {study.name: f"{head.line} {head.hash}"}


def test_a_report_on_disk_is_a_witness(tmp_path):
    file = tmp_path / "report.html"
    assert reported_heads(file) == frozenset()
    file.write_text(f'<head><meta name="hyperverdict-ledger" content="7 {"b" * 64}"></head>')
    assert reported_heads(file) == {Witness(Head(7, "b" * 64), "the last report")}
