"""Every version of a claim that was ever registered, and what was registered and then dropped.

Somebody who registers twelve versions of a claim and keeps the one that came out has looked at
twelve. A version of a question is a registration under its hypothesis and budget, or of the same
arms and metrics under a hypothesis that the study no longer has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hyperverdict.ledger.chain import Ledger, Line, sha256_of
from hyperverdict.ledger.registration import claimed
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.words.numbers import count, digits, listed, plain


@dataclass(frozen=True)
class Version:
    """One registered version of a claim.

    Attributes:
        day: of its registration.
        text: what tells it from the other versions.
        seeds_before: seeds whose results existed then.
    """

    day: str
    text: str
    seeds_before: int

    def __str__(self) -> str:
        when = "after results existed" if self.seeds_before else "before results"
        return f"{self.text} ({self.day}, {when})"


def versions_of(
    ledger: Ledger, key: str, study: Study, hypothesis: Hypothesis, budget: str
) -> tuple[Version, ...]:
    """The versions of a question, in the order of their registration; one where it never changed.

    Args:
        key: the question's.
        budget: as registrations have it.
    """
    present = {h.id for h in study.hypotheses}
    distinct: dict[str, Line] = {}
    for line in ledger.of_kind("registration"):
        content = line.content
        own = (content["hypothesis"], content["budget"]) == (hypothesis.id, budget)
        left = content["question"] == key and content["hypothesis"] not in present
        if own or left:
            distinct.setdefault(sha256_of(claimed(content["payload"])), line)
    texts = _told_apart([line.content["payload"] for line in distinct.values()])
    return tuple(
        Version(line.time[:10], text, int(line.content["seeds_before"]))
        for line, text in zip(distinct.values(), texts, strict=True)
    )


def _told_apart(payloads: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each payload the parts in which not all agree, in words."""
    parts = [_parts(payload) for payload in payloads]
    names = [n for n in (parts[0] if parts else ()) if len({each[n] for each in parts}) > 1]
    if names:
        return [listed(each[name] for name in names) for each in parts]
    held = [_held(payload["contrast"]["arms"]) for payload in payloads]
    differ = [n for n in dict.fromkeys(n for each in held for n in each) if _differ(n, held)]
    return [
        listed(f"{plain(name)} {each.get(name, 'at its default')}" for name in differ)
        or f"edition {number} of its arms"
        for number, each in enumerate(held, 1)
    ]


def _differ(name: str, held: Sequence[Mapping[str, str]]) -> bool:
    return len({each.get(name) for each in held}) > 1


def _held(arms: Sequence[str]) -> dict[str, str]:
    """The settings that all arms share, by the paths of their runs."""
    settings = [dict(_setting(part) for part in arm.split("/")) for arm in arms]
    first = settings[0] if settings else {}
    return {
        name: value
        for name, value in first.items()
        if all(each.get(name) == value for each in settings)
    }


def _setting(part: str) -> tuple[str, str]:
    name, _, value = part.partition("~")
    return name, value


def _parts(payload: Mapping[str, Any]) -> dict[str, str]:
    contrast = payload["contrast"]
    sizes = (
        f"{plain(name)} matters from {digits(size)}" for name, size in payload["delta"].items()
    )
    tuned = _plain_terms(contrast["tune"])
    return {
        "expected": listed(_expected(*entry) for entry in contrast["expect"]),
        "size": listed(sizes),
        "alpha": f"alpha {payload['alpha']:g}",
        "budget": f"at {payload['budget']}",
        "terms": _plain_terms(contrast["terms"]),
        "tuned": f"tuned over {tuned}" if tuned else "not tuned",
    }


def _expected(metric: str, direction: str, between: Iterable[float], share: bool) -> str:
    size = " to ".join(digits(end) for end in between)
    of = "share of the variance in " if share else ""
    return f"{of}{plain(metric)} {direction.replace('_', ' ')}{f' by {size}' if size else ''}"


def _plain_terms(terms: Any) -> str:
    """Terms in one line, as people write them: ``batch size 4 → 128``."""
    if isinstance(terms, Mapping):
        if terms.keys() == {"from", "to"}:
            return f"{_plain_terms(terms['from'])} → {_plain_terms(terms['to'])}"
        return ", ".join(
            _plain_terms(value) if key == "compare" else f"{plain(str(key))} {_plain_terms(value)}"
            for key, value in terms.items()
        )
    if isinstance(terms, (list, tuple)):
        return listed(map(_plain_terms, terms))
    return plain(str(terms))


def versions_history(hypothesis: str, budget: str, versions: Sequence[Version]) -> str:
    """All versions of a claim in one sentence; "" where there is one."""
    if len(versions) < 2:
        return ""
    at = f" at {budget}" if budget else ""
    return (
        f"{hypothesis}{at} was registered in {count(len(versions), 'version')}: "
        f"{'; '.join(map(str, versions))}."
    )


def dropped(ledger: Ledger, present: Collection[tuple[str, str]]) -> tuple[str, ...]:
    """A sentence for each registered hypothesis, or budget of one, that the study has no more.

    Args:
        present: (hypothesis, budget) of those that it has.
    """
    gone: dict[tuple[str, str], str] = {}
    for line in ledger.of_kind("registration"):
        title = (line.content["hypothesis"], line.content["budget"])
        if title not in present:
            gone.setdefault(title, line.time[:10])
    return tuple(
        f"{hypothesis}{f' at {budget}' if budget else ''} was registered on {day} and is no longer "
        "in the study."
        for (hypothesis, budget), day in gone.items()
    )
