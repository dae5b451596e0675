"""The first screen: its opening line, caveats said once, post hoc claims."""

from dataclasses import replace

import pytest
from hyperverdict.report import badges, opening
from hyperverdict.verdicts.headline import conclusions, over_budgets

from tests.unit.report import samples


def with_hypotheses(*hypotheses):
    """The whole study with other hypotheses than its own three."""
    study, report, _ = samples.whole()
    stated = {h.id: h for h in study.hypotheses}
    names = {h.id: replace(stated.get(h.id, study.hypotheses[0]), id=h.id) for h in hypotheses}
    return replace(study, hypotheses=tuple(names.values())), replace(report, hypotheses=hypotheses)


def over(report, *verdicts):
    """A report on these verdicts."""
    return replace(
        report,
        verdicts=verdicts,
        headline=over_budgets(verdicts),
        conclusions=conclusions(verdicts),
    )


def test_the_opening_names_topics_and_tells_opposing_claims_apart():
    study, report, _ = samples.whole()
    assert opening.opening(report, study) == (
        "Batch size: the answer depends on what you hold equal. "
        "Depth: no effect that matters. Width: the claim holds."
    )
    first = report.hypotheses[0]
    twin = over(replace(first, id="H4"), first.verdicts[0])
    study, report = with_hypotheses(first, twin)
    assert opening.opening(report, study) == (
        "Batch size (H1): the answer depends on what you hold equal. "
        "Batch size (H4): the claim is refuted."
    )


def test_an_opening_over_many_claims_counts_them():
    _, whole, _ = samples.whole()
    depth, width = whole.hypotheses[1:]
    study = samples.read(
        samples.raw_study(
            {f"c{i}": samples.entry("comparison", compare={name: {"from": a, "to": b}})
             for i, (name, a, b) in enumerate([
                 ("depth", 2, 3), ("width", 16, 64), ("batch_size", 4, 8), ("dropout", 0, 0.5),
                 ("learning_rate", 0.1, 0.01), ("weight_decay", 0, 0.1),
                 ("activation", "relu", "tanh")])}
        )
    )  # fmt: skip
    many = tuple(
        replace(depth if i < 6 else width, id=h.id) for i, h in enumerate(study.hypotheses)
    )
    assert opening.opening(replace(whole, hypotheses=many), study) == (
        "Of 7 claims, 6 show no effect that matters and 1 holds."
    )


@pytest.mark.parametrize(
    ("kind", "topic"),
    [
        ("comparison", "Batch size"),
        ("optimum", "Best batch size"),
        ("importance", "Importance of width"),
        ("conditional", "Depth by width"),
        ("definitional", "Number of combinations"),
        ("learning curve", "Training longer"),
        ("strategy", "Search strategy"),
    ],
)
def test_topics_name_what_is_asked(kind, topic):
    evidence = "true by arithmetic" if kind == "definitional" else "supported"
    study, report = samples.judged(kind, evidence)
    assert opening.opening(report, study).startswith(f"{topic}: ")


def test_different_headlines_stand_with_their_budgets():
    _, report, _ = samples.whole()
    first = report.hypotheses[0]
    unclear = replace(samples.verdict("comparison", "inconclusive"), budget="5 seconds")
    blocked = samples.blocked_verdict(unclear)
    study, report = with_hypotheses(over(first, first.verdicts[0], blocked))
    assert opening.opening(report, study) == (
        "Batch size: refuted at 300 steps; inconclusive (untuned) at 5 seconds."
    )
    assert badges.hypothesis_badge(report.hypotheses[0]).style == "refuted"


def test_a_blocked_verdict_never_looks_like_its_evidence():
    for evidence in ("supported", "refuted", "no meaningful effect"):
        report = samples.hypothesis_report("comparison", evidence, blocked=True)
        assert badges.hypothesis_badge(report).style == "inconclusive"
        assert badges.verdict_badge(report.verdicts[0]).sign == "?"


def test_a_blocked_claim_says_why_in_the_opening():
    study, report = samples.judged("comparison", "supported")
    blocked = replace(report, hypotheses=(samples.blocked_report(report.hypotheses[0]),))
    assert opening.opening(blocked, study) == "Batch size: no verdict yet (untuned)."


def test_the_headline_carries_at_most_the_two_gravest_caveats():
    report = samples.hypothesis_report("trend", "supported")
    [verdict] = report.verdicts
    one = verdict.caveats[0]
    found = [replace(one, id=f"check_{gravity}", gravity=gravity) for gravity in (1, 9, 5)]
    report = replace(report, verdicts=(replace(verdict, checks=tuple(found)),))
    shown = opening.headline_caveats(report)
    assert [caveat.check.gravity for caveat in shown] == [9, 5]


def test_a_check_that_fired_at_several_budgets_is_one_caveat_with_its_budgets():
    report = samples.hypothesis_report("comparison", "supported")
    base = replace(report.verdicts[0].caveats[0], id="still_improving")

    def verdict(budget, sentence):
        check = replace(base, sentence=sentence, gravity=len(sentence))
        return replace(report.verdicts[0], budget=budget, checks=(check,) if sentence else ())

    def said(*verdicts):
        shown = opening.headline_caveats(replace(report, verdicts=verdicts))
        return [str(caveat) for caveat in shown]

    steps = verdict("300 steps", "B was improving (21).")
    images = verdict("9 samples", "B was improving (1).")
    assert said(steps, images, verdict("5 seconds", "")) == [
        "At 300 steps: B was improving (21). The same check fired at 9 samples."
    ]
    assert said(steps, replace(steps, budget="5 epochs")) == ["B was improving (21)."]


def test_the_first_screen_says_a_caveat_once():
    _, report, _ = samples.whole()
    fresh = [text for texts in opening.new_caveats(report).values() for text in texts]
    assert len(set(fresh)) == len(fresh)
    main = opening.main_check(report)
    assert not [text for text in fresh if text == main.sentence]


def test_the_first_screen_says_an_opposition_once():
    _, report, _ = samples.whole()
    both = tuple(replace(h, opposing=("H1 and H5 oppose.",)) for h in report.hypotheses)
    fresh = opening.new_opposing(replace(report, hypotheses=both))
    assert list(fresh.values()) == [("H1 and H5 oppose.",), (), ()]


def test_post_hoc_is_said_with_its_budgets_and_the_reason_of_its_check():
    report = samples.whole()[1].hypotheses[0]
    late = samples.late(report)
    assert opening.post_hoc(late) == (
        "Post hoc: the size that matters was edited after results existed."
    )
    assert "post_hoc" not in [caveat.check.id for caveat in opening.headline_caveats(late)]
    some = (late.verdicts[0], *report.verdicts[1:])
    assert opening.post_hoc(replace(report, verdicts=some)) == (
        "Post hoc at 300 steps: the size that matters was edited after results existed."
    )
    assert opening.post_hoc(report) == ""


def test_a_claim_that_could_not_be_judged_is_said():
    study, report = samples.judged("comparison", "supported")
    failed = replace(
        report.hypotheses[0], verdicts=(), conclusions=(), headline="not judged",
        failed_because="TypeError: unhashable type",
    )  # fmt: skip
    broken = replace(report, hypotheses=(failed,))
    assert opening.opening(broken, study) == "Batch size: could not be judged."
    assert badges.hypothesis_badge(failed).sign == "!"


def test_failures_of_the_users_program_are_told_with_arm_and_seeds():
    _, report, _ = samples.whole()
    first = report.hypotheses[0]
    failed = replace(first.verdicts[0].arms[0], title="heads 8", messages=("Seed 2: exit code 1",))
    verdict = replace(first.verdicts[0], arms=(failed, *first.verdicts[0].arms[1:]))
    both = over(first, verdict, replace(verdict, budget="10 epochs"))
    assert opening.failed_runs(both) == ("Heads 8, seed 2: exit code 1.",)
    assert opening.failed_runs(first) == ()
