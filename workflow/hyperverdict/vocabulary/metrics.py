"""Metrics: one row each, with everything that the rest of the code needs to know of it.

`RECORDED` holds what our own training records. A study adds a row of its own for every further
metric that it names (`metrics:`), and may change the size that matters of a recorded one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from hyperverdict.errors import UserError, nearest
from hyperverdict.vocabulary.aliases import metric_meant
from hyperverdict.vocabulary.hyperparameters import as_number, range_problem
from hyperverdict.vocabulary.spellings import number_hint, number_meant, plain

Better = Literal["higher", "lower"]
Score = Callable[[Any, Any], float]
Maker = Literal["loop", "training", "table"]

FRACTION = "fraction"
_HUNDREDTHS = re.compile(r"(.+?)\s*(?:%|percent|pct|percentage points?|points?|pp)", re.IGNORECASE)
SECONDS = "seconds"
# Half of the whole scale is no smallest effect of interest: it was meant in percentage points.
LARGEST_SIZE = 0.5
TIME = "train_time"


@dataclass(frozen=True)
class Metric:
    """A measured quantity, where its values are, and the smallest effect of interest on it.

    Attributes:
        name: as studies write it.
        title: as sentences and axes write it: "test accuracy".
        unit: "fraction" (shown in percent, differences in points), "nats", "seconds", any other
            unit, or "" for plain numbers.
        better: which direction is better; None when nobody has said.
        matters_from: smallest effect of interest, in the metric's unit, or a ratio above 1 when
            `ratio`; None for a metric about which nothing can be claimed until the study says it.
        ratio: effects are ratios, to / from, judged on the log scale.
        final: column of the final table that is reported.
        validation: column of the final table with the score on the whole validation set, on which
            choices are made; "" where there is none.
        best: column of the final table with the best score on the validation curve; "" for none.
        curve: column of the curves table; "" where it is not recorded along the training.
        equal_at: kinds of budget that make it equal in all arms by design.
        complement_of: the metric whose `validation`, `best` and `curve` columns this one shares,
            as 1 - value; "" for none.
        score: computes it from predicted and true classes (two numpy arrays [N] of integers) at
            every evaluation; None for what training measures otherwise or not at all.
        at_the_end: of a metric `along_training`, the metric of the final evaluation.
    """

    name: str
    title: str
    unit: str = ""
    better: Better | None = None
    matters_from: float | None = None
    ratio: bool = False
    final: str = ""
    validation: str = ""
    best: str = ""
    curve: str = ""
    equal_at: tuple[str, ...] = ()
    complement_of: str = ""
    score: Score | None = field(default=None, compare=False, repr=False)
    at_the_end: Metric | None = field(default=None, compare=False, repr=False)

    @property
    def is_fraction(self) -> bool:
        """Whether values are fractions, shown in percent."""
        return self.unit == FRACTION

    @property
    def is_time(self) -> bool:
        """Whether it is the training time, which timing jobs measure."""
        return self.name == TIME

    @property
    def neutral(self) -> float:
        """The effect that says "no difference"."""
        return 1.0 if self.ratio else 0.0

    def along_training(self) -> Metric:
        """The metric as the evaluations during a training score it, under a title that says so.

        Our own loop evaluates validation images on the way and test images at the end; other runs
        report what they report, under one name.
        """
        if not self.best or self.at_the_end is not None:
            return self
        known = RECORDED.get(self.name)
        plain_title = f"validation {self.name.replace('_', ' ')}"
        own_title = known is None or known.title != self.title
        title = f"{self.title} (validation)" if own_title else plain_title
        return replace(self, title=title, at_the_end=self)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of the final table that may hold it, the reported one first."""
        return (self.final, self.name) if self.final != self.name else (self.final,)


def _recorded(
    name: str, title: str, unit: str, better: Better, complement_of: str = "", **more: Any
) -> Metric:
    """A metric that our own training scores on every split."""
    column = complement_of or name
    return Metric(
        name,
        title,
        unit,
        better,
        final=f"test_{name}",
        validation=f"validation_{column}",
        best=f"best_validation_{column}",
        curve=column,
        complement_of=complement_of,
        **more,
    )


RECORDED: Mapping[str, Metric] = {
    row.name: row
    for row in (
        _recorded("accuracy", "test accuracy", FRACTION, "higher", matters_from=0.01),
        _recorded("error", "test error", FRACTION, "lower", "accuracy", matters_from=0.01),
        _recorded("loss", "test loss", "nats", "lower"),
        Metric(
            TIME, "training time", SECONDS, "lower", matters_from=1.10, ratio=True, final=TIME,
            curve="train_seconds", equal_at=("seconds",),
        ),
    )
}  # fmt: skip

# Which direction is better, for metrics of other people's tables that a study does not describe.
_HIGHER = (
    "accuracy", "acc", "precision", "recall", "f1", "macro_f1", "auc", "auroc", "map", "iou",
    "bleu", "rouge", "score", "reward", "return", "success_rate", "r2", "top5_accuracy",
)  # fmt: skip
_LOWER = (
    "error", "err", "loss", "perplexity", "ppl", "mse", "rmse", "mae", "nll", "wer", "cer", "fid",
    "cross_entropy",
)  # fmt: skip
BETTER: Mapping[str, Better] = {
    **{name: "higher" for name in _HIGHER},
    **{name: "lower" for name in _LOWER},
}

# Amounts of training that a table may report as results.
_EQUAL_AT: Mapping[str, tuple[str, ...]] = {
    "steps": ("steps",),
    "updates": ("steps",),
    "samples": ("samples", "epochs"),
    "epochs": ("epochs",),
}


def unrecorded(name: str) -> Metric:
    """A metric that only a table from elsewhere or the user's own training has."""
    return Metric(
        name,
        name.replace("_", " "),
        better=BETTER.get(name),
        final=f"test_{name}",
        validation=f"validation_{name}",
        curve=name,
        equal_at=_EQUAL_AT.get(name, ()),
    )


def with_size(metric: Metric, size: object) -> Metric:
    """The metric with another size that matters: 0.01, or '1.10x' for a ratio.

    Raises UserError for a size that cannot be one of this metric.
    """
    ratio = isinstance(size, str) and size.endswith("x")
    try:
        value = as_number(str(size)[:-1] if ratio else size)
    except UserError:
        raise UserError(f"{size!r} is not a number{_size_hint(metric, size)}") from None
    if problem := range_problem(repr(size), value):
        raise UserError(problem)
    if ratio:
        if value <= 1:
            raise UserError(f"{size!r}: a ratio that matters is above 1, such as 1.10x")
    else:
        if value <= 0:
            raise UserError(f"{size!r}: the size that matters must be above 0")
        if metric.is_fraction and value >= 1:
            raise UserError(
                f"{size!r}: {metric.name} is a fraction of the images; write one point as 0.01"
            )
        if metric.is_fraction and value >= LARGEST_SIZE:
            raise UserError(
                f"{size!r}: {metric.name} is a fraction of the images, so this means "
                f"{100 * value:g} points; write {value:g} points as {value / 100:g}"
            )
        if metric.is_time:
            raise UserError(f"{size!r}: times are judged as ratios; write one such as 1.10x")
    return replace(metric, matters_from=value, ratio=ratio)


def _size_hint(metric: Metric, size: object) -> str:
    """What to write for a size that is spelled otherwise: 1%, 1 point, 10 % of the time."""
    text = plain(str(size)).replace("×", "x")
    if text.endswith("x"):
        return f"; write {number_meant(text[:-1]) or '1.10'}x"
    found = _HUNDREDTHS.fullmatch(text)
    value = number_meant(found.group(1)) if found else ""
    if value and (metric.is_time or metric.ratio):
        return f"; write {1 + float(value) / 100:.4g}x"
    if value:
        return f"; write {float(value) / 100:.6g}"
    ratio = "; times are judged as ratios; write one such as 1.10x"
    return ratio if metric.is_time else number_hint(size)


def unknown_metric(name: str, known: Iterable[str]) -> str:
    """What to say of a metric that no run records, with the one to write."""
    names = tuple(known)
    meant = metric_meant(name, names)
    hint = f": write {meant}" if meant and meant != name else f"; {nearest(name, names)}"
    return f"no run records the metric {name!r}{hint}"


def reported(name: str, *, validated: bool) -> Metric:
    """A metric that a training of the user's own reports; its unit is known for common names.

    Args:
        validated: whether a score for choices is reported, too.
    """
    metric, known = unrecorded(name), RECORDED.get(name)
    if known is not None:
        metric = replace(
            metric, unit=known.unit, better=known.better, matters_from=known.matters_from
        )
    return metric if validated else replace(metric, validation="")


def read_metric(name: str, entry: Mapping[str, Any], *, maker: Maker) -> Metric:
    """A metric as a study describes it.

    Args:
        entry: the content of `metrics.NAME`: matters_from, better, unit and title; for a training
            of the user's own, from and validation say under which names it is reported.
        maker: who made the runs: our own loop, a training of the user's own, or somebody else.

    Raises UserError for an unknown metric, and for a size that it cannot have.
    """
    if name not in RECORDED and maker == "loop":
        raise UserError(unknown_metric(name, RECORDED))
    told = [key for key in ("from", "validation") if key in entry and maker != "training"]
    if told:
        raise UserError(f"{told[0]} is for a training of your own, and `train` is missing")
    for key in ("better", "unit"):
        known = getattr(RECORDED[name], key) if name in RECORDED else entry.get(key)
        if entry.get(key, known) != known:
            raise UserError(
                f"{key} of {name} is {known}, not {entry[key]}; if yours is another score, give it "
                "a name of its own"
            )
    if maker == "training" and name != TIME:
        metric = reported(name, validated="validation" in entry)
    else:
        metric = RECORDED.get(name) or unrecorded(name)
    metric = replace(metric, **{k: entry[k] for k in ("better", "unit", "title") if k in entry})
    return with_size(metric, entry["matters_from"]) if "matters_from" in entry else metric
