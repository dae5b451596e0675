"""An edited size that matters makes a claim post hoc where it decides something, and only there."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import pytest
from hyperverdict.errors import UserError
from hyperverdict.ledger.registration import question_key, register_at, registered
from hyperverdict.ledger.versions import versions_of
from hyperverdict.verdicts.judge import judge_study

from tests.unit.report import made_runs, samples

SEEDS = frozenset(made_runs.SEEDS)
SMALL = {"accuracy": 0.01, "train_time": "1.10x"}
LARGE = {"accuracy": 0.06, "train_time": "2x"}
ABOVE, BELOW = {"higher_by": [0, 0.02]}, {"lower_by": [1.0, 1.2]}
BOTH = {"train_time": BELOW, "accuracy": ABOVE}


class Case(NamedTuple):
    """A claim and the one metric whose size is edited; `decides`: that it may change a verdict."""

    kind: str
    decides: bool
    expect: Mapping[str, Any] = MappingProxyType({})
    edited: str = "accuracy"
    at_equal: str = "300 steps"


CASES = {
    **{kind: Case(kind, True) for kind in samples.KINDS if kind != "definitional"},
    "at least as good": Case("comparison", True, {"accuracy": "not_lower"}),
    "a range": Case("comparison", False, {"accuracy": ABOVE}),
    "a range of an interaction": Case("interaction", False, {"accuracy": ABOVE}),
    "a range of a strategy": Case("strategy", False, {"accuracy": ABOVE}),
    "a range along training": Case("learning curve", True, {"accuracy": ABOVE}),
    "times along training": Case("learning curve", False, BOTH, "train_time"),
    "two ranges": Case("trade-off", False, BOTH),
    "ratios in a range": Case("trade-off", False, BOTH, "train_time"),
    "a direction beside a range": Case(
        "trade-off", True, {"train_time": BELOW, "accuracy": "higher"}
    ),
    "a range beside a direction": Case(
        "trade-off", False, {"train_time": BELOW, "accuracy": "higher"}, "train_time"
    ),
    "times": Case("trade-off", True, edited="train_time"),
    "times at equal seconds": Case("trade-off", False, edited="train_time", at_equal="5 seconds"),
    "scores at equal seconds": Case("trade-off", True, at_equal="5 seconds"),
}


def study_of(case, size):
    sizes = {**SMALL, case.edited: size}
    entry = samples.entry(case.kind)
    entry["expect"] = dict(case.expect or entry["expect"])
    if case.kind != "learning curve":
        entry["at_equal"] = [case.at_equal]
    if case.kind in ("interaction", "importance"):
        line = entry["expect"]["accuracy"]
        entry["expect"] = {"accuracy": {**line, "matters_from": size}}
        sizes = SMALL
    raw = samples.raw_study({"H": entry})
    return samples.read({**raw, "metrics": {n: {"matters_from": s} for n, s in sizes.items()}})


def found(case, size, evidence):
    """What a verdict says on runs that lead to this evidence at the smaller size."""
    study = study_of(case, size)
    score = made_runs.scores(case.kind, evidence, len(SEEDS))
    curves = evidence if case.kind == "learning curve" else ""
    tables = made_runs.tables_of(study, score, curves)
    slower, sd = made_runs.EVIDENCE[evidence]
    times = [made_runs.timing_of(study, -slower, sd)] if "train_time" in str(case) else []
    [verdict] = judge_study(study, tables.final, tables.curves, times).hypotheses[0].verdicts
    judgement = verdict.judgement
    legs = [(leg.evidence, leg.grade) for leg in judgement.legs]
    return verdict.headline, judgement.evidence, legs, judgement.facts.get("plateaus")


def edited(tmp_path, case, before, now):
    """How the ledger holds the claim whose size was edited once its results existed."""
    path = tmp_path / "ledger.jsonl"
    register_at(study_of(case, before), path, lambda _: frozenset())
    study = study_of(case, now)
    ledger = register_at(study, path, lambda _: SEEDS)
    [hypothesis] = study.hypotheses
    [budget] = hypothesis.budgets
    arms = study.claimed_arms(hypothesis, budget)
    key = question_key(hypothesis.claim, arms)
    status = registered(ledger, key, study, hypothesis, budget, arms)
    return status, versions_of(ledger, key, study, hypothesis, str(budget))


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_claim_is_post_hoc_where_its_edited_size_can_change_a_verdict(tmp_path, case):
    small, large = SMALL[case.edited], LARGE[case.edited]
    if case.kind == "importance":
        large = 0.99
    kinds = [name for name in made_runs.EVIDENCE if name != "estimated"]
    assert case.decides == any(found(case, small, e) != found(case, large, e) for e in kinds)
    status, versions = edited(tmp_path, case, small, large)
    assert (status.status == "post hoc") == case.decides
    assert len(versions) == 1 + case.decides
    assert ("was edited from" in status.note) == case.decides


@pytest.mark.parametrize(
    ("before", "now"), [(0.02, "1.02x"), ("1.02x", 0.02)], ids=["to a ratio", "from a ratio"]
)
def test_a_range_of_differences_is_another_claim_than_one_of_ratios(tmp_path, before, now):
    case = Case("comparison", True, {"accuracy": {"higher_by": [0, 2]}})
    status, versions = edited(tmp_path, case, before, now)
    assert (status.status, len(versions)) == ("post hoc", 2)


@pytest.mark.parametrize("kind", ["trend", "universal", "conditional", "importance", "optimum"])
def test_other_types_claim_no_range(kind):
    with pytest.raises(UserError):
        study_of(Case(kind, False, {"accuracy": ABOVE}), 0.01)
