"""What a program reports: its metrics file or folder as rows of a run's table."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from hyperverdict.errors import UserError, nearest
from hyperverdict.foreign.names import RUNS, SEEDS
from hyperverdict.programs.rows import Cells, History, cells_of, history_of, words_of

Row = dict[str, Any]

SPLIT_ALONG, SPLIT_END = "validation_curve", "test"
TRAIN_SECONDS = "train_seconds"
# Columns of a run's table that a program may report under these names, and those it may not.
_OWN = ("step", "samples", "epoch", TRAIN_SECONDS)
_TAKEN = frozenset({"seed", "split", "correct", "path"})
# Columns that tell trainings apart; one run is one of them.
_SEVERAL = frozenset({*RUNS, "fold", "cv_fold", "split_id"})


@dataclass(frozen=True)
class Reported:
    """What one seed reported.

    Attributes:
        rows: one per point of training in order, then one with the last value of each column, which
            is the score.
        scores: column -> last value; nan where the program wrote that it is no number.
        reached: how far it says that it trained, in the unit of its budget; None where unsaid.
        spacing: usual distance between points of training, in the same unit; 0 for one point.
        seed: the seed that it says it used; None where unsaid.
        train_seconds: training time that it reports; None where unsaid.
        fault: why its rows are not those of one training with this seed; "" where they are.
        ended: column -> (how far it was last reported, widest distance between its reports), in the
            unit of progress; not for columns that were reported once.
    """

    rows: list[Row]
    scores: Mapping[str, float]
    reached: float | None = None
    spacing: float = 0.0
    seed: int | None = None
    train_seconds: float | None = None
    fault: str = ""
    ended: Mapping[str, tuple[float, float]] = field(default_factory=dict)


def read_metrics(
    place: Path, seed: int, unit: str, amount: int | None = None, told: Path | None = None
) -> Reported:
    """Read what the program of one seed wrote.

    Args:
        place: what stood for {metrics}.
        unit, amount: how long it was told to train; None where it was not told.
        told: the file or folder that the command names, where that is more than `place`.

    Raises UserError for what cannot be read as metrics.
    """
    # Late, since they load pandas.
    from hyperverdict.programs.places import metrics_files, read_files

    files = metrics_files(place, told or place)
    numbers = read_files(files)
    reported = reported_of(cells_of(numbers), numbers.columns, seed, unit, amount)
    if not reported.scores:
        raise UserError(f"{files[0]}: no column holds numbers")
    return reported


def reported_of(
    rows: Sequence[Cells],
    columns: Mapping[str, Iterable[float]],
    seed: int,
    unit: str,
    amount: int | None = None,
) -> Reported:
    """What the numbers of one seed report; without rows where there are none.

    Args:
        rows: the cells of each row, in the order in which they were reported.
        columns: the same numbers by column, as the program names it.
        unit, amount: see `read_metrics`.
    """
    history = history_of(rows, unit)
    if not history.rows:
        return Reported([], {})
    scores = {name: history.last(name) for name in history.columns if name not in _TAKEN}
    own_seed = next((n for n in history.columns if n.lower() in SEEDS and history.values(n)), None)
    reached, spacing = _reached(history, unit, amount)
    points = _rows(history, seed, shifted=_from_zero(history, unit, amount))
    last = points[-1]
    end = {**last, **_own(scores), **_further(scores), "seed": seed, "split": SPLIT_END}
    end |= {name: last[name] for name in ("step", "epoch") if name in last}
    seconds = scores.get(TRAIN_SECONDS)
    return Reported(
        [*points, end],
        scores,
        reached=reached,
        spacing=spacing,
        seed=None if own_seed is None else int(history.values(own_seed)[-1]),
        train_seconds=seconds if seconds is not None and math.isfinite(seconds) else None,
        fault=_several(columns, seed),
        ended=_ended(history),
    )


def _several(columns: Mapping[str, Iterable[float]], seed: int) -> str:
    """That rows of several trainings are in one table, of which only the last would count."""
    for name, cells in columns.items():
        if name.lower() not in (*SEEDS, *_SEVERAL):
            continue
        found = sorted({float(value) for value in cells if math.isfinite(value)})
        shown = ", ".join(f"{value:g}" for value in found[:3]) + (", ..." if found[3:] else "")
        if name.lower() in SEEDS and len(found) > 1:
            return f"its metrics hold rows of several seeds ({shown}), but it was given {seed}"
        if len(found) > 1:
            return (
                f"its metrics hold rows of several trainings (column {name}: {shown}), and a run "
                "has one score; report their mean in a row of its own file"
            )
    return ""


def _ended(history: History) -> dict[str, tuple[float, float]]:
    """How far each column was last reported, for columns with several reports."""
    ended = {}
    for name in history.columns:
        rows = [row for row in history.rows if name in row]
        places = sorted({p for row in rows if (p := row.get(history.progress)) is not None})
        if name != history.progress and len(places) > 1:
            ended[name] = places[-1], max(b - a for a, b in pairwise(places))
    return ended


def _rows(history: History, seed: int, *, shifted: bool) -> list[Row]:
    found = []
    for i, cells in enumerate(_with_epoch_ends(history.rows)):
        known = {n: v for n, v in cells.items() if v is not None and not math.isnan(v)}
        if shifted and "epoch" in known:
            known["epoch"] += 1
        step = known.get("step", known.get(history.progress))
        whole = step is not None and math.isfinite(step) and float(step).is_integer()
        found.append(
            {
                **_further(known),
                **_own(known),
                "seed": seed,
                "step": int(step) if whole and step is not None else i + 1,
                "split": SPLIT_ALONG,
            }
        )
    return found


def _with_epoch_ends(rows: Sequence[Cells]) -> list[Cells]:
    """Rows of which the last of an epoch alone has its number, and all that was reported in it."""
    epochs = [row.get("epoch") for row in rows]
    known = [epoch for epoch in epochs if epoch is not None]
    if len(set(known)) == len(known) or not all(float(epoch).is_integer() for epoch in known):
        return list(rows)
    last = {epoch: i for i, epoch in enumerate(epochs) if epoch is not None}
    of_epoch: dict[float, Cells] = {}
    found: list[Cells] = []
    for i, (row, epoch) in enumerate(zip(rows, epochs, strict=True)):
        if epoch is None:
            found.append(row)
            continue
        so_far = of_epoch.setdefault(epoch, {})
        so_far |= {name: v for name, v in row.items() if v is not None or name not in so_far}
        alone = {name: value for name, value in row.items() if name != "epoch"}
        found.append(so_far if last[epoch] == i else alone)
    return found


def _own(cells: Mapping[str, float]) -> Row:
    """The cells that a run's table has a column for."""
    own: Row = {n: cells[n] for n in _OWN if n in cells and math.isfinite(cells[n])}
    for name in ("step", "samples"):
        if name in own:
            own[name] = int(own[name])
    return own


def _further(cells: Mapping[str, float]) -> Row:
    """All other columns; a score that is no number has no cell."""
    return {
        name: value
        for name, value in cells.items()
        if name not in (*_OWN, *_TAKEN) and not math.isnan(value)
    }


def _reached(history: History, unit: str, amount: int | None) -> tuple[float | None, float]:
    """(furthest progress in the unit of the budget, counted from 1; usual spacing of points)."""
    if history.progress.lower() not in words_of(unit):
        return None, 0.0
    values = sorted(set(history.values(history.progress)))
    if not values:
        return None, 0.0
    spacing = median(b - a for a, b in pairwise(values)) if len(values) > 1 else 0.0
    return values[-1] + (1 if _from_zero(history, unit, amount) else 0), spacing


def _from_zero(history: History, unit: str, amount: int | None) -> bool:
    """Whether progress is counted from 0, so that it is one behind at the end."""
    if not history.progress or history.progress.lower() not in words_of(unit):
        return False
    values = history.values(history.progress)
    # A log with the budget in it starts with an evaluation before the training.
    return bool(values) and min(values) == 0 and (amount is None or max(values) < amount)


def length_fault(reported: Reported, amount: int, budget: str, *, stops_early: bool) -> str:
    """How a program trained for another length than it was told; "" where it did not, or says none.

    The last report may come before the end, by less than reports are apart.
    """
    reached, apart = reported.reached, reported.spacing
    if reached is None or reached == amount:
        return ""
    if reached < amount and not stops_early and amount - reached >= (apart or 1e-9):
        return (
            f"the program trained {reached:g} of {budget}, as its metrics say (counted from 1, or "
            "from 0 where they start with 0); if it may stop by itself, write stops_early: true "
            "under train"
        )
    if reached > amount and reached - amount >= (apart or 1e-9):
        return f"the program was told to train {budget}, and its metrics reach {reached:g}"
    return ""


def ended_before(wanted: Iterable[str], reported: Reported) -> str:
    """The first claimed score that was last reported well before the training's end; else "".

    Its last value would be compared with values of the end.
    """
    furthest = max((place for place, _ in reported.ended.values()), default=0.0)
    for name in wanted:
        place, apart = reported.ended.get(name, (furthest, 1.0))
        if furthest - place >= apart:
            return (
                f"{name} was last reported at {place:g}, and the training went on to "
                f"{furthest:g}: it has no score at its end"
            )
    return ""


def missing_scores(wanted: Mapping[str, str], scores: Iterable[str]) -> list[str]:
    """One sentence for each claimed metric that was not reported, with the nearest name."""
    known = list(scores)
    return [
        f"metrics.{metric}: the program reports no {name!r}; {nearest(name, known)}"
        for metric, name in wanted.items()
        if name not in known
    ]


def percent_scores(
    fractions: Mapping[str, str], wanted: Mapping[str, str], scores: Mapping[str, float]
) -> list[str]:
    """One sentence for each claimed fraction that is reported above 1, as percent are.

    One point would count as a hundred, and a size of 0.01 as a hundredth of a point.

    Args:
        fractions: metric -> which direction is better.
        wanted: metric -> its name in what is reported; scores for choices as METRIC.validation.
        scores: name -> value.
    """
    found: dict[str, tuple[str, float]] = {}
    for key, name in wanted.items():
        metric = key.removesuffix(".validation")
        value = scores.get(name, 0.0)
        if metric in fractions and math.isfinite(value) and value > 1 + 1e-6:
            found.setdefault(metric, (name, value))
    return [
        f"metrics.{metric}: {name} reaches {value:g}, but {metric} is a fraction (0 to 1). For "
        f"percent, declare a metric of another name: {metric}_percent: {{from: "
        f"{wanted.get(metric, name)}, better: {fractions[metric]}, matters_from: 1, unit: points}}"
        "; nothing trains again"
        for metric, (name, value) in found.items()
    ]


def not_finite(wanted: Iterable[str], scores: Mapping[str, float]) -> str:
    """The first claimed score that is not a finite number; "" where all are."""
    return next((name for name in wanted if not math.isfinite(scores.get(name, 0.0))), "")
