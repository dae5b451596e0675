"""Findings that belong to one claim type: plateau, best levels, effects by context."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from hyperverdict.claims.model import Judgement
from hyperverdict.words import effects
from hyperverdict.words import numbers as units

Facts = Mapping[str, Any]


def fact_sentences(judgement: Judgement, unit_of_metric: Mapping[str, units.Unit]) -> list[str]:
    """Sentences on what the type found besides its effects; empty for most types."""
    facts = judgement.facts
    return [
        *_best_levels(facts.get("within_delta_of_best", {})),
        *_plateaus(facts.get("plateau", {}), facts.get("epochs", ())),
        *_by_context(facts.get("effects_by_context", {}), unit_of_metric),
    ]


def _best_levels(sets: Mapping[str, Iterable[str]]) -> Iterable[str]:
    for metric, levels in sets.items():
        names = listed(units.plain(level) for level in levels)
        yield f"Not excluded as the best in {units.metric_title(metric)}: {names}."


def _plateaus(plateaus: Mapping[str, int | None], epochs: Iterable[int]) -> Iterable[str]:
    last = max(epochs, default=0)
    for metric, epoch in plateaus.items():
        what = units.plain(metric)
        if epoch is None:
            yield f"No plateau of {what} is proven up to epoch {last}."
        else:
            gain = f"the gain from epoch {epoch} to epoch {last}"
            yield f"Plateau of {what}: {gain} is proven too small to matter."


def _by_context(
    found: Mapping[str, Facts], unit_of_metric: Mapping[str, units.Unit]
) -> Iterable[str]:
    for metric, contexts in found.items():
        unit = unit_of_metric.get(metric, units.unit_of(metric))
        told = [
            f"{_change(entry, unit)} with {units.plain(context)} "
            f"({effects.interval_text(tuple(entry['ci1']), unit)})"
            for context, entry in contexts.items()
        ]
        yield f"Within each context {units.metric_title(metric)} was {listed(told)}."


def _change(entry: Facts, unit: units.Unit) -> str:
    low, high = entry["ci1"]
    estimate = float(entry["estimate"])
    if unit.ratio:
        return f"{units.short(estimate)} times as high"
    decimals = units.decimals_for((high - low) * unit.scale)
    if round(estimate * unit.scale, decimals) == 0:
        return "unchanged"
    direction = unit.higher if estimate > 0 else unit.lower
    return f"{units.amount(estimate, unit, decimals)} {direction}"


def listed(items: Iterable[str]) -> str:
    """Join as ``a``, ``a and b``, ``a, b and c``."""
    parts = list(items)
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
