"""Quick mode and smoke runs: estimates and intervals, and no verdict."""

from __future__ import annotations

from dataclasses import replace

from hyperverdict.claims.model import Judgement, Leg
from hyperverdict.study.model import Smoke
from hyperverdict.verdicts.model import ArmSummary
from hyperverdict.words.numbers import count, listed

LOG_FILE = "train.log"


def estimates_only(judgement: Judgement, *, facts: bool = True) -> Judgement:
    """The same numbers without a verdict; what is true by arithmetic stays so.

    Args:
        facts: keep the facts; some say what is proven.
    """
    if judgement.evidence == "true by arithmetic":
        return judgement
    legs = tuple(_leg(leg) for leg in judgement.legs)
    kept = judgement.facts if facts else {}
    return replace(judgement, evidence="estimated", grade="", legs=legs, facts=kept)


def _leg(leg: Leg) -> Leg:
    effects = tuple(
        replace(effect, evidence="estimated", grade="", seeds_needed=None) for effect in leg.effects
    )
    return replace(leg, evidence="estimated", grade="", effects=effects)


def smoke_text(smoke: Smoke | None) -> str:
    """Why the report of a smoke run is not final; "" for any other."""
    if smoke is None:
        return ""
    without = f", without {listed(smoke.left_out)}" if smoke.left_out else ""
    return f"smoke run ({smoke}{without}), which only shows that everything works"


def after_smoke(smoke: Smoke) -> str:
    """What comes after a smoke run."""
    return f"Run the study without `--config {smoke.option}` for a verdict."


def failed_runs(arm: ArmSummary) -> str:
    """What comes after a smoke run in which runs of an arm failed; "" where none did."""
    failed = len(arm.seeds) - arm.missing - arm.finished
    if not failed:
        return ""
    runs = count(len(arm.seeds), "run")
    return (
        f"Find out why {failed} of {runs} of {arm.title} failed: the log is {LOG_FILE} in the "
        f"folder {arm.path}."
    )
