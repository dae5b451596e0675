"""From tables of runs to the report of a study: every hypothesis at every budget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from hyperverdict.checks import in_order, run_checks
from hyperverdict.checks.context import Case, arm_runs, case_timing
from hyperverdict.claims import type_of
from hyperverdict.claims.model import ClaimType, Judgement, Question
from hyperverdict.ledger.chain import Ledger
from hyperverdict.ledger.looks import history
from hyperverdict.ledger.record import record_looks, seeds_in
from hyperverdict.ledger.registration import register_at
from hyperverdict.ledger.status import Standing, standing_of
from hyperverdict.outcomes.images import image_errors
from hyperverdict.outcomes.questions import (
    budgets_judged,
    judged_arms,
    make_question,
    named_elsewhere,
    tuning_of,
)
from hyperverdict.outcomes.timing import Timing
from hyperverdict.outcomes.values import RunIndex, index_runs
from hyperverdict.study.model import TIME_METRIC, Hypothesis, Study
from hyperverdict.verdicts.claim_text import claim_text, study_facts
from hyperverdict.verdicts.failures import failures_text
from hyperverdict.verdicts.headline import headline, main_caveat, next_step, over_budgets
from hyperverdict.verdicts.model import HypothesisReport, StudyReport, Verdict
from hyperverdict.verdicts.opposing import Rivalry, rivalries
from hyperverdict.verdicts.prior import saw_sentences
from hyperverdict.verdicts.quick import estimates_only
from hyperverdict.verdicts.scope import scope_sentences, untestable_reason
from hyperverdict.verdicts.seeds_needed import (
    command,
    cost_hours,
    next_look,
    processor,
    seeds_needed,
)
from hyperverdict.verdicts.sensitivity import leave_one_out, robustness
from hyperverdict.vocabulary.budget import Budget


@dataclass(frozen=True)
class Material:
    """What one judgement of a study reads.

    Attributes:
        ledger: None where claims are not registered, as for runs from elsewhere.
        source: facts about a table from elsewhere; None for our own runs.
        unbudgeted: hypotheses on runs from elsewhere whose budget nothing states.
    """

    study: Study
    runs: RunIndex
    ledger: Ledger | None = None
    source: Mapping[str, Any] | None = None
    unbudgeted: frozenset[str] = frozenset()

    def budget_of(self, hypothesis: Hypothesis, budget: Budget | None) -> Budget | None:
        """The budget that a question holds equal; None where nothing states one."""
        return None if hypothesis.id in self.unbudgeted else budget


def judge_study(
    study: Study,
    final: pd.DataFrame,
    curves: pd.DataFrame,
    timings: Iterable[Timing] = (),
    ledger: Path | None = None,
) -> StudyReport:
    """Judge every hypothesis of a study at every budget.

    Args:
        study: the study.
        final: one row per configuration path and seed (`records.collect`).
        curves: one row per evaluation.
        timings: the timing jobs; a time claim without one is inconclusive.
        ledger: the ledger's file. Claims that it does not hold yet are registered, as post hoc
            where their results exist; the looks that this judgement takes are added.
    """
    runs = index_runs(final, curves, timings)
    if ledger is None or study.quick:
        return report_of(Material(study, runs))
    registered = register_at(study, ledger, seeds_in(final))
    material = Material(study, runs, registered)
    cases = build_cases(material)
    report = report_of(material, cases)
    after = record_looks(registered, _complete(cases, report))
    return replace(report, history=history(after))


Cases = Mapping[tuple[str, str], Case]


def build_cases(material: Material) -> Cases:
    """(hypothesis id, budget) -> case, in the study's order."""
    return {
        (hypothesis.id, str(material.budget_of(hypothesis, budget) or "")): build_case(
            material, hypothesis, budget
        )
        for hypothesis in material.study.hypotheses
        for budget in budgets_judged(hypothesis)
    }


def report_of(material: Material, cases: Cases | None = None) -> StudyReport:
    """The report on prepared material."""
    study = material.study
    cases = build_cases(material) if cases is None else cases
    found = rivalries(cases.values())
    reports = tuple(_hypothesis_report(material, h, cases, found) for h in study.hypotheses)
    planned, analysed, missing_times = _counts(cases.values())
    own = material.source is None
    return StudyReport(
        study=study.name,
        title=study.title,
        facts=study_facts(study, own),
        hypotheses=reports,
        main_caveat=main_caveat(reports),
        next_step=next_step(reports),
        provisional=_provisional(planned, analysed, missing_times) if own else "",
        planned=planned,
        analysed=analysed,
    )


def _complete(cases: Cases, report: StudyReport) -> Iterator[tuple[Question, Standing, Verdict]]:
    """The questions that no run is missing of: only they were looked at."""
    for hypothesis in report.hypotheses:
        for verdict in hypothesis.verdicts:
            case = cases[hypothesis.id, verdict.budget]
            if not any(a.summary.missing for a in case.arms):
                yield case.question, case.standing, verdict


def build_case(material: Material, hypothesis: Hypothesis, budget: Budget | None) -> Case:
    """One question, judged, with all that its checks look at."""
    study, runs = material.study, material.runs
    kind = type_of(hypothesis)
    arms = judged_arms(study, hypothesis, budget)
    budget = material.budget_of(hypothesis, budget)
    if material.source is not None:
        arms = tuple(named_elsewhere(arm, hypothesis, budget) for arm in arms)
    question = make_question(study, hypothesis, budget, arms, runs)
    standing = standing_of(material.ledger, question)
    if standing.look is not None:
        judged = replace(hypothesis, seeds=standing.look.seeds)
        if judged != hypothesis:
            question = make_question(study, judged, budget, arms, runs)
        question = replace(question, looks=standing.look.rule)
    trials, chosen = tuning_of(study, hypothesis, budget, runs)
    foreign = material.source is not None
    judgement = kind.judge(question)
    case = Case(
        question=question,
        judgement=estimates_only(judgement) if study.quick else judgement,
        arms=arm_runs(question, runs, foreign),
        timing=case_timing(question, runs),
        trials=trials,
        chosen=chosen,
        standing=standing,
        foreign=foreign,
        source={
            **(material.source or {}),
            "leave_one_out": leave_one_out(question, kind.judge, judgement),
        },
    )
    return replace(case, image_errors=image_errors(case))


def corrected_judgement(case: Case, kind: ClaimType, family_size: int) -> Judgement | None:
    """Bonferroni in the primary family: the question at alpha / m; None when exploratory."""
    if family_size < 1:
        return None
    return kind.judge(replace(case.question, alpha=case.question.alpha / family_size))


def _hypothesis_report(
    material: Material,
    hypothesis: Hypothesis,
    cases: Mapping[tuple[str, str], Case],
    found: Sequence[Rivalry],
) -> HypothesisReport:
    own = [
        cases[hypothesis.id, str(material.budget_of(hypothesis, budget) or "")]
        for budget in budgets_judged(hypothesis)
    ]
    mine = [r for r in found if hypothesis.id in (r.first, r.second)]
    verdicts = tuple(_verdict(material, case, mine) for case in own)
    return HypothesisReport(
        id=hypothesis.id,
        says=hypothesis.says,
        kind=own[0].judgement.kind if own else "",
        claim=claim_text(hypothesis),
        because=hypothesis.because or "",
        headline=over_budgets(verdicts),
        verdicts=verdicts,
        rivals=tuple(dict.fromkeys(r.sentence for r in mine)),
        saw=saw_sentences(own),
        primary=hypothesis.primary,
    )


def _verdict(material: Material, case: Case, found: Sequence[Rivalry]) -> Verdict:
    hypothesis, budget = case.question.hypothesis, str(case.question.budget or "")
    kind = type_of(hypothesis)
    standing = case.standing
    corrected = corrected_judgement(case, kind, _family_size(material.study, case))
    here = [r.check() for r in found if r.budget == budget]
    checks = in_order([*run_checks(case), *here])
    counted = replace(case, judgement=corrected) if corrected else case
    needed = seeds_needed(counted)
    return Verdict(
        budget=budget,
        judgement=case.judgement,
        corrected=corrected,
        headline=headline(counted.judgement, checks, failures_text(case)),
        arms=tuple(a.summary for a in case.arms),
        checks=checks,
        scope=(*scope_sentences(case), *standing.notes),
        untestable_reason=untestable_reason(case),
        image_errors=case.image_errors,
        robustness={} if material.study.quick else robustness(case, kind.judge),
        registered=standing.registered,
        seeds_needed=needed,
        cost_hours=cost_hours(case, needed) if needed else None,
        command=command(case, needed) if needed else "",
        next_look=next_look(case, needed) if needed else None,
        processor=processor(case),
    )


def _family_size(study: Study, case: Case) -> int:
    """Questions of the primary family; as frozen at registration where there is a ledger."""
    if study.quick or not case.question.hypothesis.primary:
        return 0
    if case.standing.family_size is not None:
        return case.standing.family_size
    return sum(len(budgets_judged(h)) for h in study.hypotheses if h.primary)


def _counts(cases: Iterable[Case]) -> tuple[int, int, int]:
    """(planned, analysed) runs over all cases, a shared run once, and cases whose times lack."""
    planned: set[tuple[str, int]] = set()
    present: set[tuple[str, int]] = set()
    missing_times = 0
    for case in cases:
        for a in case.arms:
            path = a.arm.runs_path
            planned |= {(path, seed) for seed in a.summary.seeds}
            present |= {(path, int(seed)) for seed in a.rows["seed"]} if len(a.rows) else set()
        times = case.question.outcomes.get(TIME_METRIC)
        missing_times += times is not None and not any(times.values.values())
    return len(planned), len(planned & present), missing_times


def _provisional(planned: int, analysed: int, missing_times: int) -> str:
    parts = []
    if analysed < planned:
        parts.append(f"{planned - analysed:,} of {planned:,} runs are missing")
    if missing_times:
        parts.append("training times are not measured yet")
    return "; ".join(parts)
