"""Conclusions in plain sentences: findings, meaning, what would change it, what to do next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hyperverdict.claims.base import Effect, Failures, Judgement, Leg
from hyperverdict.evidence.verdict import Check, HypothesisReport, StudyReport, Verdict
from hyperverdict.figures import units
from hyperverdict.figures.data import deciding, judged_legs, leg_unit
from hyperverdict.report import effects, phrases
from hyperverdict.study.model import Study

MOST_SENTENCES = 6

# Verb keys of a hypothesis whose keys (or members' keys) are factors.
_FACTOR_TERMS = ("compare", "trend", "best", "each", "depends_on", "only_in", "in_every", "count")


@dataclass(frozen=True)
class Conclusion:
    """What is said about one hypothesis at one budget.

    Attributes:
        findings: sentences with effects, intervals, failures, notes.
        test: null hypothesis, test, n and p of the effect that decides.
        meaning: what it means for the claim as it was written.
        change: what would change the verdict.
        next: what to do now.
    """

    findings: tuple[str, ...]
    test: str
    meaning: str
    change: str
    next: str

    @property
    def text(self) -> str:
        """Everything as one paragraph."""
        return " ".join(
            s for s in (*self.findings, self.test, self.meaning, self.change, self.next) if s
        )


def conclude(report: HypothesisReport, verdict: Verdict, study: Study) -> Conclusion:
    """The conclusion of one hypothesis at one budget."""
    return Conclusion(
        findings=findings(verdict, study),
        test=test(verdict, study),
        meaning=meaning(verdict, study),
        change=change(verdict),
        next=next_step(verdict),
    )


def findings(verdict: Verdict, study: Study) -> tuple[str, ...]:
    """What was measured, effect by effect; long lists are told by their deciding effect."""
    judgement = deciding(verdict)
    said: list[str] = []
    for leg in judgement.legs:
        said += _leg_findings(leg, judgement.kind, study)
    if judgement.quadrant:
        said.append(f"Taken together: {judgement.quadrant}.")
    said += [_full_stop(note) for note in judgement.notes]
    said += [failure_sentence(f) for f in judgement.failures if f.failed]
    said += _image_sentence(verdict, judgement)
    if verdict.untestable_reason:
        said.append(_full_stop(verdict.untestable_reason))
    if verdict.corrected and verdict.corrected.evidence != verdict.judgement.evidence:
        said.append(
            "Without the correction for the family of primary hypotheses it would read "
            f"“{verdict.judgement.evidence}”."
        )
    return tuple(said)


def _leg_findings(leg: Leg, kind: str, study: Study) -> list[str]:
    if leg.dropped_because:
        because = units.plain(leg.dropped_because).rstrip(".")
        return [f"That part of the claim (“{claimed(leg)}”) was not judged: {because}."]
    if not leg.effects:
        return [f"Nothing was measured for “{claimed(leg)}”."]
    unit = leg_unit(leg, kind, study)
    if len(leg.effects) <= MOST_SENTENCES:
        return [effects.sentence(effect, unit, kind) for effect in leg.effects]
    decisive = effects.deciding_effect(leg)
    told = [counted(leg)]
    return told if decisive is None else [*told, effects.sentence(decisive, unit, kind)]


def counted(leg: Leg) -> str:
    """How many effects of a leg have which verdict."""
    tally: dict[str, int] = {}
    for effect in leg.effects:
        tally[effect.evidence] = tally.get(effect.evidence, 0) + 1
    parts = [f"{n} {evidence_word(evidence)}" for evidence, n in tally.items()]
    return f"Of {len(leg.effects)} effects on {units.metric_title(leg.metric)}: {listed(parts)}."


def evidence_word(evidence: str) -> str:
    """The evidence as it follows a number."""
    return "without meaningful effect" if evidence == "no meaningful effect" else evidence


def claimed(leg: Leg) -> str:
    """What a leg claims: "test accuracy lower", "training faster"."""
    words = {"not_higher": "not higher", "not_lower": "not lower"}
    if leg.metric == "train_time":
        time = {
            "higher": "slower",
            "lower": "faster",
            "not_higher": "no slower",
            "not_lower": "no faster",
        }
        return f"training {time.get(leg.direction, leg.direction)}"
    return f"{units.metric_title(leg.metric)} {words.get(leg.direction, leg.direction)}"


def failure_sentence(failures: Failures) -> str:
    """How many runs of an arm failed, and what rates that leaves possible."""
    low, high = (units.number(100 * rate, 0) for rate in failures.rate_interval)
    return (
        f"{failures.failed} of {units.count(failures.total, 'run')} of {units.plain(failures.arm)} "
        f"ended without a result (95 % interval of the failure rate: {low} to {high} %)."
    )


def _image_sentence(verdict: Verdict, judgement: Judgement) -> list[str]:
    known = {
        effect.name: verdict.image_errors[effect.name]
        for leg in judgement.legs
        for effect in leg.effects
        if effect.name in verdict.image_errors
    }
    if not known or judgement.kind == "importance":
        return []
    error = max(known.values())
    most = "" if len(known) == 1 else " at most"
    unit = units.unit_of("accuracy")
    return [
        f"New test images would move a difference by{most} {units.amount(error, unit, 2)} "
        "(one standard error); the intervals above count seeds only."
    ]


def test(verdict: Verdict, study: Study) -> str:
    """Null hypothesis, test and p of the effect that decides each leg."""
    judgement = deciding(verdict)
    if judgement.evidence == "estimated":
        return ""
    said = []
    for leg in judged_legs(verdict):
        effect = effects.deciding_effect(leg)
        if effect is None:
            continue
        unit = leg_unit(leg, judgement.kind, study)
        null = phrases.NULLS.get(judgement.kind, phrases.NULLS["comparison"])
        null = null.format(metric=_subject(leg, judgement.kind, study))
        of = f" for {units.plain(effect.name)}" if len(leg.effects) > 1 else ""
        said.append(
            f"The null hypothesis{of} is that {null}. {effects.test_sentence(effect, unit)}"
        )
    return " ".join(said)


def where(verdict: Verdict) -> str:
    """At which budget: "at 300 steps", or "in these runs"."""
    return f"at {verdict.budget}" if verdict.budget else "in these runs"


def blocking(verdict: Verdict) -> Check | None:
    """The check that keeps the evidence from being a verdict, if any."""
    return next((check for check in verdict.checks if check.level == "blocks"), None)


def meaning(verdict: Verdict, study: Study) -> str:
    """What the evidence means for the reader's claim."""
    judgement = deciding(verdict)
    check = blocking(verdict)
    if check is not None:
        start = f"The numbers alone would read “{judgement.evidence}” {where(verdict)}"
        sentence = check.sentence[:1].upper() + check.sentence[1:]
        return f"{start}, but they are no verdict on the claim. {_full_stop(sentence)}"
    return _meaning_of(judgement, verdict, study)


def _meaning_of(judgement: Judgement, verdict: Verdict, study: Study) -> str:
    kind = judgement.kind
    legs = judged_legs(verdict)
    if kind == "trade-off" and len(judgement.legs) > 1 and len(legs) == 1:
        kind = "comparison"
    if judgement.evidence == "true by arithmetic":
        return phrases.ARITHMETIC
    if judgement.evidence == "estimated":
        return phrases.ESTIMATED.format(where=where(verdict))
    if any(effect.failures_decide for leg in legs for effect in leg.effects):
        return (
            f"Failed runs decide the question {where(verdict)}: the finished ones speak for the "
            "survivors only, so there is no verdict on the claim."
        )
    table = phrases.MEANING.get(kind, phrases.MEANING["comparison"])
    template = table.get(judgement.evidence, phrases.MEANING["comparison"][judgement.evidence])
    leg = next(
        (leg for leg in legs if leg.evidence == judgement.evidence), legs[0] if legs else None
    )
    return template.format(
        where=where(verdict),
        size=_size(leg, judgement.kind, study),
        metric=_subject(leg, judgement.kind, study),
        grade=_grade(leg, judgement, study),
        in_part=" in at least one step" if leg and "step" in leg.rule else "",
    )


def _size(leg: Leg | None, kind: str, study: Study) -> str:
    if leg is None or not leg.effects:
        return "the size that matters"
    return units.matters_text(leg.effects[0].delta, leg_unit(leg, kind, study))


def _subject(leg: Leg | None, kind: str, study: Study) -> str:
    if leg is None or not leg.effects:
        return "the metric"
    what = effects.subject(leg.effects[0], leg_unit(leg, kind, study), kind)
    return "training time" if what == "training" else what


def _grade(leg: Leg | None, judgement: Judgement, study: Study) -> str:
    size = _size(leg, judgement.kind, study)
    if judgement.grade == "at least the SESOI":
        return f" and is at least {size}"
    if judgement.grade == "direction only":
        return f"; whether it reaches {size} is open"
    return ""


def change(verdict: Verdict) -> str:
    """What would change the verdict."""
    judgement = deciding(verdict)
    if judgement.evidence == "true by arithmetic":
        return "Only other level counts would change the number, not the claim."
    if blocking(verdict) is not None:
        return "Once that is mended, the same test gives a verdict."
    differing = [
        f"{line} ({word})"
        for line, word in verdict.robustness.items()
        if word != judgement.evidence
    ]
    if judgement.evidence in ("inconclusive", "estimated"):
        said = _needed(verdict)
    else:
        said = phrases.OPEN_SIZE if judgement.grade == "direction only" else phrases.SETTLED
    if differing:
        said += f" It already reads differently under: {listed(differing)}."
    return said


def _needed(verdict: Verdict) -> str:
    if verdict.seeds_needed is None:
        return "More seeds would narrow the interval."
    low, high = verdict.seeds_needed
    span = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    price = ""
    if verdict.cost_hours is not None:
        cheap, dear = (units.short(round(hours, 2)) for hours in verdict.cost_hours)
        price = (
            f", at a price of {cheap if cheap == dear else f'{cheap} to {dear}'} hours of computing"
        )
    return f"About {span} seeds per arm would settle it{price}."


def next_step(verdict: Verdict) -> str:
    """What to do now."""
    check = blocking(verdict)
    if check is not None:
        return phrases.ADVICE.get(check.number, "Mend what the check names, then judge again.")
    judgement = deciding(verdict)
    if judgement.evidence == "true by arithmetic":
        return "Nothing needs to be trained; claim something about a search strategy to test it."
    if judgement.evidence in ("inconclusive", "estimated"):
        if verdict.command:
            return f"Run `{verdict.command}`."
        return "Add seeds and judge again; the ledger applies the right interval."
    advised = [phrases.ADVICE[c.number] for c in caveats(verdict) if c.number in phrases.ADVICE]
    if advised:
        return advised[0]
    return "Nothing more is needed for this scope; add budgets or contexts to widen it."


def caveats(verdict: Verdict) -> tuple[Check, ...]:
    """The checks that are caveats, gravest first."""
    found = [check for check in verdict.checks if check.level == "caveat"]
    return tuple(sorted(found, key=lambda check: -check.gravity))


def brief(verdict: Verdict, study: Study) -> str:
    """One line for the first screen: the effects, what the budget implies, what would settle it."""
    judgement = deciding(verdict)
    told = [_leg_brief(leg, judgement.kind, study) for leg in judged_legs(verdict)]
    arms = {arm for arm, _ in told if arm}
    if len(arms) == 1 and all(arm for arm, _ in told):
        parts = [f"{arms.pop()}: {', '.join(said for _, said in told)}"]
    else:
        parts = [f"{arm}: {said}" if arm else said for arm, said in told]
    if not parts:
        parts = [note.rstrip(".") for note in judgement.notes[:1]]
    text = "; ".join(part for part in parts if part)
    said = [text[:1].upper() + text[1:], verdict.untestable_reason]
    if judgement.evidence == "inconclusive" and verdict.seeds_needed:
        said.append(_needed(verdict))
    return " ".join(_full_stop(sentence) for sentence in said if sentence)


def _leg_brief(leg: Leg, kind: str, study: Study) -> tuple[str, str]:
    """The arm that the change is said of ("" where there is none), and the change."""
    effect = effects.deciding_effect(leg)
    if effect is None:
        return "", ""
    unit = leg_unit(leg, kind, study)
    told = effects.tell(effect, unit)
    what = effects.subject(effect, unit, kind)
    share = f" of the variance in {what}" if unit.share else ""
    said = f"{told.change}{share}" if unit.share else f"{what} {told.change}"
    said = f"{said} ({told.interval})"
    if len(leg.effects) == 1:
        to, dash, _ = effect.name.partition(" - ")
        return (units.plain(to), said) if dash and "(" not in effect.name else ("", said)
    same = sum(e.evidence == leg.evidence for e in leg.effects)
    counted_text = f"{same} of {len(leg.effects)} {evidence_word(leg.evidence)}"
    return "", f"{counted_text}, {units.plain(effect.name)}: {said}"


def opening(report: StudyReport, study: Study) -> str:
    """The report's first line: one short sentence per topic and answer."""
    terms = {h.id: h.terms for h in study.hypotheses}
    said: dict[str, list[str]] = {}
    topics: dict[str, set[str]] = {}
    for h in report.hypotheses:
        topic = topic_of(terms.get(h.id, {})) or h.id
        words = _opening_words(h.headline)
        topics.setdefault(topic, set()).add(words)
        said.setdefault(f"{topic}\0{words}", []).append(h.id)
    sentences = []
    for key, ids in said.items():
        topic, words = key.split("\0")
        name = topic[:1].upper() + topic[1:]
        whose = f" ({listed(ids)})" if len(topics[topic]) > 1 and ids != [topic] else ""
        sentences.append(f"{name}{whose}: {words}.")
    return " ".join(sentences)


def _opening_words(headline: str) -> str:
    base, _, word = headline.partition(" (")
    words = phrases.OPENING.get(base, base)
    return f"{words} ({word}" if word else words


def topic_of(terms: object) -> str:
    """What a claim is about: the factors that it names, in words."""
    names = [units.plain(name) for name in dict.fromkeys(_factors(terms))]
    return listed(names)


def _factors(terms: object) -> Iterable[str]:
    if not isinstance(terms, dict):
        return
    for key, value in terms.items():
        if key in _FACTOR_TERMS and key not in ("only_in", "in_every") and isinstance(value, dict):
            yield from map(str, value)
        elif key == "matters_more" and isinstance(value, dict):
            yield from map(str, value.get("these", ()))
        elif key == "all_of" and isinstance(value, (list, tuple)):
            for part in value:
                yield from _factors(part)


def headline_caveats(report: HypothesisReport) -> tuple[str, ...]:
    """At most two caveats for the headline, the gravest over all budgets, each said once."""
    found = sorted(
        (check for verdict in report.verdicts for check in caveats(verdict)),
        key=lambda check: -check.gravity,
    )
    return tuple(dict.fromkeys(check.sentence for check in found))[:2]


def new_caveats(report: StudyReport) -> dict[str, tuple[str, ...]]:
    """Hypothesis id -> its headline caveats that the first screen has not said before."""
    said = {report.main_caveat}
    fresh: dict[str, tuple[str, ...]] = {}
    for hypothesis in report.hypotheses:
        new = tuple(s for s in headline_caveats(hypothesis) if s not in said)
        said.update(new)
        fresh[hypothesis.id] = new
    return fresh


def figure_text(report: HypothesisReport, study: Study, figure: str) -> str:
    """The alternative text of a hypothesis's figure, with its numbers."""
    if figure == "effect":
        lines = [f"{_at(v)}: {deciding(v).evidence}. {brief(v, study)}" for v in report.verdicts]
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


def _at(verdict: Verdict) -> str:
    return f"At {verdict.budget}" if verdict.budget else "All runs"


def listed(items: Iterable[str]) -> str:
    """Join as ``a``, ``a and b``, ``a, b and c``."""
    parts = list(items)
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _full_stop(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def all_effects(verdict: Verdict) -> tuple[tuple[Leg, Effect], ...]:
    """Every effect of a verdict with its leg."""
    return tuple((leg, effect) for leg in judged_legs(verdict) for effect in leg.effects)
