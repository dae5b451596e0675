"""The conclusions of every verdict x type, rendered into one text and checked as prose."""

import math
import re
from dataclasses import replace

import pytest
from hyperverdict.claims.base import Leg
from hyperverdict.figures import units
from hyperverdict.report import effects, opening, phrases, words

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
    assert shown == (samples.CAVEATS[0].sentence, samples.CAVEATS[1].sentence)


def test_the_first_screen_says_a_caveat_once():
    fresh = opening.new_caveats(samples.report())
    assert fresh["H1"]
    assert fresh["H5"] == ()


def test_figures_are_told_with_their_numbers():
    text = opening.figure_text(samples.depends_report(), STUDY, "effect")
    assert "3.0 points lower (2.6 to 3.4 points)" in text
    assert "At 38,400 samples: supported" in text
