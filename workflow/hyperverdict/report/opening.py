"""The first screen's words: the opening line, caveats said once, texts for pictures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hyperverdict.figures.data import deciding
from hyperverdict.report import phrases
from hyperverdict.report.facts import listed
from hyperverdict.report.words import brief, caveats
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport, StudyReport, Verdict
from hyperverdict.words import numbers as units
from hyperverdict.words.effects import upper

# Beyond this number of sentences the opening counts instead of naming.
MOST_TOPICS = 5

_COUNTED: Mapping[str, tuple[str, str]] = {
    "supported": ("one holds", "{n} hold"),
    "refuted": ("one is refuted", "{n} are refuted"),
    "no meaningful effect": ("one shows no effect that matters", "{n} show no effect that matters"),
    "true by arithmetic": ("one is true by arithmetic", "{n} are true by arithmetic"),
    "depends on the budget": ("one depends on the budget", "{n} depend on the budget"),
    "inconclusive": ("one is undecided", "{n} are undecided"),
}


def opening(report: StudyReport, study: Study) -> str:
    """The report's first line: a short sentence per topic and answer, or counts when many."""
    terms = {h.id: h.terms for h in study.hypotheses}
    said: dict[tuple[str, str], list[str]] = {}
    answers: dict[str, set[str]] = {}
    for h in report.hypotheses:
        topic = topic_of(terms.get(h.id, {})) or units.plain(h.id)
        words = _answer(h.headline)
        answers.setdefault(topic, set()).add(words)
        said.setdefault((topic, words), []).append(h.id)
    if len(said) > MOST_TOPICS:
        return _counts(report.hypotheses)
    return " ".join(
        f"{upper(topic)}{f' ({listed(ids)})' if len(answers[topic]) > 1 else ''}: {words}."
        for (topic, words), ids in said.items()
    )


def _answer(headline: str) -> str:
    if ";" in headline:
        return headline
    base, _, word = headline.partition(" (")
    words = phrases.OPENING.get(base, base)
    return f"{words} ({word}" if word else words


def _counts(hypotheses: Iterable[HypothesisReport]) -> str:
    tally: dict[str, int] = {}
    total = 0
    for h in hypotheses:
        base = next((key for key in _COUNTED if h.headline.startswith(key)), "inconclusive")
        tally[base] = tally.get(base, 0) + 1
        total += 1
    parts = [_COUNTED[k][0] if n == 1 else _COUNTED[k][1].format(n=n) for k, n in tally.items()]
    return f"Of {total} claims {listed(parts)}."


def topic_of(terms: Mapping[str, Any]) -> str:
    """What a claim is about, in words: its factors, and for some types how they are asked about."""
    factors = listed(units.plain(name) for name in dict.fromkeys(_factors(terms)))
    if "search" in terms:
        return "search strategy"
    if "combinations" in terms:
        return "number of combinations"
    if "each" in terms:
        return "training longer"
    if "matters_more" in terms:
        return f"importance of {factors}"
    if "best" in terms:
        return f"best {factors}"
    if "all_of" in terms or "in_every" in terms:
        return f"{factors} in every context"
    if "only_in" in terms:
        return f"{factors} by {listed(units.plain(name) for name in terms['only_in'])}"
    if "depends_on" in terms:
        return f"{factors} by {listed(units.plain(name) for name in terms['depends_on'])}"
    return factors


def _factors(terms: Mapping[str, Any]) -> Iterable[str]:
    for key in ("compare", "trend", "best"):
        if isinstance(terms.get(key), Mapping):
            yield from map(str, terms[key])
    if isinstance(terms.get("matters_more"), Mapping):
        yield from map(str, terms["matters_more"].get("these", ()))
    for part in terms.get("all_of", ()):
        yield from _factors(part)


@dataclass(frozen=True)
class HeadlineCaveat:
    """A caveat as the headline says it; as text, with the budgets where it holds.

    Attributes:
        sentence: the gravest that its check says of the hypothesis.
        at: the budgets where it says just that; empty when it does at all of them.
        also: the budgets where the same check says something else.
    """

    sentence: str
    at: tuple[str, ...]
    also: tuple[str, ...]

    def __str__(self) -> str:
        where = f"At {listed(self.at)}: " if self.at else ""
        also = f" The same check fired at {listed(self.also)}." if self.also else ""
        return f"{where}{self.sentence}{also}"


def headline_caveats(report: HypothesisReport) -> tuple[HeadlineCaveat, ...]:
    """At most two caveats for the headline, the gravest over all budgets, one of each check."""
    said: dict[str, dict[str, list[str]]] = {}  # number -> sentence -> budgets
    fired = [(check, verdict.budget) for verdict in report.verdicts for check in caveats(verdict)]
    for check, budget in sorted(fired, key=lambda entry: -entry[0].gravity):
        sentence = upper(units.plain(check.sentence))
        said.setdefault(check.number, {}).setdefault(sentence, []).append(budget)
    return tuple(_caveat(sentences, report) for sentences in list(said.values())[:2])


def _caveat(sentences: Mapping[str, list[str]], report: HypothesisReport) -> HeadlineCaveat:
    (gravest, at), *others = sentences.items()
    everywhere = len(set(at)) == len(report.verdicts)
    also = dict.fromkeys(b for _, budgets in others for b in budgets if b not in at)
    return HeadlineCaveat(gravest, () if everywhere else tuple(dict.fromkeys(at)), tuple(also))


def _said_by(main: str, caveat: HeadlineCaveat) -> bool:
    return main.endswith(caveat.sentence.lower()) and not caveat.also


def new_caveats(report: StudyReport) -> dict[str, tuple[HeadlineCaveat, ...]]:
    """Hypothesis id -> its headline caveats that the first screen has not said before."""
    said: set[HeadlineCaveat] = set()
    main = units.plain(report.main_caveat).lower()
    fresh: dict[str, tuple[HeadlineCaveat, ...]] = {}
    for hypothesis in report.hypotheses:
        new = headline_caveats(hypothesis)
        new = tuple(c for c in new if c not in said and not _said_by(main, c))
        said.update(new)
        fresh[hypothesis.id] = new
    return fresh


def new_rivals(report: StudyReport) -> dict[str, tuple[str, ...]]:
    """Hypothesis id -> its sentences about rivals that no hypothesis before it has said."""
    said: set[str] = set()
    fresh: dict[str, tuple[str, ...]] = {}
    for hypothesis in report.hypotheses:
        fresh[hypothesis.id] = tuple(s for s in hypothesis.rivals if s not in said)
        said.update(hypothesis.rivals)
    return fresh


def figure_text(report: HypothesisReport, study: Study, figure: str) -> str:
    """The alternative text of a hypothesis's figure, with its numbers."""
    if figure == "effect":
        lines = [f"{at(v)}: {deciding(v).evidence}. {brief(v, study)}" for v in report.verdicts]
        return f"Effects of {report.id}. {' '.join(lines)}"
    means = [
        f"{units.plain(arm.label)} {units.level_text(metric, value)}"
        for verdict in report.verdicts[:1]
        for arm in verdict.arms
        for metric, value in arm.means.items()
        if metric == "accuracy"
    ]
    scores = f" Mean test accuracy: {', '.join(means)}." if means else ""
    if figure == "curves":
        return f"Validation curves of the arms of {report.id}, one panel per budget.{scores}"
    return f"Scores of {report.id} against the training seconds of each run.{scores}"


def at(verdict: Verdict) -> str:
    """The heading of a verdict: its budget, or what stands in for one."""
    if not verdict.arms and deciding(verdict).evidence == "true by arithmetic":
        return "By counting"
    return f"At {verdict.budget}" if verdict.budget else "All runs"
