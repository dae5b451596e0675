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


@pytest.mark.parametrize(
    ("change", "expect", "words"),
    [
        ({"batch_size": (4, 64)}, {"accuracy": "lower"}, "No row of the table is batch_size 64"),
        ({"batch_size": (4, 128)}, {"accuracy": "lowr"}, "'lower'"),
        ({"batch_size": (4, 128)}, {"acuracy": "lower"}, "accuracy"),
    ],
)
def test_what_cannot_be_read_is_refused(change, expect, words):
    with pytest.raises(UserError, match=words):
        hyperverdict.compare(TABLE, change, expect, at_equal="300 steps")


def test_what_can_be_read_is_judged():
    judged = hyperverdict.compare(
        TABLE, {"batch_size": (4, 128)}, {"accuracy": "lower"}, at_equal="300 steps"
    )
    assert "refuted" in repr(judged)
