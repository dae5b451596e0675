"""What changed since the last report: from reports that the engine judged, one edit at a time."""

import json
from dataclasses import replace

import pytest
from hyperverdict.verdicts.changes import changes, in_terminal
from hyperverdict.verdicts.judge import judge_study
from hyperverdict.verdicts.snapshot import from_plain, snapshot_of, to_plain

from tests.unit.report import made_runs, samples
from tests.unit.verdicts.changing import judged, report, said, score, told, unjudged


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


def timed(slower, edit=0.0):
    study = samples.read(samples.raw_study({"H1": samples.entry("trade-off")}))
    tables = made_runs.tables_of(study, lambda arm, seed: score(arm, seed) + edit * (seed == 0))
    times = [made_runs.timing_of(study, slower, 0.6)]
    return judge_study(study, tables.final, tables.curves, times)


def test_times_that_were_measured_again_are_no_training():
    [sentence] = said(timed(-3.0), timed(-3.4))
    assert sentence.endswith("Why: training times were measured again.")
    [sentence] = said(timed(-3.0), timed(-3.4, edit=0.001))
    assert sentence.endswith("Why: runs were trained again with other results.")


def test_an_arm_without_runs_changes_no_level_of_an_interval():
    study = samples.read(samples.raw_study({"H1": samples.entry("comparison")}))
    tables = made_runs.tables_of(study, made_runs.scores("comparison", "supported", 10))
    final = tables.final[tables.final["batch_size"] != 4]
    before, now = (judge_study(study, f, tables.curves) for f in (tables.final, final))
    for pair in ((before, now), (now, before)):
        [sentence] = said(*pair)
        assert "runs finished" in sentence
        assert "intervals are" not in sentence


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


def test_a_part_without_an_effect_is_not_new_after_an_earlier_version():
    """At a budget of seconds the training time is no part that could be measured."""
    now = snapshot_of(samples.whole()[1], "1")
    earlier = to_plain(now)
    for claim in earlier["claims"].values():
        for verdict in claim["verdicts"].values():
            assert verdict.pop("parts")
    assert changes(from_plain(json.loads(json.dumps(earlier))), now) == ()


def test_a_claim_that_could_not_be_judged_is_still_in_the_study():
    found = report()
    failed = unjudged(found, "H1", "no run records f1")
    headline = found.hypotheses[0].headline
    assert said(found, failed) == (
        f"H1 could not be judged this time ({headline} before): no run records f1.",
    )
    assert said(failed, failed) == ()
    assert said(failed, unjudged(found, "H1", "another reason")) == (
        "H1 could not be judged this time: another reason.",
    )
    assert said(failed, found) == (
        f"H1 could be judged again: {headline}. In the last report it could not: "
        "no run records f1.",
    )
    one = report(only=["H2"])
    assert said(one, failed) == ("H1 is new and could not be judged: no run records f1.",)


EDITS = {
    "because": ({"because": "updates"}, {}, "H1 was edited: because from nothing to updates."),
    "alpha": ({}, {"alpha": 0.0499}, "The study was edited: alpha from 0.05 to 0.0499."),
    "looks": ({}, {"looks": [10, 20]}, "The study was edited: looks from nothing to 10 and 20."),
    "budget": (
        {"at_equal": ["300 steps", "400 steps"]}, {},
        "H1 was edited: at_equal from 300 steps to 300 steps and 400 steps.",
    ),
    "saw": (
        {"saw": {"accuracy": {"from": 0.5, "to": 0.6}}}, {},
        "H1 was edited: saw.accuracy.from from nothing to 0.5; saw.accuracy.to from nothing to "
        "0.6.",
    ),
    "primary": ({"primary": True}, {}, "H1 was edited: primary from no to yes."),
    "matters_from": (
        {"expect": {"accuracy": {"is": "higher", "matters_from": 0.0051}}}, {},
        "H1 was edited: matters_from of accuracy from 1 point to 0.51 points.",
    ),
    "baseline": (
        {}, {"baseline": {**samples.raw_study({})["baseline"], "batch_size": 65}},
        "The study was edited: baseline.batch_size from 64 to 65.",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("claim", "study", "sentence"), EDITS.values(), ids=EDITS)
def test_every_edited_setting_is_named_with_both_values(claim, study, sentence):
    found = told(judged(), judged(study=study, **claim))
    assert sentence in found
    before = told(judged(study=study, **claim), judged())
    assert any(s.startswith(sentence.partition(" from ")[0]) for s in before)


def test_another_claim_names_only_the_settings_beside_it():
    found = told(judged(), judged(expect={"accuracy": "lower"}, because="updates"))
    assert sum(s.startswith("H1 claims something else") for s in found) == 1
    assert "H1 was edited: because from nothing to updates." in found


def test_many_edits_are_counted():
    edits = {"because": "updates", "primary": True, "saw": {"accuracy": {"from": 0.5, "to": 0.6}}}
    [sentence] = [s for s in told(judged(), judged(**edits)) if s.startswith("H1 was edited")]
    assert sentence.endswith("; and 1 more setting.")


def test_runs_that_failed_and_finished_are_named_also_where_their_number_is_the_same():
    first, other = judged(failing=[(2, 3)]), judged(failing=[(2, 5), (3, 1)])
    causes = next(s for s in told(first, other) if s.startswith("H1"))
    assert "1 run (depth 2, seed 3) failed before and finished now" in causes
    assert "2 runs (depth 2, seed 5; depth 3, seed 1) finished before and failed now" in causes
    assert "trained again" not in causes
    assert "Please report this" not in causes
    # Without names, by the numbers alone.
    counted = next(s for s in said(judged()[0], other[0]) if s.startswith("H1"))
    assert "18 runs finished (20 before)" in counted


def test_a_part_of_the_claim_that_comes_or_goes_is_named():
    loss = {"is": "lower", "matters_from": 0.01}
    one, both = judged(), judged(expect={"accuracy": "higher", "loss": loss})
    more, fewer = told(one, both), told(both, one)
    assert any("“test loss lower” is a new part of the claim" in s for s in more)
    assert any("“test loss lower” is no longer part of it" in s for s in fewer)
    assert not any("Please report this" in s for s in (*more, *fewer))


def test_a_part_that_could_not_be_measured_is_named():
    found = report()
    mark = snapshot_of(found, "1")
    claim = mark.claims["H1"]
    [(budget, verdict)] = claim.verdicts.items()
    bare = replace(verdict, effects={}, sizes={}, levels={})
    without = replace(mark, claims={"H1": replace(claim, verdicts={budget: bare})})
    assert any("could not be measured this time" in s for s in changes(mark, without))
    [sentence] = changes(replace(mark, claims={"H1": claim}), without)
    assert "Please report this" not in sentence
    assert "could be measured now, and not before" in " ".join(changes(without, mark))


def test_changed_verdicts_come_first_and_equal_causes_are_one_sentence():
    found = told(judged(9, gap=0.02), judged(10, gap=0.02, because="updates"))
    assert found == (
        "H1 was edited: seeds from 9 (0 to 8) to 10 (0 to 9); because from nothing to updates.",
        "H2 was edited: seeds from 9 (0 to 8) to 10 (0 to 9).",
        "Same verdict, other numbers: H1 at 300 steps and H2 at 300 steps. Why: seed 9 was added "
        "(10 seeds, 9 before).",
    )
    assert told(judged(9), judged(10))[0] == (
        "H1 and H2 were edited: seeds from 9 (0 to 8) to 10 (0 to 9)."
    )
    changed = told(judged(4, gap=0.006), judged(10, gap=0.02, because="updates"))
    kinds = [" before, " in s and " now. Why: " in s for s in changed]
    assert kinds == sorted(kinds, reverse=True)
    assert any(kinds)


def test_a_terminal_shows_five_lines_at_most():
    assert in_terminal(["a"] * 5) == ["a"] * 5
    assert in_terminal([str(n) for n in range(7)]) == [
        "0", "1", "2", "3", "... and 3 more changes; see the report",
    ]  # fmt: skip


def test_a_terminal_shows_no_endless_sentence():
    [sentence] = in_terminal(said(report(only=["H1"]), report(only=["H1"], says="x " * 2500)))
    assert len(sentence) <= 1000
    assert sentence.startswith("H1 was reworded")
    assert sentence.endswith("what it claims is the same.")


def test_a_seed_that_fails_is_named_also_where_others_are_added():
    fewer = judged(seeds=8, only=["H1"])
    said_of_it = told(fewer, judged(seeds=10, only=["H1"], failing=[(3, 2), (3, 9)]))[0]
    assert "seeds 8 and 9 were added" in said_of_it
    assert "1 run (depth 3, seed 2) finished before and failed now" in said_of_it
