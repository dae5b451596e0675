"""The ledger of a study: claims are registered before their results exist, looks are counted."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from hyperverdict.claims.base import Question
from hyperverdict.evidence.chain import Kind, Ledger, append, read_ledger
from hyperverdict.evidence.looks import look_entry, new_line
from hyperverdict.evidence.registration import SeedsOf, new_registrations, recorded_seeds
from hyperverdict.evidence.standing import Standing
from hyperverdict.evidence.verdict import Verdict
from hyperverdict.study.model import Study

LEDGER_FILE = "ledger.jsonl"


def register_study(study: Study, folder: Path, runs: Path = Path("results/runs")) -> Ledger:
    """Write every question of a study that is new or changed to the ledger.

    Args:
        study: the study.
        folder: the study's results, which hold the ledger.
        runs: the folder of all runs; what it already holds decides what is post hoc.
    """
    return register_at(study, folder / LEDGER_FILE, recorded_seeds(runs))


def register_at(study: Study, path: Path, seeds_of: SeedsOf) -> Ledger:
    """The same for a ledger at `path`, with a function that knows the seeds on record."""
    return append(path, new_registrations(study, read_ledger(path), seeds_of))


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
