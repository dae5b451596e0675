"""Loading a study: the file's structure plus what the claim types say of their own keys."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

from hyperverdict.claims import TYPES, budgets_of, type_of
from hyperverdict.claims.model import UnanswerableError
from hyperverdict.study.load import full_schema, read_study
from hyperverdict.study.model import RECORDED_METRICS, Hypothesis, Study
from hyperverdict.study.tuning import tuning_arms


def claim_keys() -> dict[str, Any]:
    """The keys that claim types read, name -> JSON schema."""
    return {key: schema for kind in TYPES for key, schema in kind.schema.items()}


def study_schema() -> dict[str, Any]:
    """The whole schema of a study file, as an editor would use it."""
    return full_schema(claim_keys())


def load_study(
    path: str | Path,
    recorded: Iterable[str] | None = RECORDED_METRICS,
    refuse_unanswerable: bool = True,
) -> Study:
    """Read and check a study file; UserError with one message when something is wrong.

    Args:
        path: the study file.
        recorded: metrics that runs record; None accepts any, for runs from elsewhere.
        refuse_unanswerable: refuse claims that their design cannot answer; False for runs that
            already exist, where the same fact is a caveat.
    """
    study, source = read_study(Path(path), claim_keys(), recorded)
    for hypothesis in study.hypotheses:
        check = partial(check_claim, hypothesis, study, refuse_unanswerable)
        source.at(("hypotheses", hypothesis.id), check)
    return study


def check_claim(hypothesis: Hypothesis, study: Study, refuse_unanswerable: bool) -> None:
    """Refuse a malformed claim; one that its design cannot answer only when told to."""
    try:
        type_of(hypothesis).check(hypothesis, study)
        if hypothesis.tune:
            tuning_arms(hypothesis, study, budgets_of(hypothesis)[0])
    except UnanswerableError:
        if refuse_unanswerable:
            raise
