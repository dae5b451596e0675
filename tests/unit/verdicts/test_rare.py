"""What a mean cannot show stands beside every verdict that rests on one."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from hyperverdict.effects.wins import OpenRate
from hyperverdict.report.conclusion import brief, conclude
from hyperverdict.report.terminal import print_verdicts
from hyperverdict.verdicts.document import from_json, to_json
from hyperverdict.verdicts.rare import open_rate_text

from tests.unit.verdicts.synthetic import ALL, DEPTH, REFLECTION, judged, one_claim, study_from

WIN = (
    "One new run of depth 3 beats one of depth 2 in test accuracy in 69% to 100% of cases "
    "(in 10 of 10 seeds here)."
)
OPEN = "0 of 10 seeds collapsed; a collapse rate of up to 26% is still possible."


def deeper_is_better(configuration, seed):
    return 0.7 + (0.02 + 0.001 * (seed % 3)) * (len(configuration["hidden_units"]) == 3)


def collapsing(configuration, seed):
    collapsed = seed == 4 and len(configuration["hidden_units"]) == 3
    return 0.1 if collapsed else deeper_is_better(configuration, seed)


def judged_depth(folder, score):
    study = one_claim(folder, DEPTH, seeds=10)
    return study, judged(study, folder / "runs", score)


def test_it_is_said_on_the_first_screen_in_the_findings_and_in_the_document(tmp_path):
    study, report = judged_depth(tmp_path, deeper_is_better)
    [hypothesis] = report.hypotheses
    [verdict] = hypothesis.verdicts
    for text in (brief(verdict), " ".join(conclude(hypothesis, verdict, study).findings)):
        assert f"{WIN} {OPEN}" in text
    [entry] = json.loads(to_json(report))["hypotheses"][0]["verdicts"]
    assert entry["open_rate"]["rate"] == pytest.approx(0.259, abs=0.001)
    win = entry["effects"][0]["win"]
    assert win["interval"] == pytest.approx([0.692, 1.0], abs=0.001)
    assert (win["share"], win["runs"], win["paired"]) == (1.0, 10, True)
    assert from_json(to_json(report)) == report


def test_a_collapse_is_no_clean_seed_and_trimmed_means_are_set_beside_it(tmp_path):
    _, report = judged_depth(tmp_path, collapsing)
    [verdict] = report.hypotheses[0].verdicts
    assert verdict.judgement.evidence == "inconclusive"
    assert "too_skewed" in [check.id for check in verdict.fired]
    said = brief(verdict)
    assert "clean" not in said
    assert "Even with 0 of 10 seeds collapsed, a collapse rate of up to 26% would" in said
    assert "Judged by 20% trimmed means it is supported." in said


def test_every_verdict_on_means_of_trained_runs_says_which_rates_stay_open(tmp_path):
    study = study_from(ALL, tmp_path)
    report = judged(study, tmp_path / "runs")
    open_to = "0 of 6 seeds collapsed; a collapse rate of up to 39% is still possible."
    for hypothesis in report.hypotheses:
        for verdict in hypothesis.verdicts:
            arithmetic = verdict.judgement.evidence == "true by arithmetic"
            assert (verdict.open_rate is None) == arithmetic
            if not arithmetic:
                assert open_to in brief(verdict)
            pairs = {e.contrast for e in verdict.judgement.effects if e.contrast.pair}
            assert {contrast for contrast, _ in verdict.wins} == pairs


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (
            OpenRate("a", 1, 0, 0.95),
            "The only run did not collapse; a collapse rate of up to 95% is still possible.",
        ),
        (
            OpenRate("a", 10, 2, 0.5069),
            "2 of 10 runs failed; a failure rate of up to 51% is possible.",
        ),
        (
            OpenRate("a", 10, 1, 0.394),
            "1 of 10 runs failed; a failure rate of up to 39% is possible.",
        ),
    ],
)
def test_words(found, text):
    assert open_rate_text(found, "run") == text


def test_the_terminal_says_once_what_stays_open_and_keeps_the_rest_with_its_budget(tmp_path):
    study = study_from(REFLECTION, tmp_path)
    report = judged(study, tmp_path / "runs")
    screen = StringIO()
    print_verdicts(report, study, stream=screen)
    said = " ".join(screen.getvalue().split())
    open_to = "0 of 6 seeds collapsed; a collapse rate of up to 39% is still possible."
    assert said.count(open_to) == 1
    for verdict in report.hypotheses[0].verdicts:
        assert f"{verdict.budget}: One new run of batch size 128 beats" in said
