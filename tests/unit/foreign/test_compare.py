"""`hyperverdict.compare`: one comparison in a notebook, or what it cannot read in one sentence."""

from __future__ import annotations

import hyperverdict
import pandas as pd
import pytest
from hyperverdict.errors import UserError

from tests.unit.foreign.asking import two_batches

TABLE = pd.DataFrame(
    {
        "batch_size": [4, 4, 4, 128, 128, 128],
        "seed": [0, 1, 2, 0, 1, 2],
        "steps": [300] * 6,
        "test_acc": [0.70, 0.71, 0.72, 0.80, 0.82, 0.81],
    }
)


CHANGE = {"batch_size": (4, 128)}


def test_compare_in_a_notebook():
    found = hyperverdict.compare(
        two_batches(),
        {"batch_size": (256, 4096)},
        {"accuracy": "lower"},
        matters_from={"accuracy": 0.005},
    )
    assert found.headline == "supported"
    text = repr(found)
    assert text.startswith("How the table was read")
    assert "SUPPORTED: batch size 256 → 4096: test accuracy lower" in text
    assert "supported (at least the SESOI); claimed lower, matters from 0.5 points; 6 seeds" in text
    html = found._repr_html_()
    assert "<table>" in html
    assert "supported" in html


def test_compare_escapes_and_refuses():
    table = two_batches().rename(columns={"batch_size": "<b>"})
    assert "<b>256" not in hyperverdict.compare(table, {"<b>": (256, 4096)})._repr_html_()
    with pytest.raises(UserError, match="matters_from of 'f1' is missing"):
        hyperverdict.compare(two_batches(f1=0.5), {"batch_size": (256, 4096)}, {"f1": "higher"})
    with pytest.raises(UserError, match="must be \\(from, to\\)"):
        hyperverdict.compare(two_batches(), {"batch_size": 256})


def test_nothing_is_inferred_that_the_table_does_not_say():
    found = hyperverdict.compare(two_batches(), {"batch_size": (256, 4096)}, {"accuracy": "lower"})
    assert {(a.steps, a.samples) for a in found.verdict.arms} == {(0, 0)}
    assert not any(
        "digits" in sentence or "updates" in sentence for sentence in found.verdict.scope
    )


@pytest.mark.parametrize(
    ("change", "expect", "words"),
    [
        (
            {"batch_size": (4, 64)},
            {"accuracy": "lower"},
            "no row has 64; its levels are 4 and 128; the nearest is 128",
        ),
        ({"batch_size": (4, 128)}, {"accuracy": "lowr"}, "'lower'"),
        ({"batch_size": (4, 128)}, {"acuracy": "lower"}, "accuracy"),
    ],
)
def test_what_cannot_be_read_is_refused(change, expect, words):
    with pytest.raises(UserError, match=words):
        hyperverdict.compare(TABLE, change, expect, at_equal="300 steps")


def test_states_and_columns_are_mapped_as_in_a_study():
    table = TABLE.assign(ended=["fine"] * 6).rename(columns={"test_acc": "score"})
    mapped = {"accuracy": "score", "state": "ended"}
    with pytest.raises(UserError, match=r"states: \{fine: stopped\}"):
        hyperverdict.compare(table, CHANGE, columns=mapped)
    judged = hyperverdict.compare(table, CHANGE, columns=mapped, states={"fine": "finished"})
    assert judged.headline == "supported"


def test_what_can_be_read_is_judged():
    judged = hyperverdict.compare(
        TABLE, {"batch_size": (4, 128)}, {"accuracy": "lower"}, at_equal="300 steps"
    )
    assert "refuted" in repr(judged)
