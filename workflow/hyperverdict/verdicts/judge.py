"""From tables of runs to the report of a study: every hypothesis at every budget."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeVar

import pandas as pd

from hyperverdict.checks import run_checks
from hyperverdict.checks.context import CheckContext
from hyperverdict.checks.opposing import Opposition, oppositions
from hyperverdict.errors import UserError
from hyperverdict.ledger.chain import Witness, append, read_ledger
from hyperverdict.ledger.looks import JudgedQuestion, Look, history
from hyperverdict.ledger.record import record_looks, seeds_in, witnesses_in
from hyperverdict.ledger.registration import register_at
from hyperverdict.ledger.status import LedgerStatus
from hyperverdict.ledger.tables import table_lines
from hyperverdict.ledger.versions import dropped, versions_history
from hyperverdict.outcomes.timing import Timing
from hyperverdict.outcomes.values import RunIndex, index_runs
from hyperverdict.stats.families import FamilyAlphas
from hyperverdict.stats.sequential import ConfidenceSequence
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.verdicts.claim_text import claim_text
from hyperverdict.verdicts.counts import provisional_text, run_counts
from hyperverdict.verdicts.facts import study_facts
from hyperverdict.verdicts.failures import failures_text
from hyperverdict.verdicts.family import family_alphas
from hyperverdict.verdicts.headline import (
    NOT_JUDGED,
    conclusions,
    headline,
    main_caveat,
    over_budgets,
)
from hyperverdict.verdicts.model import HypothesisReport, StudyReport, Verdict
from hyperverdict.verdicts.next_step import study_step
from hyperverdict.verdicts.picks import picks
from hyperverdict.verdicts.prior import prior_sentences
from hyperverdict.verdicts.question import Judged, JudgementInputs, family_size, judge_question
from hyperverdict.verdicts.quick import after_smoke, failed_runs, smoke_text
from hyperverdict.verdicts.rare import open_rate_of, wins_of
from hyperverdict.verdicts.scope import scope_sentences, untestable_reason
from hyperverdict.verdicts.seeds_needed import next_look
from hyperverdict.verdicts.sensitivity import sensitivity
from hyperverdict.verdicts.variation import noise_shares, variation_sentences
from hyperverdict.vocabulary.budget import Budget

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class Failed:
    """Why a hypothesis could not be judged.

    Attributes:
        refused: the input is wrong, as its message says; else an error of ours.
    """

    because: str
    refused: bool


def judge_study(
    study: Study,
    final: pd.DataFrame,
    curves: pd.DataFrame,
    timings: Iterable[Timing] = (),
    ledger: Path | None = None,
    present_code: Mapping[str, str] | None = None,
    witnesses: Iterable[Witness] = (),
) -> StudyReport:
    """Judge every hypothesis of a study at every budget.

    Args:
        study: the study.
        final: one row per configuration path and seed (`records.collect`).
        curves: one row per evaluation.
        timings: the timing jobs; a time claim without one is inconclusive.
        ledger: the ledger's file. Claims that it does not hold yet are registered, as post hoc
            where their results exist; the looks that this judgement takes are added.
        present_code: what is made of the user's code (`Configuration.code_key`) -> its checksum
            now, to say that runs are older.
        witnesses: heads of the ledger that earlier reports carry; those of the runs are known.
    """
    present_code = present_code or {}
    runs = index_runs(final, curves, timings)
    if ledger is None or study.only_estimates:
        return report_of(JudgementInputs(study, runs, present_code=present_code))
    seeds_of = seeds_in(final)
    for hypothesis in study.hypotheses:
        alone = replace(study, hypotheses=(hypothesis,))
        _attempt(hypothesis.id, partial(register_at, alone, ledger, seeds_of))
    seen = frozenset((*witnesses, *witnesses_in(final, study.name)))
    registered = read_ledger(ledger).checked(seen)
    inputs = JudgementInputs(study, runs, registered, present_code=present_code)
    judged = judge_all(inputs)
    report = _report(inputs, judged)
    after = record_looks(registered, _looks(judged, report)).checked(seen)
    present = {(h.id, str(b)) for h in study.hypotheses for b in h.budgets if b is not None}
    return replace(
        report,
        history=(*history(after), *_versions(report, judged), *dropped(after, present)),
        ledger=after.head,
    )


def _versions(
    report: StudyReport, judged: Mapping[str, tuple[Judged, ...] | Failed]
) -> Iterator[str]:
    """All versions of every claim that has several."""
    for hypothesis in report.hypotheses:
        for one in _questions(judged[hypothesis.id]):
            budget = str(one.context.question.budget or "")
            said = versions_history(hypothesis.id, budget, one.context.status.versions)
            if said:
                yield said


def report_of(
    inputs: JudgementInputs, ledger: Path | None = None, witnesses: Iterable[Witness] = ()
) -> StudyReport:
    """The report on prepared inputs.

    Args:
        ledger: of a table from elsewhere, to which this look is added; None where looks are not
            counted.
        witnesses: heads of the ledger that earlier reports carry.

    Raises UserError where a table from elsewhere can answer none of the claims.
    """
    if ledger is not None and not inputs.study.only_estimates:
        seen = frozenset(witnesses)
        inputs = replace(inputs, ledger=read_ledger(ledger).checked(seen))
    judged = judge_all(inputs)
    refused = [one for one in judged.values() if isinstance(one, Failed) and one.refused]
    if inputs.elsewhere and refused and len(refused) == len(judged):
        raise UserError(refused[0].because)
    report = _report(inputs, judged)
    if inputs.ledger is None:
        return report
    looked = list(_table_looks(judged, report))
    lines = table_lines(inputs.ledger, inputs.study, looked)
    after = append(inputs.ledger.path, lines).checked(seen)
    present = {(hypothesis.id, str(budget or "")) for hypothesis, budget, _, _ in looked}
    return replace(
        report,
        history=(*history(after), *_versions(report, judged), *dropped(after, present)),
        ledger=after.head,
    )


def _table_looks(
    judged: Mapping[str, tuple[Judged, ...] | Failed], report: StudyReport
) -> Iterator[tuple[Hypothesis, Budget | None, LedgerStatus, JudgedQuestion]]:
    """The questions of a table that were looked at."""
    for hypothesis in report.hypotheses:
        if hypothesis.failed_because:
            continue
        questions = _questions(judged[hypothesis.id])
        for one, verdict in zip(questions, hypothesis.verdicts, strict=True):
            context = one.context
            if context.status.look is not None:
                looked = _judged_question(context, context.status.look, verdict)
                yield context.hypothesis, context.question.budget, context.status, looked


def judge_all(inputs: JudgementInputs) -> dict[str, tuple[Judged, ...] | Failed]:
    """Hypothesis id -> its questions, judged; or why it could not be judged."""
    judged = {
        hypothesis.id: _attempt(hypothesis.id, partial(judge_hypothesis, inputs, hypothesis))
        for hypothesis in inputs.study.hypotheses
    }
    primary = [h for h in inputs.study.hypotheses if h.primary]
    found = [one for h in primary for one in _questions(judged[h.id])]
    members = [one for one in found if one.correction]
    if any(isinstance(judged[h.id], Failed) for h in primary):
        return judged
    alphas = family_alphas([one.context for one in members], _family_sizes(inputs, members))
    if alphas is None:
        return judged
    for h in primary:
        again = _attempt(h.id, partial(judge_hypothesis, inputs, h, alphas))
        judged[h.id] = again
    return judged


def _family_sizes(inputs: JudgementInputs, members: Sequence[Judged]) -> frozenset[int]:
    """What the members' intervals are corrected for; one number where they are one family."""
    return frozenset(
        family_size(inputs.study, one.context.hypothesis, one.context.status) for one in members
    )


def _attempt(hypothesis: str, work: Callable[[], T]) -> T | Failed:
    """The work's result; an error in it costs this hypothesis alone, never the whole report."""
    try:
        return work()
    except UserError as error:
        return Failed(str(error), refused=True)
    except Exception as error:
        log.exception("%s could not be judged", hypothesis)
        return Failed(f"{type(error).__name__}: {error}", refused=False)


def judge_hypothesis(
    inputs: JudgementInputs, hypothesis: Hypothesis, alphas: FamilyAlphas | None = None
) -> tuple[Judged, ...]:
    """Every question of a hypothesis, judged."""
    return tuple(
        judge_question(inputs, hypothesis, budget, alphas) for budget in hypothesis.budgets
    )


def _report(
    inputs: JudgementInputs, judged: Mapping[str, tuple[Judged, ...] | Failed]
) -> StudyReport:
    study, trained_here = inputs.study, inputs.elsewhere is None
    contexts = [one.context for found in judged.values() for one in _questions(found)]
    opposed = () if study.smoke else oppositions(contexts)
    reports = tuple(
        _hypothesis_report(h, judged[h.id], opposed, inputs.runs) for h in study.hypotheses
    )
    planned, analysed, missing_times = run_counts(contexts)
    provisional = provisional_text(planned, analysed, missing_times) if trained_here else ""
    return StudyReport(
        study=study.name,
        title=study.title,
        facts=study_facts(study, trained_here=trained_here, guarded=inputs.ledger is not None),
        hypotheses=reports,
        main_caveat=main_caveat(reports),
        next_step=_next_step(study, reports),
        provisional="; ".join(filter(None, (smoke_text(study.smoke), provisional))),
        planned=planned,
        analysed=analysed,
        trained_elsewhere=not trained_here,
        reading=inputs.elsewhere.reading if inputs.elsewhere else (),
        picks=() if study.smoke else picks(study, inputs.runs, contexts),
    )


def _next_step(study: Study, reports: Sequence[HypothesisReport]) -> str:
    if study.smoke is None or any(report.failed_because for report in reports):
        return study_step(reports, study.path)
    arms = [arm for report in reports for verdict in report.verdicts for arm in verdict.arms]
    return next(filter(None, map(failed_runs, arms)), after_smoke(study.smoke))


def _questions(found: tuple[Judged, ...] | Failed) -> tuple[Judged, ...]:
    return () if isinstance(found, Failed) else found


def _hypothesis_report(
    hypothesis: Hypothesis,
    found: tuple[Judged, ...] | Failed,
    opposed: Sequence[Opposition],
    runs: RunIndex,
) -> HypothesisReport:
    mine = [one for one in opposed if hypothesis.id in (one.first, one.second)]
    report: HypothesisReport | Failed
    if isinstance(found, Failed):
        report = found
    else:
        report = _attempt(hypothesis.id, partial(_judged_report, hypothesis, found, mine, runs))
    if isinstance(report, HypothesisReport):
        return report
    claim = hypothesis.claim
    return HypothesisReport(
        id=hypothesis.id,
        says=hypothesis.says,
        kind=claim.kind,
        claim=claim_text(claim),
        because=hypothesis.because,
        headline=NOT_JUDGED,
        verdicts=(),
        primary=hypothesis.primary,
        failed_because=report.because,
    )


def _judged_report(
    hypothesis: Hypothesis,
    judged: Sequence[Judged],
    opposed: Sequence[Opposition],
    runs: RunIndex,
) -> HypothesisReport:
    contexts = [one.context for one in judged]
    verdicts = tuple(_verdict(one, opposed, runs) for one in judged)
    return HypothesisReport(
        id=hypothesis.id,
        says=hypothesis.says,
        kind=contexts[0].judgement.kind,
        claim=claim_text(hypothesis.claim),
        because=hypothesis.because,
        headline=over_budgets(verdicts),
        verdicts=verdicts,
        conclusions=conclusions(verdicts),
        opposing=tuple(dict.fromkeys(one.sentence for one in opposed)),
        prior=() if contexts[0].study.smoke else prior_sentences(contexts),
        primary=hypothesis.primary,
    )


def _verdict(judged: Judged, opposed: Sequence[Opposition], runs: RunIndex) -> Verdict:
    budget = str(judged.context.question.budget or "")
    opposing = tuple(one.sentence for one in opposed if one.budget == budget)
    context = replace(judged.context, opposing=opposing)
    trains, estimated = context.claim.trains, context.judgement.evidence == "estimated"
    verdict = Verdict(
        budget=budget,
        judgement=context.judgement,
        headline="",
        arms=tuple(a.summary for a in context.arms),
        uncorrected=judged.uncorrected,
        budget_varies=bool(context.budgets),
        checks=run_checks(context) if trains and not context.study.smoke else (),
        scope=scope_sentences(context),
        untestable_reason=untestable_reason(context),
        image_errors=tuple(context.image_errors.items()),
        sensitivity=() if estimated else sensitivity(context),
        wins=() if estimated else tuple(wins_of(context)),
        open_rate=None if estimated else open_rate_of(context),
        registered=context.status.registered,
        next_look=next_look(context),
        noise=noise_shares(context, runs) if not context.study.only_estimates else (),
        variation=variation_sentences(context) if not context.study.only_estimates else (),
        replicate=context.notes.replicate,
        sequential=isinstance(context.question.look_rule, ConfidenceSequence),
        anytime=judged.anytime,
        anytime_evidence=judged.anytime_evidence,
        correction=judged.correction,
        closed=context.status.look is not None and context.status.look.is_last,
    )
    text = headline(context.judgement, verdict.blocking, failures_text(context))
    return replace(verdict, headline=text)


def _looks(
    judged: Mapping[str, tuple[Judged, ...] | Failed], report: StudyReport
) -> Iterator[JudgedQuestion]:
    """The questions that no run is missing of: only they were looked at."""
    for hypothesis in report.hypotheses:
        if hypothesis.failed_because:
            continue
        for one, verdict in zip(
            _questions(judged[hypothesis.id]), hypothesis.verdicts, strict=True
        ):
            status = one.context.status
            if status.look is None or any(arm.missing for arm in verdict.arms):
                continue
            yield _judged_question(one.context, status.look, verdict)


def _judged_question(context: CheckContext, look: Look, verdict: Verdict) -> JudgedQuestion:
    return JudgedQuestion(
        hypothesis=context.hypothesis.id,
        key=context.status.key,
        schedule=context.status.schedule,
        question=context.question,
        look=look,
        evidence=verdict.judgement.evidence,
        headline=verdict.headline,
    )
