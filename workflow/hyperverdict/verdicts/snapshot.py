"""What is remembered of a report: per claim and budget the verdict, and everything that decides it.

Two snapshots give the sentences of `verdicts.changes`; nothing else of an earlier report is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, TypeVar

from hyperverdict.claims.wording import claimed, deciding_effect
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.verdicts.claim_text import expectation_text
from hyperverdict.verdicts.model import ArmSummary, HypothesisReport, StudyReport, Verdict
from hyperverdict.words.contrasts import contrast_name
from hyperverdict.words.effects import effect_text, level_text
from hyperverdict.words.numbers import listed, seeds_text, size_text

T = TypeVar("T")

# Arm -> its seeds that ended without a score; by the path of its runs.
FailedSeeds = Mapping[str, Collection[int]]


@dataclass(frozen=True)
class ArmMark:
    """One arm of a verdict.

    Attributes:
        seeds: those that are planned; finished: how many have a score.
        means: metric -> mean score, to tell trained anew from unchanged.
        tuned: what tuning chose, as text.
        title: the arm for people; failed: seeds without a score, None where nobody noted them.
    """

    seeds: tuple[int, ...]
    finished: int
    means: Mapping[str, float]
    tuned: str
    title: str = ""
    failed: tuple[int, ...] | None = None


@dataclass(frozen=True)
class VerdictMark:
    """One verdict and what decides it.

    Attributes:
        arms: label -> mark; sizes: part of the claim -> the size that matters, in words.
        levels: part of the claim -> level of its intervals; effects: part -> effect in words.
        blocking: titles of the checks that block it; registered: as in `Verdict`.
        parts: all parts of the claim, also those without an effect; None where nobody noted them.
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
    parts: tuple[str, ...] | None = None


@dataclass(frozen=True)
class ClaimMark:
    """One hypothesis; `verdicts` by budget in words.

    Attributes:
        settings: key of the study file -> its value in words; None where nobody noted them.
        failed_because: why it could not be judged, "" normally; `verdicts` are the last ones then.
    """

    says: str
    claim: str
    primary: bool
    verdicts: Mapping[str, VerdictMark]
    settings: Mapping[str, str] | None = None
    failed_because: str = ""


@dataclass(frozen=True)
class Snapshot:
    """One report.

    Attributes:
        version: of this program; time: when the report was judged, UTC, to the minute.
        settings: of the whole study, as in `ClaimMark`.
    """

    version: str
    claims: Mapping[str, ClaimMark] = field(default_factory=dict)
    time: str = ""
    settings: Mapping[str, str] | None = None

    def same_as(self, other: Snapshot) -> bool:
        """Whether both say the same, whenever they were made."""
        return replace(self, time="") == replace(other, time="")

    def after(self, last: Snapshot) -> Snapshot:
        """With the verdicts of the last report for claims that could not be judged this time."""
        claims = {
            key: replace(claim, verdicts=last.claims[key].verdicts)
            if claim.failed_because and key in last.claims
            else claim
            for key, claim in self.claims.items()
        }
        return replace(self, claims=claims)


def snapshot_of(
    report: StudyReport,
    version: str,
    time: str = "",
    study: Study | None = None,
    failed: FailedSeeds | None = None,
) -> Snapshot:
    """What is remembered of a report.

    Args:
        study: that it judges; without it no edits are noticed.
        failed: seeds without a score, by the path of their runs; None where nobody knows.
    """
    hypotheses = {h.id: h for h in study.hypotheses} if study else {}
    claims = {h.id: _claim_mark(h, hypotheses.get(h.id), failed) for h in report.hypotheses}
    return Snapshot(version, claims, time, None if study is None else _study_settings(study))


def _claim_mark(
    report: HypothesisReport, hypothesis: Hypothesis | None, failed: FailedSeeds | None
) -> ClaimMark:
    return ClaimMark(
        report.says,
        report.claim,
        report.primary,
        {verdict.budget: _verdict_mark(verdict, failed) for verdict in report.verdicts},
        None if hypothesis is None else _settings(hypothesis),
        report.failed_because,
    )


def _verdict_mark(verdict: Verdict, failed: FailedSeeds | None) -> VerdictMark:
    legs = {claimed(leg): deciding_effect(leg) for leg in verdict.judgement.judged_legs}
    effects = {name: effect for name, effect in legs.items() if effect is not None}
    return VerdictMark(
        verdict.headline,
        max((effect.n for effect in effects.values()), default=0),
        verdict.replicate,
        {arm.label: _arm_mark(arm, failed) for arm in verdict.arms},
        {name: size_text(e.delta, e.contrast) for name, e in effects.items()},
        # What was not measured has no interval.
        {n: level for n, e in effects.items() if e.is_measured and (level := level_text(e))},
        {name: _effect(e) for name, e in effects.items()},
        tuple(check.title for check in verdict.fired if check.level == "blocks"),
        verdict.registered,
        tuple(dict.fromkeys(claimed(leg) for leg in verdict.judgement.legs)),
    )


def _arm_mark(arm: ArmSummary, failed: FailedSeeds | None) -> ArmMark:
    return ArmMark(
        arm.seeds,
        arm.finished,
        {name: round(mean, 12) for name, mean in arm.means.items() if mean == mean},
        listed(f"{name} {level}" for name, level in arm.tuned.items()),
        arm.title,
        None if failed is None else tuple(sorted(set(failed.get(arm.path, ())) & set(arm.seeds))),
    )


def _effect(effect: Any) -> str:
    text = effect_text(effect)
    return f"{contrast_name(effect.contrast)}: {text.change} ({text.interval})"


def _settings(hypothesis: Hypothesis) -> dict[str, str]:
    """What the study states of a hypothesis, by its keys in the study file."""
    claim = hypothesis.claim
    stated: dict[str, Any] = dict(claim.registered)
    for e in claim.expect:
        stated[f"expect {e.metric.name}"] = expectation_text(e)
        stated[f"matters_from of {e.metric.name}"] = size_text(e.matters_from, e.metric)
    stated["at_equal"] = listed(map(str, hypothesis.at_equal))
    stated["seeds"] = f"{len(hypothesis.seeds)} ({seeds_text(hypothesis.seeds)})"
    stated["because"] = hypothesis.because
    stated["saw"] = hypothesis.prior
    stated["tune"] = hypothesis.tune
    stated["noise"] = listed(hypothesis.noise)
    stated["primary"] = "yes" if hypothesis.primary else "no"
    return dict(_flat(stated))


def _study_settings(study: Study) -> dict[str, str]:
    """What a study states for all of its claims."""
    stated = {
        "alpha": f"{study.alpha:g}",
        "looks": listed(study.look_schedule),
        "budget": str(study.budget),
        "baseline": study.baseline.settings,
    }
    return dict(_flat(stated))


def _flat(content: Mapping[Any, Any], above: str = "") -> Iterator[tuple[str, str]]:
    """Each value with the keys that lead to it, which dots join; what is empty is left out."""
    for key, value in content.items():
        name = f"{above}.{key}" if above else str(key)
        if isinstance(value, Mapping):
            yield from _flat(value, name)
        elif text := _plain_text(value):
            yield name, text


def _plain_text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_plain_text, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def to_plain(snapshot: Snapshot) -> dict[str, Any]:
    """The snapshot as JSON holds it."""
    return asdict(snapshot)


def from_plain(content: Any) -> Snapshot:
    """Inverse of `to_plain`, also of what earlier versions wrote.

    Raises ValueError, KeyError, TypeError or AttributeError on anything else, wrong types included.
    """
    return Snapshot(
        _text(content["version"]),
        _mapped(content["claims"], _claim_of),
        _text(content["time"]),
        _optional(content.get("settings"), _texts),
    )


def _claim_of(value: Any) -> ClaimMark:
    return ClaimMark(
        _text(value["says"]),
        _text(value["claim"]),
        _of(bool, value["primary"]),
        _mapped(value["verdicts"], _verdict_of),
        _optional(value.get("settings"), _texts),
        _text(value.get("failed_because", "")),
    )


def _verdict_of(value: Any) -> VerdictMark:
    return VerdictMark(
        _text(value["headline"]),
        _whole(value["n"]),
        _text(value["replicate"]),
        _mapped(value["arms"], _arm_of),
        _texts(value["sizes"]),
        _texts(value["levels"]),
        _texts(value["effects"]),
        tuple(map(_text, _of(list, value["blocking"]))),
        _text(value["registered"]),
        _optional(value.get("parts"), lambda parts: tuple(map(_text, _of(list, parts)))),
    )


def _arm_of(value: Any) -> ArmMark:
    return ArmMark(
        tuple(map(_whole, _of(list, value["seeds"]))),
        _whole(value["finished"]),
        _mapped(value["means"], _number),
        _text(value["tuned"]),
        _text(value.get("title", "")),
        _optional(value.get("failed"), lambda seeds: tuple(map(_whole, _of(list, seeds)))),
    )


def _of(kind: type[T], value: Any) -> T:
    if not isinstance(value, kind):
        raise TypeError(f"{value!r} is not a {kind.__name__}")
    return value


def _text(value: Any) -> str:
    # A lone surrogate is no text that a report could hold.
    _of(str, value).encode()
    return str(value)


def _whole(value: Any) -> int:
    return _of(int, value)


def _number(value: Any) -> float:
    if not isinstance(value, (int, float)):
        raise TypeError(f"{value!r} is not a number")
    return value


def _mapped(value: Any, read: Callable[[Any], T]) -> dict[str, T]:
    return {_text(key): read(entry) for key, entry in _of(dict, value).items()}


def _texts(value: Any) -> dict[str, str]:
    return _mapped(value, _text)


def _optional(value: Any, read: Callable[[Any], T]) -> T | None:
    return None if value is None else read(value)
