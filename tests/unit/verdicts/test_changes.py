"""What changed since the last report: from reports that the engine judged, one edit at a time."""

from dataclasses import replace

import pytest
from hyperverdict.verdicts.changes import changes, from_plain, snapshot_of, to_plain
from hyperverdict.verdicts.judge import judge_study
from hyperverdict.verdicts.reported import REPORTED_FILE, with_changes

from tests.unit.report import made_runs, samples


def score(arm, seed, gap=0.02, noise=0.004):
    """A difference of `gap` between two depths, with noise that seeds do not share."""
    wide = arm.configuration["hidden_units"]
    return 0.7 + gap * (len(wide) - 2) + noise * ((seed * 7 + len(wide) * 3) % 5 - 2)


def report(seeds=10, gap=0.02, only=None, **edits):
    claims = {"H1": samples.entry("comparison", compare={"depth": {"from": 2, "to": 3}}, **edits)}
    claims["H2"] = samples.entry("comparison", compare={"depth": {"from": 2, "to": 4}})
    kept = {key: claim for key, claim in claims.items() if only is None or key in only}
    for claim in kept.values():
        claim["seeds"] = seeds
    study = samples.read(samples.raw_study(kept))
    tables = made_runs.tables_of(study, lambda arm, seed: score(arm, seed, gap))
    return judge_study(study, tables.final, tables.curves)


def said(before, now, version="1"):
    return changes(snapshot_of(before, "1"), snapshot_of(now, version))


def test_the_same_report_has_no_changes():
    assert said(report(), report()) == ()


def test_seeds_that_were_added_are_named_with_the_verdict_before_and_now():
    before, now = report(4, gap=0.006), report(10, gap=0.02)
    first = said(before, now)[0]
    earlier = before.hypotheses[0].headline
    assert earlier != now.hypotheses[0].headline == "supported"
    assert first.startswith(f"H1 at 300 steps: {earlier} before, supported now. Why: ")
    assert "seeds 4 to 9 were added (10 seeds, 4 before)" in first


def test_runs_that_were_trained_again_with_other_results_are_named():
    first = said(report(gap=0.02), report(gap=-0.02))[0]
    assert "supported before, refuted now" in first
    assert "runs were trained again with other results" in first


def test_an_edited_size_that_matters_is_named():
    before = report()
    now = report(expect={"accuracy": {"is": "higher", "matters_from": 0.05}})
    first = said(before, now)[0]
    assert "the size that matters is 5 points for “test accuracy higher” (before" in first


def test_a_new_wording_of_the_same_claim_is_told_from_another_claim():
    reworded = said(report(), report(says="Deeper is better."))
    assert len(reworded) == 1
    assert "was reworded: “Deeper is better.”" in reworded[0]
    other = said(report(), report(expect={"accuracy": "lower"}))
    assert "Why: the claim was edited" in other[0]
    assert any("H1 claims something else" in sentence for sentence in other)


def test_claims_that_are_new_post_hoc_or_gone_are_named():
    both, one = report(), report(only=["H1"])
    assert said(one, both) == (f"H2 is new: {both.hypotheses[1].headline}.",)
    assert said(both, one) == ("H2 is no longer in the study.",)
    late = replace(both, hypotheses=(both.hypotheses[0], samples.late(both.hypotheses[1])))
    assert said(one, late)[0].startswith("H2 is new and post hoc:")
    assert "H2 at 300 steps now counts as post hoc." in said(both, late)


def test_a_check_that_blocks_now_is_named():
    before = report()
    blocked = replace(before, hypotheses=tuple(map(samples.blocked_report, before.hypotheses)))
    first = said(before, blocked)[0]
    assert "“Learning rate tuned per arm” now blocks it" in first
    assert "no longer blocks it" in said(blocked, before)[0]


def test_numbers_that_move_although_nothing_changed_are_a_fault_to_report():
    before = report()
    hypothesis = before.hypotheses[0]
    [verdict] = hypothesis.verdicts
    [leg] = verdict.judgement.legs
    moved = replace(leg.effects[0], estimate=leg.effects[0].estimate + 0.01)
    judgement = replace(verdict.judgement, legs=(replace(leg, effects=(moved,)),))
    verdicts = (replace(verdict, judgement=judgement),)
    now = replace(before, hypotheses=(replace(hypothesis, verdicts=verdicts),))
    assert any("Please report this" in sentence for sentence in said(before, now))
    assert any("HyperVerdict 1 became 2" in s for s in said(before, now, version="2"))


def test_snapshots_survive_their_file():
    import json

    snapshot = snapshot_of(samples.whole()[1], "1", "2026-01-01 10:00")
    assert from_plain(json.loads(json.dumps(to_plain(snapshot)))) == snapshot


@pytest.fixture
def file(tmp_path):
    return tmp_path / REPORTED_FILE


def test_making_the_same_report_again_shows_the_same_changes(file):
    first, second = report(4, gap=0.006), report(10)
    assert with_changes(first, file).changes == ()
    changed = with_changes(second, file)
    assert changed.changes
    assert changed.since
    assert with_changes(second, file).changes == changed.changes
    assert with_changes(report(4, gap=0.006), file).changes != changed.changes


def test_a_provisional_report_is_compared_and_not_remembered(file):
    with_changes(report(10), file)
    content = file.read_bytes()
    provisional = replace(report(4, gap=0.006), provisional="2 of 20 runs are missing.")
    assert with_changes(provisional, file).changes
    assert file.read_bytes() == content


@pytest.mark.parametrize("damage", [b"", b"{", b"[]", b'{"reports": 3}', None])
def test_a_damaged_memory_is_as_none(file, damage):
    with_changes(report(4, gap=0.006), file)
    content = file.read_bytes()
    file.write_bytes(content.replace(b"H1", b"H9") if damage is None else damage)
    assert with_changes(report(10), file).changes == ()
    assert with_changes(report(4, gap=0.006), file).changes
