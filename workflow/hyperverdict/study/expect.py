"""One line of `expect`: what is claimed of a metric, and from which size it matters."""

from __future__ import annotations

from typing import Any, cast

from hyperverdict.effects.effect import Expectation
from hyperverdict.errors import UserError
from hyperverdict.stats.decision import Claim as Direction
from hyperverdict.vocabulary.hyperparameters import as_number
from hyperverdict.vocabulary.metrics import Metric, with_size

# The size that matters of a difference between shares of variance.
SHARE_MATTERS_FROM = 0.05


def read_expectation(metric: Metric, raw: Any) -> Expectation:
    """One line of `expect`: a direction, or a mapping that holds one.

    UserError for a missing size that matters, and for one that is a ratio where `metrics` states an
    absolute one, or the reverse.
    """
    if isinstance(raw, str):
        return Expectation(metric, cast(Direction, raw), _stated_size(metric))
    own = "matters_from" in raw
    stated = [key for key in raw if key != "matters_from"]
    if len(stated) > 1:
        raise UserError(f"{' and '.join(stated)} cannot be claimed at once; write one of them")
    if "share_of_variance" in raw:
        size = as_number(raw["matters_from"]) if own else SHARE_MATTERS_FROM
        direction = cast(Direction, raw["share_of_variance"])
        return Expectation(metric, direction, size, own, share_of_variance=True)
    size = _own_size(metric, raw["matters_from"]) if own else _stated_size(metric)
    if "is" in raw:
        return Expectation(metric, raw["is"], size, own)
    for key, claimed in (("higher_by", "higher"), ("lower_by", "lower")):
        if key in raw:
            low, high = (as_number(bound) for bound in raw[key])
            if not 0 <= low < high:
                raise UserError(f"{key}: {raw[key]!r} must be two sizes, the smaller first, from 0")
            return Expectation(metric, cast(Direction, claimed), size, own, between=(low, high))
    raise UserError(f"{raw!r} must hold one of: is, higher_by, lower_by, share_of_variance")


def _stated_size(metric: Metric) -> float:
    if metric.matters_from is None:
        raise UserError(
            f"metrics.{metric.name}.matters_from is missing: state the smallest effect that "
            f"matters, such as {metric.name}: {{matters_from: 0.01}} or a ratio such as 1.10x"
        )
    return metric.matters_from


def _own_size(metric: Metric, raw: object) -> float:
    own = with_size(metric, raw)
    if metric.matters_from is not None and own.ratio != metric.ratio:
        kinds = ("a ratio", "an absolute size")
        is_, states = kinds if own.ratio else reversed(kinds)
        raise UserError(
            f"matters_from: {raw!r} is {is_}, but metrics.{metric.name} states {states} "
            f"({metric.matters_from:g}{'x' if metric.ratio else ''}): write both alike"
        )
    return cast(float, own.matters_from)
