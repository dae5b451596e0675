"""How runs ended: the words of schedulers and trackers, and nothing taken for a success unseen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from hyperverdict.errors import UserError
from hyperverdict.foreign.levels import truth
from hyperverdict.foreign.names import clean
from hyperverdict.foreign.table import Column, is_empty
from hyperverdict.words.numbers import listed

# How a run ended; `stopped` from outside, perhaps for its results; `unfinished` is still to come.
State = Literal["finished", "failed", "stopped", "unfinished"]
STATES: tuple[State, ...] = ("finished", "failed", "stopped", "unfinished")

WORDS: Mapping[State, frozenset[str]] = {
    "finished": frozenset(
        # W&B, MLflow, Optuna, Ray, SLURM, SEML and plain words
        {"finished", "complete", "completed", "done", "success", "succeeded", "successful", "ok"}
        | {"cd", "passed", "published"}
    ),
    "failed": frozenset(
        {"failed", "fail", "failure", "error", "errored", "diverged", "nan", "out_of_memory", "oom"}
        | {"out_of_me", "f", "died", "exception", "cuda_oom"}
    ),
    "stopped": frozenset(
        {"crashed", "crash", "killed", "pruned", "canceled", "cancelled", "stopped", "timeout"}
        | {"time_limit", "timed_out", "to", "ca", "deadline", "dl", "node_fail", "nf", "boot_fail"}
        | {"bf", "interrupted", "aborted", "preempted", "pr", "early_stopped", "revoked", "rv"}
        | {"launch_failed", "evicted", "special_exit", "lost"}
    ),
    "unfinished": frozenset(
        {"running", "r", "preempting", "pending", "pd", "queued", "waiting", "scheduled", "paused"}
        | {"staged", "created", "configuring", "cf", "completing", "cg", "suspended", "requeued"}
        | {"requeue_hold", "requeue_fed", "resizing", "signaling", "stage_out", "in_progress"}
        | {"active", "started", "starting", "initialized", "submitted", "resv_del_hold", "idle"}
    ),
}
_BY_WORD: Mapping[str, State] = {word: state for state, words in WORDS.items() for word in words}
# Columns that say yes or no -> what yes and no mean.
YES_MEANS: Mapping[str, tuple[State, State]] = {
    **dict.fromkeys(
        ("completed", "complete", "finished", "is_finished", "success", "succeeded"),
        ("finished", "stopped"),
    ),
    **dict.fromkeys(("failed", "is_failed", "diverged", "sys_failed"), ("failed", "finished")),
    "crashed": ("stopped", "finished"),
}
EXIT_CODES = frozenset(
    {"exit_code", "exitcode", "return_code", "returncode", "exit", "exit_status"}
)


def states_of(name: str, column: Column[Any], mapped: Mapping[str, str]) -> npt.NDArray[np.object_]:
    """How each row's run ended, "" where the cell is empty.

    Args:
        name: the column's name; yes and no, and exit codes, are read by it.
        mapped: what the study says that words mean.

    Raises UserError that lists the words that nobody knows.
    """
    words = clean(name)
    said = {word.strip().casefold(): state for word, state in mapped.items()}
    codes, cells = pd.factorize(column, use_na_sentinel=True)
    found = [_state(words, cell, said) for cell in cells] + [said.get("", "")]
    unknown = [str(cell) for cell, state in zip(cells, found, strict=False) if state is None]
    if unknown:
        shown = listed([repr(word) for word in unknown[:8]])
        raise UserError(
            f"column {name!r}: {shown} {'is' if len(unknown) == 1 else 'are'} no known state. Say "
            f"whether runs in it are finished, failed, stopped or unfinished, as in "
            f"states: {{{unknown[0]}: stopped}}; if the column holds something else, write "
            f"ignore: [{name}]"
        )
    result: npt.NDArray[np.object_] = np.array(found, dtype=object)[codes]
    return result


def _state(name: str, cell: object, said: Mapping[str, str]) -> str | None:
    text = "" if is_empty(cell) and str(cell).casefold() != "nan" else str(cell).strip()
    if text.casefold() in said:
        return said[text.casefold()]
    if not text:
        return ""
    if name in EXIT_CODES:
        return _exit(text)
    if name in YES_MEANS and truth(text) is not None:
        return YES_MEANS[name][0 if truth(text) else 1]
    return word_state(text)


def word_state(text: str) -> State | None:
    """The state that a word means; prefixes and cut-off words of SLURM too."""
    word = text.strip().casefold().rpartition(".")[2]
    word = re.sub(r"[\s\-]+", "_", word.removesuffix("+").strip())
    if word in _BY_WORD:
        return _BY_WORD[word]
    first = word.partition("_by_")[0]
    if first in _BY_WORD:
        return _BY_WORD[first]
    if text.strip().endswith("+") and len(word) > 3:
        starts = {state for known, state in _BY_WORD.items() if known.startswith(word)}
        return starts.pop() if len(starts) == 1 else None
    return None


def _exit(text: str) -> str | None:
    """Exit codes: 0 and SLURM's 0:0 are a success, other numbers are none."""
    numbers = re.fullmatch(r"(-?\d+)(?:\.0)?(?::(\d+))?", text)
    if numbers is None:
        return word_state(text)
    return "finished" if int(numbers[1]) == 0 and int(numbers[2] or 0) == 0 else "failed"


def combined(columns: Mapping[str, npt.NDArray[np.object_]]) -> npt.NDArray[np.object_]:
    """One state a row from several columns: the gravest that any of them says."""
    order = ("", "finished", "unfinished", "stopped", "failed")
    ranks = [np.array([order.index(s) for s in states]) for states in columns.values()]
    result: npt.NDArray[np.object_] = np.array(order, dtype=object)[np.max(ranks, axis=0)]
    return result
