"""Where the noise comes from: runs that take one source of randomness from another seed.

``noise: [initialisation, data_order]`` beside a comparison trains, for each arm and source, as many
further runs as there are seeds: the source is drawn from one seed and the rest from the next.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hyperverdict.effects.outcomes import Arm
from hyperverdict.errors import UserError, nearest
from hyperverdict.study.model import Hypothesis
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.vocabulary import Vocabulary

# With fewer seeds the intervals of the shares say nothing.
FEWEST_SEEDS = 5
# Source -> the hyperparameter that draws it from a seed of its own.
SOURCES: Mapping[str, str] = {
    "initialisation": "initialisation_seed",
    "data_order": "data_order_seed",
    "dropout": "dropout_seed",
    "augmentation": "augmentation_seed",
}


@dataclass(frozen=True)
class Swapped:
    """One run that takes a source from `source_seed` and all else from `seed`."""

    source: str
    arm: str
    configuration: Configuration
    source_seed: int
    seed: int


def read_sources(raw: Sequence[str], vocabulary: Vocabulary) -> tuple[str, ...]:
    """The sources that a study names; UserError for others, and for trainings of one's own."""
    if not raw:
        return ()
    if vocabulary.training is not None:
        raise UserError(
            "noise: your own training gets one seed for everything, so its sources cannot be told "
            "apart; it works with models that this workflow trains",
            about="noise",
        )
    if not vocabulary.complete:
        raise UserError(
            "noise: it needs runs that this study trains; a table holds what it holds",
            about="noise",
        )
    for source in raw:
        if source not in SOURCES:
            allowed = ", ".join(SOURCES)
            raise UserError(
                f"noise: {source!r} is no source of randomness; {nearest(source, SOURCES)} "
                f"(allowed: {allowed})",
                about="noise",
            )
    return tuple(dict.fromkeys(raw))


def check_noise(hypothesis: Hypothesis, arms: Sequence[Arm]) -> None:
    """UserError where the design does not fit the claim: other than two arms, inert sources."""
    if len(arms) != 2:
        raise UserError(
            f"noise: the claim has {len(arms)} arms, and sources are told apart for the difference "
            "of two; write it as a comparison (compare: {...: {from: ..., to: ...}})",
            about="noise",
        )
    if len(hypothesis.seeds) < FEWEST_SEEDS:
        raise UserError(
            f"noise: {len(hypothesis.seeds)} seeds say nothing about sources; use at least "
            f"{FEWEST_SEEDS}",
            about="noise",
        )
    for source in hypothesis.noise:
        name = SOURCES[source]
        if all(_with_seed(arm.configuration, name, 0).is_inert(name) for arm in arms):
            raise UserError(
                f"noise: nothing draws {source} in these arms; leave it out", about="noise"
            )


def swapped_runs(hypothesis: Hypothesis, arms: Sequence[Arm]) -> Iterator[Swapped]:
    """The further runs of a hypothesis at one budget, arm by arm."""
    seeds = hypothesis.seeds
    for source in hypothesis.noise:
        for arm in arms:
            for position, own in enumerate(seeds):
                configuration = _with_seed(arm.configuration, SOURCES[source], own)
                if configuration.is_inert(SOURCES[source]):
                    # The other arm alone draws it: this one's runs are those of the rest's seed.
                    configuration = arm.configuration
                following = seeds[(position + 1) % len(seeds)]
                yield Swapped(source, arm.label, configuration, own, following)


def _with_seed(configuration: Configuration, name: str, seed: int) -> Configuration:
    levels = tuple((n, seed if n == name else level) for n, level in configuration.levels)
    return replace(configuration, levels=levels)
