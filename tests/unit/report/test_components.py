"""What was held equal, checks, all runs, how to reproduce: values as the page lays them out."""

import hashlib
import math
from dataclasses import replace

import pandas as pd
import pytest
from hyperverdict.checks import CHECKS
from hyperverdict.cli import main
from hyperverdict.ledger.chain import append
from hyperverdict.report import all_runs as table
from hyperverdict.report import check_strip
from hyperverdict.report.all_runs import all_runs
from hyperverdict.report.held_equal import held_equal
from hyperverdict.report.reproduce import Sources, reproduce

from tests.unit.report import samples

STUDY, REPORT, TABLES = samples.whole()


def rows_of(matrix):
    return {row.name: row for row in matrix.rows}


def test_what_the_budget_holds_equal_is_equal_and_the_rest_has_ratios():
    matrices = held_equal(REPORT.hypotheses[0].verdicts, STUDY)
    assert [m.title for m in matrices] == ["At 300 steps", "At 38,400 samples", "At 5 seconds"]
    steps, samples_, _ = map(rows_of, matrices)
    assert (steps["steps"].held, steps["steps"].ratio) == (True, "equal")
    assert [bar.amount for bar in steps["steps"].bars] == ["300"]
    assert (steps["images seen"].held, steps["images seen"].ratio) == (False, "32 times")
    assert [bar.amount for bar in steps["images seen"].bars] == ["1,200", "38,400"]
    assert [bar.percent for bar in steps["images seen"].bars] == [3.1, 100.0]
    assert samples_["images seen"].held
    assert samples_["steps"].ratio == "32 times"


def test_of_many_arms_the_least_and_the_most_are_named():
    verdict = REPORT.hypotheses[0].verdicts[0]
    first, second = verdict.arms
    middle = replace(first, title="batch size 64", samples=19_200)
    [matrix] = held_equal([replace(verdict, arms=(first, middle, second))], STUDY)
    row = rows_of(matrix)["images seen"]
    assert [bar.arm for bar in row.bars] == [first.title, second.title]
    assert [name for name, _ in matrix.arms] == [first.title, middle.title, second.title]
    assert {bar.color for bar in row.bars} == {"--soft"}
    colors = {first.label: "--arm-3"}
    [matrix] = held_equal([verdict], STUDY, colors)
    assert rows_of(matrix)["images seen"].bars[0].color == "--arm-3"


def test_quantities_that_no_arm_states_are_left_out():
    verdict = REPORT.hypotheses[0].verdicts[0]
    arms = tuple(
        replace(arm, steps=0, epochs=math.nan, means={}, train_seconds=0.0) for arm in verdict.arms
    )
    [matrix] = held_equal([replace(verdict, arms=arms)], STUDY)
    assert [row.name for row in matrix.rows] == ["images seen"]
    assert held_equal([replace(verdict, arms=verdict.arms[:1])], STUDY) == ()


def test_every_check_has_a_mark_in_every_strip_and_counts_agree():
    for hypothesis in REPORT.hypotheses:
        for strip, verdict in zip(check_strip.strips(hypothesis), hypothesis.verdicts, strict=True):
            assert [mark.id for mark in strip.marks] == [check.id for check in CHECKS]
            states = {check.id: check_strip.state_of(check) for check in verdict.checks}
            assert {mark.id: mark.state for mark in strip.marks} == states
            numbers = [int(part.split()[0]) for part in strip.counts.split(", ")]
            assert sum(numbers) == len(verdict.fired)


def test_every_sentence_of_a_check_is_said_once_with_where_it_holds():
    explained = check_strip.explained(REPORT)
    assert {one.id for one in explained} == {check.id for check in CHECKS}
    fired = {
        (check.id, check.sentence)
        for hypothesis in REPORT.hypotheses
        for verdict in hypothesis.verdicts
        for check in verdict.fired
    }
    said = [(one.id, line.sentence) for one in explained for line in one.said]
    assert len(said) == len(set(said))
    assert set(said) == fired
    assert all(one.explains for one in explained)


def test_all_runs_are_in_the_table_with_equal_decimals_and_failures_among_them():
    final = TABLES.final.reset_index(drop=True)
    final.loc[3, ["status", "failed"]] = ["diverged", True]
    made = all_runs(final, STUDY)
    assert len(made.rows) == len(final)
    assert made.failed == frozenset({3, *final.index[final["status"] != "finished"]})
    titles = [column.title for column in made.columns]
    ended = titles.index("ended")
    assert made.rows[3][ended].text == "diverged"
    scores = titles.index("test accuracy (%)")
    decimals = {len(row[scores].text.partition(".")[2]) for row in made.rows}
    assert len(decimals) == 1
    assert "batch size" in titles
    assert "learning rate" not in titles
    assert made.common == "learning rate 0.001"


def test_many_runs_are_shown_by_configuration(monkeypatch):
    monkeypatch.setattr(table, "MOST_RUNS", 10)
    monkeypatch.setattr(table, "MOST_CONFIGURATIONS", 3)
    made = all_runs(TABLES.final, STUDY)
    assert len(made.rows) == 3
    titles = [column.title for column in made.columns]
    first = made.rows[0]
    path = TABLES.final["path"].iloc[0]
    scores = TABLES.final.loc[TABLES.final["path"] == path, "test_accuracy"] * 100
    shown = float(first[titles.index("test accuracy (%)")].key)
    assert shown == pytest.approx(scores.mean(), rel=1e-4)
    assert first[titles.index("finished")].text == f"{len(scores)} of {len(scores)}"
    assert "further configuration" in made.note


def test_a_table_from_elsewhere_has_its_own_columns():
    final = pd.DataFrame(
        {"path": ["a", "b"], "seed": [0, 1], "lr": [0.1, 0.2], "test_accuracy": [0.5, 0.25]}
    )
    made = all_runs(final, STUDY)
    assert [column.title for column in made.columns][:2] == ["lr", "seed"]
    assert all_runs(final.iloc[:0], STUDY) is None


def test_the_commands_work_and_the_checksums_are_those_of_the_files(tmp_path):
    file = tmp_path / "my study.yaml"
    file.write_text("study: x\n")
    sources = Sources(study_file=str(file))
    box = reproduce(STUDY, REPORT, {"data checksums": {"digits": "abc"}}, sources)
    assert dict(box.checksums)["study file (SHA-256)"] == hashlib.sha256(b"study: x\n").hexdigest()
    assert ("data checksum of digits", "abc") in box.checksums
    lines = [command.line for command in box.commands]
    assert any(f"--configfile '{file}'" in line for line in lines)
    assert any(line.endswith("--forcerun judge") for line in lines)
    assert box.text == "study: x\n"
    elsewhere = reproduce(STUDY, REPORT, {}, sources._replace(runs=("runs.csv",)))
    assert elsewhere.commands[0].line == f"hyperverdict judge runs.csv '{file}'"
    with pytest.raises(SystemExit) as done:
        main([*elsewhere.commands[0].line.split()[1:2], "--help"])
    assert done.value.code == 0


def test_the_timeline_joins_what_happened_at_one_moment(tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    content = {"hypothesis": "H1", "seeds_before": 0}
    append(ledger, [("registration", {**content, "budget": at}) for at in ("1 step", "2 steps")])
    look = {"hypothesis": "H1", "budget": "1 step", "headline": "supported", "n": 10}
    append(ledger, [("look", look)])
    first, second = reproduce(STUDY, REPORT, {}, Sources(ledger=ledger)).timeline
    assert first.text == "Registered H1 at 1 step and 2 steps: before their results existed."
    assert second.text == "Looked. H1 at 1 step: supported (n = 10)."
    assert reproduce(STUDY, REPORT, {}, Sources(ledger=tmp_path / "none")).timeline == ()
