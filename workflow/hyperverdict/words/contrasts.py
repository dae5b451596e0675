"""The only place that makes words of a `Contrast`: its name, its subject, and a clause on its size.

Sides, contexts and changes are text for people already, whatever they hold: they are written as
they are.
"""

from __future__ import annotations

from hyperverdict.effects.contrast import Contrast
from hyperverdict.words.numbers import listed, unit_of

SAME = "the same"


def contrast_name(contrast: Contrast) -> str:
    """What stands in a table or beside a bar: "depth 3 − depth 2 (width 16)"."""
    return f"{_name(contrast)} ({contrast.context})" if contrast.context else _name(contrast)


def _name(contrast: Contrast) -> str:
    to, start = to_text(contrast), start_text(contrast)
    match contrast.kind:
        case "fit":
            return f"fitted change from {start} to {to}"
        case "interaction" | "conditional":
            return f"effect of {contrast.change}: with {to} {_minus(contrast)} with {start}"
        case "share":
            return f"share of {to} − share of {start}"
    return f"{to} {_minus(contrast)} {start}"


def _minus(contrast: Contrast) -> str:
    return "/" if contrast.ratio else "−"


def to_text(contrast: Contrast) -> str:
    """The side that the effect is counted from `start_text` to."""
    return _side(contrast, contrast.to)


def start_text(contrast: Contrast) -> str:
    """The side that is subtracted, or divided by."""
    return _side(contrast, contrast.start)


def _side(contrast: Contrast, names: tuple[str, ...]) -> str:
    if contrast.kind == "epoch":
        return f"epoch {listed(names)}"
    if contrast.kind == "strategy":
        return f"{listed(names).replace('_', '-')} search"
    return listed(names)


def subject(contrast: Contrast) -> str:
    """What changes: "test accuracy", "training", "the effect of depth 2 → 3 on test accuracy"."""
    match contrast.kind:
        case "interaction" | "conditional":
            return f"the effect of {contrast.change} on {contrast.metric.title}"
        case "share":
            return f"the variance in {contrast.metric.title}"
    return "training" if unit_of(contrast).speed else measured_as(contrast)


def measured_as(contrast: Contrast) -> str:
    """The quantity that was measured."""
    return contrast.metric.title


def clause(contrast: Contrast, change: str, than: str) -> str:
    """The contrast as a clause around its change, without its context.

    Args:
        change: "2.3 points higher", "2.0 times as high", or `SAME`.
        than: how the change goes on, "than" or "as".
    """
    what, to, start = subject(contrast), to_text(contrast), start_text(contrast)
    same = change == SAME
    match contrast.kind:
        case "fit":
            where = f"at {to} {than} at {start}"
            return f"on the line fitted over the levels, {what} was {change} {where}"
        case "interaction":
            return f"difference of two effects: {what} was {change} with {to} {than} with {start}"
        case "conditional":
            mean = "" if len(contrast.to) + len(contrast.start) == 2 else "averaged over contexts, "
            where = f"with {to} {than} with {start}"
            return f"difference of two effects: {mean}{what} was {change} {where}"
        case "share":
            if same:
                return f"{to} and {start} explained equal shares of {what}"
            return f"{to} explained {change} of {what} than {start}"
        case "epoch":
            return f"from {start} to {to}, {what} {'did not change' if same else f'was {change}'}"
        case "strategy":
            average = "on average " if same else ""
            return f"{what} of the winners was {average}{change} after {to} {than} after {start}"
    average = "on average " if same else ""
    return f"{what} was {average}{change} with {to} {than} with {start}"
