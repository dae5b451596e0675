"""Before training: how each claim will be judged at its seeds, and what further seeds cost."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import scipy

from hyperverdict.ledger.chain import Ledger, Line
from hyperverdict.ledger.looks import Look, look_under
from hyperverdict.ledger.registration import (
    Registered,
    SeedsOf,
    new_registrations,
    question_key,
    registered,
)
from hyperverdict.stats.sequential import (
    DEFAULT_LOOKS,
    ConfidenceSequence,
    FirstLook,
    Scheduled,
    confidence_sequence,
)
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.words.numbers import count, listed, percent_text


@dataclass(frozen=True)
class ComingLooks:
    """How the claims of a study will be judged at the seeds that it asks for.

    Attributes:
        lines: in words.
        alphas: hypothesis -> the alpha of its t intervals, 0 where its seeds would not be judged.
    """

    lines: tuple[str, ...] = ()
    alphas: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Coming:
    """The coming look at one question; `said` is "" where it needs no words."""

    hypothesis: str
    said: str
    alpha: float


def coming_looks(study: Study, ledger: Ledger, seeds_of: SeedsOf) -> ComingLooks:
    """How the claims will be judged, those that are judged alike together.

    No words for a claim that was already judged at its seeds, and for one that nobody has
    registered and that is judged at the default looks.

    Args:
        ledger: as it is before this call registers anything.
        seeds_of: the seeds on record, by the path of their run.
    """
    if study.only_estimates:
        return ComingLooks()
    entries = new_registrations(study, ledger, seeds_of)
    added = (Line(0, kind, "", content, "", "") for kind, content in entries)
    then = replace(ledger, lines=(*ledger.lines, *added))
    coming = [
        _coming(study, hypothesis, budget, ledger, then)
        for hypothesis in study.hypotheses
        for budget in hypothesis.budgets
        if budget is not None and study.claimed_arms(hypothesis, budget)
    ]
    alphas: dict[str, float] = {}
    for look in coming:
        alphas[look.hypothesis] = min(look.alpha, alphas.get(look.hypothesis, 1.0))
    if ledger.problems:
        damage = (
            f"The ledger is damaged ({ledger.problems[0].rstrip('.')}), so claims are judged with "
            "confidence sequences, which are wider than t intervals"
        )
        return ComingLooks((damage,), alphas)
    return ComingLooks(tuple(_grouped(coming)), alphas)


def _grouped(coming: Sequence[_Coming]) -> Iterator[str]:
    """Each sentence once, with the claims that it is about where that is not all of them."""
    groups: dict[str, list[str]] = {}
    for look in coming:
        if look.said:
            groups.setdefault(look.said, []).append(look.hypothesis)
    judged = {look.hypothesis for look in coming}
    for said, ids in groups.items():
        yield said if judged <= set(ids) else f"{', '.join(dict.fromkeys(ids))}: {said}"


def _coming(
    study: Study, hypothesis: Hypothesis, budget: Budget, ledger: Ledger, then: Ledger
) -> _Coming:
    """The coming look at one question.

    Args:
        then: the ledger once this call has registered what is new.
    """
    arms, seeds = study.claimed_arms(hypothesis, budget), hypothesis.seeds
    key = question_key(hypothesis.claim, arms)
    known = ledger.of_kind("registration", key)
    taken = ledger.of_kind("look", key)
    same = [line for line in taken if list(line.content["seeds"]) == list(seeds)]
    # The mark of runs that nobody has judged is that of no look.
    mark = same[-1].content["fingerprint"] if same else ""
    found = registered(then, key, study, hypothesis, budget, arms)
    look = look_under(study.alpha, seeds, found, taken, mark, ledger.problems)
    stands = look.again and not same
    alpha = 0.0 if stands else look.rule.nominal(study.alpha, len(seeds))
    by_default = not known and found.schedule == DEFAULT_LOOKS and not study.look_schedule
    if same or by_default:
        return _Coming(hypothesis.id, "", alpha)
    numbers = sorted({int(n) for line in known for n in line.content["payload"]["looks"]})
    said = _sentence(look, found, len(seeds), study.alpha, taken, numbers)
    return _Coming(hypothesis.id, said, alpha)


def _sentence(
    look: Look,
    found: Registered,
    n: int,
    alpha: float,
    taken: Iterable[Line],
    known: Sequence[int],
) -> str:
    """What becomes of a judgement at n seeds.

    Args:
        known: all numbers of seeds that the ledger holds as looks at the claim.
    """
    sizes = {int(line.content["n"]) for line in taken}
    if look.again:
        return (
            f"{count(n, 'seed')} would change no verdict: the looks at {_seeds(sorted(sizes))} "
            f"have used all of alpha, so the verdict at {_seeds([len(look.seeds)])} stands"
        )
    if isinstance(look.rule, ConfidenceSequence):
        left = 1.0 - look.spends
        held = f" (registered: {listed(known)})" if known else ""
        parts = (
            f"No look is registered at {_seeds([n])}{held}",
            f"judged with a confidence sequence at {percent_text(left, 0)} of alpha: "
            f"{_costs(left, alpha, n)}",
            *_next(known, n, sizes),
        )
        return "; ".join(parts)
    if isinstance(look.rule, Scheduled):
        state = "Registered looks" if known else "Looks"
        index = found.schedule.index(n)
        which = f"this is look {index + 1} of {len(found.schedule)}"
        following = found.schedule[index + 1 :]
        then = f", the next is at {_seeds(following[:1])}" if following else ", the last"
        return f"{state} at {_seeds(found.schedule)}: {which}{then}"
    return _only_look(look, n, alpha, bool(known))


def _only_look(look: Look, n: int, alpha: float, known: bool) -> str:
    """A single look, or a first one that leaves something to seeds that are added later."""
    if isinstance(look.rule, FirstLook):
        left, later = 1.0 - look.rule.share, 2 * n
        said = (
            f"Judged at {_seeds([n])} with {percent_text(look.rule.share, 0)} of alpha: the "
            f"intervals of seeds added later are wide (at {_seeds([later])} "
            f"{_costs(left, alpha, later)})"
        )
    else:
        judged = "Registered as the only look" if known else "Judged once"
        said = (
            f"{judged}, at {_seeds([n])}: seeds added later would not count, and the verdict "
            f"at {_seeds([n])} would stand"
        )
    if known:
        return said
    return f"{said}. To plan a second look, register it before the first run: looks: [{n}, {2 * n}]"


def _next(known: Iterable[int], n: int, sizes: Iterable[int]) -> Iterator[str]:
    """The registered look that follows."""
    reached = max((n, *sizes))
    later = [size for size in known if size > reached]
    if later:
        yield f"the next registered look is at {_seeds(later[:1])}"


def _costs(left: float, alpha: float, n: int) -> str:
    """How much wider the intervals of a look are that nobody registered.

    Args:
        left: share of alpha that it may use, 0 to 1.
    """
    nominal = confidence_sequence(left).nominal(alpha, n)
    if nominal <= 0:
        return "no interval is finite, so every verdict is inconclusive"
    wide, usual = scipy.special.stdtrit(n - 1, [1 - nominal / 2, 1 - alpha / 2])
    return (
        f"intervals {wide / usual:.1f} times as wide as those of a single look, so small effects "
        "stay inconclusive"
    )


def _seeds(sizes: Iterable[int]) -> str:
    numbers = list(sizes)
    return f"{listed(numbers)} seed{'' if numbers == [1] else 's'}"
