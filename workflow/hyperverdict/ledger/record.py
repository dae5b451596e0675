"""The ledger from the side of judging: what was there before, and the looks that were taken."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from hyperverdict.ledger.chain import Ledger, append
from hyperverdict.ledger.looks import JudgedQuestion, look_entry, new_line
from hyperverdict.ledger.registration import SeedsOf


def seeds_in(final: pd.DataFrame) -> SeedsOf:
    """path -> seeds in a final table."""
    seeds = final.groupby("path")["seed"].agg(frozenset).to_dict() if len(final) else {}
    return lambda path: seeds.get(path, frozenset())


def record_looks(ledger: Ledger, judged: Iterable[JudgedQuestion]) -> Ledger:
    """Add the looks that complete questions took; verdicts on unchanged runs add none."""
    lines = (new_line(ledger, look_entry(one), one.look.again) for one in judged)
    return append(ledger.path, [line for line in lines if line is not None])
