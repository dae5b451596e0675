"""The conclusions of every verdict x type, rendered into one text and checked as prose."""

import math
import re
from dataclasses import replace

import pytest
from hyperverdict.claims.wording import deciding_effect
from hyperverdict.report import conclusion, latex
from hyperverdict.verdicts.judge import judge_study

from tests.unit.report import made_runs, samples


def conclude(kind, evidence, **options):
    report = samples.hypothesis_report(kind, evidence, **options)
    return conclusion.conclude(report, report.verdicts[0], samples.study_of_kind(kind, evidence))


def concluded(verdict, kind="comparison", evidence="supported"):
    """The conclusion of a verdict that differs from the sample's."""
    report = replace(samples.hypothesis_report(kind, evidence), verdicts=(verdict,))
    return conclusion.conclude(report, verdict, samples.study_of_kind(kind, evidence))


def whole_text():
    """Everything that is said in all combinations, blocked and not."""
    said = []
    for kind, evidence in samples.every_combination():
        for blocked in (False, True):
            said.append(conclude(kind, evidence, blocked=blocked).text)
            said.append(conclusion.brief(samples.verdict(kind, evidence, blocked=blocked)))
    return "\n".join(said)


def test_the_engine_gives_the_evidence_that_the_samples_ask_for():
    for kind, evidence in samples.every_combination():
        assert samples.verdict(kind, evidence).judgement.evidence == evidence, (kind, evidence)


def test_all_combinations_are_prose():
    text = whole_text()
    faults = {
        "a slot that was not filled": r"\{(?!learning_rate)[^`]*\}(?!`)",
        "an underscore": r"\w_\w(?![^`\n]*`)",
        "a doubled word": r"\b(\w+) \1\b",
        "a doubled stop": r"(?<!\.)\.\.(?!\.)|,,|;;|\.;|,\.",
        "a space before a stop": r" [.,;:]",
        "two spaces": r"  ",
        "a sentence in lower case": r"(?:^|[a-z)”]\. )[a-z]",
        "a wrong plural": r"(?<![.\d])1 (points|seeds|runs|factors)\b|\b[02-9] (point|seed|run)\b",
        "a number that is none": r"\bnan\b|\binf\b|None",
        "a hyphen for a minus": r"(?<![\w-])-\d",
        "an unclosed bracket": r"\([^()]*$",
    }
    for fault, pattern in faults.items():
        found = re.search(pattern, text, re.MULTILINE)
        near = text[max(0, found.start() - 60) : found.end() + 60] if found else ""
        assert found is None, f"{fault}: …{near}…"


@pytest.mark.parametrize(("kind", "evidence"), samples.every_combination())
def test_every_conclusion_says_all_its_parts(kind, evidence):
    said = conclude(kind, evidence)
    assert said.findings
    assert said.meaning
    assert said.change
    assert said.next
    if kind != "definitional" and evidence != "estimated":
        assert "null hypothesis" in said.test
        assert "t(9)" in said.test


def test_every_type_means_something_else():
    possible = samples.every_combination()
    for evidence in ("supported", "refuted", "no meaningful effect", "inconclusive"):
        kinds = [k for k in samples.KINDS if (k, evidence) in possible]
        meanings = [conclude(kind, evidence).meaning for kind in kinds]
        assert len(set(meanings)) == len(meanings)


def test_a_blocked_verdict_says_the_statistic_and_why_it_does_not_count():
    said = conclude("comparison", "supported", blocked=True)
    assert "would give “supported”" in said.meaning
    assert samples.untuned().sentence in said.meaning
    assert said.next == samples.untuned().remedy


def test_inconclusive_gives_seeds_cost_and_command_once():
    said = conclude("comparison", "inconclusive")
    assert re.search(r"About \d+ to \d+ seeds per arm would settle it, at a cost of", said.next)
    assert "`hyperverdict seeds" in said.next
    assert "would settle it" not in said.change


def test_a_dropped_leg_is_said():
    study, report, _ = samples.whole()
    verdict = report.hypotheses[0].verdicts[2]
    said = " ".join(conclusion.conclude(report.hypotheses[0], verdict, study).findings)
    assert "“training faster”" in said
    assert "equal by design" in said


def test_a_trade_off_with_one_leg_left_is_read_as_a_comparison():
    study, report, _ = samples.whole()
    verdict = report.hypotheses[0].verdicts[2]
    assert "trade-off" not in conclusion.conclude(report.hypotheses[0], verdict, study).meaning


def test_failures_are_said_with_the_rates_they_leave_possible():
    study = samples.study_of_kind("comparison", "supported")
    tables = made_runs.tables_of(study, made_runs.scores("comparison", "supported", 10))
    final = tables.final
    failed = (final["seed"] == 3) & (final["batch_size"] == 4)
    final = final.assign(failed=failed, status=final["status"].where(~failed, "diverged"))
    [report] = judge_study(study, final, tables.curves).hypotheses
    said = conclusion.conclude(report, report.verdicts[0], study)
    assert "1 of 10 runs of batch size 4 ended without a result" in " ".join(said.findings)


def test_many_effects_are_counted_and_the_deciding_one_is_told():
    terms = {"compare": {"depth": {"from": 2, "to": 3}}, "in_every": {"width": [2**k for k in range(3, 11)]}}  # fmt: skip
    score = made_runs.scores("universal", "supported", 10)
    study, report, _ = samples.judge_terms(terms, score)
    [hypothesis] = report.hypotheses
    said = conclusion.conclude(hypothesis, hypothesis.verdicts[0], study).findings
    assert said[0] == "Of 8 effects on test accuracy, 8 are as claimed."
    assert "test accuracy was 3.0" in said[1]
    assert len(said) < 8


def test_the_corrected_verdict_counts_and_the_uncorrected_one_is_said():
    verdict = replace(samples.verdict("comparison", "inconclusive"), uncorrected="supported")
    said = concluded(verdict, evidence="inconclusive")
    assert "undecided" in said.meaning
    assert "the verdict would be “supported”" in " ".join(said.findings)


def test_only_lines_that_say_something_else_are_called_different():
    from hyperverdict.verdicts.model import SensitivityLine

    lines = (
        SensitivityLine("as judged", "supported", True),
        SensitivityLine("sign-flip test", "supported", True),
        SensitivityLine("best on validation", "refuted", False),
        SensitivityLine("leave one seed out", "inconclusive", False, "without seed_3"),
    )
    said = concluded(replace(samples.verdict("comparison", "supported"), sensitivity=lines))
    assert said.change.endswith(
        "It differs when judged by: best on validation (refuted) and leave one seed out "
        "(inconclusive, without seed_3)."
    )


def test_a_trade_off_names_the_parts_that_do_not_hold():
    verdict = samples.verdict("trade-off", "refuted")
    time, accuracy = verdict.judgement.legs
    legs = (time, replace(accuracy, evidence="no meaningful effect"))
    verdict = replace(verdict, judgement=replace(verdict.judgement, legs=legs))
    assert concluded(verdict, "trade-off", "refuted").meaning.endswith(
        "training time goes the other way and test accuracy shows no difference that matters."
    )
    assert "Test accuracy shows no difference that matters." in conclusion.brief(verdict)
    other = samples.verdict("trade-off", "refuted")
    assert "no difference that matters" not in conclusion.brief(other)


def test_a_leg_refuted_by_a_negligible_effect_is_told_by_it():
    def without_effect_in_one_context(arm, seed):
        c = arm.configuration
        helps = made_runs.depth_of(c) == 3 and made_runs.width_of(c) < 256
        return 0.7 + 0.03 * helps + made_runs.draws(0.001, 10, c.path)[seed]

    terms = samples.CLAIMS["universal"][0]
    _, report, _ = samples.judge_terms(terms, without_effect_in_one_context)
    [hypothesis] = report.hypotheses
    [leg] = hypothesis.verdicts[0].judgement.legs
    assert leg.evidence == "refuted"
    assert deciding_effect(leg).evidence == "no meaningful effect"
    assert conclusion.brief(hypothesis.verdicts[0]).startswith(
        "1 of 3 effects is too small to matter, depth 3 − depth 2 (width 256): test accuracy on"
    )


def test_the_weakest_of_several_supported_effects_is_named():
    brief = conclusion.brief(samples.verdict("optimum", "supported"))
    assert brief.startswith("Both effects are as claimed; the weakest is batch size")
    brief = conclusion.brief(samples.verdict("trend", "supported"))
    assert brief.startswith("All 3 effects are as claimed; the weakest is width")


def test_unmeasured_effects_are_said_to_be():
    verdict = samples.verdict("comparison", "inconclusive")
    [leg] = verdict.judgement.legs
    nothing = replace(leg.effects[0], estimate=math.nan, ci=(math.nan, math.nan))
    legs = (replace(leg, effects=(nothing,)),)
    verdict = replace(verdict, judgement=replace(verdict.judgement, legs=legs))
    said = concluded(verdict, evidence="inconclusive")
    assert said.findings[0] == "No finished runs show whether “test accuracy higher” holds."
    assert conclusion.brief(verdict).startswith("No finished runs show")


def test_the_findings_of_a_type_are_told():
    best = " ".join(conclude("optimum", "supported").findings)
    assert "Levels that may be the best in test accuracy: batch size 128." in best
    flat = " ".join(conclude("learning curve", "no meaningful effect").findings)
    assert "is proven too small to matter" in flat
    inner = " ".join(conclude("interaction", "supported").findings)
    assert (
        "Within each context, depth 2 → 3 changes test accuracy: 0.00 points with width 16 and"
        in inner
    )


def test_an_interaction_is_a_difference_of_two_effects_everywhere():
    said = conclude("interaction", "supported")
    assert said.findings[0].startswith("Difference of two effects: the effect of depth 2 → 3")
    brief = conclusion.brief(samples.verdict("interaction", "supported"))
    assert brief.startswith("Difference of two effects: the effect of depth 2 → 3 on test accuracy")


def test_renamed_contrasts_would_be_told_otherwise():
    trend = conclude("trend", "supported").findings[0]
    assert trend.startswith("Test accuracy was 3.0 points higher with width 64 than with width 16")
    importance = conclude("importance", "supported").findings[0]
    assert importance.startswith("Width explained 92.4 points more of the variance in test")
    conditional = conclude("conditional", "supported").findings[3]
    assert conditional.startswith("Difference of two effects: averaged over contexts, the effect")


def importance_of(score):
    """The report of the importance sample on these scores, and its conclusion."""
    terms, expect, _ = samples.CLAIMS["importance"]
    study, report, _ = samples.judge_terms(terms, score, expect=expect)
    [hypothesis] = report.hypotheses
    return (
        report,
        hypothesis.verdicts[0],
        conclusion.conclude(hypothesis, hypothesis.verdicts[0], study),
    )


def test_shares_that_drown_in_noise_are_not_said_to_lack_runs():
    report, verdict, said = importance_of(
        lambda arm, seed: 0.7 + made_runs.draws(0.02, 10, arm.configuration.path)[seed]
    )
    [leg] = verdict.judgement.legs
    assert leg.effects[0].n == 10
    assert not leg.effects[0].is_measured
    everything = f"{said.text} {conclusion.brief(verdict)} {latex.verdict_table(report)}"
    assert "cannot be told from noise with these runs" in said.findings[0]
    assert "cannot be told from noise with these runs" in said.test
    assert "cannot be told from noise" in latex.verdict_table(report)
    assert conclusion.brief(verdict).startswith("The variance in test accuracy between settings")
    for wrong in ("No finished runs", "no finished runs", "fewer than two finished", "not known of",
                  "does not vary"):  # fmt: skip
        assert wrong not in everything


def test_a_metric_that_is_equal_everywhere_is_said_not_to_vary():
    _, _, said = importance_of(lambda arm, seed: 0.7)
    assert "Test accuracy does not vary over this grid." in said.findings


def test_a_fragile_or_disputed_verdict_is_not_called_unlikely_to_change():
    from hyperverdict.verdicts.model import SensitivityLine

    verdict = replace(samples.verdict("comparison", "supported"), checks=(), sensitivity=())
    assert "unlikely to change" in concluded(verdict).change
    fragile = replace(samples.untuned(), id="one_seed_carries", level="caveat")
    disputed = (SensitivityLine("sign-flip test", "inconclusive", False),)
    for shaky in (replace(verdict, checks=(fragile,)), replace(verdict, sensitivity=disputed)):
        assert concluded(shaky).change.startswith("More seeds may change this")
        assert "unlikely" not in concluded(shaky).change


def test_each_leg_of_several_effects_names_its_metric():
    verdict = samples.verdict("trend", "supported")
    [leg] = verdict.judgement.legs
    other = samples.verdict("trade-off", "supported").judgement.legs[0]
    legs = (leg, replace(other, effects=other.effects * 2))
    both = replace(verdict, judgement=replace(verdict.judgement, legs=legs))
    said = conclusion.brief(both)
    assert said.startswith("Test accuracy: all 3 effects are as claimed")
    assert "; training time: both effects are as claimed" in said


def test_an_effect_without_an_interval_has_no_empty_bracket():
    verdict = samples.verdict("comparison", "inconclusive")
    [leg] = verdict.judgement.legs
    bare = replace(leg.effects[0], estimate=0.0, ci=(-math.inf, math.inf))
    legs = (replace(leg, effects=(bare,)),)
    said = conclusion.brief(replace(verdict, judgement=replace(verdict.judgement, legs=legs)))
    assert said.startswith(
        "Batch size 128: test accuracy on average the same, with too few runs for an interval."
    )


def test_the_error_of_the_test_images_is_at_most_about_its_size():
    verdict = samples.verdict("trend", "supported")
    errors = tuple((e.contrast, 0.0198) for e in verdict.judgement.legs[0].effects)
    said = concluded(replace(verdict, image_errors=errors), "trend")
    assert "shift a difference by at most about 1.98 points" in " ".join(said.findings)
