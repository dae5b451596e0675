"""What changed since the last report: verdicts and by what, claims that are new, edited or gone.

A report is remembered as a snapshot: per claim and budget the verdict, and everything that decides
it. Two snapshots give sentences; nothing else of an earlier report is kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from hyperverdict.claims.wording import claimed, deciding_effect
from hyperverdict.verdicts.model import HypothesisReport, StudyReport, Verdict
from hyperverdict.words.contrasts import contrast_name
from hyperverdict.words.effects import effect_text
from hyperverdict.words.numbers import (
    confidence_text,
    count,
    full_stop,
    listed,
    seeds_text,
    size_text,
)

POST_HOC = "post hoc"


@dataclass(frozen=True)
class ArmMark:
    """One arm of a verdict.

    Attributes:
        seeds: those that are planned; finished: how many have a score.
        means: metric -> mean score, to tell trained anew from unchanged.
        tuned: what tuning chose, as text.
    """

    seeds: tuple[int, ...]
    finished: int
    means: Mapping[str, float]
    tuned: str


@dataclass(frozen=True)
class VerdictMark:
    """One verdict and what decides it.

    Attributes:
        arms: label -> mark; sizes: part of the claim -> the size that matters, in words.
        levels: part of the claim -> level of its intervals; effects: part -> effect in words.
        blocking: titles of the checks that block it; registered: as in `Verdict`.
    """

    headline: str
    n: int
    replicate: str
    arms: Mapping[str, ArmMark]
    sizes: Mapping[str, str]
    levels: Mapping[str, str]
    effects: Mapping[str, str]
    blocking: tuple[str, ...]
    registered: str


@dataclass(frozen=True)
class ClaimMark:
    """One hypothesis; `verdicts` by budget in words."""

    says: str
    claim: str
    primary: bool
    verdicts: Mapping[str, VerdictMark]


@dataclass(frozen=True)
class Snapshot:
    """One report.

    Attributes:
        version: of this program; time: when the report was judged, UTC, to the minute.
    """

    version: str
    claims: Mapping[str, ClaimMark] = field(default_factory=dict)
    time: str = ""

    def same_as(self, other: Snapshot) -> bool:
        """Whether both say the same, whenever they were made."""
        return self.claims == other.claims and self.version == other.version


def snapshot_of(report: StudyReport, version: str, time: str = "") -> Snapshot:
    """What is remembered of a report."""
    claims = {h.id: _claim_mark(h) for h in report.hypotheses if not h.failed_because}
    return Snapshot(version, claims, time)


def _claim_mark(report: HypothesisReport) -> ClaimMark:
    verdicts = {verdict.budget: _verdict_mark(verdict) for verdict in report.verdicts}
    return ClaimMark(report.says, report.claim, report.primary, verdicts)


def _verdict_mark(verdict: Verdict) -> VerdictMark:
    legs = {claimed(leg): deciding_effect(leg) for leg in verdict.judgement.judged_legs}
    effects = {name: effect for name, effect in legs.items() if effect is not None}
    return VerdictMark(
        verdict.headline,
        max((effect.n for effect in effects.values()), default=0),
        verdict.replicate,
        {
            arm.label: ArmMark(
                arm.seeds,
                arm.finished,
                {name: round(mean, 12) for name, mean in arm.means.items()},
                listed(f"{name} {level}" for name, level in arm.tuned.items()),
            )
            for arm in verdict.arms
        },
        {name: size_text(e.delta, e.contrast) for name, e in effects.items()},
        {name: confidence_text(e.alpha) for name, e in effects.items()},
        {name: _effect(e) for name, e in effects.items()},
        tuple(check.title for check in verdict.fired if check.level == "blocks"),
        verdict.registered,
    )


def _effect(effect: Any) -> str:
    text = effect_text(effect)
    return f"{contrast_name(effect.contrast)}: {text.change} ({text.interval})"


def changes(before: Snapshot, now: Snapshot) -> tuple[str, ...]:
    """Sentences, verdicts that changed first; empty where both say the same."""
    both = [key for key in now.claims if key in before.claims]
    pairs = [(key, before.claims[key], now.claims[key]) for key in both]
    updated = f"HyperVerdict {before.version} became {now.version}"
    version = updated if before.version != now.version else ""
    return (
        *(s for key, old, new in pairs for s in _verdicts_changed(key, old, new, version)),
        *(s for key, old, new in pairs for s in _edited(key, old, new)),
        *(_added(key, now.claims[key]) for key in now.claims if key not in before.claims),
        *_gone([key for key in before.claims if key not in now.claims]),
    )


def _verdicts_changed(key: str, old: ClaimMark, new: ClaimMark, version: str) -> Iterator[str]:
    for budget, mark in new.verdicts.items():
        at = f"{key} at {budget}" if budget else key
        if budget not in old.verdicts:
            yield f"{at} is new: {mark.headline}."
            continue
        earlier = old.verdicts[budget]
        causes = list(_causes(earlier, mark, old, new))
        if version:
            causes.append(version)
        if earlier.headline != mark.headline:
            why = listed(causes) or "no run and no setting that is compared has changed"
            yield f"{at}: {earlier.headline} before, {mark.headline} now. Why: {full_stop(why)}"
        elif earlier.effects != mark.effects and not causes:
            yield (
                f"{at}: the verdict is the same, {mark.headline}, but its numbers differ although "
                "no run and no setting that is compared has changed. Please report this."
            )
        elif earlier.effects != mark.effects:
            effects = _moved(earlier, mark)
            yield f"{at}: still {mark.headline}. {effects} Why: {full_stop(listed(causes))}"
        if mark.registered == POST_HOC != earlier.registered:
            yield f"{at} now counts as post hoc."
    gone = [budget for budget in old.verdicts if budget not in new.verdicts]
    if gone:
        yield f"{key} is no longer judged at {listed(budget or 'all runs' for budget in gone)}."


def _moved(old: VerdictMark, new: VerdictMark) -> str:
    """The effects that moved, before and now."""
    return " ".join(
        full_stop(f"{text}; before {old.effects[name].rpartition(': ')[2]}")
        for name, text in new.effects.items()
        if name in old.effects and old.effects[name] != text
    )


def _causes(old: VerdictMark, new: VerdictMark, before: ClaimMark, now: ClaimMark) -> Iterator[str]:
    """What decides a verdict and differs, as parts of a sentence."""
    if before.claim != now.claim:
        yield "the claim was edited"
    yield from _run_causes(old, new)
    for name, size in new.sizes.items():
        if old.sizes.get(name, size) != size:
            yield f"the size that matters is {size} for “{name}” (before {old.sizes[name]})"
    levels = {
        (old.levels[name], level)
        for name, level in new.levels.items()
        if old.levels.get(name, level) != level
    }
    for earlier, level in sorted(levels):
        yield f"its intervals are {level} intervals (before {earlier})"
    if before.primary != now.primary:
        yield f"it is now {'primary' if now.primary else 'exploratory'}"
    yield from (f"“{t}” now blocks it" for t in new.blocking if t not in old.blocking)
    yield from (f"“{t}” no longer blocks it" for t in old.blocking if t not in new.blocking)


def _run_causes(old: VerdictMark, new: VerdictMark) -> Iterator[str]:
    """Arms and seeds that came or went, runs that were trained again, other tuned values."""
    arms = [label for label in new.arms if label in old.arms]
    added = {s for a in arms for s in set(new.arms[a].seeds) - set(old.arms[a].seeds)}
    removed = {s for a in arms for s in set(old.arms[a].seeds) - set(new.arms[a].seeds)}
    noun = new.replicate
    if added:
        total = max(len(new.arms[a].seeds) for a in arms)
        earlier = max(len(old.arms[a].seeds) for a in arms)
        yield f"{noun}s {seeds_text(added)} were added ({total} {noun}s, {earlier} before)"
    if removed:
        yield f"{noun}s {seeds_text(removed)} are no longer used"
    if fresh := [label for label in new.arms if label not in old.arms]:
        yield count(len(fresh), "arm") + (" is new" if len(fresh) == 1 else " are new")
    if gone := [label for label in old.arms if label not in new.arms]:
        yield count(len(gone), "arm") + (" is gone" if len(gone) == 1 else " are gone")
    same = [a for a in arms if new.arms[a].seeds == old.arms[a].seeds]
    if any(new.arms[a].finished != old.arms[a].finished for a in same):
        now = sum(new.arms[a].finished for a in same)
        then = sum(old.arms[a].finished for a in same)
        yield f"{count(now, 'run')} finished ({then} before)"
    elif any(_retrained(old.arms[a], new.arms[a]) for a in same):
        yield "runs were trained again with other results"
    if any(new.arms[a].tuned != old.arms[a].tuned for a in arms):
        yield "tuning chose other values"


def _retrained(old: ArmMark, new: ArmMark) -> bool:
    both = old.means.keys() & new.means.keys()
    return any(old.means[name] != new.means[name] for name in both)


def _edited(key: str, old: ClaimMark, new: ClaimMark) -> Iterator[str]:
    if old.claim != new.claim:
        yield f"{key} claims something else: “{new.claim}” (before “{old.claim}”)."
    elif old.says != new.says:
        yield f"{key} was reworded: “{new.says}” (before “{old.says}”); what it claims is the same."


def _added(key: str, claim: ClaimMark) -> str:
    late = any(mark.registered == POST_HOC for mark in claim.verdicts.values())
    headlines = listed(dict.fromkeys(mark.headline for mark in claim.verdicts.values()))
    return f"{key} is new{' and post hoc' if late else ''}: {headlines or 'not judged'}."


def _gone(keys: Sequence[str]) -> Iterable[str]:
    if keys:
        yield f"{listed(keys)} {'is' if len(keys) == 1 else 'are'} no longer in the study."


def to_plain(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot as JSON holds it."""
    return asdict(snapshot)


def from_plain(content: Mapping[str, Any]) -> Snapshot:
    """Inverse of `to_plain`; KeyError, TypeError or AttributeError on anything else."""
    return Snapshot(
        str(content["version"]),
        {key: _claim_of(value) for key, value in content["claims"].items()},
        str(content["time"]),
    )


def _claim_of(value: Mapping[str, Any]) -> ClaimMark:
    verdicts = {budget: _verdict_of(mark) for budget, mark in value["verdicts"].items()}
    return ClaimMark(value["says"], value["claim"], value["primary"], verdicts)


def _verdict_of(value: Mapping[str, Any]) -> VerdictMark:
    arms = {
        label: ArmMark(tuple(arm["seeds"]), arm["finished"], arm["means"], arm["tuned"])
        for label, arm in value["arms"].items()
    }
    return VerdictMark(**{**value, "arms": arms, "blocking": tuple(value["blocking"])})
