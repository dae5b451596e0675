"""`hyperverdict.compare` refuses what it cannot read, in one sentence."""

from __future__ import annotations

import hyperverdict
import pandas as pd
import pytest
from hyperverdict.errors import UserError

TABLE = pd.DataFrame(
    {
        "batch_size": [4, 4, 4, 128, 128, 128],
        "seed": [0, 1, 2, 0, 1, 2],
        "steps": [300] * 6,
        "test_acc": [0.70, 0.71, 0.72, 0.80, 0.82, 0.81],
    }
)

CHANGE = {"batch_size": (4, 128)}


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
