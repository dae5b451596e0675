"""The ledger from the side of judging: what was there before, and the looks that were taken."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from hyperverdict.claims.model import Question
from hyperverdict.ledger.chain import Kind, Ledger, append
from hyperverdict.ledger.looks import look_entry, new_line
from hyperverdict.ledger.registration import SeedsOf
from hyperverdict.ledger.status import Standing
from hyperverdict.verdicts.model import Verdict


def seeds_in(final: pd.DataFrame) -> SeedsOf:
    """path -> seeds in a final table."""
    seeds = final.groupby("path")["seed"].agg(frozenset).to_dict() if len(final) else {}
    return lambda path: seeds.get(path, frozenset())


def record_looks(ledger: Ledger, judged: Iterable[tuple[Question, Standing, Verdict]]) -> Ledger:
    """Add the looks that complete questions took; verdicts on unchanged runs add none."""
    lines: list[tuple[Kind, dict[str, object]]] = []
    for question, standing, verdict in judged:
        if standing.look is None or standing.registration is None:
            continue
        entry = look_entry(standing.key, question, standing.look, standing.registration, verdict)
        line = new_line(ledger, entry, standing.look.again)
        if line is not None:
            lines.append((line[0], dict(line[1])))
    return append(ledger.path, lines)
