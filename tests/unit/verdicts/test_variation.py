"""What the uncertainty of a verdict is made of: random sources, test images, data sets."""

import re

import numpy as np
import pytest
from hyperverdict.design.plan import make_plan
from hyperverdict.records.collect import collect
from hyperverdict.report.conclusion import conclude
from hyperverdict.verdicts.judge import judge_study
from hyperverdict.verdicts.store import read_verdicts, write_verdicts

from tests.unit.verdicts.synthetic import study_from, write_synthetic

NOISY = """
study: noisy
data: digits
seeds: 10
baseline: {width: 16, depth: 1, budget: 300 steps}
metrics: {accuracy: {matters_from: 0.01}}
hypotheses:
  deeper:
    says: Two layers are better.
    compare: {depth: {from: 1, to: 2}}
    noise: [initialisation, data_order]
    expect: {accuracy: higher}
"""
DATA = """
study: sets
data: digits
seeds: 6
baseline: {width: 16, depth: 1, budget: 300 steps}
metrics: {accuracy: {matters_from: 0.01}}
hypotheses:
  everywhere:
    says: Two layers are better everywhere.
    compare: {depth: {from: 1, to: 2}}
    in_every: {data: [digits, mnist, fashion_mnist]}
    shape: every_step
    expect: {accuracy: higher}
"""


def drawn(configuration, source, seed):
    """What a source adds in an arm: it comes from its own seed, or from that of the run."""
    own = configuration[f"{source}_seed"]
    number = seed if own == "run" else own
    return np.random.default_rng([number, len(configuration["hidden_units"])]).normal()


def initial(configuration, seed):
    """Initial weights make all of the noise but a hundredth."""
    order = drawn(configuration, "data_order", seed + 50)
    return round(0.8 + 0.02 * drawn(configuration, "initialisation", seed) + 0.0002 * order, 4)


def tables(study, folder, score, leave_out=0):
    runs = list(make_plan(study).runs.values())
    for run in runs[: len(runs) - leave_out]:
        write_synthetic(run.configuration, run.seeds, folder, score)
    return collect((run.configuration for run in runs), folder)


def verdict_of(study, found):
    return judge_study(study, found.final, found.curves).hypotheses[0].verdicts[0]


def test_the_source_that_makes_the_noise_is_found(tmp_path):
    study = study_from(NOISY, tmp_path)
    found = tables(study, tmp_path / "runs", initial)
    report = judge_study(study, found.final, found.curves)
    verdict = report.hypotheses[0].verdicts[0]
    shares = {share.source: share for share in verdict.noise}
    assert set(shares) == {"initialisation", "data_order"}
    assert shares["initialisation"].share > 0.95
    assert shares["data_order"].share < 0.05
    assert shares["data_order"].interval[1] < shares["initialisation"].interval[0]
    assert shares["initialisation"].sentence.startswith("100% of the variance of the accuracy")
    said = conclude(report.hypotheses[0], verdict, study).findings
    assert shares["initialisation"].sentence in said
    write_verdicts(report, tmp_path)
    assert read_verdicts(tmp_path / "verdicts.json") == report


def test_the_runs_of_sources_change_no_verdict(tmp_path):
    study = study_from(NOISY, tmp_path)
    found = tables(study, tmp_path / "runs", initial)
    plain = study_from(NOISY.replace("    noise: [initialisation, data_order]\n", ""), tmp_path)
    alone = collect((r.configuration for r in make_plan(plain).runs.values()), tmp_path / "runs")
    with_noise, without = verdict_of(study, found), verdict_of(plain, alone)
    assert with_noise.judgement == without.judgement
    assert with_noise.checks == without.checks
    assert without.noise == ()


def test_nothing_is_said_of_a_source_while_runs_are_missing(tmp_path):
    study = study_from(NOISY, tmp_path)
    found = tables(study, tmp_path / "runs", initial, leave_out=1)
    assert [share.source for share in verdict_of(study, found).noise] == ["initialisation"]


@pytest.mark.parametrize(
    ("noise", "said"), [(0.08, "more seeds narrow it"), (0.0004, "test images would")]
)
def test_what_would_narrow_the_interval(tmp_path, noise, said):
    def score(configuration, seed):
        depth = len(configuration["hidden_units"])
        return round(0.7 + noise * np.random.default_rng([seed, depth]).normal(), 4)

    study = study_from(NOISY.replace("    noise: [initialisation, data_order]\n", ""), tmp_path)
    verdict = verdict_of(study, tables(study, tmp_path / "runs", score))
    assert said in verdict.variation[0]


@pytest.mark.parametrize(
    ("last", "said_as"),
    [
        (0.22, r"would be [\d.]+ to [\d.]+ points (higher|lower) \("),
        (0.06, r"would be [\d.]+ points lower to [\d.]+ points higher"),
    ],
    ids=["one direction", "both directions"],
)
def test_a_new_data_set_is_predicted_from_those_that_were_tested(tmp_path, last, said_as):
    effects = {"digits": 0.2, "mnist": 0.21, "fashion_mnist": last}

    def score(configuration, seed):
        depth = len(configuration["hidden_units"])
        jitter = np.random.default_rng([seed, depth, len(configuration.data)]).normal(0, 0.002)
        return round(0.7 + effects[configuration.data] * (depth == 2) + jitter, 4)

    study = study_from(DATA, tmp_path)
    verdict = verdict_of(study, tables(study, tmp_path / "runs", score))
    [said] = [text for text in verdict.variation if "new data set" in text]
    assert "these 3 data sets" in said
    assert "95% prediction interval" in said
    assert re.search(said_as, said)
