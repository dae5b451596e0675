"""How the ledger lets one question be judged: registration, look, family."""

from __future__ import annotations

from dataclasses import dataclass

from hyperverdict.claims import type_of
from hyperverdict.claims.model import Question
from hyperverdict.ledger.chain import Ledger
from hyperverdict.ledger.looks import Look, present_look
from hyperverdict.ledger.registration import Registered, primary_family, question_key, registered
from hyperverdict.outcomes.questions import claim_arms


@dataclass(frozen=True)
class Standing:
    """The ledger's word on one question.

    Attributes:
        registered: "registered", "post hoc" or "" without a ledger.
        family_size: questions of the primary family it belongs to; 0 when exploratory, None where
            no ledger has frozen a family.
        schedule: registered numbers of seeds at which it is judged.
        notes: sentences for the scope: which interval applies, what was edited.
    """

    registered: str = ""
    registration_note: str = ""
    family_size: int | None = None
    schedule: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    key: str = ""
    look: Look | None = None
    registration: Registered | None = None


def standing_of(ledger: Ledger | None, question: Question) -> Standing:
    """What the ledger says of a question with these outcomes."""
    if ledger is None or question.budget is None or not question.arms:
        return Standing()
    hypothesis = question.hypothesis
    kind = type_of(hypothesis)
    arms = claim_arms(question.study, hypothesis, question.budget)
    key = question_key(kind.name, arms, (e.metric for e in hypothesis.expect))
    found = registered(ledger, key, question.study, hypothesis, question.budget, arms)
    look = present_look(question, key, found, ledger)
    family = primary_family(ledger)
    member = (hypothesis.id, str(question.budget)) in family.members
    notes = [look.note, _edited(found)]
    if hypothesis.primary and not member:
        notes.append("Marked primary after the family was frozen: judged as exploratory.")
    return Standing(
        registered=found.status,
        registration_note=found.note if found.status == "post hoc" else "",
        family_size=family.size if hypothesis.primary and member else 0,
        schedule=found.schedule,
        notes=tuple(note for note in notes if note),
        key=key,
        look=look,
        registration=found,
    )


def _edited(found: Registered) -> str:
    """Edits before results are no fault, but they are said."""
    if found.status != "registered" or not found.note:
        return ""
    return f"{found.note[0].upper()}{found.note[1:]}."
