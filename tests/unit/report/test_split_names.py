"""A score is named by the images it was measured on, wherever it is named."""

from dataclasses import replace

import pytest
from hyperverdict import figures
from hyperverdict.figures import cost, curves, forest
from hyperverdict.figures.runs import Runs
from hyperverdict.report import html
from hyperverdict.verdicts.document import from_json, to_json
from hyperverdict.verdicts.judge import judge_study
from hyperverdict.vocabulary.metrics import RECORDED, reported, unrecorded

from tests.unit.report import made_runs, samples


def both():
    """A study of a claim about the end of trainings and one about the way there."""
    study = samples.read(
        samples.raw_study(
            {"end": samples.entry("comparison"), "way": samples.entry("learning curve")}
        )
    )
    tables = made_runs.tables_of(study, lambda arm, seed: 0.7 + 0.001 * (seed % 3), "supported")
    return study, judge_study(study, tables.final, tables.curves), tables


STUDY, REPORT, TABLES = both()
END, WAY = REPORT.hypotheses


def words_of(hypothesis):
    """All that verdicts say of it, the names of metrics among them."""
    [verdict] = hypothesis.verdicts
    legs = verdict.judgement.legs
    titles = [leg.metric.title for leg in legs] + [e.metric.title for x in legs for e in x.effects]
    return " ".join([hypothesis.claim, str(verdict.judgement.facts), *titles])


@pytest.mark.parametrize("report", [REPORT, from_json(to_json(REPORT))], ids=["judged", "read"])
def test_a_learning_curve_is_about_validation_and_an_end_about_the_test(report):
    end, way = report.hypotheses
    assert "validation accuracy" in words_of(way)
    assert "test accuracy" not in words_of(way)
    assert "test accuracy" in words_of(end)
    assert "validation" not in words_of(end)


def test_the_document_names_the_metric_of_the_end():
    document = from_json(to_json(REPORT))
    assert to_json(document) == to_json(REPORT)
    assert '"title": "test accuracy"' in to_json(replace(REPORT, hypotheses=(WAY,)))


def test_figures_name_what_they_draw():
    runs = Runs(TABLES, REPORT.hypotheses)
    way, end = (forest.effects_info(h, "accuracy") for h in (WAY, END))
    assert way.axis == "Difference in validation accuracy (points)"
    assert end.axis == "Difference in test accuracy (points)"
    learned = curves.draw(WAY, STUDY, runs)
    assert "validation accuracy was" in learned.title
    assert "Mean test accuracy: 5 epochs 70." in learned.text
    spent = cost.draw(WAY, STUDY, runs)
    assert "test accuracy" in spent.title
    assert "validation" not in f"{spent.title} {spent.text}"


def test_the_page_calls_no_score_of_the_way_a_test_score(tmp_path):
    study = replace(STUDY, hypotheses=STUDY.hypotheses[1:])
    report = replace(REPORT, hypotheses=(WAY,))
    figures.draw_all(report, study, TABLES, tmp_path)
    page = html.render(study, report, tmp_path, {})
    findings = page[page.index("<h3>Findings") : page.index("<h3>Conclusion")]
    assert "Difference in validation accuracy" in findings
    assert "Difference in test accuracy" not in findings


@pytest.mark.parametrize(
    ("metric", "title"),
    [
        (RECORDED["accuracy"], "validation accuracy"),
        (RECORDED["error"], "validation error"),
        (RECORDED["loss"], "validation loss"),
        (replace(RECORDED["accuracy"], title="Top-1"), "Top-1 (validation)"),
        (RECORDED["train_time"], "training time"),
        # A training of the user's own reports one score under one name.
        (reported("accuracy", validated=True), "accuracy"),
        (unrecorded("bleu"), "bleu"),
    ],
)
def test_titles_along_the_training(metric, title):
    along = metric.along_training()
    assert along.title == title
    assert along.along_training() == along
    assert (along.at_the_end or along) == metric
