"""Looks: which one this judgement is, which interval applies, and how verdicts changed.

1. at a registered number of seeds: the boundary of that look;
2. a single registered look: the plain t interval;
3. a first look that nobody registered as the only one (registered after its results, or at few
   seeds without `looks`): a t interval at a share of alpha, so that it does not end the claim;
4. an unregistered extension: a confidence sequence at what alpha the looks so far left. When they
   left none, the verdict of the last registered look stands and further seeds are not judged;
5. a damaged ledger, which no longer knows the looks: a confidence sequence at alpha.

Judging unchanged runs again is no look, and neither is a report while runs are missing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from hyperverdict.claims.model import Question
from hyperverdict.ledger.chain import Kind, Ledger, Line, sha256_of
from hyperverdict.ledger.registration import Registered
from hyperverdict.stats.sequential import (
    DEFAULT_LOOKS,
    RULES,
    SINGLE_LOOK,
    FirstLook,
    LookRule,
    Scheduled,
    SingleLook,
    confidence_sequence,
    scheduled,
)
from hyperverdict.words.numbers import count, listed, percent_text, plural, seeds_text


@dataclass(frozen=True)
class Look:
    """The present look at one question.

    Attributes:
        number: 1 for the first; the earlier one's when the runs have not changed.
        again: the runs are those of an earlier look.
        seeds: the seeds that are judged; fewer than exist when an earlier verdict stands.
        rule: what this look may use of alpha.
        note: which interval applies, in words; "" for a single look.
        spends: share of alpha that is spent once this look is taken, 0 to 1.
        removed: seeds (or runs of a table) that an earlier look judged and this one does not.
        rules: those of looks that it was taken under.
        judged: of a table, arm -> the numbers of the runs that are judged, where not all are.
    """

    number: int
    again: bool
    seeds: tuple[int, ...]
    rule: LookRule
    note: str
    spends: float
    fingerprint: str
    removed: int = 0
    rules: int = RULES
    judged: Mapping[str, frozenset[int]] = field(default_factory=dict)

    @property
    def is_last(self) -> bool:
        """Whether all of alpha is used: what is added later is not judged."""
        return self.spends >= 1


@dataclass(frozen=True)
class JudgedQuestion:
    """What one look at a question found.

    Attributes:
        hypothesis: its id; key, schedule: the question's, as the ledger has them.
        question: with the outcomes that were judged.
    """

    hypothesis: str
    key: str
    schedule: tuple[int, ...]
    question: Question
    look: Look
    evidence: str
    headline: str


def fingerprint(question: Question) -> str:
    """SHA-256 over what was measured; times count only where they are all there is."""
    return sha256_of({"outcomes": _measured(question)})


def _measured(question: Question) -> dict[str, Any]:
    timeless = sorted(name for name, o in question.outcomes.items() if not o.metric.is_time)
    names = timeless or sorted(question.outcomes)
    return {
        name: {
            arm: {str(seed): _text(value) for seed, value in sorted(by_seed.items())}
            for arm, by_seed in sorted(question.outcomes[name].values.items())
        }
        for name in names
    }


def _text(value: float) -> str:
    return repr(value) if math.isfinite(value) else "failed"


def present_look(question: Question, key: str, registered: Registered, ledger: Ledger) -> Look:
    """Which look a judgement of these outcomes is, and the interval it gets."""
    taken = ledger.of_kind("look", key)
    mark = fingerprint(question)
    look = look_under(question.alpha, question.seeds, registered, taken, mark, ledger.problems)
    return replace(look, removed=len(removed_seeds(taken, look.seeds)))


def look_under(
    alpha: float,
    seeds: tuple[int, ...],
    registered: Registered,
    taken: Sequence[Line],
    mark: str,
    problems: Sequence[str],
    replicate: str = "seed",
) -> Look:
    """The look that a judgement is, after the looks that were `taken` at its question.

    Args:
        mark: fingerprint of what is judged.
        problems: of the ledger.
        replicate: what the seeds are called.
    """
    before = [line for line in taken if line.content["fingerprint"] != mark]
    again = [line for line in taken if line.content["fingerprint"] == mark]
    if again:
        before = [line for line in before if line.number < again[0].number]
    # Opposing claims share their contrast: one look at it has a line for each of them.
    distinct = {line.content["fingerprint"]: line for line in reversed(before)}
    before = sorted(distinct.values(), key=lambda line: line.number)
    return _look(alpha, seeds, registered, before, bool(again), mark, problems, replicate)


def removed_seeds(looks: Iterable[Line], seeds: Iterable[int]) -> frozenset[int]:
    """The seeds that some look judged and that are not among `seeds`."""
    judged = {int(seed) for line in looks for seed in line.content["seeds"]}
    return frozenset(judged - set(seeds))


def _look(
    alpha: float,
    seeds: tuple[int, ...],
    registered: Registered,
    before: Sequence[Line],
    again: bool,
    mark: str,
    problems: Sequence[str],
    replicate: str,
) -> Look:
    n, schedule, number = len(seeds), registered.schedule, len(before) + 1
    sizes = [int(line.content["n"]) for line in before]
    on_schedule = n in schedule and all(size in schedule and size < n for size in sizes)
    extended = not registered.foreseen and 0 < registered.seeds_before < n
    if problems:
        note = (
            "The ledger is damaged, so it is not known how often this claim was judged: a "
            "confidence sequence replaces the t interval. It stays valid however often you look."
        )
        return Look(number, again, seeds, confidence_sequence(), note, 0.0, mark)
    if on_schedule and not extended:
        rule, note = _planned(registered, n, plural(replicate))
        spends = min(1.0, rule.spent(alpha) / alpha)
        return Look(number, again, seeds, rule, note, spends, mark, rules=registered.rules)
    left = 1.0 - _spent(before)
    if left <= 0:
        return _past_look(before[-1], seeds, mark, replicate)
    share = "" if left == 1 else f" at the {percent_text(left, 0)} of alpha that earlier looks left"
    note = (
        f"No look was registered at {count(n, replicate)}: a confidence sequence{share} replaces "
        "the t interval. It stays valid however often you look."
    )
    return Look(number, again, seeds, confidence_sequence(left), note, _spent(before), mark)


def _planned(
    registered: Registered, n: int, replicates: str
) -> tuple[SingleLook | Scheduled | FirstLook, str]:
    """The rule of a look that is on schedule, and what to say of it."""
    schedule = registered.schedule
    if len(schedule) > 1:
        index = schedule.index(n)
        note = (
            f"Look {index + 1} of {len(schedule)} registered looks (at {listed(schedule)} "
            f"{replicates}): "
            "its interval is wider than that of a single look."
        )
        return scheduled(schedule, index, registered.rules), note
    committed = registered.stated and registered.foreseen
    open_end = n < DEFAULT_LOOKS[0] or registered.status == "post hoc"
    if registered.rules > 1 and open_end and not committed:
        rule = FirstLook()
        note = (
            f"A first look that is not registered as the only one: it uses "
            f"{percent_text(rule.share, 0)} of alpha and leaves the rest to later looks at more "
            f"{replicates}."
        )
        return rule, note
    return SINGLE_LOOK, ""


def _past_look(last: Line, seeds: tuple[int, ...], mark: str, replicate: str) -> Look:
    """The last registered look used all of alpha: its seeds are judged as they were then."""
    judged = tuple(int(seed) for seed in last.content["seeds"])
    rule_of = tuple(int(x) for x in last.content["schedule"])
    rules = int(last.content.get("rules", 1))
    several = len(rule_of) > 1
    rule = scheduled(rule_of, rule_of.index(len(judged)), rules) if several else SINGLE_LOOK
    note = (
        f"{count(len(seeds), replicate)} exist, but the registered looks have used all of alpha: "
        f"the verdict on {count(len(judged), replicate)} stands. To add {plural(replicate)} later, "
        "register `looks` before the first run."
    )
    return Look(int(last.content["look"]), True, judged, rule, note, 1.0, mark, rules=rules)


def _spent(before: Sequence[Line]) -> float:
    return max((float(line.content["spends"]) for line in before), default=0.0)


def look_entry(judged: JudgedQuestion) -> dict[str, Any]:
    """The content of a look's line; a question that the ledger holds."""
    question, look = judged.question, judged.look
    return {
        "question": judged.key,
        "hypothesis": judged.hypothesis,
        "budget": str(question.budget or ""),
        "look": look.number,
        "n": len(look.seeds),
        "seeds": list(look.seeds),
        "schedule": list(judged.schedule),
        "fingerprint": look.fingerprint,
        "runs": run_marks(question),
        "spends": look.spends,
        "rules": look.rules,
        "evidence": judged.evidence,
        "headline": judged.headline,
    }


def run_marks(question: Question) -> dict[str, dict[str, str]]:
    """arm -> seed -> a short hash of what that run measured."""
    marks: dict[str, dict[str, str]] = {}
    for by_arm in _measured(question).values():
        for arm, by_seed in by_arm.items():
            for seed, value in by_seed.items():
                marks.setdefault(arm, {}).setdefault(seed, "")
                marks[arm][seed] += value
    return {
        arm: {seed: sha256_of({"": text})[:8] for seed, text in of.items()}
        for arm, of in marks.items()
    }


def failed_marks(question: Question) -> frozenset[str]:
    """The marks of runs that failed."""
    return frozenset(
        sha256_of({"": _text(math.nan) * n})[:8] for n in range(1, len(question.outcomes) + 1)
    )


def new_line(
    ledger: Ledger, entry: Mapping[str, Any], again: bool
) -> tuple[Kind, Mapping[str, Any]] | None:
    """The line that a judgement adds: a look, a changed verdict on unchanged runs, or none."""
    if not again:
        return "look", entry
    mine = [
        line
        for line in _verdicts(ledger)
        if all(line.content[key] == entry[key] for key in ("question", "hypothesis"))
    ]
    unchanged = mine and mine[-1].content["headline"] == entry["headline"]
    return None if unchanged else ("rejudged", entry)


def _verdicts(ledger: Ledger) -> list[Line]:
    """The lines that hold a verdict, in order."""
    return [line for line in ledger.lines if line.kind in ("look", "rejudged")]


def history(ledger: Ledger) -> tuple[str, ...]:
    """Damage first, then every verdict that changed: between which looks, for which reason."""
    sentences = list(ledger.problems)
    previous: dict[tuple[str, str], Line] = {}
    for line in _verdicts(ledger):
        title = (line.content["hypothesis"], line.content["budget"])
        before = previous.get(title)
        if before is not None and before.content["headline"] != line.content["headline"]:
            sentences.append(_change(before, line))
        previous[title] = line
    return tuple(sentences)


def _change(before: Line, line: Line) -> str:
    old, new = before.content, line.content
    at = f" at {new['budget']}" if new["budget"] else ""
    return (
        f"{new['hypothesis']}{at}: {old['headline']} ({count(old['n'], 'seed')}, "
        f"{before.time[:10]}) became {new['headline']} ({count(new['n'], 'seed')}, "
        f"{line.time[:10]}): {_because(old, new)}."
    )


def _because(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    added, removed, changed = set(), set(), set()
    for arm in {*old["runs"], *new["runs"]}:
        then, now = old["runs"].get(arm, {}), new["runs"].get(arm, {})
        added |= {int(seed) for seed in now.keys() - then.keys()}
        removed |= {int(seed) for seed in then.keys() - now.keys()}
        changed |= {int(seed) for seed in now.keys() & then.keys() if now[seed] != then[seed]}
    parts = [
        f"{'seed' if len(seeds) == 1 else 'seeds'} {seeds_text(seeds)} {verb}"
        for seeds, verb in (
            (added, "added"),
            (removed, "no longer used"),
            (changed, "trained again with other results"),
        )
        if seeds
    ]
    return listed(parts) or "the same runs were judged under an edited claim or by other checks"
