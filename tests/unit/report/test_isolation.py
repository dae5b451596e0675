"""What fails in one claim's words stays there; one that was not judged has no empty figures."""

import io
from dataclasses import replace

import pytest
from hyperverdict import figures
from hyperverdict.report import captions, html, latex, methods, opening, page, terminal

from tests.unit.report import samples

PROBLEM = "This part could not be written: ValueError: no words"


def fail(*_):
    raise ValueError("no words")


@pytest.mark.parametrize("part", ["findings", "meanings", "null", "topic", "terms_text"])
def test_a_claim_that_cannot_be_worded_spoils_nothing_else(part, caplog):
    study, report, _ = samples.whole()
    first, second, third = study.hypotheses
    spoiled = property(fail) if part in ("topic", "terms_text") else fail
    broken = object.__new__(type("Broken", (type(second.claim),), {part: spoiled}))
    broken.__dict__.update(vars(second.claim))
    study = replace(study, hypotheses=(first, replace(second, claim=broken), third))
    text = html.render(study, report, None, {})
    for part_of in (captions.results_rst(report, study), latex.verdict_table(report)):
        assert third.id in part_of
    out = io.StringIO()
    terminal.print_verdicts(report, study, stream=out)
    assert third.id in out.getvalue()
    assert 'id="width"' in text
    if part != "terms_text":
        assert PROBLEM in text
        assert "Traceback" in caplog.text
    if part == "topic":
        assert f"H5: {PROBLEM}" in opening.opening(report, study)


def test_effects_that_cannot_be_worded_spoil_only_their_own_hypothesis():
    study, report, _ = samples.whole()
    hypothesis = report.hypotheses[1]
    [verdict] = hypothesis.verdicts
    [leg] = verdict.judgement.legs
    leg = replace(leg, effects=(replace(leg.effects[0], estimate="many", delta="many"),))
    verdict = replace(verdict, judgement=replace(verdict.judgement, legs=(leg,)))
    bad = replace(hypothesis, verdicts=(verdict,))
    report = replace(report, hypotheses=(report.hypotheses[0], bad, report.hypotheses[2]))
    assert "This part could not be written" in page.hypothesis_view(bad, study).failure
    for said in (
        captions.results_rst(report, study),
        latex.verdict_table(report),
        methods.methods_paragraph(study, report, {}),
    ):
        assert said.replace("\\", "").count("This part could not be written") == 1
        assert "width" in said


def test_a_hypothesis_that_was_not_judged_has_no_empty_figures(tmp_path):
    study, report, tables = samples.whole()
    failed = replace(report.hypotheses[1], verdicts=(), failed_because="TypeError: no")
    drawn = dict(figures.draw(failed, study, tables))
    assert len(drawn) == 4
    assert {d.nothing for d in drawn.values()} == {"H5 was not judged: TypeError: no."}
    figures.draw_all(replace(report, hypotheses=(failed,)), study, tables, tmp_path)
    assert figures.pictures(failed, study, tmp_path) == ()
