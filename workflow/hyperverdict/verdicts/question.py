"""One question of a hypothesis, judged: what it reads, its intervals, and what checks look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from hyperverdict.checks.context import CheckContext
from hyperverdict.claims.model import Judgement, Question
from hyperverdict.effects.contrast import Contrast
from hyperverdict.effects.effect import Evidence
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.ledger.chain import Ledger
from hyperverdict.ledger.status import LedgerStatus, status_of
from hyperverdict.ledger.tables import table_status
from hyperverdict.outcomes.arms import arm_runs
from hyperverdict.outcomes.beside import Beside, StudyLevels, arms_beside, beside
from hyperverdict.outcomes.elsewhere import Elsewhere
from hyperverdict.outcomes.images import image_errors
from hyperverdict.outcomes.questions import make_question, named_elsewhere, tuning_of
from hyperverdict.outcomes.timing import Timing, timing_of
from hyperverdict.outcomes.values import RunIndex
from hyperverdict.stats.families import FamilyAlphas, FamilyRule
from hyperverdict.stats.sequential import ConfidenceSequence
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.study.tuning import arms_of
from hyperverdict.verdicts.anytime import Interval, anytime_evidence, anytime_interval
from hyperverdict.verdicts.model import Correction
from hyperverdict.verdicts.quick import estimates_only
from hyperverdict.verdicts.sensitivity import leave_one_out
from hyperverdict.vocabulary.budget import Budget


@dataclass(frozen=True)
class JudgementInputs:
    """What one judgement of a study reads.

    Attributes:
        ledger: None where claims are not registered, as for runs from elsewhere.
        elsewhere: what is known of a table that was not trained here; None for our own runs.
        unbudgeted: hypotheses on runs from elsewhere whose budget nothing states.
        present_code: what is made of the user's code (`Configuration.code_key`) -> its checksum
            now.
    """

    study: Study
    runs: RunIndex
    ledger: Ledger | None = None
    elsewhere: Elsewhere | None = None
    unbudgeted: frozenset[str] = frozenset()
    present_code: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def levels(self) -> StudyLevels:
        """All levels of the study, which every question looks at."""
        return StudyLevels(self.study)

    def budget_of(self, hypothesis: Hypothesis, budget: Budget | None) -> Budget | None:
        """The budget that a question holds equal; None where nothing states one."""
        return None if hypothesis.id in self.unbudgeted else budget


@dataclass(frozen=True)
class Judged:
    """One question, judged.

    Attributes:
        uncorrected: the evidence without the correction for the primary family; None when
            exploratory.
        anytime, anytime_evidence, correction: see `Verdict`.
    """

    context: CheckContext
    uncorrected: Evidence | None = None
    anytime: tuple[tuple[Contrast, Interval], ...] = ()
    anytime_evidence: Evidence | None = None
    correction: Correction = ""


def judge_question(
    inputs: JudgementInputs,
    hypothesis: Hypothesis,
    budget: Budget | None,
    alphas: FamilyAlphas | None = None,
) -> Judged:
    """One question, judged once, with all that its checks look at.

    Args:
        alphas: of the primary family, where it is judged by max-t instead of Bonferroni.
    """
    study, runs, claim = inputs.study, inputs.runs, hypothesis.claim
    arms = arms_of(hypothesis, study, budget) if budget else ()
    budget = inputs.budget_of(hypothesis, budget)
    if inputs.elsewhere:
        arms = tuple(named_elsewhere(arm, hypothesis, budget) for arm in arms)
    question = make_question(study, hypothesis, budget, arms, runs)
    status = _status(inputs, hypothesis, question)
    if status.look is not None:
        if status.look.judged:
            question = _only(question, status.look.judged)
        elif status.look.seeds != question.seeds:
            question = make_question(study, hypothesis, budget, arms, runs, status.look.seeds)
        question = replace(question, look_rule=status.look.rule)
    trials, chosen = tuning_of(study, hypothesis, budget, runs)
    found = arm_runs(question, runs, chosen)
    partial = inputs.elsewhere is None and any(a.summary.missing for a in found)
    if partial:
        question = replace(question, look_rule=ConfidenceSequence())
        status = replace(status, notes=(), look=None)
    question, uncorrected = _corrected(question, family_size(study, hypothesis, status))
    if alphas is not None and uncorrected is not None:
        rule = FamilyRule(question.look_rule, question.alpha, alphas)
        question = replace(question, look_rule=rule)
    judgement = claim.judge(question)
    left_out = leave_one_out(question, judgement)
    context = CheckContext(
        study=study,
        hypothesis=hypothesis,
        question=question,
        judgement=_shown(judgement, study, partial),
        arms=found,
        timing=_timing(question, runs),
        trials=trials,
        chosen=chosen,
        status=status,
        elsewhere=inputs.elsewhere,
        left_out=left_out,
        beside=_beside(inputs, hypothesis, question),
        present_code=inputs.present_code,
    )
    contrasts = dict.fromkeys(effect.contrast for effect in context.effects)
    errors = image_errors(contrasts, context.by_label)
    measured = {e.contrast: anytime_interval(e, question.alpha) for e in context.effects}
    return Judged(
        replace(context, image_errors=errors),
        None if partial else uncorrected,
        tuple(measured.items()),
        _anytime(question, context.judgement) if measured else None,
        "" if uncorrected is None else "Bonferroni" if alphas is None else "max-t",
    )


def _status(inputs: JudgementInputs, hypothesis: Hypothesis, question: Question) -> LedgerStatus:
    """What the ledger says of a question: the study's own, or that of a table."""
    if inputs.ledger is None or inputs.elsewhere is None:
        return status_of(inputs.ledger, inputs.study, hypothesis, question)
    seeded = inputs.elsewhere.seeded
    return table_status(
        inputs.ledger, inputs.study, hypothesis, question.budget, question, seeded=seeded
    )


def _only(question: Question, judged: Mapping[str, frozenset[int]]) -> Question:
    """The question on some runs of each arm alone."""

    def kept(outcomes: Outcomes) -> Outcomes:
        values = {
            arm: {seed: value for seed, value in runs.items() if seed in judged.get(arm, ())}
            for arm, runs in outcomes.values.items()
        }
        return replace(outcomes, values=values)

    return replace(question, outcomes={n: kept(o) for n, o in question.outcomes.items()})


def _anytime(question: Question, shown: Judgement) -> Evidence:
    """What confidence sequences alone give; no more than an estimate where the judgement is one."""
    return "estimated" if shown.evidence == "estimated" else anytime_evidence(question)


def _shown(judgement: Judgement, study: Study, partial: bool) -> Judgement:
    """The judgement, or its estimates alone in quick mode, in a smoke run and while runs lack.

    Stopping at the first conclusive provisional report is wrong in 14% of studies without an
    effect, so there is no verdict before the last run.
    """
    if not (study.only_estimates or partial):
        return judgement
    return estimates_only(judgement, facts=not (study.smoke or partial))


def _beside(inputs: JudgementInputs, hypothesis: Hypothesis, question: Question) -> Beside:
    """Levels that runs have and the claim does not name."""
    if question.claim.reads != "final" or not question.arms or inputs.study.only_estimates:
        return Beside()
    if inputs.elsewhere is None:
        arms = arms_beside(inputs.levels, hypothesis, question.arms, question.budget)
        return beside(question, arms, inputs.runs)
    notes = inputs.elsewhere.of(hypothesis.id, str(question.budget or ""))
    return beside(question, notes.beside, inputs.runs, notes.more)


def _corrected(question: Question, family: int) -> tuple[Question, Evidence | None]:
    """Bonferroni in the primary family: the question at alpha / m, and the evidence without."""
    if not family:
        return question, None
    uncorrected = question.claim.judge(question).evidence
    return replace(question, alpha=question.alpha / family), uncorrected


def family_size(study: Study, hypothesis: Hypothesis, status: LedgerStatus) -> int:
    """Questions of the primary family, as frozen at registration where there is a ledger.

    0 for an exploratory hypothesis.
    """
    if study.only_estimates or not hypothesis.primary:
        return 0
    if status.family_size is not None:
        return status.family_size
    return sum(len(h.budgets) for h in study.hypotheses if h.primary)


def _timing(question: Question, runs: RunIndex) -> Timing | None:
    """The timing job behind a time claim, None for claims without one."""
    if not any(outcomes.metric.is_time for outcomes in question.outcomes.values()):
        return None
    return timing_of((arm.configuration.timed_path for arm in question.arms), runs.timings)
