"""The heads of ledgers: the number and hash of the last line, kept beside each ledger.

Runs record the heads of the ledgers that stand beside them when they are trained, so that a ledger
whose chain is computed anew later no longer fits them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

HEAD_SUFFIX = ".head"
# Folders that hold runs, and the folder beside them that holds a folder per study.
RUN_FOLDERS = frozenset({"runs", "tuning"})
STUDIES_FOLDER = "studies"


_HASH = re.compile("[0-9a-f]{64}")


def head_text(line: int, last: str) -> str:
    """A head as its file holds it: with a checksum of both, since no ledger can vouch for it."""
    head = f"{line} {last}"
    return f"{head} {_check(head)}\n"


def read_head(file: Path) -> tuple[int, str] | None:
    """(line, hash) in a head file; None when there is none or it is damaged.

    Files of earlier versions carry no checksum.
    """
    try:
        number, last, *check = file.read_text().removesuffix("\n").split(" ")
        whole = _HASH.fullmatch(last) and check in ([], [_check(f"{number} {last}")])
        return (int(number), last) if whole else None
    except (OSError, ValueError):
        return None


def _check(head: str) -> str:
    return hashlib.sha256(head.encode()).hexdigest()[:16]


def parse_head(text: str) -> tuple[int, str]:
    """(line, hash) of a head; ValueError on anything else."""
    number, last = text.split()
    return int(number), last


def heads_beside(run: Path) -> Mapping[str, str]:
    """Study -> "LINE HASH" of the ledgers that stand beside a run's folder."""
    folder = next((p for p in run.absolute().parents if p.name in RUN_FOLDERS), None)
    if folder is None:
        return {}
    files = sorted((folder.parent / STUDIES_FOLDER).glob(f"*/ledger{HEAD_SUFFIX}"))
    heads = {file.parent.name: read_head(file) for file in files}
    return {study: f"{head[0]} {head[1]}" for study, head in heads.items() if head}
