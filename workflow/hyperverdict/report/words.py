"""Conclusions in plain sentences: findings, meaning, what would change it, what to do next."""

from __future__ import annotations

from dataclasses import dataclass

from hyperverdict.claims.model import Failures, Judgement, Leg
from hyperverdict.figures.data import deciding, judged_legs, leg_unit
from hyperverdict.report import phrases
from hyperverdict.report.facts import fact_sentences, listed
from hyperverdict.study.model import TIME_METRIC, Study
from hyperverdict.verdicts.headline import hours_text
from hyperverdict.verdicts.model import Check, HypothesisReport, Verdict
from hyperverdict.words import effects
from hyperverdict.words import numbers as units
from hyperverdict.words.contrasts import shown, shown_name

MOST_SENTENCES = 6

_TIME_CLAIMS = {
    "higher": "slower",
    "lower": "faster",
    "not_higher": "no slower",
    "not_lower": "no faster",
}


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
        parts = (*self.findings, self.test, self.meaning, self.change, self.next)
        return " ".join(part for part in parts if part)


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
        said += _leg_findings(leg, judgement, study)
    said += _quadrant(judgement)
    legs = judged_legs(verdict)
    said += fact_sentences(
        judgement, {leg.metric: leg_unit(leg, judgement.kind, study) for leg in legs}
    )
    said += [full_stop(units.plain(note)) for note in judgement.notes]
    said += [failure_sentence(f) for f in judgement.failures if f.failed]
    said += _image_sentence(verdict, judgement)
    if verdict.untestable_reason:
        said.append(full_stop(units.plain(verdict.untestable_reason)))
    if verdict.corrected and verdict.corrected.evidence != verdict.judgement.evidence:
        said.append(
            "Without the correction for the family of primary hypotheses it would read "
            f"“{verdict.judgement.evidence}”."
        )
    return tuple(said)


def _leg_findings(leg: Leg, judgement: Judgement, study: Study) -> list[str]:
    if leg.dropped_because:
        because = units.plain(leg.dropped_because).rstrip(".")
        return [f"That part of the claim (“{claimed(leg)}”) was not judged: {because}."]
    if not any(effects.measured(effect) for effect in leg.effects):
        return [f"No finished runs tell whether the claim “{claimed(leg)}” holds."]
    unit = leg_unit(leg, judgement.kind, study)
    named = [shown(effect, judgement) for effect in leg.effects]
    if len(named) <= MOST_SENTENCES:
        return [effects.sentence(effect, unit, judgement.kind) for effect in named]
    decisive = effects.deciding_effect(leg)
    told = [counted(leg)]
    if decisive is not None:
        told.append(effects.sentence(shown(decisive, judgement), unit, judgement.kind))
    return told


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
    if leg.metric == TIME_METRIC:
        return f"training {_TIME_CLAIMS.get(leg.direction, leg.direction)}"
    return f"{units.metric_title(leg.metric)} {units.plain(leg.direction)}"


def _quadrant(judgement: Judgement) -> list[str]:
    if not judgement.quadrant:
        return []
    told = judgement.quadrant
    for leg in judgement.legs:
        told = told.replace(f"{leg.metric} ", f"{units.metric_title(leg.metric)} ")
    return [f"Taken together: {told}."]


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
        f"Another test set of this size would shift a difference by about{most} "
        f"{units.amount(error, unit, 2)} (one standard error); "
        "the intervals above cover seeds only."
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
        name = units.plain(shown_name(effect, judgement))
        of = f" for {name}" if len(leg.effects) > 1 else ""
        said.append(f"The null hypothesis{of} is that {null}.")
        said.append(effects.test_sentence(effect, unit))
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
    if judgement.evidence == "true by arithmetic":
        return phrases.ARITHMETIC
    if check is not None:
        start = f"The numbers alone would read “{judgement.evidence}” {where(verdict)}"
        sentence = effects.upper(units.plain(check.sentence))
        return f"{start}, but they are no verdict on the claim. {full_stop(sentence)}"
    if judgement.evidence == "estimated":
        return phrases.ESTIMATED.format(where=where(verdict))
    return _meaning_of(judgement, verdict, study)


def _meaning_of(judgement: Judgement, verdict: Verdict, study: Study) -> str:
    legs = judged_legs(verdict)
    if any(effect.failures_decide for leg in legs for effect in leg.effects):
        return phrases.FAILURES.format(where=where(verdict))
    kind = judgement.kind
    if kind == "trade-off" and len(legs) == 1:
        kind = "comparison"
    table = phrases.MEANING.get(kind, phrases.MEANING["comparison"])
    template = table.get(judgement.evidence, phrases.MEANING["comparison"][judgement.evidence])
    same = [leg for leg in legs if leg.evidence == judgement.evidence]
    leg = next(iter(same or legs), None)
    return template.format(
        where=where(verdict),
        size=_size(leg, judgement.kind, study),
        metric=_subject(leg, judgement.kind, study),
        grade=_grade(leg, judgement, study),
        failing=_failing(legs),
        how=_how_refuted(leg),
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


def _failing(legs: tuple[Leg, ...]) -> str:
    """What the parts of a trade-off do that do not hold."""
    words = {
        "refuted": "goes the other way",
        "no meaningful effect": "shows no difference that matters",
        "inconclusive": "is undecided",
    }
    said = [
        f"{units.metric_title(leg.metric)} {words[leg.evidence]}"
        for leg in legs
        if leg.evidence in words
    ]
    return listed(said) or "at least one part does not hold"


def _how_refuted(leg: Leg | None) -> str:
    """What refutes a trend."""
    if leg is None or "step" not in leg.rule:
        return "over the tested range it goes the other way"
    if any(effect.evidence == "refuted" for effect in leg.effects):
        return "at least one step goes the other way"
    return "at least one step is too small to matter"


def change(verdict: Verdict) -> str:
    """What would change the verdict."""
    judgement = deciding(verdict)
    if judgement.evidence == "true by arithmetic":
        return "Other level counts would change the number, not the claim."
    if blocking(verdict) is not None:
        return "Once that is mended, the same test gives a verdict."
    if judgement.evidence in ("inconclusive", "estimated"):
        said = _needed(verdict)
    else:
        said = phrases.OPEN_SIZE if judgement.grade == "direction only" else phrases.SETTLED
    differing = differing_lines(verdict)
    return f"{said} It already reads differently under: {listed(differing)}." if differing else said


def differing_lines(verdict: Verdict) -> list[str]:
    """The lines of the robustness strip that say something else than the verdict."""
    evidence = deciding(verdict).evidence
    return [
        f"{line} ({units.plain(word)})"
        for line, word in verdict.robustness.items()
        if word != "agrees" and not word.startswith(evidence)
    ]


def _needed(verdict: Verdict) -> str:
    if verdict.seeds_needed is None:
        return "More seeds would narrow the interval."
    low, high = verdict.seeds_needed
    span = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    price = ""
    if verdict.cost_hours is not None:
        price = f", at a price of {hours_text(verdict.cost_hours)} of computing"
    return f"About {span} seeds per arm would settle it{price}."


def next_step(verdict: Verdict) -> str:
    """What to do now."""
    judgement = deciding(verdict)
    if judgement.evidence == "true by arithmetic":
        return "Nothing needs to be trained; claim something about a search strategy to test it."
    check = blocking(verdict)
    if check is not None:
        return phrases.ADVICE.get(check.number, "Mend what the check names, then judge again.")
    if judgement.evidence in ("inconclusive", "estimated"):
        if verdict.command:
            return f"Run `{verdict.command}`."
        if verdict.registered and judgement.evidence == "inconclusive":
            return (
                "Its registered looks have used all of alpha. State the claim in a study of its "
                "own, on seeds that no run has used, with `looks` registered from the start."
            )
        return "Add seeds and judge again."
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
    told = [_leg_brief(leg, judgement, study) for leg in judged_legs(verdict)]
    arms = {arm for arm, _ in told if arm}
    if len(arms) == 1 and all(arm for arm, _ in told):
        parts = [f"{arms.pop()}: {', '.join(said for _, said in told)}"]
    else:
        parts = [f"{arm}: {said}" if arm else said for arm, said in told]
    if not parts:
        parts = [note.rstrip(".") for note in judgement.notes[:1]]
    text = "; ".join(part for part in parts if part)
    said = [effects.upper(text), units.plain(verdict.untestable_reason)]
    if judgement.evidence == "inconclusive" and verdict.seeds_needed:
        said.append(_needed(verdict))
    return " ".join(full_stop(sentence) for sentence in said if sentence)


def _leg_brief(leg: Leg, judgement: Judgement, study: Study) -> tuple[str, str]:
    """The arm that the change is said of ("" where there is none), and the change."""
    effect = effects.deciding_effect(leg)
    if effect is None:
        return "", ""
    if not effects.measured(effect):
        return "", f"no finished runs tell whether “{claimed(leg)}” holds"
    unit = leg_unit(leg, judgement.kind, study)
    told = effects.tell(effect, unit)
    what = effects.subject(effect, unit, judgement.kind)
    said = f"{told.change} of the variance in {what}" if unit.share else f"{what} {told.change}"
    said = f"{said} ({told.interval})"
    to, dash, _ = shown(effect, judgement).name.partition(" - ")
    if judgement.kind == "optimum":
        return "", f"{_rival(leg)}, {units.plain(to)}: {said}"
    if len(leg.effects) == 1:
        return (units.plain(to), said) if dash else ("", said)
    same = sum(e.evidence == effect.evidence for e in leg.effects)
    tally = f"{same} of {len(leg.effects)} {evidence_word(effect.evidence)}"
    which = "the weakest of them" if leg.evidence == "supported" and same > 1 else "such as"
    return "", f"{tally}, {which} {units.plain(shown_name(effect, judgement))}: {said}"


def _rival(leg: Leg) -> str:
    """What the deciding level of an optimum is to the claimed one."""
    words = {"supported": "closest rival", "refuted": "a better level"}
    return words.get(leg.evidence, "a rival that is not excluded")


def full_stop(sentence: str) -> str:
    """The sentence with a stop at its end."""
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."
