"""Sample studies, judged by the engine: every claim type under every evidence that it can have.

Only their runs are made up. Names, contrasts, evidence, checks and sentences are what the engine
makes of them.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd
from hyperverdict.checks.model import CheckResult
from hyperverdict.records.tables import Tables
from hyperverdict.study.load import study_of
from hyperverdict.study.model import Study
from hyperverdict.study.structure import Source, check_structure
from hyperverdict.verdicts.headline import conclusions, headline, over_budgets
from hyperverdict.verdicts.judge import judge_study
from hyperverdict.verdicts.model import HypothesisReport, StudyReport, Verdict

from tests.unit.report import made_runs
from tests.unit.report.made_runs import DELTA, EVIDENCE, SEEDS, Score

ACCURACY = {"accuracy": "higher"}
# Claim type -> its terms, what it expects, and its seeds.
CLAIMS: Mapping[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    "definitional": ({"combinations": {"width": 5, "depth": 4}}, {}, 10),
    "comparison": ({"compare": {"batch_size": {"from": 4, "to": 128}}}, ACCURACY, 10),
    "trade-off": (
        {"compare": {"batch_size": {"from": 4, "to": 128}}},
        {"train_time": "lower", **ACCURACY},
        10,
    ),
    "trend": ({"trend": {"width": [16, 64, 256, 1024]}, "shape": "every_step"}, ACCURACY, 10),
    "universal": (
        {"compare": {"depth": {"from": 2, "to": 3}}, "in_every": {"width": [16, 64, 256]}},
        ACCURACY,
        10,
    ),
    "interaction": (
        {
            "compare": {"depth": {"from": 2, "to": 3}},
            "depends_on": {"width": {"from": 16, "to": 64}},
        },
        {"accuracy": {"is": "higher", "matters_from": DELTA}},
        10,
    ),
    "conditional": (
        {
            "compare": {"depth": {"from": 2, "to": 3}},
            "only_in": {"width": {"yes": [16, 64], "no": [256]}},
        },
        ACCURACY,
        10,
    ),
    "importance": (
        {
            "matters_more": {
                "these": {"width": [64, 256]},
                "than": {"depth": [2, 3]},
            }
        },
        {"accuracy": {"share_of_variance": "higher"}},
        10,
    ),
    "learning curve": ({"each": {"epoch": "1..5"}}, ACCURACY, 10),
    "strategy": (
        {
            "search": "one_at_a_time",
            "than": "grid",
            "over": {"width": [16, 64, 256], "depth": [1, 2, 3]},
            "trials": 4,
        },
        ACCURACY,
        10,
    ),
    "optimum": ({"best": {"batch_size": [4, 32, 128]}, "is": 128}, ACCURACY, 10),
}
KINDS = tuple(CLAIMS)
# What a type cannot have: "always", "only" and "best" are refuted, or hold, where nothing matters;
# a search needs more seeds than a quick look has.
IMPOSSIBLE = {
    ("universal", "no meaningful effect"),
    ("conditional", "no meaningful effect"),
    ("optimum", "no meaningful effect"),
    ("strategy", "estimated"),
}


def raw_study(hypotheses: Mapping[str, Any], **more: Any) -> dict[str, Any]:
    """A study file's content, in the manner of the reflection's."""
    return {
        "study": "sample",
        "title": "A sample",
        "data": "fashion_mnist",
        "seeds": 10,
        "baseline": {
            "width": 256, "depth": 2, "batch_size": 64, "optimizer": "adam",
            "learning_rate": 0.001, "budget": "300 steps",
        },
        "metrics": {"accuracy": {"matters_from": DELTA}, "train_time": {"matters_from": "1.10x"}},
        "hypotheses": dict(hypotheses),
        **more,
    }  # fmt: skip


def read(raw: Mapping[str, Any]) -> Study:
    """The study of a content, through the door that a file comes through."""
    source = Source()
    return study_of(check_structure(dict(raw), source), source)


def entry(kind: str, **more: Any) -> dict[str, Any]:
    """A hypothesis of this type as a study file holds it."""
    terms, expect, seeds = CLAIMS[kind]
    expected = {"expect": expect} if expect else {}
    own_seeds = {"seeds": seeds} if seeds != len(SEEDS) else {}
    return {"says": "A high batch size is <better> & faster.", **terms, **expected, **own_seeds,
            **more}  # fmt: skip


@functools.cache
def judged(kind: str, evidence: str, id: str = "H1") -> tuple[Study, StudyReport]:
    """A study of one claim of this type, judged on scores that lead to this evidence."""
    quick = {"quick": True} if evidence == "estimated" else {}
    study = read(raw_study({id: entry(kind)}, **quick))
    if kind == "definitional":
        return study, judge_study(study, *made_runs.empty_tables())
    n = max(len(h.seeds) for h in study.hypotheses)
    curves = evidence if kind == "learning curve" else ""
    score = made_runs.scores(kind, evidence, max(n, 10))
    tables = made_runs.tables_of(study, score, curves)
    size, sd = EVIDENCE[evidence]
    timings = [made_runs.timing_of(study, -size, sd)] if kind == "trade-off" else []
    return study, judge_study(study, tables.final, tables.curves, timings)


def every_combination() -> list[tuple[str, str]]:
    """All type x evidence pairs that can occur."""
    pairs = [(kind, evidence) for kind in KINDS if kind != "definitional" for evidence in EVIDENCE]
    possible = [pair for pair in pairs if pair not in IMPOSSIBLE]
    return [("definitional", "true by arithmetic"), *possible]


def hypothesis_report(kind: str, evidence: str, *, blocked: bool = False) -> HypothesisReport:
    """One hypothesis of this type with this evidence at one budget; `blocked` by a check."""
    report = judged(kind, evidence)[1].hypotheses[0]
    return blocked_report(report) if blocked else report


def study_of_kind(kind: str, evidence: str) -> Study:
    return judged(kind, evidence)[0]


def verdict(kind: str, evidence: str, *, blocked: bool = False) -> Verdict:
    return hypothesis_report(kind, evidence, blocked=blocked).verdicts[0]


@functools.cache
def untuned() -> CheckResult:
    """The check that blocks a comparison of optimizers whose learning rates nobody tuned."""
    claim = entry("comparison", compare={"optimizer": {"from": "sgd", "to": "adam"}})
    study = read(raw_study({"H1": claim}))
    tables = made_runs.tables_of(study, lambda arm, seed: 0.7 + 0.001 * seed)
    report = judge_study(study, tables.final, tables.curves)
    return next(c for c in report.hypotheses[0].verdicts[0].fired if c.headline == "untuned")


def late(report: HypothesisReport) -> HypothesisReport:
    """The same report as if it had been edited after its results existed."""
    sentence = "Post hoc: the size that matters was edited after results existed."
    check = replace(untuned(), id="post_hoc", level="caveat", headline="", sentence=sentence)
    verdicts = (
        replace(v, registered="post hoc", checks=(check, *v.checks)) for v in report.verdicts
    )
    return replace(report, verdicts=tuple(verdicts))


def blocked_report(report: HypothesisReport) -> HypothesisReport:
    """The same report as if its learning rates had to be tuned."""
    verdicts = tuple(blocked_verdict(verdict) for verdict in report.verdicts)
    return replace(
        report,
        headline=over_budgets(verdicts),
        verdicts=verdicts,
        conclusions=conclusions(verdicts),
    )


def blocked_verdict(verdict: Verdict) -> Verdict:
    checks = (untuned(), *(c for c in verdict.checks if c.id != untuned().id))
    return replace(verdict, checks=checks, headline=headline(verdict.judgement, untuned()))


@functools.cache
def whole() -> tuple[Study, StudyReport, Tables]:
    """A trade-off over three budgets that depends on them, a comparison, a trend, a heatmap."""
    study = read(
        raw_study(
            {
                "H1": entry(
                    "trade-off",
                    says="A high batch size trains faster, so accuracy is lower.",
                    expect={"train_time": "lower", "accuracy": "lower"},
                    at_equal=["300 steps", "38400 samples", "5 seconds"],
                    because="updates",
                    saw={"accuracy": {"from": 0.51, "to": 0.78}},
                ),
                "H5": entry(
                    "comparison",
                    compare={"depth": {"from": 2, "to": 3}},
                    saw={"accuracy": {"to": 0.77}},
                ),
                "width": entry("trend"),
            },
            explore={"size": {"grid": {"width": [16, 64, 256], "depth": [1, 2, 3]}}},
        )
    )
    tables = made_runs.tables_of(study, made_runs.whole_score)
    cells = made_runs.tables_of_heatmap(study)
    final = pd.concat([tables.final, cells.final]).drop_duplicates(["path", "seed"])
    tables = Tables(final, tables.curves)
    report = judge_study(study, final, tables.curves, [made_runs.timing_of(study, -3.0, 0.6)])
    return study, report, tables


def judge_terms(
    terms: Mapping[str, Any], score: Score, expect: Mapping[str, Any] | None = None, **more: Any
) -> tuple[Study, StudyReport, Tables]:
    """A study of one claim of any terms, judged on these scores."""
    entry = {"says": "Something helps.", **terms, "expect": dict(expect or ACCURACY), **more}
    study = read(raw_study({"H1": entry}))
    tables = made_runs.tables_of(study, score)
    return study, judge_study(study, tables.final, tables.curves), tables
