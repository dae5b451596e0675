"""Registration: what a claim fixes before its results exist, and what of it was changed later.

The fingerprint of a registration is a SHA-256 over contrast, size that matters, alpha, metrics,
budget, seed list and exclusion rules; the wording of a claim is not part of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hyperverdict.claims.canonical import canonical
from hyperverdict.claims.learning_curve import LearningCurve
from hyperverdict.claims.model import Claim
from hyperverdict.effects.outcomes import Arm
from hyperverdict.ledger.chain import Kind, Ledger, Line, append, read_ledger, sha256_of
from hyperverdict.runs.layout import read_record
from hyperverdict.stats.sequential import DEFAULT_LOOKS, RULES
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.study.tuning import tuning_arms
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.metrics import RECORDED, unrecorded
from hyperverdict.words.numbers import count, digits, listed, plain

LEDGER_FILE = "ledger.jsonl"
# How runs without a result are treated; raised with a change of those rules.
EXCLUSION_RULES = "failed runs are outcomes, missing runs are absent, nothing else is left out (1)"

# Parts of a registration that say what is claimed; the others say how often it is judged.
CLAIM_PARTS = ("contrast", "delta", "alpha", "metrics", "budget", "exclusions")

SeedsOf = Callable[[str], frozenset[int]]


@dataclass(frozen=True)
class Registered:
    """What the ledger knows of one question's registration.

    Attributes:
        status: "registered" or "post hoc".
        note: why it is post hoc, or what was edited; "" otherwise.
        schedule: registered numbers of seeds.
        seeds_before: seeds whose results existed when it was registered.
        foreseen: the schedule itself was registered before any result, whatever was edited since.
        rules: of looks, that the schedule was registered under (`stats.sequential.RULES`).
        stated: the study states the schedule in `looks`, so that even a look at few seeds is meant
            to be the only one.
    """

    status: str
    note: str
    schedule: tuple[int, ...]
    seeds_before: int
    foreseen: bool = False
    rules: int = RULES
    stated: bool = False


def question_key(claim: Claim, arms: Iterable[Arm]) -> str:
    """What looks are counted by: type, arms and metrics, whatever is claimed of them."""
    paths = sorted(arm.configuration.path for arm in arms)
    metrics = sorted({expectation.metric.name for expectation in claim.expect})
    return sha256_of({"kind": claim.kind, "arms": paths, "metrics": metrics})


def payload(
    study: Study,
    hypothesis: Hypothesis,
    budget: Budget | None,
    arms: Sequence[Arm],
    schedule: Sequence[int],
) -> dict[str, Any]:
    """All that a registration fixes, as plain values in canonical spelling."""
    claim = hypothesis.claim
    return {
        "contrast": {
            "kind": claim.kind,
            "arms": [arm.configuration.path for arm in arms],
            "terms": claim.registered,
            "tune": canonical(hypothesis.tune),
            "expect": [
                [e.metric.name, e.direction, list(e.between or ()), e.share_of_variance]
                for e in claim.expect
            ],
        },
        "delta": {e.metric.name: e.matters_from for e in claim.expect},
        "alpha": study.alpha,
        "metrics": sorted({e.metric.name for e in claim.expect}),
        "budget": str(budget),
        "seeds": registered_seeds(hypothesis.seeds, schedule),
        "looks": list(schedule),
        "exclusions": EXCLUSION_RULES,
    }


def registered_seeds(seeds: Sequence[int], schedule: Sequence[int]) -> list[int]:
    """The seeds up to the last registered look: the given ones, continued when they count up."""
    last = max((*schedule, len(seeds)))
    counts_up = list(seeds) == list(range(len(seeds)))
    return list(range(last)) if counts_up else list(seeds)


def schedule_of(study: Study, hypothesis: Hypothesis, earlier: Sequence[Line]) -> tuple[int, ...]:
    """The numbers of seeds at which a question is judged.

    A registered schedule that the present seeds are a step of; else the study's own `looks` or 10
    then 20, where the present seeds are a step of those; else a single look.
    """
    n = len(hypothesis.seeds)
    registered_looks = [tuple(map(int, line.content["payload"]["looks"])) for line in earlier]
    own = tuple(sorted(set(study.look_schedule)))
    # Twenty seeds from the start are one look at twenty, not a second look.
    default = DEFAULT_LOOKS if n == DEFAULT_LOOKS[0] and not own else ()
    for looks in (*registered_looks, own, default):
        if n in looks:
            return looks
    return (n,)


def register(study: Study, folder: Path, runs: Path = Path("results/runs")) -> Ledger:
    """Write every question of a study that is new or changed to the ledger.

    Args:
        study: the study.
        folder: the study's results, which hold the ledger.
        runs: the folder of all runs; what it already holds decides what is post hoc.
    """
    return register_at(study, folder / LEDGER_FILE, recorded_seeds(runs))


def register_at(study: Study, path: Path, seeds_of: SeedsOf) -> Ledger:
    """The same for a ledger at `path`, with a function that knows the seeds on record."""
    return append(path, new_registrations(study, read_ledger(path), seeds_of))


def recorded_seeds(runs: Path) -> SeedsOf:
    """path -> seeds on record below `runs`."""

    def seeds_of(path: str) -> frozenset[int]:
        record = read_record(runs / path)
        return frozenset(int(seed) for seed in record.seeds) if record else frozenset()

    return seeds_of


def new_registrations(
    study: Study, ledger: Ledger, seeds_of: SeedsOf
) -> list[tuple[Kind, dict[str, Any]]]:
    """One entry for every question whose registration the ledger does not hold yet."""
    entries: list[tuple[Kind, dict[str, Any]]] = []
    for hypothesis in study.hypotheses:
        for budget in hypothesis.budgets:
            entry = registration_entry(study, hypothesis, budget, ledger, seeds_of)
            if entry is not None:
                entries.append(("registration", entry))
    return entries


def registration_entry(
    study: Study, hypothesis: Hypothesis, budget: Budget | None, ledger: Ledger, seeds_of: SeedsOf
) -> dict[str, Any] | None:
    """The line that registers a question; None when the ledger holds it as it is."""
    arms = study.claimed_arms(hypothesis, budget)
    if budget is None or not arms:
        return None
    key = question_key(hypothesis.claim, arms)
    earlier = ledger.of_kind("registration", key)
    fixed = payload(study, hypothesis, budget, arms, schedule_of(study, hypothesis, earlier))
    fingerprint = sha256_of(fixed)
    same = [line for line in earlier if line.content["registration"] == fingerprint]
    if any(line.content["primary"] == hypothesis.primary for line in same):
        return None
    return {
        "question": key,
        "hypothesis": hypothesis.id,
        "budget": str(budget),
        "registration": fingerprint,
        "payload": fixed,
        "primary": hypothesis.primary,
        "rules": RULES,
        "stated": bool(study.look_schedule),
        "seeds_before": computable_seeds(
            _places(study, hypothesis, budget, arms), hypothesis.seeds, seeds_of
        ),
    }


def computable_seeds(
    places: Sequence[Sequence[str]], seeds: Sequence[int], seeds_of: SeedsOf
) -> int:
    """Seeds on which a contrast of the arms could already be computed.

    Args:
        places: per arm the paths of the runs that could stand for it.
        seeds: the hypothesis's own; those that only tuned it reveal no contrast.
    """
    found = [len(frozenset().union(*map(seeds_of, paths)) & set(seeds)) for paths in places]
    found.sort(reverse=True)
    return found[min(1, len(found) - 1)] if found else 0


def _places(
    study: Study, hypothesis: Hypothesis, budget: Budget, arms: Sequence[Arm]
) -> list[list[str]]:
    """Where the runs of each arm can be: one path, or one per value that tuning may choose."""
    trials = tuning_arms(hypothesis, study, budget)
    tuned = {
        arm.label: [t.configuration.path for t in trials if t.arm == arm.label] for arm in arms
    }
    return [tuned[arm.label] or [arm.configuration.path] for arm in arms]


def registered(
    ledger: Ledger,
    key: str,
    study: Study,
    hypothesis: Hypothesis,
    budget: Budget,
    arms: Sequence[Arm],
) -> Registered:
    """How the ledger holds a question: registered before its results, or post hoc and why."""
    earlier = ledger.of_kind("registration", key)
    schedule = schedule_of(study, hypothesis, earlier)
    fixed = payload(study, hypothesis, budget, arms, schedule)
    present = claimed(fixed)
    same = [line for line in earlier if claimed(line.content["payload"]) == present]
    if ledger.problems:
        return Registered("post hoc", "the ledger is damaged", schedule, 0)
    if not same:
        note = "not registered before its results existed"
        return Registered("post hoc", note, schedule, len(hypothesis.seeds))
    first = same[0]
    before = int(first.content["seeds_before"])
    edited = edits(earlier, first)
    planned = [line for line in earlier if line.content["payload"]["looks"] == list(schedule)]
    # A registration that states no rules is older than they are.
    rules = int(planned[0].content.get("rules", 1)) if planned else RULES
    stated = any(line.content.get("stated", False) for line in planned)
    if before == 0:
        return Registered("registered", edited, schedule, 0, True, rules, stated)
    foreseen = any(line.content["seeds_before"] == 0 for line in planned)
    note = edited or _after(before)
    return Registered("post hoc", note, schedule, before, foreseen, rules, stated)


def _after(seeds: int) -> str:
    return f"registered when results of {count(seeds, 'seed')} existed"


def claimed(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What of a registration decides its verdict, however often it is judged.

    Of the sizes that matter only what a verdict depends on: two registrations that differ in
    nothing else claim the same.
    """
    sizes = {name: _deciding_size(payload, name) for name in payload["delta"]}
    return {part: payload[part] for part in CLAIM_PARTS} | {"delta": sizes}


def _deciding_size(payload: Mapping[str, Any], metric: str) -> float | str:
    """The size that matters of a metric as far as it decides anything of the claim.

    A metric that the budget makes equal in all arms is not judged. A range (`higher_by`) is judged
    by its own ends, as ratios where the size is one. A learning curve needs the size also beside a
    range, for its plateau, which training times do not have.
    """
    known = RECORDED.get(metric) or unrecorded(metric)
    unit = str(payload["budget"]).rpartition(" ")[2]
    if any(unit in (kind, kind.removesuffix("s")) for kind in known.equal_at):
        return "not judged"
    size = float(payload["delta"][metric])
    contrast = payload["contrast"]
    in_range = any(between for name, _, between, _ in contrast["expect"] if name == metric)
    if not in_range or (contrast["kind"] == LearningCurve.kind and not known.is_time):
        return size
    if known.is_time or (known.is_fraction and size > 1):
        return "a ratio"
    # Above 1 the size of any other metric may be a ratio or not, so that a new number may decide.
    return size if size > 1 else "a difference"


def edits(earlier: Sequence[Line], present: Line) -> str:
    """What the present registration changed of the one before it, with the old values; or ""."""
    position = earlier.index(present)
    if position == 0:
        return ""
    old, new = earlier[position - 1].content["payload"], present.content["payload"]
    changes = [
        f"the size that matters for {plain(metric)} was edited from {digits(before)} to "
        f"{digits(new['delta'][metric])}"
        for metric, before in old["delta"].items()
        if metric in new["delta"] and new["delta"][metric] != before
    ]
    if old["alpha"] != new["alpha"]:
        changes.append(f"alpha was edited from {old['alpha']:g} to {new['alpha']:g}")
    if old["contrast"]["expect"] != new["contrast"]["expect"]:
        changes.append("what is expected was edited")
    if not changes:
        return ""
    when = "after" if present.content["seeds_before"] else "before"
    return f"{listed(changes)} on {present.time[:10]}, {when} results existed"


def primary_family(ledger: Ledger) -> frozenset[tuple[str, str]]:
    """(hypothesis, budget) of the questions registered as primary before the first look at any."""
    members: set[tuple[str, str]] = set()
    keys: set[str] = set()
    for line in ledger.lines:
        content = line.content
        if line.kind == "registration" and content["primary"]:
            members.add((content["hypothesis"], content["budget"]))
            keys.add(content["question"])
        elif line.kind == "look" and content["question"] in keys:
            break
    return frozenset(members)
