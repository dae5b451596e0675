"""Words of contrasts, asserted on the contrasts that the engine makes."""

from dataclasses import replace

import pytest
from hyperverdict.effects.contrast import Contrast
from hyperverdict.vocabulary.metrics import RECORDED
from hyperverdict.words.contrasts import contrast_name, subject
from hyperverdict.words.effects import sentence

from tests.unit.report import made_runs, samples

HOSTILE = ["resnet - small", "a; b, c", 'says "<b>x</b>"', "🙂 emoji", "x" * 200, "_under_score_"]


def effects(kind, evidence="supported"):
    return samples.verdict(kind, evidence).judgement.effects


@pytest.mark.parametrize(
    ("kind", "position", "name"),
    [
        ("comparison", 0, "batch size 128 − batch size 4"),
        ("trade-off", 0, "batch size 128 / batch size 4"),
        ("trend", 0, "width 64 − width 16"),
        ("universal", 0, "depth 3 − depth 2 (width 16)"),
        ("interaction", 0, "effect of depth 2 → 3: with width 64 − with width 16"),
        ("conditional", 0, "depth 3 − depth 2 (width 16)"),
        ("conditional", 3, "effect of depth 2 → 3: with width 16 and width 64 − with width 256"),
        ("importance", 0, "share of width − share of depth"),
        ("learning curve", 0, "epoch 2 − epoch 1"),
        ("strategy", 0, "one-at-a-time search − grid search"),
        ("optimum", 0, "batch size 4 − batch size 128"),
    ],
)
def test_every_contrast_has_a_name(kind, position, name):
    assert contrast_name(effects(kind)[position].contrast) == name


@pytest.mark.parametrize(
    ("kind", "position", "start"),
    [
        (
            "comparison",
            0,
            "Test accuracy was 3.0 points higher with batch size 128 than with batch",
        ),
        (
            "trade-off",
            0,
            "Training was 1.33 times faster with batch size 128 than with batch size 4",
        ),
        ("universal", 0, "With width 16, test accuracy was 3.00 points higher with depth 3 than"),
        (
            "interaction",
            0,
            "Difference of two effects: the effect of depth 2 → 3 on test accuracy was 3.0 points "
            "higher with width 64 than with width 16 (95% interval",
        ),
        (
            "conditional",
            3,
            "Difference of two effects: averaged over contexts, the effect of depth 2 → 3 on test "
            "accuracy was 3.0 points higher with width 16 and width 64 than with width 256",
        ),
        (
            "importance",
            0,
            "Width explained 92.4 points more of the variance in test accuracy than depth (95%",
        ),
        ("learning curve", 0, "From epoch 1 to epoch 2, validation accuracy was 3.0 points higher"),
        (
            "strategy",
            0,
            "Test accuracy of the winners was 3.0 points higher after one-at-a-time search than "
            "after grid search",
        ),
    ],
)
def test_every_contrast_has_a_sentence(kind, position, start):
    assert sentence(effects(kind)[position]).startswith(start)


def test_a_fitted_line_is_told_as_one():
    terms = {"trend": {"width": [16, 64, 256]}, "shape": "on_average"}
    score = made_runs.scores("trend", "supported", 10)
    _, report, _ = samples.judge_terms(terms, score)
    [effect] = report.hypotheses[0].verdicts[0].judgement.effects
    assert contrast_name(effect.contrast) == "fitted change from width 16 to width 256"
    assert sentence(effect).startswith(
        "On the line fitted over the levels, test accuracy was 6.00 points higher at width 256 than "
        "at width 16"
    )


def test_an_interaction_is_never_told_as_an_effect():
    [effect] = effects("interaction")
    assert subject(effect.contrast) == "the effect of depth 2 → 3 on test accuracy"
    assert "two effects" in sentence(effect)


def test_equal_sides_are_told_as_equal():
    [effect] = effects("comparison", "no meaningful effect")
    assert sentence(effect).startswith(
        "Test accuracy was on average the same with batch size 128 as with batch size 4"
    )
    ratio = replace(RECORDED["loss"], ratio=True, matters_from=1.1)
    contrast = replace(effect.contrast, metric=ratio)
    twice = replace(effect, contrast=contrast, estimate=2.0, ci=(1.9, 2.1), evidence="supported")
    assert "was 2.00 times as high with batch size 128 as with batch size 4" in sentence(twice)


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize(
    "kind", ["difference", "fit", "interaction", "conditional", "share", "epoch"]
)
def test_any_level_text_stays_as_it_is(kind, text):
    contrast = Contrast(kind, RECORDED["accuracy"], ("x", "y"), ("other",), (text,), text, text)
    name = contrast_name(contrast)
    assert name.count(text) >= 2
    assert name.endswith(f" ({text})")
