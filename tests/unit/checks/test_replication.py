"""Are there enough runs, and do they agree?"""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hyperverdict.checks import replication
from hyperverdict.records.collect import collect
from hyperverdict.records.tables import Tables
from hyperverdict.verdicts.judge import judge_study

from tests.unit.checks.contexts import claim_context, look
from tests.unit.verdicts.synthetic import (
    DEPTH,
    all_arms,
    context_of,
    one_claim,
    run_all,
    write_synthetic,
)


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        ((1, 1), "One run per arm gives no estimate of the noise."),
        ((6, 1), "Depth 3 has 1 finished run, which gives no estimate of the noise."),
        ((0, 0), "No run has finished yet."),
    ],
)
def test_too_few_runs_block(tmp_path, runs, sentence):
    study = one_claim(tmp_path, DEPTH)
    arms = [configuration for configuration, _ in all_arms(study).values()]
    for configuration, n in zip(arms, runs, strict=True):
        if n:
            write_synthetic(configuration, range(n), tmp_path)
    context = context_of(study, collect(arms, tmp_path), "H")
    check = look(replication.no_replication, context)
    assert (check.level, check.sentence) == ("blocks", sentence)


def test_few_seeds_name_the_size_they_can_detect(tmp_path):
    context = claim_context(tmp_path, DEPTH, seeds=4)
    sentence = look(replication.few_seeds, context).sentence
    assert sentence.startswith("4 seeds detect only effects above ")
    assert sentence.endswith(" points.")
    assert look(replication.few_seeds, claim_context(tmp_path / "more", seeds=5)) is None


def test_a_large_second_arm_makes_smaller_effects_detectable(tmp_path):
    """Its standard error counts, not the SD of one run of each arm with the smaller arm's runs."""
    context = claim_context(tmp_path, DEPTH, seeds=4)
    [leg] = context.judgement.legs
    [effect] = leg.effects
    larger = replace(effect, standard_error=effect.standard_error / 2)
    legs = (replace(leg, effects=(larger,)),)
    unequal = replace(context, judgement=replace(context.judgement, legs=legs))
    few, many = (
        float(re.findall(r"above ([0-9.]+)", look(replication.few_seeds, c).sentence)[0])
        for c in (context, unequal)
    )
    assert many == pytest.approx(few / 2, rel=0.05)


def test_unmatched_seeds_are_said(tmp_path):
    study = one_claim(tmp_path, DEPTH, seeds=8)
    arms = [configuration for configuration, _ in all_arms(study).values()]
    write_synthetic(arms[0], [0, 1, 2, 3], tmp_path)
    write_synthetic(arms[1], [4, 5, 6, 7], tmp_path)
    context = context_of(study, collect(arms, tmp_path), "H")
    assert look(replication.unmatched_seeds, context).sentence == (
        "The arms do not share their seeds, so Welch's unpaired interval was used."
    )


def test_partly_matched_seeds_are_said(tmp_path):
    study = one_claim(tmp_path, DEPTH, seeds=8)
    arms = [configuration for configuration, _ in all_arms(study).values()]
    write_synthetic(arms[0], [0, 1, 2, 3, 4, 5], tmp_path)
    write_synthetic(arms[1], [2, 3, 4, 5, 6, 7], tmp_path)
    context = context_of(study, collect(arms, tmp_path), "H")
    assert look(replication.unmatched_seeds, context).sentence == (
        "The arms share only 4 seeds. The interval uses these as pairs and the other runs unpaired."
    )


def test_missing_runs(tmp_path):
    study = one_claim(tmp_path, DEPTH)
    tables = run_all(study, tmp_path / "runs")
    part = Tables(tables.final.iloc[1:], tables.curves)
    check = look(replication.missing_runs, context_of(study, part, "H"))
    label = "depth 2" if tables.final.iloc[0]["depth"] == 2 else "depth 3"
    assert check.sentence == f"Planned 12, analysed 11: 1 run ({label}) is missing."


def test_one_seed_carries(tmp_path):
    study = one_claim(tmp_path, DEPTH)

    def score(configuration, seed):
        deep = len(configuration["hidden_units"]) == 3
        return 0.7 + (0.002 + 0.0005 * seed + (0.02 if seed == 3 else 0)) * deep

    context = context_of(study, run_all(study, tmp_path / "runs", score), "H")
    effect = context.effects[0]
    flipped = replace(context.judgement, evidence="supported")
    decided = replace(effect, evidence="supported")
    leg = replace(context.judgement.legs[0], effects=(decided,))
    context = replace(context, judgement=replace(flipped, legs=(leg,)))
    quiet = replace(context, left_out={})
    assert look(replication.one_seed_carries, quiet).sentence == (
        "Seed 3 alone makes up more than half of depth 3 − depth 2."
    )
    left_out = {3: replace(flipped, evidence="inconclusive"), 4: flipped}
    loud = replace(context, left_out=left_out)
    assert look(replication.one_seed_carries, loud).sentence == (
        "Fragile: leaving out seed 3 changes the verdict from supported to inconclusive."
    )


def test_runs_that_all_failed_are_said_to_have_failed(tmp_path):
    """They were trained: more seeds would fail as well."""
    study = one_claim(tmp_path, DEPTH)
    first, second = (configuration for configuration, _ in all_arms(study).values())
    for name, failed in (("both", range(6)), ("one", ())):
        write_synthetic(first, range(6), tmp_path / name, failed=failed)
        write_synthetic(second, range(6), tmp_path / name, failed=range(6))
    both = context_of(study, collect([first, second], tmp_path / "both"), "H")
    assert look(replication.no_replication, both).sentence == "All 12 runs diverged."
    tables = collect([first, second], tmp_path / "one")
    one = look(replication.no_replication, context_of(study, tables, "H"))
    assert (one.sentence, one.headline) == ("All 6 runs of depth 3 diverged.", "all runs failed")
    report = judge_study(study, tables.final, tables.curves)
    assert report.hypotheses[0].headline == "inconclusive (all runs failed)"
    assert report.next_step.startswith("H at 300 steps: Find out why runs fail")


def skewed(folder, outlier, seeds=10):
    study = one_claim(folder, DEPTH, seeds=seeds)

    def score(configuration, seed):
        deep = len(configuration["hidden_units"]) == 3
        return 0.7 + (0.02 + 0.001 * (seed % 4) + (outlier if seed == 3 else 0)) * deep

    return context_of(study, run_all(study, folder / "runs", score), "H")


def test_differences_too_skewed_for_their_number(tmp_path):
    context = skewed(tmp_path, -0.5)
    assert look(replication.too_skewed, context).sentence == (
        "The differences behind depth 3 − depth 2 have skewness −3.2 with 10 seeds; a mean carries "
        "up to 1.9, so a few runs may decide it."
    )


@pytest.mark.parametrize(("outlier", "seeds"), [(0.0, 10), (-0.5, 4)])
def test_little_skewness_and_few_seeds_say_nothing(tmp_path, outlier, seeds):
    assert look(replication.too_skewed, skewed(tmp_path, outlier, seeds)) is None


def test_unpaired_arms_are_looked_at_one_by_one(tmp_path):
    study = one_claim(tmp_path, DEPTH, seeds=20)
    arms = [configuration for configuration, _ in all_arms(study).values()]

    def score(configuration, seed):
        return 0.1 if seed == 15 else 0.7 + 0.001 * (seed % 4)

    write_synthetic(arms[0], range(10), tmp_path, score)
    write_synthetic(arms[1], range(10, 20), tmp_path, score)
    found = look(replication.too_skewed, context_of(study, collect(arms, tmp_path), "H"))
    assert found.sentence.startswith("The scores behind depth 3 − depth 2 have skewness −3.2")
