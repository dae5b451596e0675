import math
import re
from dataclasses import replace

import pytest
from hyperverdict.words import effects as words
from hyperverdict.words.effects import effect_text, sentence

from tests.unit.report import samples


def effect(kind="comparison", evidence="supported", position=0):
    return samples.verdict(kind, evidence).judgement.effects[position]


@pytest.mark.parametrize(
    ("evidence", "change"),
    [
        ("supported", "3.0 points higher"),
        ("refuted", "3.0 points lower"),
        ("no meaningful effect", "the same"),
    ],
)
def test_differences_are_told_by_size_and_direction(evidence, change):
    assert effect_text(effect(evidence=evidence)).change == change


def test_an_interval_across_zero_names_both_directions():
    text = effect_text(effect(evidence="inconclusive"))
    assert re.fullmatch(r"[\d.]+ points lower to [\d.]+ points higher", text.interval)


@pytest.mark.parametrize(
    ("ratio", "interval", "change", "said"),
    [
        (0.2941, (0.2838, 0.3047), "3.4 times faster", "3.3 to 3.5 times"),
        (3.4, (3.28, 3.52), "3.4 times slower", "3.3 to 3.5 times"),
        (1.02, (0.8, 1.25), "1.02 times slower", "1.25 times faster to 1.25 times slower"),
    ],
)
def test_times_are_told_as_faster_and_slower(ratio, interval, change, said):
    text = effect_text(replace(effect("trade-off"), estimate=ratio, ci=interval))
    assert (text.change, text.interval) == (change, said)


def test_an_endless_interval_is_said_so():
    endless = replace(effect(), ci=(-math.inf, math.inf), n=1, t=math.nan, p=math.nan)
    assert effect_text(endless).interval == "without bounds"
    assert "no test is possible" in words.result_of_test(endless)


def test_the_interval_says_its_level():
    assert "(98.75% interval" in sentence(replace(effect(), alpha=0.0125))
    assert effect_text(effect()).bracket == "(95% interval 2.4 to 3.6 points)"


def test_an_early_look_without_alpha_has_no_level():
    early = replace(effect(), alpha=0.0, ci=(-math.inf, math.inf))
    assert "(no interval can be given)" in sentence(early)
    assert effect_text(early).level == ""


def test_the_test_is_the_one_that_ran():
    welch = replace(effect(), paired=False, pairs=0, df=7.4)
    assert words.result_of_test(welch).startswith(
        "Welch’s t test on the values, unpaired (two-sided, at least"
    )
    assert "t(7.4)" in words.result_of_test(welch)
    partly = replace(effect(), paired=False, pairs=4)
    assert words.used_test(partly) == (
        "the t test for partly paired samples of Derrick et al. (2017) on the values, 4 seeds paired"
    )
    assert words.used_test(effect()) == "a one-sample t test on the differences per seed"
    time = effect("trade-off")
    assert "logarithms of the ratios" in words.used_test(time)
    assert "logarithms" in words.used_test(replace(time, paired=False))
    assert "two effects" in words.used_test(effect("interaction"))
    assert "pseudo-values" in words.used_test(effect("importance"))
    assert "epochs" in words.used_test(effect("learning curve"))
    assert "winners" in words.used_test(effect("strategy"))


def test_a_negligible_effect_tells_the_interval_that_proves_it():
    said = sentence(effect(evidence="no meaningful effect"))
    assert "95% interval 0.26 points lower to 0.26 points higher" in said
    assert "90% interval, 0.21 points lower to 0.21 points higher, lies within 1 point" in said


def test_a_claimed_range_stands_beside_the_effect():
    said = sentence(replace(effect("learning curve", "refuted"), between=(0.0, 0.01)))
    assert said.endswith("; the claim says 0 to 1 point higher.")


def test_time_along_one_training_is_told_as_longer():
    time = effect("trade-off").metric
    curve = effect("learning curve")
    longer = replace(
        curve, contrast=replace(curve.contrast, metric=time), estimate=2.0, ci=(1.9, 2.1)
    )
    assert sentence(longer).startswith(
        "From epoch 1 to epoch 2, training time was 2.00 times as long"
    )


def test_no_sentence_names_replicates():
    assert words.used_test(effect("strategy")).endswith("between the winners per seed")
    assert words.used_test(effect(), sequence=True) == (
        "a confidence sequence on the differences per seed"
    )
