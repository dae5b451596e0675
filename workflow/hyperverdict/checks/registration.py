"""Was the claim stated before its results existed, and judged on all that was looked at?"""

from __future__ import annotations

from dataclasses import replace

from hyperverdict.checks.context import CheckContext
from hyperverdict.checks.model import NOT_APPLICABLE, Check, Found, blocks, caveat, check
from hyperverdict.stats.sequential import ConfidenceSequence
from hyperverdict.words.numbers import count, listed

# Other versions that a sentence names.
MOST_VERSIONS = 3


@check(
    "caveat",
    title="Registered before the results",
    explains="Whether the ledger holds the claim, as it stands, from before any contrast of its "
    "arms could be computed.",
    remedy="Register the claim before its results exist: judge it on seeds that no run has used.",
)
def post_hoc(context: CheckContext) -> Found:
    """Not registered before results."""
    status = context.status
    if not status.registered:
        return NOT_APPLICABLE
    if status.registered != "post hoc":
        return None
    return caveat(f"Post hoc: {status.registration_note}.", 2)


@check(
    "caveat",
    title="One version registered",
    explains="How many versions of the claim were ever registered: of several, one comes out as "
    "claimed by chance more easily than a single one. The report lists them all.",
    remedy="Judge the version that counts in a study of its own, on seeds that no run has used.",
)
def several_versions(context: CheckContext) -> Found:
    """More than one version of the claim was registered."""
    versions = context.status.versions
    if not context.status.registered:
        return NOT_APPLICABLE
    if len(versions) < 2:
        return None
    named = [str(version) for version in versions[:MOST_VERSIONS]]
    more = [f"{len(versions) - MOST_VERSIONS} more"] if len(versions) > MOST_VERSIONS else []
    return caveat(
        f"One of {count(len(versions), 'version')} of this claim that were registered: "
        f"{listed([*named, *more])}.",
        3 + min(len(versions), 20) / 10,
    )


@check(
    "blocks",
    title="All runs that were looked at are judged",
    explains="Whether runs that an earlier look judged are left out now: what remains was then "
    "chosen by its results.",
    remedy="Judge all the runs that an earlier look judged; more may be added.",
)
def runs_left_out(context: CheckContext) -> Found:
    """Runs that an earlier look judged are left out."""
    look = context.status.look
    if look is None:
        return NOT_APPLICABLE
    if not look.removed:
        return None
    what = count(look.removed, "run" if context.elsewhere else context.notes.replicate)
    are = "is" if look.removed == 1 else "are"
    return blocks(
        f"{what} that an earlier look judged {are} left out of this one.",
        "runs left out after a look",
        11,
    )


@check(
    "caveat",
    title="Repeated looks at the table change nothing",
    explains="Whether the verdict on a table without a ledger would stand if the table had been "
    "judged again after every run. Looking after each of 3 to 30 runs finds an effect that does "
    "not exist in a quarter of studies.",
    remedy="Judge with a ledger from the first look: `hyperverdict judge --ledger FILE`, or "
    "`ledger=` in a notebook.",
)
def unguarded_looks(context: CheckContext) -> Found:
    """The verdict on a table without a ledger hangs on having looked once."""
    if context.elsewhere is None or context.status.look is not None or not context.effects:
        return NOT_APPLICABLE
    held = context.judgement.evidence
    if held in ("inconclusive", "estimated", "true by arithmetic"):
        return None
    anytime = replace(context.question, look_rule=ConfidenceSequence())
    if context.claim.judge(anytime).evidence == held:
        return None
    return caveat(
        "Nothing guards against repeated looks: the verdict holds only if the table was judged "
        "once, since a confidence sequence alone would not give it.",
        4,
    )


CHECKS: tuple[Check, ...] = (post_hoc, several_versions, runs_left_out, unguarded_looks)
