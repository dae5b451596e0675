"""The conclusions of every verdict x type, rendered into one text and checked as prose."""

import math
import re
from dataclasses import replace

import pytest
from hyperverdict.claims.model import Leg
from hyperverdict.report import opening, phrases, words
from hyperverdict.verdicts.model import Check
from hyperverdict.words import effects
from hyperverdict.words import numbers as units

from tests.unit.report import samples

STUDY = samples.study()
ACCURACY = units.unit_of("accuracy")


def conclusion(kind, evidence, **options):
    report = samples.hypothesis_report(kind, evidence, **options)
    return words.conclude(report, report.verdicts[0], STUDY)


def whole_text():
    """Everything that is said in all combinations, blocked and not."""
    said = []
    for kind, evidence in samples.every_combination():
        for blocked in (False, True):
            report = samples.hypothesis_report(kind, evidence, blocked=blocked)
            said.append(words.conclude(report, report.verdicts[0], STUDY).text)
            said.append(words.brief(report.verdicts[0], STUDY))
    return "\n".join(said)


def test_all_combinations_are_prose():
    text = whole_text()
    faults = {
        "a slot that was not filled": r"[{}]",
        "an underscore": r"\w_\w(?![^`]*`)",
        "a doubled word": r"\b(\w+) \1\b",
        "a doubled stop": r"\.\.|,,|;;|\.;|,\.",
        "a space before a stop": r" [.,;:]",
        "two spaces": r"  ",
        "a sentence in lower case": r"(?:^|[a-z)”]\. )[a-z]",
        "a wrong plural": r"(?<![.\d])1 (points|seeds|runs)\b|\b[02-9] (point|seed|run)\b",
        "a number that is none": r"\bnan\b|\binf\b|None",
        "an unclosed bracket": r"\([^()]*$",
    }
    for fault, pattern in faults.items():
        found = re.search(pattern, text, re.MULTILINE)
        near = text[max(0, found.start() - 60) : found.end() + 60] if found else ""
        assert found is None, f"{fault}: …{near}…"


@pytest.mark.parametrize(("kind", "evidence"), samples.every_combination())
def test_every_conclusion_says_all_its_parts(kind, evidence):
    said = conclusion(kind, evidence)
    assert said.findings
    assert said.meaning
    assert said.change
    assert said.next
    if kind != "definitional" and evidence != "estimated":
        assert "null hypothesis" in said.test
        assert "t(9)" in said.test


def test_every_type_means_something_else():
    for evidence in ("supported", "refuted", "no meaningful effect", "inconclusive"):
        meanings = [conclusion(k, evidence).meaning for k in samples.KINDS if k != "definitional"]
        assert len(set(meanings)) == len(meanings)


def test_templates_cover_every_type_and_verdict():
    judged = set(samples.SIZES) - {"estimated"}
    for kind in set(samples.KINDS) - {"definitional"}:
        assert set(phrases.MEANING[kind]) == judged
        assert kind in phrases.NULLS


@pytest.mark.parametrize(
    ("direction", "size", "expected"),
    [
        ("higher", 3, "3.0 points higher"),
        ("higher", -3, "3.0 points lower"),
        ("higher", 0, "the same"),
    ],
)
def test_differences_are_told_by_size_and_direction(direction, size, expected):
    effect = samples.effect("b - a", "supported", direction=direction, size=size)
    assert effects.tell(effect, ACCURACY).change == expected


def test_an_interval_across_zero_names_both_directions():
    told = effects.tell(samples.effect("b - a", "inconclusive"), ACCURACY)
    assert re.fullmatch(r"[\d.]+ points lower to [\d.]+ points higher", told.interval)


@pytest.mark.parametrize(
    ("ratio", "interval", "change", "said"),
    [
        (0.2941, (0.2838, 0.3047), "3.4 times faster", "3.3 to 3.5 times"),
        (3.4, (3.28, 3.52), "3.4 times slower", "3.3 to 3.5 times"),
        (1.02, (0.8, 1.25), "1.02 times slower", "1.25 times faster to 1.25 times slower"),
    ],
)
def test_times_are_told_as_faster_and_slower(ratio, interval, change, said):
    effect = samples.effect("b - a", "supported", metric="train_time", ratio=True, delta=1.1)
    effect = replace(effect, estimate=ratio, ci1=interval)
    told = effects.tell(effect, units.unit_of("train_time", ratio=True))
    assert (told.change, told.interval) == (change, said)


def test_an_endless_interval_is_said_so():
    effect = samples.effect("b - a", "inconclusive")
    effect = replace(effect, ci1=(-math.inf, math.inf), n=1, t=math.nan, p=math.nan)
    assert effects.tell(effect, ACCURACY).interval == "without bounds"
    assert "no test is possible" in effects.test_sentence(effect, ACCURACY)


def test_the_interval_says_its_level():
    effect = samples.effect("b - a", "supported", alpha=0.0125)
    assert "(98.75 % interval" in effects.sentence(effect, ACCURACY, "comparison")


def test_unpaired_effects_name_welch():
    effect = replace(samples.effect("b - a", "supported"), paired=False, df=7.4)
    assert effects.test_sentence(effect, ACCURACY).startswith("Welch’s")
    assert "t(7.4)" in effects.test_sentence(effect, ACCURACY)


def test_a_blocked_verdict_says_the_statistic_and_why_it_does_not_count():
    said = conclusion("comparison", "supported", blocked=True)
    assert "would read “supported”" in said.meaning
    assert samples.BLOCK.sentence in said.meaning
    assert said.next == phrases.ADVICE["6"]


def test_inconclusive_gives_seeds_price_and_command():
    said = conclusion("comparison", "inconclusive")
    assert "48 to 110 seeds" in said.change
    assert "0.4 to 1.2 hours" in said.change
    assert "`snakemake --config replicates=48`" in said.next


def test_a_dropped_leg_is_said():
    report = samples.depends_report()
    said = " ".join(words.findings(report.verdicts[2], STUDY))
    assert "“training faster”" in said
    assert "equal by design" in said


def test_a_trade_off_with_one_leg_left_is_read_as_a_comparison():
    verdict = samples.verdict("trade-off", "refuted")
    dropped = Leg("train_time", "lower", "inconclusive", (), dropped_because="equal by design")
    judged = replace(verdict.judgement, legs=(dropped, verdict.judgement.legs[1]))
    assert "trade-off" not in words.meaning(replace(verdict, judgement=judged), STUDY)


def test_failures_are_said_with_the_rates_they_leave_possible():
    said = " ".join(conclusion("comparison", "inconclusive").findings)
    assert "1 of 10 runs of batch size 4 ended without a result" in said


def test_many_effects_are_counted_and_the_deciding_one_is_told():
    many = [samples.effect(f"b{i} - a", "supported", size=3 + i) for i in range(16)]
    leg = Leg("accuracy", "higher", "supported", tuple(many))
    verdict = samples.verdict("universal", "supported")
    verdict = replace(verdict, judgement=replace(verdict.judgement, legs=(leg,)))
    said = words.findings(verdict, STUDY)
    assert said[0] == "Of 16 effects on test accuracy: 16 supported."
    assert "with b0 than with a" in said[1]


def test_the_corrected_verdict_counts_and_the_raw_one_is_said():
    verdict = samples.verdict("comparison", "supported")
    corrected = samples.judgement("comparison", "inconclusive", verdict.arms)
    verdict = replace(verdict, corrected=corrected)
    assert "do not decide" in words.meaning(verdict, STUDY)
    assert "it would read “supported”" in " ".join(words.findings(verdict, STUDY))


def test_the_opening_names_topics_and_tells_rivals_apart():
    report = samples.report()
    assert opening.opening(report, STUDY) == (
        "Batch size: the answer depends on what you hold equal. "
        "Depth: no effect that matters. Width: the claim holds."
    )
    twin = replace(report.hypotheses[0], id="H4", headline="refuted")
    rivals = replace(report, hypotheses=(report.hypotheses[0], twin))
    stated = replace(STUDY.hypotheses[0], id="H4")
    study = replace(STUDY, hypotheses=(*STUDY.hypotheses, stated))
    assert opening.opening(rivals, study) == (
        "Batch size (H1): the answer depends on what you hold equal. "
        "Batch size (H4): the claim is refuted."
    )


def test_the_headline_carries_at_most_the_two_gravest_caveats():
    shown = opening.headline_caveats(samples.hypothesis_report("comparison", "supported"))
    assert [str(caveat) for caveat in shown] == [c.sentence for c in samples.CAVEATS[:2]]


def test_a_check_that_fired_at_several_budgets_is_one_caveat_with_its_budgets():
    def verdict(budget, sentence):
        base = samples.hypothesis_report("comparison", "supported").verdicts[0]
        gains = (Check("10", "caveat", sentence, gravity=len(sentence)),) if sentence else ()
        return replace(base, budget=budget, checks=gains)

    def said(*verdicts):
        report = replace(samples.hypothesis_report("comparison", "supported"), verdicts=verdicts)
        return [str(caveat) for caveat in opening.headline_caveats(report)]

    steps = verdict("300 steps", "B was improving (21).")
    images = verdict("9 samples", "B was improving (1).")
    assert said(steps, images, verdict("5 seconds", "")) == [
        "At 300 steps: B was improving (21). The same check fired at 9 samples."
    ]
    assert said(steps, replace(steps, budget="5 epochs")) == ["B was improving (21)."]


def test_the_first_screen_says_a_caveat_once():
    fresh = opening.new_caveats(samples.report())
    assert fresh["H1"]
    assert fresh["H5"] == ()


def test_figures_are_told_with_their_numbers():
    text = opening.figure_text(samples.depends_report(), STUDY, "effect")
    assert "3.0 points lower (2.6 to 3.4 points)" in text
    assert "At 38,400 samples: supported" in text


def test_only_lines_that_say_something_else_are_called_different():
    lines = {
        "as judged": "supported",
        "sign-flip": "agrees",
        "leave one seed out": "supported whichever is left out",
        "best on validation": "refuted",
        "worst case": "inconclusive without seed_3",
    }
    verdict = replace(samples.verdict("comparison", "supported"), robustness=lines)
    assert words.differing_lines(verdict) == [
        "best on validation (refuted)",
        "worst case (inconclusive without seed 3)",
    ]


def test_a_negligible_effect_tells_the_interval_that_proves_it():
    said = conclusion("comparison", "no meaningful effect").findings[0]
    assert "95 % interval 0.4 points lower to 0.4 points higher" in said
    assert "90 % interval, 0.3 points lower to 0.3 points higher, lies within 1 point" in said


def test_a_trade_off_names_the_parts_that_do_not_hold():
    verdict = samples.verdict("trade-off", "refuted")
    time, accuracy = verdict.judgement.legs
    legs = (time, replace(accuracy, evidence="no meaningful effect"))
    verdict = replace(verdict, judgement=replace(verdict.judgement, legs=legs))
    assert words.meaning(verdict, STUDY).endswith(
        "training time goes the other way and test accuracy shows no difference that matters."
    )


def test_a_leg_refuted_by_a_negligible_effect_is_told_by_it():
    supported = samples.effect("b - a", "supported")
    negligible = samples.effect("c - b", "no meaningful effect")
    leg = Leg("accuracy", "higher", "refuted", (supported, negligible), "every adjacent step")
    assert effects.deciding_effect(leg) is negligible
    verdict = samples.verdict("trend", "refuted")
    verdict = replace(verdict, judgement=replace(verdict.judgement, legs=(leg,)))
    assert "at least one step is too small to matter" in words.meaning(verdict, STUDY)


def test_the_closest_rival_of_an_optimum_is_the_one_least_excluded():
    far = replace(samples.effect("x 1 - x 3", "supported", size=-9), direction="not_higher")
    near = replace(samples.effect("x 2 - x 3", "supported", size=0), direction="not_higher")
    far, near = replace(far, p_equivalence=1e-9), replace(near, p_equivalence=0.04)
    verdict = samples.verdict("optimum", "supported")
    leg = Leg("accuracy", "higher", "supported", (far, near))
    verdict = replace(verdict, judgement=replace(verdict.judgement, legs=(leg,)))
    assert words.brief(verdict, STUDY).startswith("Closest rival, x 2: test accuracy the same")


def test_unmeasured_effects_are_said_to_be():
    verdict = samples.verdict("comparison", "inconclusive")
    [leg] = verdict.judgement.legs
    nothing = replace(leg.effects[0], estimate=math.nan, ci1=(math.nan, math.nan))
    legs = (replace(leg, effects=(nothing,)),)
    verdict = replace(verdict, judgement=replace(verdict.judgement, legs=legs))
    assert words.findings(verdict, STUDY)[0].startswith("No finished runs tell")
    assert words.brief(verdict, STUDY).startswith("No finished runs tell")


def test_type_specific_facts_are_told():
    def told(kind, **facts):
        judged = replace(samples.judgement(kind, "supported", ()), facts=facts)
        verdict = replace(samples.verdict(kind, "supported"), judgement=judged)
        return " ".join(words.findings(verdict, STUDY))

    best = told("strategy", within_delta_of_best={"accuracy": ["width 16", "width 64"]})
    assert "Not excluded as the best in test accuracy: width 16 and width 64." in best
    plateau = told("strategy", plateau={"accuracy": 3}, epochs=[1, 2, 3, 4, 5])
    assert "the gain from epoch 3 to epoch 5 is proven too small to matter" in plateau
    contexts = {"width 16": {"estimate": 0.02, "ci1": [0.01, 0.03]}}
    inner = told("strategy", effects_by_context={"accuracy": contexts})
    assert "Within each context test accuracy was 2.0 points higher with width 16" in inner


def test_an_opening_over_many_claims_counts_them():
    report = samples.report()
    names = [f"c{i}" for i in range(7)]
    many = tuple(replace(report.hypotheses[1], id=name) for name in names[:5])
    many += tuple(replace(report.hypotheses[2], id=name) for name in names[5:])
    assert opening.opening(replace(report, hypotheses=many), STUDY) == (
        "Of 7 claims 5 show no effect that matters and 2 hold."
    )


@pytest.mark.parametrize(
    ("terms", "topic"),
    [
        ({"compare": {"batch_size": {"from": 4, "to": 128}}}, "batch size"),
        ({"best": {"batch_size": [4, 8]}, "is": [4]}, "best batch size"),
        (
            {"matters_more": {"these": {"optimizer": []}, "than": {"width": []}}},
            "importance of optimizer",
        ),
        (
            {"all_of": [{"trend": {"width": []}}, {"trend": {"depth": []}}]},
            "width and depth in every context",
        ),
        ({"compare": {"depth": {}}, "only_in": {"data": {}}}, "depth by data"),
        ({"combinations": {"width": 5}}, "number of combinations"),
        ({"each": {"epoch": "1..5"}}, "training longer"),
        ({"search": "random", "than": "grid"}, "search strategy"),
    ],
)
def test_topics_name_what_is_asked(terms, topic):
    assert opening.topic_of(terms) == topic


def test_headlines_over_budgets_stand_as_they_are():
    report = samples.report()
    mixed = replace(
        report.hypotheses[0], headline="refuted at 300 steps; inconclusive at 5 seconds"
    )
    said = opening.opening(replace(report, hypotheses=(mixed,)), STUDY)
    assert said == "Batch size: refuted at 300 steps; inconclusive at 5 seconds."


def test_the_first_screen_says_a_rivalry_once():
    report = samples.report()
    rivals = tuple(replace(h, rivals=("H1 and H5 are rivals.",)) for h in report.hypotheses)
    fresh = opening.new_rivals(replace(report, hypotheses=rivals))
    assert list(fresh.values()) == [("H1 and H5 are rivals.",), (), ()]


def test_a_claimed_range_stands_beside_the_effect():
    effect = replace(samples.effect("epoch 2 - epoch 1", "refuted"), between=(0.0, 0.01))
    said = effects.sentence(effect, ACCURACY, "learning curve")
    assert said.endswith("; the claim says 0 to 1 point higher.")


def test_time_along_one_training_is_told_as_longer():
    effect = samples.effect(
        "epoch 2 - epoch 1", "supported", metric="train_time", ratio=True, delta=1.1
    )
    effect = replace(effect, estimate=2.0, ci1=(1.9, 2.1))
    leg = Leg("train_time", "higher", "supported", (effect,))
    verdict = samples.verdict("learning curve", "supported")
    verdict = replace(verdict, judgement=replace(verdict.judgement, legs=(leg,)))
    assert words.findings(verdict, STUDY)[0].startswith(
        "From epoch 1 to epoch 2, training time became 2.00 times as long"
    )
