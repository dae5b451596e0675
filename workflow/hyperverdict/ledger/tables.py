"""The ledger of a table from elsewhere: which look at one growing table a judgement is.

Names of columns, arms and seeds may change between two exports and rows may move, so what counts is
what was measured. A look at a table is a look at the same question as an earlier one when it is of
the same claim type and

- in each arm more than half of the runs of the smaller look stand in both (arms are matched by
  their runs, so they may have other names), or
- the arms have the same names and one of them, of at least 3 runs, stands whole in both: somebody
  may have trained the other arm again.

A table with other runs is another question. Runs are told apart by their scores; runs that failed
have none and decide nothing about sameness, but they may not vanish either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from hyperverdict.claims.model import Question
from hyperverdict.ledger.chain import Kind, Ledger, Line, sha256_of
from hyperverdict.ledger.looks import (
    JudgedQuestion,
    Look,
    failed_marks,
    look_entry,
    look_under,
    new_line,
    run_marks,
)
from hyperverdict.ledger.registration import Registered, payload
from hyperverdict.ledger.status import LedgerStatus
from hyperverdict.ledger.versions import versions_of
from hyperverdict.stats.sequential import RULES, SINGLE_LOOK, FirstLook
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.words.numbers import percent_text

# Runs of an arm that must all recur for the arm's name to identify a table.
MINIMUM_WHOLE = 3

Runs = Mapping[str, "Counter[str]"]  # arm label -> mark of what a run measured -> runs


def table_status(
    ledger: Ledger,
    study: Study,
    hypothesis: Hypothesis,
    budget: Budget | None,
    question: Question,
    *,
    seeded: bool,
) -> LedgerStatus:
    """What a table's ledger says of a question with these outcomes.

    Args:
        budget: the question's as the study has it, also where the table states none.
        seeded: a column holds seeds, so that runs of different arms are paired.
    """
    if not question.arms:
        return LedgerStatus()
    now, failed = _counted(run_marks(question)), failed_marks(question)
    fingerprint = table_fingerprint(question, seeded=seeded)
    same = [line for line in ledger.of_kind("look") if _is_same(line, question, now, failed)]
    keys = {line.content["question"] for line in same}
    taken = [line for line in ledger.of_kind("look") if line.content["question"] in keys]
    key = same[0].content["question"] if same else _new_key(question, fingerprint)
    earlier = [line for line in ledger.of_kind("registration") if line.content["question"] in keys]
    found = _registered(study, earlier, _size(question), ledger.problems)
    look = look_under(
        question.alpha, _seeds(question), found, taken, fingerprint, ledger.problems, "run"
    )
    look = _plain_first(replace(look, removed=_removed(taken, now, failed)))
    if look.seeds != _seeds(question):
        look = replace(look, judged=_as_then(question, taken, look))
    budget_text = str(budget or "")
    claim = _claim_entry(study, hypothesis, budget, key, question)
    return LedgerStatus(
        registered="post hoc",
        registration_note=found.note,
        schedule=found.schedule,
        notes=tuple(note for note in (look.note,) if note),
        key=key,
        look=look,
        versions=versions_of(_with(ledger, claim), key, study, hypothesis, budget_text),
    )


def _plain_first(look: Look) -> Look:
    """A first look at a table gets all of alpha: most tables are judged once.

    What follows when it grows still gets what a first look leaves, so all looks together may be
    wrong in 1.2 alpha at most (Bonferroni; .052 simulated, tests/simulation/test_ledger_gates.py).
    """
    if not isinstance(look.rule, FirstLook):
        return look
    left = percent_text(1 - look.rule.share, 0)
    note = (
        "The first look at this table. When it grows, a confidence sequence with "
        f"{left} of alpha replaces the t interval."
    )
    return replace(look, rule=SINGLE_LOOK, note=note)


def _with(ledger: Ledger, claim: Mapping[str, Any]) -> Ledger:
    """The ledger as it will be once the present claim is written to it."""
    today = datetime.now(UTC).isoformat(timespec="seconds")
    line = Line(len(ledger.lines) + 1, "registration", today, claim, "", "")
    return replace(ledger, lines=(*ledger.lines, line))


def table_fingerprint(question: Question, *, seeded: bool) -> str:
    """SHA-256 over what was measured, whatever the order of rows and the names of the arms."""
    marks = run_marks(question)
    arms = sorted(marks.values(), key=lambda runs: sorted(runs.values()))
    if not seeded:
        return sha256_of({"arms": [sorted(runs.values()) for runs in arms]})
    seeds = sorted({seed for runs in arms for seed in runs})
    # Which runs share a seed is part of what was measured; the seeds' numbers are not.
    return sha256_of({"rows": sorted([runs.get(seed, "") for runs in arms] for seed in seeds)})


def _new_key(question: Question, fingerprint: str) -> str:
    return sha256_of({"kind": question.claim.kind, "table": fingerprint})


def _counted(marks: Mapping[str, Mapping[str, str]]) -> Runs:
    return {arm: Counter(runs.values()) for arm, runs in marks.items()}


def _seeds(question: Question) -> tuple[int, ...]:
    """The seeds, or numbers of runs, that the question has outcomes for."""
    seeds = {s for o in question.outcomes.values() for arm in o.values.values() for s in arm}
    return tuple(sorted(seeds))


def _size(question: Question) -> int:
    return len(_seeds(question))


def _is_same(line: Line, question: Question, now: Runs, failed: frozenset[str]) -> bool:
    """Whether an earlier look was at this question; see the module."""
    if line.content.get("kind") != question.claim.kind:
        return False
    then = _counted(line.content["runs"])
    return _recur_in_all(then, now, failed) or _recur_under_names(then, now, failed)


def _recur_in_all(then: Runs, now: Runs, failed: frozenset[str]) -> bool:
    return len(then) == len(now) and len(_matched(then, now, failed)) == len(then)


def _recur_under_names(then: Runs, now: Runs, failed: frozenset[str]) -> bool:
    if then.keys() != now.keys():
        return False
    for arm in then:
        shared, smaller = _overlap(then[arm], now[arm], failed)
        if shared == smaller >= MINIMUM_WHOLE:
            return True
    return False


def _matched(then: Runs, now: Runs, failed: frozenset[str]) -> dict[str, str]:
    """Earlier arm -> present arm with more than half of the smaller one's runs, best first."""
    pairs = []
    for old, before in then.items():
        for new, runs in now.items():
            shared, smaller = _overlap(before, runs, failed)
            if shared * 2 > smaller:
                pairs.append((shared, old == new, old, new))
    matched: dict[str, str] = {}
    for _, _, old, new in sorted(pairs, reverse=True):
        if old not in matched and new not in matched.values():
            matched[old] = new
    return matched


def _overlap(then: Counter[str], now: Counter[str], failed: frozenset[str]) -> tuple[int, int]:
    """(runs that stand in both, runs of the smaller), failed ones aside."""
    finished = [Counter({m: n for m, n in runs.items() if m not in failed}) for runs in (then, now)]
    return (finished[0] & finished[1]).total(), min(runs.total() for runs in finished)


def _removed(taken: Sequence[Line], now: Runs, failed: frozenset[str]) -> int:
    """The most runs of one earlier look that are not among the present ones."""
    lost = [0]
    for line in taken:
        then = _counted(line.content["runs"])
        arms = {arm: arm for arm in then if arm in now} | _matched(then, now, failed)
        lost.append(
            sum(
                (runs - now.get(arms.get(arm, ""), Counter())).total() for arm, runs in then.items()
            )
        )
    return max(lost)


def _registered(
    study: Study, earlier: Sequence[Line], n: int, problems: Sequence[str]
) -> Registered:
    """How a table's claim is judged: by the looks that stood when it was first judged."""
    stated = tuple(sorted(set(study.look_schedule)))
    if earlier:
        first = earlier[0].content
        stated = tuple(map(int, first["payload"]["looks"])) if first["stated"] else ()
        note = f"first judged on {earlier[0].time[:10]}, on runs that existed"
    else:
        note = "stated on runs that existed"
    if problems:
        note = "the ledger is damaged"
    schedule = stated if n in stated else (n,)
    return Registered("post hoc", note, schedule, 0, n in stated, RULES, n in stated)


def _as_then(question: Question, taken: Sequence[Line], look: Look) -> Mapping[str, frozenset[int]]:
    """Arm -> the seeds whose runs the last look judged, when no more alpha is left."""
    last = max(taken, key=lambda line: line.number)
    then = _counted(last.content["runs"])
    now, failed = run_marks(question), failed_marks(question)
    matched = {new: old for old, new in _matched(then, _counted(now), failed).items()}
    kept: dict[str, frozenset[int]] = {}
    for arm, runs in now.items():
        left = Counter(then.get(matched.get(arm, arm), Counter()))
        seeds = set()
        for seed, mark in sorted(runs.items(), key=lambda entry: int(entry[0])):
            if left[mark] > 0:
                left[mark] -= 1
                seeds.add(int(seed))
        kept[arm] = frozenset(seeds)
    return kept


def table_lines(
    ledger: Ledger,
    study: Study,
    judged: Iterable[tuple[Hypothesis, Budget | None, LedgerStatus, JudgedQuestion]],
) -> list[tuple[Kind, Mapping[str, Any]]]:
    """The lines that judging a table adds: claims that are new or changed, and looks."""
    lines: list[tuple[Kind, Mapping[str, Any]]] = []
    for hypothesis, budget, status, one in judged:
        claim = _claim_entry(study, hypothesis, budget, status.key, one.question)
        known = [line.content for line in ledger.of_kind("registration", status.key)]
        if not any(
            old["registration"] == claim["registration"] and old["hypothesis"] == hypothesis.id
            for old in known
        ):
            lines.append(("registration", claim))
        entry = {**look_entry(one), "kind": one.question.claim.kind}
        found = new_line(ledger, entry, one.look.again)
        if found is not None:
            lines.append(found)
    return lines


def _claim_entry(
    study: Study,
    hypothesis: Hypothesis,
    budget: Budget | None,
    key: str,
    question: Question,
) -> dict[str, Any]:
    stated = bool(study.look_schedule)
    looks = tuple(sorted(set(study.look_schedule))) or (_size(question),)
    held = question.budget or budget
    fixed = payload(study, replace(hypothesis, seeds=()), held, question.arms, looks)
    fixed = {**fixed, "budget": str(budget or ""), "seeds": []}
    # How often it is judged is the looks' matter: a table that grows is no changed claim.
    marked = {name: part for name, part in fixed.items() if stated or name != "looks"}
    return {
        "question": key,
        "hypothesis": hypothesis.id,
        "budget": str(budget or ""),
        "registration": sha256_of(marked),
        "payload": fixed,
        "primary": hypothesis.primary,
        "rules": RULES,
        "stated": stated,
        "seeds_before": _size(question),
    }
