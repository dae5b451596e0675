"""verdicts.json: a documented format that gives back the very report."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from hyperverdict.checks.model import CheckResult
from hyperverdict.claims.model import Failures, Judgement, Leg
from hyperverdict.effects.contrast import Contrast
from hyperverdict.effects.effect import Effect, Expectation
from hyperverdict.errors import UserError
from hyperverdict.verdicts.document import from_json, to_json
from hyperverdict.verdicts.format import schema
from hyperverdict.verdicts.judge import judge_study
from hyperverdict.verdicts.model import (
    ArmSummary,
    HypothesisReport,
    NextLook,
    SensitivityLine,
    StudyReport,
    Verdict,
)
from hyperverdict.verdicts.store import read_verdicts, verdict_rows, write_verdicts
from hyperverdict.vocabulary.metrics import RECORDED, unrecorded
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from tests.unit.verdicts.synthetic import ALL, batch_cost, run_all, study_from, timing_of_arms

ROOT = Path(__file__).parents[3]
VALIDATOR = Draft202012Validator(schema())


@pytest.fixture(scope="module")
def judged(tmp_path_factory):
    folder = tmp_path_factory.mktemp("all")
    study = study_from(ALL, folder)
    tables = run_all(study, folder / "runs")
    return judge_study(study, tables.final, tables.curves, [timing_of_arms(study, batch_cost)])


# Any report that the types allow.

TEXTS = st.text(max_size=12)
FLOATS = st.floats(allow_nan=True, allow_infinity=True)
METRICS = st.sampled_from([*RECORDED.values(), unrecorded("f1"), unrecorded("a - b; <c>")])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | FLOATS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)


def _tuples(of):
    return st.lists(of, max_size=3).map(tuple)


@st.composite
def _verdicts(draw):
    contrasts = st.builds(
        Contrast,
        kind=st.sampled_from(["difference", "fit", "share", "epoch"]),
        metric=METRICS,
        arms=_tuples(TEXTS),
        start=_tuples(TEXTS),
        to=_tuples(TEXTS),
        context=TEXTS,
        change=TEXTS,
    )
    effects = st.builds(
        Effect,
        contrast=contrasts,
        per_seed=_tuples(st.tuples(st.integers(0, 2**40), FLOATS)),
    )
    legs = st.builds(Leg, st.builds(Expectation, METRICS), effects=_tuples(effects), grade=TEXTS)
    judgement = draw(
        st.builds(
            Judgement,
            legs=_tuples(legs),
            failures=_tuples(st.builds(Failures)),
            facts=st.dictionaries(TEXTS, JSON, max_size=3),
        )
    )
    measured = dict.fromkeys(effect.contrast for effect in judgement.effects)
    errors = {contrast: draw(st.floats(0, 1)) for contrast in measured if draw(st.booleans())}
    levels = st.dictionaries(TEXTS, st.integers() | TEXTS | st.floats(0, 1), max_size=2)
    scores = st.dictionaries(TEXTS, FLOATS, max_size=2)
    arms = st.builds(ArmSummary, settings=levels, tuned=levels, means=scores, sds=scores)
    return draw(
        st.builds(
            Verdict,
            judgement=st.just(judgement),
            image_errors=st.just(tuple(errors.items())),
            arms=_tuples(arms),
            checks=_tuples(st.builds(CheckResult)),
            sensitivity=_tuples(st.builds(SensitivityLine)),
            next_look=st.none() | st.builds(NextLook),
            scope=_tuples(TEXTS),
        )
    )


REPORTS = st.builds(
    StudyReport,
    facts=_tuples(TEXTS),
    hypotheses=_tuples(
        st.builds(
            HypothesisReport,
            verdicts=_tuples(_verdicts()),
            conclusions=_tuples(st.tuples(TEXTS, _tuples(TEXTS))),
            opposing=_tuples(TEXTS),
            prior=_tuples(TEXTS),
        )
    ),
    history=_tuples(TEXTS),
    reading=_tuples(st.tuples(TEXTS, _tuples(TEXTS))),
)


class Hidden:
    """A report that Hypothesis does not print: on a failure that would take it minutes."""

    def __init__(self, report):
        self.report = report


def _first_difference(one, other):
    """Where two texts part, with what stands there."""
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), -1)
    around = slice(max(0, at - 60), at + 60)
    return "" if one == other else f"{one[around]!r} became {other[around]!r}"


@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.too_slow],
)
@given(REPORTS.map(lambda report: Hidden(report)))
def test_any_report_comes_back_as_it_was(hidden):
    """By their text, since nan is not equal to itself."""
    text = to_json(hidden.report)
    assert _first_difference(repr(hidden.report), repr(from_json(text))) == ""
    VALIDATOR.validate(json.loads(text))


def test_the_report_on_every_claim_type_comes_back_and_is_valid(judged):
    text = to_json(judged)
    assert from_json(text) == judged
    VALIDATOR.validate(json.loads(text))


def test_special_numbers_survive_the_round_trip(judged):
    hypothesis = judged.hypotheses[2]
    verdict = hypothesis.verdicts[0]
    leg = verdict.judgement.legs[0]
    effect = replace(leg.effects[0], ci=(-math.inf, math.inf), sd=math.nan, correlation=None)
    facts = {"slope": math.inf, "levels": [-math.inf, 1.0], "word": "in"}
    judgement = replace(verdict.judgement, legs=(replace(leg, effects=(effect,)),), facts=facts)
    changed = replace(
        judged,
        hypotheses=(replace(hypothesis, verdicts=(replace(verdict, judgement=judgement),)),),
    )
    text = to_json(changed)
    stored = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert stored["hypotheses"][0]["verdicts"][0]["effects"][0]["interval"] == [
        "-Infinity", "Infinity",
    ]  # fmt: skip
    read = from_json(text).hypotheses[0].verdicts[0].judgement
    assert read.facts == facts
    back = read.legs[0].effects[0]
    assert back.ci == (-math.inf, math.inf)
    assert math.isnan(back.sd)
    assert back.correlation is None


def test_the_document_holds_what_readers_look_for(judged):
    document = json.loads(to_json(judged))
    assert document["format"] == 1
    assert set(document["metrics"]) == {"accuracy", "train_time"}
    entry = document["hypotheses"][1]
    assert (entry["id"], entry["says"]) == ("H1", "Larger batches are faster and less accurate.")
    verdict = entry["verdicts"][0]
    assert verdict["budget"] == "300 steps"
    assert [effect["metric"] for effect in verdict["effects"]] == ["train_time", "accuracy"]
    effect = verdict["effects"][1]
    assert (effect["contrast"], effect["arms"]) == (
        "difference",
        ["batch_size 4", "batch_size 128"],
    )
    assert effect["interval"][0] < effect["estimate"] < effect["interval"][1]
    assert (effect["n"], effect["paired"]) == (6, True)
    assert verdict["expectations"][effect["expectation"]]["direction"] == "lower"
    statuses = {check["status"] for check in verdict["checks"]}
    assert statuses == {"fired", "passed", "not applicable"}
    fired = [check for check in verdict["checks"] if check["status"] == "fired"]
    assert all(check["sentence"] and check["remedy"] for check in fired)
    assert verdict["blocking"] == [c["id"] for c in fired if c["level"] == "blocks"]


def test_the_schema_is_up_to_date():
    """Write it with `hyperverdict schema --verdicts > workflow/schemas/verdicts.schema.json`."""
    text = (ROOT / "workflow/schemas/verdicts.schema.json").read_text()
    assert json.loads(text) == schema()
    Draft202012Validator.check_schema(schema())


def test_every_property_of_the_schema_that_needs_it_is_described():
    made = schema()
    for name in ("Document", "EffectEntry", "ExpectationEntry", "VerdictEntry"):
        part = made if name == "Document" else made["$defs"][name]
        bare = {n for n, p in part["properties"].items() if "description" not in p}
        assert bare <= {
            "hypotheses", "headline", "effects", "expectations", "estimate", "t", "arms", "grade", "evidence", "says",
        }  # fmt: skip


def test_files_on_disk(judged, tmp_path):
    write_verdicts(judged, tmp_path)
    assert read_verdicts(tmp_path / "verdicts.json") == judged
    table = pd.read_csv(tmp_path / "tables" / "verdicts.csv", keep_default_na=False)
    assert len(table) == len(verdict_rows(judged))
    assert set(table["hypothesis"]) == {h.id for h in judged.hypotheses}
    assert {"interval_low", "equivalence_interval_high", "uncorrected"} <= set(table.columns)
    assert "batch size 128 − batch size 4" in set(table["effect"])
    parquet = pd.read_parquet(tmp_path / "tables" / "verdicts.parquet")
    assert list(parquet.columns) == list(table.columns)


@pytest.mark.parametrize(
    "text",
    ["{", "{}", '{"format": 1, "report": {"study": 3}}', "[]", '{"format": 2}', "\xff"],
)
def test_a_file_that_holds_no_verdicts_is_named(tmp_path, text):
    file = tmp_path / "verdicts.json"
    file.write_text(text, encoding="latin-1")
    with pytest.raises(UserError, match=r"verdicts\.json holds no verdicts"):
        read_verdicts(file)
