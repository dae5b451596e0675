"""What holds for a whole study, in words."""

from __future__ import annotations

from hyperverdict.study.model import Study
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import (
    count,
    digits,
    listed,
    percent_text,
    plain,
    seeds_text,
    size_text,
    upper,
)

UNGUARDED = "judged without a ledger, so nothing guards against repeated looks at these runs"


def study_facts(study: Study, *, trained_here: bool, guarded: bool = True) -> tuple[str, ...]:
    """Data, seeds, sizes that matter and alpha, in reading order, as parts of one sentence.

    Args:
        guarded: a ledger counts the looks at a table.
    """
    data = data_title(study)
    alpha = (
        f"at most {percent_text(study.alpha, 0)} wrong verdicts per claim "
        f"(two-sided alpha {study.alpha:g})"
    )
    if trained_here:
        facts: tuple[str, ...] = (
            _seeds(study),
            _scored_on(study, data),
            _sizes(study),
            _trained_with(study),
            "" if study.smoke else alpha,
        )
    else:
        unguarded = "" if guarded or study.only_estimates else UNGUARDED
        facts = ("runs from elsewhere", data, _sizes(study), _selected(study), alpha, unguarded)
    return tuple(fact for fact in facts if fact)


def _seeds(study: Study) -> str:
    """The seeds of the hypotheses that train; those of the study where there are none."""
    own = dict.fromkeys(h.seeds for h in study.hypotheses if h.budgets != (None,))
    several = [*own] or [study.seeds]
    if len(several) == 1:
        [seeds] = several
        return f"{count(len(seeds), 'seed')} ({seeds_text(seeds)})" if seeds else ""
    numbers = sorted({len(seeds) for seeds in several})
    return f"{listed(numbers, 'or')} seeds, as each hypothesis states"


def _scored_on(study: Study, data: str) -> str:
    if study.vocabulary.training is not None:
        return data
    return f"{data}, scored once on its test set" if data else ""


def data_title(study: Study) -> str:
    """The data set for people; "" where nobody has named one."""
    if study.vocabulary.training is not None:
        return listed(study.vocabulary.training.data)
    facts = study.vocabulary.facts(study.data)
    return facts.title if facts else study.data


def _sizes(study: Study) -> str:
    claimed = dict.fromkeys(
        expectation.metric
        for hypothesis in study.hypotheses
        for expectation in hypothesis.claim.expect
        if not expectation.share_of_variance
    )
    sizes = [text for metric in claimed if (text := _size(metric))]
    return f"differences below {listed(sizes, 'or')} count as none" if sizes else ""


def _size(metric: Metric) -> str:
    if metric.matters_from is None:
        return ""
    if metric.ratio:
        return f"{digits(100 * (metric.matters_from - 1))}% of {metric.title}"
    return f"{size_text(metric.matters_from, metric)} of {metric.title}"


def _trained_with(study: Study) -> str:
    settings, rows = study.baseline.settings, study.vocabulary.hyperparameters
    training = study.vocabulary.training
    if training is not None:
        return f"trained with {training.program}"
    optimizer = settings.get("optimizer", rows["optimizer"].default)
    rate = settings.get("learning_rate", rows["learning_rate"].default)
    return f"{upper(str(optimizer))} at learning rate {digits(rate)} unless the claim varies it"


def _selected(study: Study) -> str:
    """Which rows of a table the study asks for."""
    spell = study.vocabulary.spell
    stated = [
        f"{plain(name)} {spell(name, level)}"
        for name, level in study.baseline.settings.items()
        if name != "data"
    ]
    return f"only runs with {listed(stated)}" if stated else ""
