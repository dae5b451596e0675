"""A claim in canonical words, whatever the reader's own wording."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hyperverdict.study.model import Expectation, Hypothesis, Study
from hyperverdict.words.counting import size

DIRECTION_WORDS = {
    "higher": "higher",
    "lower": "lower",
    "not_higher": "not higher",
    "not_lower": "not lower",
}


def claim_text(hypothesis: Hypothesis) -> str:
    """For example ``batch_size 4 -> 128: train_time lower, accuracy lower``."""
    terms = "; ".join(_term(verb, content) for verb, content in hypothesis.terms.items())
    expected = ", ".join(expectation_text(e) for e in hypothesis.expect)
    return f"{terms}: {expected}" if expected else terms


def expectation_text(expectation: Expectation) -> str:
    """For example ``accuracy higher`` or ``accuracy higher by 0 to 0.01``."""
    what = "share of variance in " if expectation.share_of_variance else ""
    direction = DIRECTION_WORDS[expectation.direction]
    if expectation.between:
        low, high = expectation.between
        direction += f" by {low:g} to {high:g}"
    return f"{what}{expectation.metric} {direction}"


def _term(verb: str, content: Any) -> str:
    if verb == "compare":
        return _content(content)
    words = verb.replace("_", " ")
    return f"{words} {_content(content)}"


def _content(content: Any) -> str:
    if isinstance(content, Mapping):
        if set(content) == {"from", "to"}:
            return f"{_content(content['from'])} -> {_content(content['to'])}"
        return ", ".join(f"{key} {_content(value)}" for key, value in content.items())
    if isinstance(content, Sequence) and not isinstance(content, str):
        if all(isinstance(item, Mapping) for item in content):
            return " and ".join(f"({_content(item)})" for item in content)
        return ", ".join(_content(item) for item in content)
    return str(content)


def study_facts(study: Study, own: bool = True) -> tuple[str, ...]:
    """What holds for the whole study, in reading order; `own` runs are trained by us."""
    from hyperverdict.checks.context import UNNAMED_DATA
    from hyperverdict.vocabulary.datasets import DATASETS
    from hyperverdict.words.counting import count, digits, listed, seeds_text

    data = str(study.baseline.get("data", ""))
    title = DATASETS[data].title if data in DATASETS else data
    title = "" if data == UNNAMED_DATA else title
    claimed = dict.fromkeys(e.metric for h in study.hypotheses for e in h.expect)
    matters = [
        f"{name} from {size(metric.matters_from, name, metric.ratio)}"
        for name in claimed
        if (metric := study.metrics.get(name)) is not None
    ]
    optimizer = str(study.baseline.get("optimizer", "adam")).capitalize()
    rate = float(study.baseline.get("learning_rate", 1e-3))
    if not own:
        stated = [f"{name} {value}" for name, value in study.baseline.items() if name != "data"]
        facts: tuple[str, ...] = (
            "runs from elsewhere",
            title,
            f"effects matter: {listed(matters)}" if matters else "",
            f"only runs with {listed(stated)}" if stated else "",
            f"at most {study.alpha:.0%} wrong verdicts per claim (two-sided alpha {study.alpha:g})",
        )
        return tuple(fact for fact in facts if fact)
    facts = (
        f"{count(len(study.seeds), 'seed')} ({seeds_text(study.seeds)})" if study.seeds else "",
        f"{title}, scored once on its test set" if title else "",
        f"effects matter: {listed(matters)}" if matters else "",
        f"{optimizer} at learning rate {digits(rate)} unless the claim varies it",
        f"at most {study.alpha:.0%} wrong verdicts per claim (two-sided alpha {study.alpha:g})",
    )
    return tuple(fact for fact in facts if fact)
