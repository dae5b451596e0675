"""How the ledger lets one question be judged: registration, look, family."""

from __future__ import annotations

from dataclasses import dataclass

from hyperverdict.claims.model import Question
from hyperverdict.ledger.chain import Ledger
from hyperverdict.ledger.looks import Look, present_look
from hyperverdict.ledger.registration import Registered, primary_family, question_key, registered
from hyperverdict.ledger.versions import Version, versions_of
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.words.numbers import upper


@dataclass(frozen=True)
class LedgerStatus:
    """What the ledger says of one question.

    Attributes:
        registered: "registered", "post hoc" or "" without a ledger.
        registration_note: why it is post hoc, else "".
        family_size: questions of the primary family it belongs to; 0 when exploratory, None where
            no ledger has frozen a family.
        schedule: registered numbers of seeds at which it is judged.
        notes: sentences for the scope: which interval applies, what was edited.
        look: the present one; None without a ledger.
        versions: all versions of the claim that were ever registered, in order.
    """

    registered: str = ""
    registration_note: str = ""
    family_size: int | None = None
    schedule: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    key: str = ""
    look: Look | None = None
    versions: tuple[Version, ...] = ()


def status_of(
    ledger: Ledger | None, study: Study, hypothesis: Hypothesis, question: Question
) -> LedgerStatus:
    """What the ledger says of a question with these outcomes."""
    if ledger is None or question.budget is None or not question.arms:
        return LedgerStatus()
    arms = study.claimed_arms(hypothesis, question.budget)
    key = question_key(hypothesis.claim, arms)
    found = registered(ledger, key, study, hypothesis, question.budget, arms)
    look = present_look(question, key, found, ledger)
    family = primary_family(ledger)
    member = (hypothesis.id, str(question.budget)) in family
    notes = [look.note, _edited(found)]
    if hypothesis.primary and not member:
        notes.append("Marked primary after the family was frozen, so it is judged as exploratory.")
    return LedgerStatus(
        registered=found.status,
        registration_note=found.note if found.status == "post hoc" else "",
        family_size=len(family) if hypothesis.primary and member else 0,
        schedule=found.schedule,
        notes=tuple(note for note in notes if note),
        key=key,
        look=look,
        versions=versions_of(ledger, key, study, hypothesis, str(question.budget)),
    )


def _edited(found: Registered) -> str:
    """Edits before results are allowed, and reported."""
    edited = found.status == "registered" and found.note
    return f"{upper(found.note)}." if edited else ""
