"""The ledger from the side of judging: what was there before, and the looks that were taken."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from hyperverdict.ledger.chain import Head, Ledger, Witness, append
from hyperverdict.ledger.looks import JudgedQuestion, look_entry, new_line
from hyperverdict.ledger.registration import SeedsOf
from hyperverdict.records.collect import LEDGERS_COLUMN
from hyperverdict.runs.heads import parse_head
from hyperverdict.runs.sealed import DamagedError, seal_of


def seeds_in(final: pd.DataFrame) -> SeedsOf:
    """path -> seeds in a final table."""
    seeds = final.groupby("path")["seed"].agg(frozenset).to_dict() if len(final) else {}
    return lambda path: seeds.get(path, frozenset())


def record_looks(ledger: Ledger, judged: Iterable[JudgedQuestion]) -> Ledger:
    """Add the looks that complete questions took; verdicts on unchanged runs add none."""
    lines = (new_line(ledger, look_entry(one), one.look.again) for one in judged)
    return append(ledger.path, [line for line in lines if line is not None])


def witnesses_in(final: pd.DataFrame, study: str) -> frozenset[Witness]:
    """The heads of a study's ledger that the runs of a final table carry."""
    if LEDGERS_COLUMN not in final:
        return frozenset()
    heads = (json.loads(text).get(study) for text in final[LEDGERS_COLUMN].dropna().unique())
    return frozenset(Witness(Head(*parse_head(head)), "the runs") for head in heads if head)


_HEAD_IN_REPORT = re.compile(r'<meta name="hyperverdict-ledger" content="(\d+ [0-9a-f]{64})">')


def reported_heads(report: Path) -> frozenset[Witness]:
    """The head of the ledger that an earlier report (HTML) carries.

    None where there is none, and of a damaged report: it would seem as if the ledger was rewritten.
    """
    try:
        content = report.read_bytes()
        seal_of(content)
        found = _HEAD_IN_REPORT.search(content[:5000].decode(errors="replace"))
    except (OSError, DamagedError):
        return frozenset()
    return frozenset({Witness(Head(*parse_head(found[1])), "the last report")} if found else ())
