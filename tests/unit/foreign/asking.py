"""Tables to judge and short ways to do it, shared by the tests of tables from elsewhere."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hyperverdict.foreign.files import read_runs
from hyperverdict.foreign.judge import judge_table, read_table
from hyperverdict.foreign.table import Table, table_of_frame
from hyperverdict.study.structure import Source

BATCHES = """
study: elsewhere
data: imagenet
metrics: {accuracy: {matters_from: 0.01}}
hypotheses:
  big:
    says: Large batches are less accurate.
    compare: {batch_size: {from: 256, to: 4096}}
    expect: {accuracy: lower}
"""


def read(table, metrics=("accuracy",), factors=("batch_size",), budget=None, **more):
    """The runs of a table for a claim that compares the factors; `more` are keys of a study."""
    claim = {
        "says": "c",
        "compare": {name: {"from": "a", "to": "b"} for name in factors},
        "expect": dict.fromkeys(metrics, "higher"),
    }
    sizes = {name: {"matters_from": 0.01} for name in metrics if name != "train_time"}
    raw = {"study": "s", "data": "", "metrics": sizes, "hypotheses": {"H": claim}, **more}
    if budget:
        claim["at_equal"] = [budget]
    cells = table if isinstance(table, Table) else table_of_frame(table)
    return read_table(cells, raw, Source())[0]


def judge(tmp_path, table, text=BATCHES):
    """What `judge_table` gives for a study's text."""
    file = tmp_path / "study.yaml"
    file.write_text(text, encoding="utf-8")
    return judge_table(table, file)


def first(judged, hypothesis=0, verdict=0):
    """One verdict of a judgement."""
    return judged.report.hypotheses[hypothesis].verdicts[verdict]


def fired(verdict):
    """Check id -> (level, sentence) of the checks that fired."""
    return {check.id: (check.level, check.sentence) for check in verdict.fired}


def column_of(runs, name):
    """The role of a column of the table."""
    return next(column for column in runs.roles.columns if column.theirs == name)


def two_batches(seeds=6, **columns):
    """Batch 4096 is two points worse than 256."""
    random = np.random.default_rng(1)
    rows = [
        {
            "batch_size": batch,
            "seed": seed,
            "accuracy": 0.76 - 0.02 * (batch > 256) + random.normal(0, 0.001),
            "epochs": 90,
        }
        for batch in (256, 4096)
        for seed in range(seeds)
    ]
    return pd.DataFrame(rows).assign(**columns)


NOISE = np.random.default_rng(5).normal(0, 0.01, (2, 20))


def score(arm, seed, effect=0.03):
    """A score with 5 decimals: seeds are shared by the arms, with noise of their own."""
    return round(0.8 + NOISE[0, seed] + 0.2 * NOISE[1, seed] * arm + effect * arm, 5)


def rows(levels, seeds=6, effect=0.03, name="lr", metric="test_acc", **more):
    """One row for each level and seed; cells may be functions of (arm, seed)."""
    return pd.DataFrame(
        {
            name: level,
            "seed": seed,
            metric: score(arm, seed, effect),
            **{c: value(arm, seed) if callable(value) else value for c, value in more.items()},
        }
        for arm, level in enumerate(levels)
        for seed in range(seeds)
    )


def difference(seeds=6, effect=0.03):
    return float(np.mean([score(1, s, effect) - score(0, s, effect) for s in range(seeds)]))


def study(claim, direction="higher", metric="accuracy", data="some_images", **more):
    """A study of one hypothesis; `claim` is factor -> (from, to), or terms."""
    terms = claim
    if not any(key in claim for key in ("trend", "best", "compare")):
        terms = {"compare": {k: {"from": a, "to": b} for k, (a, b) in claim.items()}}
    hypothesis = {"says": "As stated.", **terms, "expect": {metric: direction}}
    if "at_equal" in more:
        hypothesis["at_equal"] = more.pop("at_equal")
    return {"study": "s", "data": data, "hypotheses": {"H1": hypothesis}, **more}


def verdict(table, stated, file=None):
    return first(judge_table(table if file is None else read_runs([file]), stated))


def concludes(found, headline="supported", estimate=None):
    assert found.headline == headline, fired(found)
    if estimate is not None:
        assert found.judgement.effects[0].estimate == pytest.approx(estimate, abs=1e-9)


def blocked(found, check):
    assert found.headline.startswith("inconclusive ("), found.headline
    level, sentence = fired(found)[check]
    assert level == "blocks"
    return sentence
