"""The first screen's words: the opening line, and caveats said once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hyperverdict.checks.model import CheckResult
from hyperverdict.figures.data import hypothesis_of
from hyperverdict.report.badges import Standing, overall
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport, StudyReport, Verdict
from hyperverdict.words.isolation import guarded
from hyperverdict.words.numbers import full_stop, listed, lower, upper

# Beyond this number of sentences the opening counts instead of naming.
MOST_TOPICS = 5
# At most so many kinds of failure are told.
MOST_FAILED = 3
# The check whose sentence says why a claim is post hoc.
POST_HOC = "post_hoc"

_ANSWERS: Mapping[Standing, str] = {
    "supported": "the claim holds",
    "refuted": "the claim is refuted",
    "no meaningful effect": "no effect that matters",
    "inconclusive": "no verdict yet",
    "estimated": "estimates only",
    "true by arithmetic": "true by arithmetic",
    "depends": "the answer depends on what you hold equal",
    "failed": "could not be judged",
}
# After a number of claims: (one, many).
_COUNTED: Mapping[Standing, tuple[str, str]] = {
    "supported": ("holds", "hold"),
    "refuted": ("is refuted", "are refuted"),
    "no meaningful effect": ("shows no effect that matters", "show no effect that matters"),
    "inconclusive": ("is undecided", "are undecided"),
    "estimated": ("is only estimated", "are only estimated"),
    "true by arithmetic": ("is true by arithmetic", "are true by arithmetic"),
    "depends": ("depends on the budget", "depend on the budget"),
    "failed": ("could not be judged", "could not be judged"),
}


def opening(report: StudyReport, study: Study) -> str:
    """The report's first line: a short sentence per topic and answer, or counts when many."""
    said: dict[tuple[str, str], list[str]] = {}
    for hypothesis in report.hypotheses:
        said.setdefault(_said(hypothesis, study), []).append(hypothesis.id)
    if len(said) > MOST_TOPICS:
        return _counts(report.hypotheses)
    answers = Counter(topic for topic, _ in said)
    return " ".join(
        f"{upper(topic)}{f' ({listed(ids)})' if answers[topic] > 1 else ''}: {answer}."
        for (topic, answer), ids in said.items()
    )


def _said(report: HypothesisReport, study: Study) -> tuple[str, str]:
    """The topic of a hypothesis, and what came out."""
    return guarded(
        report.id,
        lambda: (hypothesis_of(report, study).claim.topic, _answer(report)),
        lambda problem: (report.id, problem),
    )


def _answer(report: HypothesisReport) -> str:
    """What came out: in plain words where there is one verdict, else verdict by verdict."""
    found = overall(report)
    if found in ("depends", "failed"):
        return _ANSWERS[found]
    if len(report.conclusions) > 1:
        return report.headline
    blocking = report.verdicts[0].blocking
    if found == "inconclusive" and blocking is not None and blocking.headline:
        return f"{_ANSWERS[found]} ({blocking.headline})"
    return _ANSWERS[found] if report.headline == found else report.headline


def _counts(hypotheses: Sequence[HypothesisReport]) -> str:
    counted = Counter(map(overall, hypotheses))
    parts = [f"{n} {_COUNTED[found][n > 1]}" for found, n in counted.items()]
    return f"Of {len(hypotheses)} claims, {listed(parts)}."


def notice(study: Study) -> str:
    """The word before why a report is not final."""
    return "Not judged" if study.smoke else "Provisional"


def facts_line(report: StudyReport) -> str:
    """What holds for the whole study, as one sentence; "" where nothing is known."""
    return full_stop(upper("; ".join(report.facts))) if report.facts else ""


def post_hoc(report: HypothesisReport) -> str:
    """ "Post hoc" and why, with the budgets where it is only some; "" where all is registered."""
    late: dict[str, list[str]] = {}
    for verdict in report.verdicts:
        if verdict.registered == "post hoc":
            late.setdefault(_post_hoc_reason(verdict), []).append(verdict.budget)
    return " ".join(
        f"Post hoc{'' if len(at) == len(report.verdicts) else f' at {listed(at)}'}{reason}"
        for reason, at in late.items()
    )


def _post_hoc_reason(verdict: Verdict) -> str:
    """What the check says after its "Post hoc"."""
    found = next((check.sentence for check in verdict.fired if check.id == POST_HOC), "")
    return found.removeprefix("Post hoc") or ": not registered before its results existed."


def failure(report: HypothesisReport) -> str:
    """Why a hypothesis has no verdict; "" where it has."""
    if not report.failed_because:
        return ""
    because = full_stop(report.failed_because)
    return f"It could not be judged: {because} The other verdicts are not affected."


def failed_runs(report: HypothesisReport) -> tuple[str, ...]:
    """Why runs of the user's own training failed: arm, seeds, and what the program said."""
    said = {
        f"{upper(arm.title)}, {lower(full_stop(message))}"
        for verdict in report.verdicts
        for arm in verdict.arms
        for message in arm.messages
    }
    return tuple(sorted(said)[:MOST_FAILED])


@dataclass(frozen=True)
class HeadlineCaveat:
    """A caveat as the headline says it; as text, with the budgets where it holds.

    Attributes:
        check: the gravest that its check found on the hypothesis.
        at: the budgets where it says just that; empty when it does at all of them.
        also: the budgets where the same check says something else.
    """

    check: CheckResult
    at: tuple[str, ...]
    also: tuple[str, ...]

    def __str__(self) -> str:
        where = f"At {listed(self.at)}: " if self.at else ""
        also = f" The same check fired at {listed(self.also)}." if self.also else ""
        return f"{where}{upper(self.check.sentence)}{also}"


def headline_caveats(report: HypothesisReport) -> tuple[HeadlineCaveat, ...]:
    """At most two caveats for the headline, the gravest over all budgets, one of each check."""
    said: dict[str, dict[str, list[tuple[CheckResult, str]]]] = {}  # id -> sentence -> findings
    fired = [(check, verdict.budget) for verdict in report.verdicts for check in verdict.caveats]
    # `post_hoc` says that one already.
    fired = [entry for entry in fired if entry[0].id != POST_HOC]
    for check, budget in sorted(fired, key=lambda entry: -entry[0].gravity):
        said.setdefault(check.id, {}).setdefault(check.sentence, []).append((check, budget))
    return tuple(_caveat(found, len(report.verdicts)) for found in list(said.values())[:2])


def _caveat(found: Mapping[str, list[tuple[CheckResult, str]]], verdicts: int) -> HeadlineCaveat:
    gravest, *others = found.values()
    at = tuple(dict.fromkeys(budget for _, budget in gravest))
    also = dict.fromkeys(b for other in others for _, b in other if b not in at)
    return HeadlineCaveat(gravest[0][0], () if len(at) == verdicts else at, tuple(also))


def main_check(report: StudyReport) -> CheckResult | None:
    """The check that the study's main caveat is about."""
    fired = (
        check
        for hypothesis in report.hypotheses
        for verdict in hypothesis.verdicts
        for check in verdict.fired
        if check.level != "information"
    )
    return max(fired, key=lambda check: (check.level == "blocks", check.gravity), default=None)


def new_caveats(report: StudyReport) -> dict[str, tuple[str, ...]]:
    """Hypothesis id -> its headline caveats that the first screen has not said before."""
    main = main_check(report)
    said: set[str] = set()
    fresh: dict[str, tuple[str, ...]] = {}
    for hypothesis in report.hypotheses:
        found = headline_caveats(hypothesis)
        texts = [str(c) for c in found if c.also or main is None or c.check != main]
        fresh[hypothesis.id] = tuple(text for text in texts if text not in said)
        said.update(texts)
    return fresh


def has_main_caveat(report: StudyReport) -> dict[str, bool]:
    """Hypothesis id -> whether the study's main caveat is one of its own."""
    main = main_check(report)
    return {
        h.id: main is not None and any(c.check == main for c in headline_caveats(h))
        for h in report.hypotheses
    }


def new_opposing(report: StudyReport) -> dict[str, tuple[str, ...]]:
    """Hypothesis id -> its sentences about opposing claims that none before it has said."""
    said: set[str] = set()
    fresh: dict[str, tuple[str, ...]] = {}
    for hypothesis in report.hypotheses:
        fresh[hypothesis.id] = tuple(s for s in hypothesis.opposing if s not in said)
        said.update(hypothesis.opposing)
    return fresh
