"""What changed since the last report: verdicts and by what, claims that are new, edited or gone.

Two snapshots (verdicts/snapshot.py) give sentences.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from hyperverdict.verdicts.snapshot import ArmMark, ClaimMark, Snapshot, VerdictMark
from hyperverdict.vocabulary.metrics import TIME
from hyperverdict.words.numbers import count, full_stop, listed, seeds_text
from hyperverdict.words.safe import LONGEST_CLAIM, cut

POST_HOC = "post hoc"
# Lines in a terminal.
SHOWN_IN_TERMINAL = 5
# Runs and settings of one sentence that are named.
NAMED = 3
# Of a claim's settings, those that the claim in words repeats.
_NOT_REPEATED = (
    "seeds", "at_equal", "because", "saw", "tune", "noise", "primary", "matters_from",
)  # fmt: skip


def heading(since: str) -> str:
    """What stands above the sentences.

    Args:
        since: when the last report was judged; "" where that is not known.
    """
    return f"Since the report of {since} UTC:" if since else "Since the last report:"


def in_terminal(sentences: Sequence[str]) -> list[str]:
    """The first sentences, endless ones without their middle, and how many more there are."""
    shown = [cut(sentence, LONGEST_CLAIM) for sentence in sentences]
    more = len(sentences) - SHOWN_IN_TERMINAL
    if more <= 0:
        return shown
    rest = f"... and {count(more + 1, 'more change')}; see the report"
    return [*shown[: SHOWN_IN_TERMINAL - 1], rest]


def changes(before: Snapshot, now: Snapshot) -> tuple[str, ...]:
    """Sentences, verdicts that changed first; empty where both say the same."""
    both = [key for key in now.claims if key in before.claims]
    pairs = [(key, before.claims[key], now.claims[key]) for key in both]
    updated = f"HyperVerdict {before.version} became {now.version}"
    version = updated if before.version != now.version else ""
    judged = [
        (f"{key} at {budget}" if budget else key, old, new, budget)
        for key, old, new in pairs
        if not new.failed_because
        for budget in new.verdicts
        if budget in old.verdicts
    ]
    return (
        *(s for key, old, new in pairs for s in _unjudged(key, old, new)),
        *(s for at, old, new, budget in judged for s in _changed(at, old, new, budget, version)),
        *(s for key, old, new in pairs for s in _budgets(key, old, new)),
        *(_added(key, now.claims[key]) for key in now.claims if key not in before.claims),
        *_gone([key for key in before.claims if key not in now.claims]),
        *_late(judged),
        *(s for key, old, new in pairs for s in _reworded(key, old, new)),
        *_edited(pairs, before, now),
        *_same_verdicts(judged, version),
    )


Judged = tuple[str, ClaimMark, ClaimMark, str]


def _unjudged(key: str, old: ClaimMark, new: ClaimMark) -> Iterator[str]:
    """A claim that could not be judged, this time or the last."""
    if new.failed_because and new.failed_because != old.failed_because:
        headlines = listed(dict.fromkeys(mark.headline for mark in old.verdicts.values()))
        earlier = f" ({headlines} before)" if headlines and not old.failed_because else ""
        yield f"{key} could not be judged this time{earlier}: {full_stop(new.failed_because)}"
    if old.failed_because and not new.failed_because:
        headlines = listed(dict.fromkeys(mark.headline for mark in new.verdicts.values()))
        yield (
            f"{key} could be judged again: {headlines or 'no verdict'}. In the last report it "
            f"could not: {full_stop(old.failed_because)}"
        )


def _changed(at: str, old: ClaimMark, new: ClaimMark, budget: str, version: str) -> Iterator[str]:
    """A verdict that changed, or whose numbers moved for no reason."""
    earlier, mark = old.verdicts[budget], new.verdicts[budget]
    causes = [*_causes(earlier, mark, old, new), *([version] if version else [])]
    if earlier.headline != mark.headline:
        why = listed(causes) or "no run and no setting that is compared has changed"
        yield f"{at}: {earlier.headline} before, {mark.headline} now. Why: {full_stop(why)}"
    elif earlier.effects != mark.effects and not causes:
        yield (
            f"{at}: the verdict is the same, {mark.headline}, but its numbers differ although "
            "no run and no setting that is compared has changed. Please report this."
        )


def _budgets(key: str, old: ClaimMark, new: ClaimMark) -> Iterator[str]:
    """Budgets of a claim that came or went."""
    if new.failed_because or (old.failed_because and not old.verdicts):
        return
    for budget in new.verdicts:
        if budget not in old.verdicts:
            at = f"{key} at {budget}" if budget else key
            yield f"{at} is new: {new.verdicts[budget].headline}."
    gone = [budget for budget in old.verdicts if budget not in new.verdicts]
    if gone:
        yield f"{key} is no longer judged at {listed(budget or 'all runs' for budget in gone)}."


def _late(judged: Iterable[Judged]) -> Iterator[str]:
    late = [
        at
        for at, old, new, budget in judged
        if new.verdicts[budget].registered == POST_HOC != old.verdicts[budget].registered
    ]
    if late:
        yield f"{_several(late)} now {'counts' if len(late) == 1 else 'count'} as post hoc."


def _several(names: Sequence[str]) -> str:
    """Names, of many the first ones."""
    if len(names) <= NAMED + 1:
        return listed(names)
    return f"{', '.join(names[:NAMED])} and {count(len(names) - NAMED, 'other')}"


def _same_verdicts(judged: Iterable[Judged], version: str) -> Iterator[str]:
    """Verdicts that are the same on other grounds, those with the same grounds together."""
    groups: dict[tuple[bool, str], list[tuple[str, VerdictMark, VerdictMark]]] = {}
    for at, before, now, budget in judged:
        old, new = before.verdicts[budget], now.verdicts[budget]
        causes = list(_causes(old, new, before, now))
        moved = old.effects != new.effects
        if old.headline == new.headline and (causes or (moved and version)):
            why = listed([*causes, *([version] if version and moved else [])])
            groups.setdefault((moved, why), []).append((at, old, new))
    for (moved, why), found in groups.items():
        at, old, new = found[0]
        if len(found) == 1:
            effects = f" {_moved(old, new)}" if moved else ""
            yield f"{at}: still {new.headline}.{effects.rstrip()} Why: {full_stop(why)}"
        else:
            numbers = "Same verdict, other numbers" if moved else "Same verdict and numbers"
            yield f"{numbers}: {_several([at for at, _, _ in found])}. Why: {full_stop(why)}"


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
    yield from _part_causes(old, new)
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


def _part_causes(old: VerdictMark, new: VerdictMark) -> Iterator[str]:
    """Parts of the claim that came or went, or that have a result now or none."""
    if old.parts is None or new.parts is None:
        # Nobody noted parts without an effect: only those with one can be compared.
        earlier, present = tuple(old.effects), tuple(new.effects)
    else:
        earlier, present = old.parts, new.parts
    yield from (f"“{name}” is a new part of the claim" for name in present if name not in earlier)
    yield from (f"“{name}” is no longer part of it" for name in earlier if name not in present)
    both = [name for name in present if name in earlier]
    for name in both:
        if name in new.effects and name not in old.effects:
            yield f"“{name}” could be measured now, and not before"
        if name in old.effects and name not in new.effects:
            yield f"“{name}” could not be measured this time"


def _run_causes(old: VerdictMark, new: VerdictMark) -> Iterator[str]:
    """Arms and seeds that came or went, runs that were trained again, other tuned values."""
    arms = [label for label in new.arms if label in old.arms]
    added = {s for a in arms for s in set(new.arms[a].seeds) - set(old.arms[a].seeds)}
    removed = {s for a in arms for s in set(old.arms[a].seeds) - set(new.arms[a].seeds)}
    noun = new.replicate
    if added:
        total = max(len(new.arms[a].seeds) for a in arms)
        earlier = max(len(old.arms[a].seeds) for a in arms)
        verb = "was" if len(added) == 1 else "were"
        yield f"{_named(noun, added)} {verb} added ({total} {noun}s, {earlier} before)"
    if removed:
        yield f"{_named(noun, removed)} {'is' if len(removed) == 1 else 'are'} no longer used"
    if fresh := [label for label in new.arms if label not in old.arms]:
        yield count(len(fresh), "arm") + (" is new" if len(fresh) == 1 else " are new")
    if gone := [label for label in old.arms if label not in new.arms]:
        yield count(len(gone), "arm") + (" is gone" if len(gone) == 1 else " are gone")
    same = [(old.arms[a], new.arms[a]) for a in arms if new.arms[a].seeds == old.arms[a].seeds]
    both = _noted([(old.arms[a], new.arms[a]) for a in arms])
    ended = [
        *_ended([(now, _ended_otherwise(now, then)) for then, now in both], noun, True),
        *_ended([(now, _ended_otherwise(then, now)) for then, now in both], noun, False),
    ]
    yield from ended
    if not ended and any(now.finished != then.finished for then, now in same):
        finished = sum(now.finished for _, now in same)
        earlier = sum(then.finished for then, _ in same)
        yield f"{count(finished, 'run')} finished ({earlier} before)"
    elif not ended:
        other = {name for then, now in same for name in _other_means(then, now)}
        if other - {TIME}:
            yield "runs were trained again with other results"
        elif other:
            # Seconds differ each time; the same scores do not.
            yield "training times were measured again"
    if any(new.arms[a].tuned != old.arms[a].tuned for a in arms):
        yield "tuning chose other values"


def _named(noun: str, seeds: Collection[int]) -> str:
    return f"{noun if len(seeds) == 1 else f'{noun}s'} {seeds_text(seeds)}"


def _noted(arms: Iterable[tuple[ArmMark, ArmMark]]) -> list[tuple[ArmMark, ArmMark]]:
    """The arms of which both reports say which runs failed."""
    return [(old, new) for old, new in arms if None not in (old.failed, new.failed)]


def _ended_otherwise(well: ArmMark, badly: ArmMark) -> frozenset[int]:
    """Seeds of both reports that finished in one and failed in the other."""
    shared = set(well.seeds) & set(badly.seeds)
    return frozenset((set(badly.failed or ()) - set(well.failed or ())) & shared)


def _ended(arms: Iterable[tuple[ArmMark, frozenset[int]]], noun: str, well: bool) -> Iterator[str]:
    """Runs that had failed and have finished now, or the reverse."""
    found = [(arm, seeds) for arm, seeds in arms if seeds]
    if not found:
        return
    total = sum(len(seeds) for _, seeds in found)
    names = [f"{arm.title}, {_named(noun, seeds)}" for arm, seeds in found[:NAMED]]
    more = f"; and {count(len(found) - NAMED, 'more arm')}" if len(found) > NAMED else ""
    runs = f"{count(total, 'run')} ({'; '.join(names)}{more})"
    yield (
        f"{runs} failed before and finished now"
        if well
        else (f"{runs} finished before and failed now")
    )


def _other_means(old: ArmMark, new: ArmMark) -> set[str]:
    """Metrics whose mean over the same seeds differs."""
    both = old.means.keys() & new.means.keys()
    return {name for name in both if old.means[name] != new.means[name]}


def _reworded(key: str, old: ClaimMark, new: ClaimMark) -> Iterator[str]:
    if old.claim != new.claim:
        yield f"{key} claims something else: “{new.claim}” (before “{old.claim}”)."
    elif old.says != new.says:
        yield f"{key} was reworded: “{new.says}” (before “{old.says}”); what it claims is the same."


def _edited(
    pairs: Iterable[tuple[str, ClaimMark, ClaimMark]], before: Snapshot, now: Snapshot
) -> Iterator[str]:
    """Settings of claims and of the study, the same edit of several claims once."""
    edited: dict[str, list[str]] = {}
    for key, old, new in pairs:
        settings = [old.settings, new.settings]
        if old.claim != new.claim:
            settings = [_beside(old.settings), _beside(new.settings)]
        if text := _settings_edited(*settings):
            edited.setdefault(text, []).append(key)
    for text, keys in edited.items():
        yield f"{_several(keys)} {'was' if len(keys) == 1 else 'were'} edited: {text}."
    if text := _settings_edited(before.settings, now.settings):
        yield f"The study was edited: {text}."


def _beside(settings: Mapping[str, str] | None) -> Mapping[str, str] | None:
    """The settings that a claim in words does not repeat."""
    if settings is None:
        return None
    return {k: v for k, v in settings.items() if k.replace(".", " ").split()[0] in _NOT_REPEATED}


def _settings_edited(old: Mapping[str, str] | None, new: Mapping[str, str] | None) -> str:
    """What of the study file was edited, key by key, before and now; "" where nothing was."""
    if old is None or new is None:
        return ""
    edits = [
        f"{key} from {old.get(key, 'nothing')} to {new.get(key, 'nothing')}"
        for key in dict.fromkeys((*old, *new))
        if old.get(key) != new.get(key)
    ]
    more = len(edits) - NAMED
    rest = f"; and {count(more, 'more setting')}" if more > 0 else ""
    return f"{'; '.join(edits[:NAMED])}{rest}"


def _added(key: str, claim: ClaimMark) -> str:
    if claim.failed_because:
        return f"{key} is new and could not be judged: {full_stop(claim.failed_because)}"
    late = any(mark.registered == POST_HOC for mark in claim.verdicts.values())
    headlines = listed(dict.fromkeys(mark.headline for mark in claim.verdicts.values()))
    return f"{key} is new{' and post hoc' if late else ''}: {headlines or 'not judged'}."


def _gone(keys: Sequence[str]) -> Iterable[str]:
    if keys:
        yield f"{_several(keys)} {'is' if len(keys) == 1 else 'are'} no longer in the study."
