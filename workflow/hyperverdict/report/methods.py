"""A methods paragraph that can be pasted into a paper: what was done, claim by claim."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from hyperverdict.effects.effect import Effect
from hyperverdict.figures.data import budget_levels
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.study.tuning import seeds_of_tuning
from hyperverdict.verdicts.facts import data_title
from hyperverdict.verdicts.model import HypothesisReport, StudyReport
from hyperverdict.words.contrasts import measured_as
from hyperverdict.words.effects import each_side, used_test
from hyperverdict.words.isolation import guarded
from hyperverdict.words.numbers import (
    confidence_text,
    count,
    digits,
    full_stop,
    listed,
    plain,
    seeds_text,
    size_text,
)


def methods_paragraph(study: Study, report: StudyReport, provenance: Mapping[str, Any]) -> str:
    """How the study was done, in the past tense, with its numbers.

    For runs from elsewhere it says only what their table shows.
    """
    if report.trained_elsewhere:
        experiment = [_elsewhere(study, report)]
    else:
        experiment = [_baseline(study), _seeds(study), *_tuning(study)]
    problems = {h.id: _problem(report, h) for h in report.hypotheses}
    whole = tuple(h for h in report.hypotheses if not problems[h.id])
    written = replace(report, hypotheses=whole)
    said = [
        *experiment,
        *_claims(written),
        *(f"{id_}: {problem}" for id_, problem in problems.items() if problem),
        *(() if study.only_estimates else _rules(study, report)),
        *(() if report.trained_elsewhere else _scoring(report, study)),
        *_ledger(report),
        *_versions(provenance),
    ]
    return " ".join(said)


def _claims(report: StudyReport) -> list[str]:
    """How every claim was examined."""
    return [*_budgets(report), *_tests(report), *_sizes(report)]


def _problem(report: StudyReport, hypothesis: HypothesisReport) -> str:
    """What keeps a hypothesis out of the paragraph, as a sentence; "" normally."""
    alone = replace(report, hypotheses=(hypothesis,))

    def nothing() -> str:
        _claims(alone)
        return ""

    return guarded(hypothesis.id, nothing, full_stop)


def _rules(study: Study, report: StudyReport) -> Iterator[str]:
    """What counted as a verdict, and the family of the primary ones."""
    yield (
        "A claim counted as supported or refuted when the interval excluded no difference on the "
        "claimed or the opposite side, and as having no meaningful effect when the "
        f"{_equivalence_levels(study, report)} interval lay within the smallest effect of interest "
        "(three-sided testing, Goeman, Solari and Stijnen 2010)."
    )
    if any(effect.between for effect in _effects(report)):
        yield (
            "A claim on a size counted as supported when that second interval lay within the "
            "claimed range, and as refuted when the first one lay outside of it."
        )
    yield from _family(study, report)


def _effects(report: StudyReport) -> Iterator[Effect]:
    for hypothesis in report.hypotheses:
        for verdict in hypothesis.verdicts:
            yield from verdict.judgement.effects


def _equivalence_levels(study: Study, report: StudyReport) -> str:
    """The levels of the intervals that show an effect to be negligible: "90%", "90% or 95%"."""
    # A look without alpha has no interval.
    sides = {side for effect in _effects(report) if (side := each_side(effect)) > 0}
    levels = [confidence_text(2 * side) for side in sorted(sides or {study.alpha}, reverse=True)]
    return " or ".join(dict.fromkeys(levels))


def _elsewhere(study: Study, report: StudyReport) -> str:
    """What the table shows."""
    arms = [arm for h in report.hypotheses for verdict in h.verdicts for arm in verdict.arms]
    runs = sorted({arm.finished for arm in arms})
    few = f"{runs[0]:,} to " if len(runs) > 1 else ""
    each = f", with {few}{count(runs[-1], 'run')} per arm" if runs else ""
    stated = _settings(study)
    only = f" Only runs with {stated} were used." if stated else ""
    return f"The results come from a table of runs that were trained elsewhere{each}.{only}"


def _settings(study: Study) -> str:
    baseline = study.baseline
    return listed(
        f"{plain(name)} {baseline.vocabulary.spell(name, value)}"
        for name, value in baseline.settings.items()
        if name != "data"
    )


def _baseline(study: Study) -> str:
    training = study.vocabulary.training
    if training is None:
        return (
            f"Networks were trained on {data_title(study)} from a baseline of {_settings(study)}."
        )
    data = f" on {data_title(study)}" if training.data else ""
    stated = f", from a baseline of {_settings(study)}" if _settings(study) else ""
    return f"Runs were made with {training.program}{data}{stated}."


def _seeds(study: Study) -> str:
    numbers = sorted({len(h.seeds) for h in study.hypotheses} or {len(study.seeds)})
    few = f"{numbers[0]} to " if len(numbers) > 1 else ""
    trained = f"Each arm was trained with {few}{count(numbers[-1], 'seed')}"
    if study.vocabulary.training is not None:
        return f"{trained}, the same ones in all arms of a comparison."
    return (
        f"{trained}, the same ones in all arms of a comparison; a seed decides initial "
        "weights, data order and dropout."
    )


def _tuning(study: Study) -> Iterator[str]:
    """How each tuned hypothesis was tuned."""
    for h in study.hypotheses:
        if h.tune:
            seeds = seeds_of_tuning(h, study)
            yield (
                f"For {h.id}, {_grid(h, study)} {'was' if len(h.tune) == 1 else 'were'} tuned for "
                f"each arm by the mean validation {_chosen_by(h, study)} over seeds of their own "
                f"({seeds_text(seeds)}), then the arms were trained on the evaluation seeds."
            )


def _chosen_by(hypothesis: Hypothesis, study: Study) -> str:
    by = study.chosen_by(hypothesis)
    return plain(by.name) if by else "score"


def _grid(hypothesis: Hypothesis, study: Study) -> str:
    spell = study.vocabulary.spell
    return listed(
        f"{plain(name)} ({', '.join(spell(name, value) for value in values)})"
        for name, values in hypothesis.tune.items()
    )


def _budgets(report: StudyReport) -> Iterator[str]:
    """What was held equal, and where the training length is what a claim varies."""
    verdicts = [(h.id, v) for h in report.hypotheses for v in h.verdicts]
    held = [(id_, v) for id_, v in verdicts if v.budget and not v.budget_varies]
    equal = dict.fromkeys(v.budget for _, v in held if len(v.arms) > 1)
    if equal:
        yield f"Arms were compared at equal training length ({listed(equal)})."
    alone: dict[str, list[str]] = {}
    for id_, verdict in held:
        if len(verdict.arms) == 1:
            alone.setdefault(id_, []).append(verdict.budget)
    for id_, budgets in alone.items():
        yield f"The one arm of {id_} was trained for {listed(budgets)}."
    for id_, verdict in verdicts:
        if verdict.budget_varies:
            levels = listed(budget_levels(verdict))
            yield f"In {id_} the training length is what the claim varies: {levels}."


def _tests(report: StudyReport) -> Iterator[str]:
    """The test of every claimed metric, claims with the same one together."""
    used: dict[str, dict[str, None]] = {}
    estimated: list[str] = []
    validated: list[str] = []
    sequences = False
    for h in report.hypotheses:
        for verdict in h.verdicts:
            if verdict.judgement.evidence == "estimated":
                estimated.append(h.id)
                continue
            sequence = verdict.sequential
            for effect in verdict.judgement.effects:
                sequences = sequences or sequence
                if effect.contrast.kind == "epoch":
                    validated.append(h.id)
                what = f"{h.id} ({measured_as(effect.contrast)})"
                test = used_test(effect, verdict.replicate, sequence)
                used.setdefault(test, {})[what] = None
    if used:
        tests = "; ".join(f"{listed(claims)} with {test}" for test, claims in used.items())
        yield f"Effects were tested two-sided: {tests}."
    if sequences:
        yield (
            "A confidence sequence (Wang and Ramdas 2023) is wider than a t interval and stays "
            "valid however often it is looked at."
        )
    if validated:
        were = "was" if len(set(validated)) == 1 else "were"
        yield (
            f"{listed(dict.fromkeys(validated))} {were} judged on validation scores recorded "
            "during training."
        )
    if estimated:
        were = "was" if len(set(estimated)) == 1 else "were"
        yield f"{listed(dict.fromkeys(estimated))} {were} estimated without a test."


def _sizes(report: StudyReport) -> Iterator[str]:
    """The smallest effects of interest of the judged claims."""
    sizes: dict[str, None] = {}
    for h in report.hypotheses:
        for verdict in h.verdicts:
            for leg in verdict.judgement.judged_legs:
                size = size_text(leg.effects[0].delta, leg.effects[0].contrast)
                what = "shares of the variance in " if leg.expectation.share_of_variance else ""
                sizes[f"{size} in {what}{measured_as(leg.effects[0].contrast)}"] = None
    if sizes:
        were = "effect of interest was" if len(sizes) == 1 else "effects of interest were"
        yield f"The smallest {were} {listed(sizes)}."


def _family(study: Study, report: StudyReport) -> Iterator[str]:
    family = sum(len(h.verdicts) for h in report.hypotheses if h.primary)
    level = confidence_text(study.alpha)
    others = "; all other hypotheses were exploratory"
    others = "" if all(h.primary for h in report.hypotheses) else others
    if family == 1:
        yield f"The only primary verdict needed no correction ({level} interval){others}."
    elif family:
        each = confidence_text(study.alpha / family)
        how = f"Bonferroni-corrected intervals ({each} each)"
        if any(v.correction == "max-t" for h in report.hypotheses for v in h.verdicts):
            how = (
                "intervals corrected by single-step max-t over sign flips of the seeds (Westfall "
                "and Young 1993)"
            )
        yield f"The {count(family, 'primary verdict')} formed one family with {how}{others}."
    elif report.hypotheses:
        verdicts = [v for h in report.hypotheses for v in h.verdicts]
        if verdicts and all(v.sequential for v in verdicts):
            yield f"All hypotheses were exploratory, each at an alpha of {digits(study.alpha)}."
            return
        sequence = " or a confidence sequence was used" * any(v.sequential for v in verdicts)
        wider = f", wider where further looks were planned{sequence}"
        looks = "" if report.trained_elsewhere else wider
        yield f"All hypotheses were exploratory; intervals are {level} intervals{looks}."


def _scoring(report: StudyReport, study: Study) -> Iterator[str]:
    failed = any(
        failures.failed
        for h in report.hypotheses
        for verdict in h.verdicts
        for failures in verdict.judgement.failures
    )
    every = f"Every {'finished ' if failed else ''}run"
    if study.vocabulary.training is not None:
        yield f"{every} counts with the last score that its training reported."
    else:
        yield (
            f"{every} was scored once on the test set, after its last training step; no earlier "
            "state was chosen by its score."
        )
    yield (
        f"Of {count(report.planned, 'planned run')} (one configuration with one seed each) "
        f"{report.analysed:,} were analysed{'; failed runs count as outcomes' if failed else ''}."
    )


def _ledger(report: StudyReport) -> Iterator[str]:
    """The head of the ledger, by which a ledger that was written anew is noticed."""
    if report.ledger is not None:
        yield (
            "Registrations and looks are in a ledger whose lines are chained by SHA-256; its line "
            f"{report.ledger.line:,} has the hash {report.ledger.hash}."
        )


def _versions(provenance: Mapping[str, Any]) -> Iterator[str]:
    versions = provenance.get("versions")
    if isinstance(versions, Mapping) and versions:
        yield f"Software: {listed(f'{name} {version}' for name, version in versions.items())}."
