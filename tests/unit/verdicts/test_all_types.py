"""Every claim type goes from runs to a verdict, through JSON and back."""

from __future__ import annotations

import math

import pandas as pd
import pytest
from hyperverdict.errors import UserError
from hyperverdict.verdicts.judge import judge_study
from hyperverdict.verdicts.store import (
    from_json,
    read_verdicts,
    to_json,
    verdict_rows,
    write_verdicts,
)

from tests.unit.verdicts.synthetic import batch_cost, run_all, study_from, timing_of_arms

ALL = """
study: everything
data: digits
seeds: 6
metrics: {accuracy: {matters_from: 0.01}, train_time: {matters_from: 1.10x}}
hypotheses:
  count:
    says: Combinations grow exponentially.
    combinations: {width: 5, depth: 4}
    grows: exponentially
  H1:
    says: Larger batches are faster and less accurate.
    compare: {batch_size: {from: 4, to: 128}}
    expect: {train_time: lower, accuracy: lower}
    at_equal: [300 steps, 2 epochs, 5 seconds]
    because: updates
    primary: true
  trend:
    says: Width helps.
    trend: {width: [16, 64, 256, 1024]}
    shape: on_average
    expect: {accuracy: higher}
  always:
    says: Wider and deeper is always better.
    all_of:
      - {trend: {width: [16, 64, 256]}, in_every: {depth: [1, 2, 3]}}
      - {trend: {depth: [1, 2, 3]}, in_every: {width: [16, 64, 256]}}
    shape: every_step
    expect: {accuracy: higher}
  together:
    says: Depth pays only with width.
    compare: {depth: {from: 2, to: 3}}
    depends_on: {width: {from: 64, to: 256}}
    expect: {accuracy: {is: higher, matters_from: 0.01}}
  only:
    says: Depth helps only with small batches.
    compare: {depth: {from: 2, to: 3}}
    only_in: {batch_size: {yes: [32], no: [128]}}
    expect: {accuracy: higher}
  importance:
    says: Batch size matters more than width.
    matters_more: {these: {batch_size: [4, 64]}, than: {width: [64, 256]}}
    expect: {accuracy: {share_of_variance: higher}}
  epochs:
    says: Every epoch gives a slight improvement, but takes time.
    each: {epoch: 1..4}
    expect: {accuracy: {higher_by: [0, 0.5]}, train_time: higher}
  search:
    says: Random search beats the grid.
    search: random
    than: grid
    over: {width: [16, 64, 256], depth: [1, 2, 3]}
    trials: 4
    expect: {accuracy: higher}
  best:
    says: 64 is the best batch size.
    best: {batch_size: [4, 16, 64, 128]}
    is: [64]
    expect: {accuracy: higher}
"""


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("all")
    study = study_from(ALL, folder)
    tables = run_all(study, folder / "runs")
    return judge_study(study, tables.final, tables.curves, [timing_of_arms(study, batch_cost)])


def test_every_type_is_judged(judged):
    kinds = {h.id: h.kind for h in judged.hypotheses}
    assert kinds == {
        "count": "definitional",
        "H1": "trade-off",
        "trend": "trend",
        "always": "universal",
        "together": "interaction",
        "only": "conditional",
        "importance": "importance",
        "epochs": "learning curve",
        "search": "strategy",
        "best": "optimum",
    }
    assert judged.provisional == ""


def test_verdicts_that_the_numbers_imply(judged):
    headlines = {h.id: h.headline for h in judged.hypotheses}
    assert headlines["count"] == "true by arithmetic"
    assert headlines["trend"] == "supported"
    assert headlines["best"] == "supported"
    assert headlines["importance"] == "supported"


def test_a_claim_that_trains_nothing_has_one_verdict_and_no_checks(judged):
    (verdict,) = judged.hypotheses[0].verdicts
    assert (verdict.budget, verdict.arms, verdict.checks) == ("", (), ())


def test_a_leg_that_is_equal_by_design_is_dropped(judged):
    at_seconds = judged.hypotheses[1].verdicts[2]
    assert at_seconds.budget == "5 seconds"
    (dropped,) = [leg for leg in at_seconds.judgement.legs if leg.dropped_because]
    assert dropped.metric == "train_time"


def test_a_primary_family_counts_hypothesis_times_budget(judged):
    for verdict in judged.hypotheses[1].verdicts:
        raw, corrected = verdict.judgement, verdict.corrected
        assert raw.legs[0].effects[0].alpha == 0.05
        assert corrected.legs[0].effects[0].alpha == pytest.approx(0.05 / 3)
    assert judged.hypotheses[2].verdicts[0].corrected is None


def test_the_epochs_claimed_are_those_judged(judged):
    epochs = next(h for h in judged.hypotheses if h.id == "epochs")
    assert [v.budget for v in epochs.verdicts] == ["4 epochs"]
    leg = epochs.verdicts[0].judgement.legs[0]
    assert [effect.name for effect in leg.effects] == [
        "epoch 2 - epoch 1",
        "epoch 3 - epoch 2",
        "epoch 4 - epoch 3",
    ]
    assert leg.effects[0].estimate > 0


def test_winners_are_chosen_on_validation(judged):
    search = next(h for h in judged.hypotheses if h.id == "search")
    assert search.verdicts[0].judgement.facts["accuracy"] == {"selected_on": "validation"}


def test_json_round_trip_is_exact(judged):
    assert from_json(to_json(judged)) == judged


def test_special_numbers_survive_the_round_trip(judged):
    from dataclasses import replace

    hypothesis = judged.hypotheses[2]
    verdict = hypothesis.verdicts[0]
    leg = verdict.judgement.legs[0]
    effect = replace(leg.effects[0], ci1=(-math.inf, math.inf), sd=math.nan, correlation=None)
    facts = {"slope": math.inf, "levels": [-math.inf, 1.0], "word": "in"}
    judgement = replace(verdict.judgement, legs=(replace(leg, effects=(effect,)),), facts=facts)
    changed = replace(
        judged,
        hypotheses=(replace(hypothesis, verdicts=(replace(verdict, judgement=judgement),)),),
    )
    text = to_json(changed)
    assert "Infinity" not in text
    assert "NaN" not in text
    read = from_json(text).hypotheses[0].verdicts[0].judgement
    assert read.facts == facts
    back = read.legs[0].effects[0]
    assert back.ci1 == (-math.inf, math.inf)
    assert math.isnan(back.sd)
    assert back.correlation is None


def test_files_on_disk(judged, tmp_path):
    write_verdicts(judged, tmp_path)
    assert read_verdicts(tmp_path / "verdicts.json") == judged
    table = pd.read_csv(tmp_path / "tables" / "verdicts.csv", keep_default_na=False)
    assert len(table) == len(verdict_rows(judged))
    assert set(table["hypothesis"]) == {h.id for h in judged.hypotheses}
    parquet = pd.read_parquet(tmp_path / "tables" / "verdicts.parquet")
    assert list(parquet.columns) == list(table.columns)


@pytest.mark.parametrize("text", ["{", "{}", '{"format": 1, "report": {"study": 3}}', "[]"])
def test_a_file_that_holds_no_verdicts_is_named(tmp_path, text):
    file = tmp_path / "verdicts.json"
    file.write_text(text)
    with pytest.raises(UserError, match=r"verdicts\.json holds no verdicts"):
        read_verdicts(file)
