"""The table of checks: ids, statuses, order, and the page that is made from it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from hyperverdict.checks import CHECKS, run_checks
from hyperverdict.checks.model import Finding, check, run
from hyperverdict.checks.page import page
from hyperverdict.outcomes.elsewhere import ClaimNotes, Elsewhere

from tests.unit.checks.contexts import with_rows

ROOT = Path(__file__).parents[3]
NOT_APPLICABLE_TO_DEPTH = {
    "batch": "one_budget",
    "untuned": "tuned_at_edge unequal_tuning tuned_on_evaluation_seeds",
    "no ledger": "post_hoc several_versions runs_left_out",
    "no table": "unguarded_looks seeds_change_nothing maximum_over_epochs selected_on_reported_split",
    "no time": "times_not_comparable",
    "no trend": "past_the_levels",
    "no contexts": "few_contexts",
    "nothing decided": "one_seed_carries",
}


def test_ids_are_words_and_no_two_are_equal():
    ids = [one.id for one in CHECKS]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", id_) for id_ in ids)
    assert all(
        one.title and one.explains.endswith(".") and one.remedy.endswith(".") for one in CHECKS
    )


def test_every_check_has_a_status_and_those_that_fired_stand_first(depth_context):
    results = run_checks(depth_context)
    assert sorted(r.id for r in results) == sorted(one.id for one in CHECKS)
    fired = [r for r in results if r.fired]
    assert [(r.id, r.level) for r in fired] == [("untuned_learning_rate", "caveat")]
    assert results[0] is fired[0]
    assert fired[0].remedy.startswith("Tune the learning rate")
    table = [one.id for one in CHECKS if one.id != "untuned_learning_rate"]
    assert [r.id for r in results[1:]] == table
    assert all(r.sentence == r.remedy == "" for r in results[1:])


def test_a_check_with_nothing_to_look_at_is_not_applicable_and_the_others_passed(depth_context):
    results = {r.id: r.status for r in run_checks(depth_context)}
    absent = {name for names in NOT_APPLICABLE_TO_DEPTH.values() for name in names.split()}
    from hyperverdict.checks import elsewhere

    absent |= {one.id for one in elsewhere.CHECKS}
    assert {name for name, status in results.items() if status == "not applicable"} == absent
    assert results["few_seeds"] == results["different_code"] == "passed"


def test_blocking_checks_come_before_graver_caveats(depth_context):
    changed = with_rows(depth_context, 1, dropout=0.5)
    ids = [r.id for r in run_checks(changed) if r.fired]
    assert ids == ["undeclared_difference", "untuned_learning_rate"]


def test_what_the_reader_of_a_table_found_is_said_by_the_check_of_that_id(depth_context):
    noted = ("blocks", "2 of 8 runs were stopped.", "survivors only", 9.5)
    key = ("H", str(depth_context.question.budget))
    table = Elsewhere(claims={key: ClaimNotes(findings={"survivors_only": noted})})
    results = {r.id: r for r in run_checks(replace(depth_context, elsewhere=table))}
    found = results["survivors_only"]
    assert (found.level, found.status, found.sentence) == ("blocks", "fired", noted[1])
    assert (found.headline, found.gravity) == ("survivors only", 9.5)


def test_a_new_check_is_one_function(depth_context):
    """What docs/contributing.md counts: the function with its words, and its place in a table."""

    @check("caveat", title="Six seeds", explains="Whether there are six.", remedy="Use six.")
    def six_seeds(context):
        n = len(context.question.seeds)
        return None if n == 6 else Finding("caveat", f"{n} seeds.", 1)

    assert run(six_seeds, depth_context).status == "passed"
    fewer = replace(depth_context, question=replace(depth_context.question, seeds=(0, 1)))
    result = run(six_seeds, fewer)
    assert (result.id, result.sentence, result.remedy) == ("six_seeds", "2 seeds.", "Use six.")


def test_the_page_is_up_to_date():
    """Write it again with `python -m hyperverdict.checks.page > docs/checks.md`."""
    assert (ROOT / "docs/checks.md").read_text() == page()
