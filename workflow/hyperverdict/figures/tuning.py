"""Tuning: the validation score of every tuned value and arm, its seeds, and what was chosen."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from hyperverdict.claims.factors import factor_title
from hyperverdict.figures import style, svg, ticks
from hyperverdict.figures.data import hypothesis_of
from hyperverdict.figures.drawn import Drawn, Panel, Values, nothing
from hyperverdict.figures.runs import ArmLook, Runs
from hyperverdict.study.model import Hypothesis, Study
from hyperverdict.study.tuning import tuning_arms
from hyperverdict.verdicts.model import HypothesisReport
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import listed, value_text

COLUMNS = ("budget", "arm", "settings", "seed", "score", "chosen")


class Trial(NamedTuple):
    """One combination of tuned values of one arm.

    Attributes:
        name: the values in words; position: along the axis of the figure.
        scores: by tuning seed, nan where a run failed; mean over those that finished.
        chosen: whether tuning chose it; edge: whether it is at an end of a tried range.
    """

    name: str
    position: int
    scores: tuple[tuple[int, float], ...]
    mean: float
    chosen: bool
    edge: bool


class TuningInfo(NamedTuple):
    """One budget: arm label -> (title, trials in the order tried)."""

    budget: str
    names: tuple[str, ...]
    arms: Mapping[str, tuple[str, tuple[Trial, ...]]]


def tuning_info(
    hypothesis: Hypothesis, study: Study, titles: Mapping[str, str], budget: Budget | None,
    metric: Metric, runs: Runs,
) -> TuningInfo | None:  # fmt: skip
    """All trials of one budget; None where none has a score."""
    trials = tuning_arms(hypothesis, study, budget)
    chosen = dict(hypothesis.tuned.get(str(budget), {}))
    column = metric.validation
    if not trials or column not in runs.final:
        return None
    spell = study.vocabulary.spell
    wanted = {trial.configuration.path for trial in trials}
    own = runs.final[runs.final["path"].isin(wanted)]
    by_path = {str(path): rows for path, rows in own.groupby("path")}
    names = list(dict.fromkeys(_name(trial.settings, spell) for trial in trials))
    found: dict[str, tuple[str, list[Trial]]] = {}
    for trial in trials:
        rows = by_path.get(trial.configuration.path)
        scores: tuple[tuple[int, float], ...] = ()
        if rows is not None:
            kept = rows[rows["seed"].isin(trial.seeds)]
            values = kept[column].astype(float)
            if "failed" in kept:
                values = values.where(~kept["failed"].astype(bool), math.nan)
            scores = tuple(zip(map(int, kept["seed"]), map(float, values), strict=True))
        finite = [score for _, score in scores if math.isfinite(score)]
        name = _name(trial.settings, spell)
        is_chosen = dict(chosen.get(trial.arm, {})) == dict(trial.settings)
        mean = sum(finite) / len(finite) if finite else math.nan
        one = Trial(
            name, names.index(name), scores, mean, is_chosen,
            is_chosen and _at_edge(trial.settings, hypothesis.tune),
        )  # fmt: skip
        title = titles.get(trial.arm, trial.arm)
        found.setdefault(trial.arm, (title, []))[1].append(one)
    arms = {label: (title, tuple(tried)) for label, (title, tried) in found.items()}
    if not any(math.isfinite(t.mean) for _, tried in arms.values() for t in tried):
        return None
    return TuningInfo(str(budget or "all runs"), tuple(names), arms)


def _name(settings: Mapping[str, Any], spell: Any) -> str:
    """The tuned values: the value alone where one hyperparameter is tuned."""
    texts = [spell(name, value) for name, value in settings.items()]
    if len(texts) == 1:
        return str(texts[0])
    named = zip(settings, texts, strict=True)
    return ", ".join(f"{factor_title(name)} {text}" for name, text in named)


def _at_edge(settings: Mapping[str, Any], tried: Mapping[str, Any]) -> bool:
    """Whether a number is the lowest or the highest of those tried."""
    for name, value in settings.items():
        levels = [level for level in tried[name] if isinstance(level, (int, float))]
        numbers = len(levels) == len(tried[name]) > 1
        if numbers and isinstance(value, (int, float)) and value in (min(levels), max(levels)):
            return True
    return False


def draw(report: HypothesisReport, study: Study, runs: Runs) -> Drawn:
    """One panel a budget."""
    hypothesis = hypothesis_of(report, study)
    metric = study.chosen_by(hypothesis)
    if metric is None:
        return nothing(f"{report.id}: no score on a validation set was tuned.")
    titles = {arm.label: arm.title for v in report.verdicts for arm in v.arms}
    panels: dict[str, Panel] = {}
    infos = []
    for number, budget in enumerate(hypothesis.budgets, 1):
        info = tuning_info(hypothesis, study, titles, budget, metric, runs)
        if info is not None:
            infos.append(info)
            looks = {label: runs.look(report, label) for label in info.arms}
            label = f"Tuning at {info.budget}. {_means(info, metric)}"
            panels[f"budget{number}"] = Panel(draw_info(info, hypothesis, metric, looks), label)
    if not panels:
        return nothing(f"{report.id}: no tuning run has finished yet.")
    text = " ".join(map(_said, infos))
    caption = (
        "Tuning on the validation set: small dots are tuning seeds, lines join means, the ring is "
        f"the chosen value.{_edges(infos)}"
    )
    rows = [
        (info.budget, title, trial.name, seed, score, "yes" if trial.chosen else "no")
        for info in infos
        for title, trials in info.arms.values()
        for trial in trials
        for seed, score in trial.scores
    ]
    return Drawn("", caption, text, panels, Values(COLUMNS, tuple(rows)))


def _means(info: TuningInfo, metric: Metric) -> str:
    """The mean score of every trial, for those who do not see the picture."""
    said = (
        f"{title}, {trial.name}: {value_text(trial.mean, metric)}"
        for title, trials in info.arms.values()
        for trial in trials
    )
    return f"{'; '.join(said)}."


def _said(info: TuningInfo) -> str:
    parts = [
        f"{title} {trial.name}{' (at the edge of the tried range)' if trial.edge else ''}"
        for title, trials in info.arms.values()
        for trial in trials
        if trial.chosen
    ]
    return f"Chosen at {info.budget}: {listed(parts) or 'nothing yet'}."


def _edges(infos: list[TuningInfo]) -> str:
    edges = [
        f"{title} at {info.budget}"
        for info in infos
        for title, trials in info.arms.values()
        if any(trial.edge for trial in trials)
    ]
    if not edges:
        return " No chosen value lies at the edge of the tried range."
    return f" At the edge of the tried range, where a better value may lie beyond: {listed(edges)}."


def draw_info(
    info: TuningInfo, hypothesis: Hypothesis, metric: Metric, looks: Mapping[str, ArmLook]
) -> Figure:
    """Scores over the tuned values, one line an arm."""
    with style.look():
        figure = style.new_figure(2.8 + 0.22 * len(info.arms))
        ax = figure.subplots()
        style.set_title(ax, f"Tuning at {info.budget}")
        for label, (title, trials) in info.arms.items():
            _draw_arm(ax, title, trials, metric, looks[label])
        shown = info.names
        width = 12 if len(shown) <= 3 else 8
        ax.set_xticks(range(len(shown)), [style.fit(name, width, 3) for name in shown])
        ax.set_xlim(-0.4, len(shown) - 0.6)
        ax.set_xlabel(style.fit(listed(map(factor_title, hypothesis.tune)), 40))
        ax.set_ylabel(style.fit(_axis(metric), 26))
        percent = metric.is_fraction
        ticks.number_axis(ax, "y", 100.0 if percent else 1.0, "%" if percent else "")
        figure.legend(loc="outside lower left", frameon=False, fontsize=style.SMALL)
    return figure


def _axis(metric: Metric) -> str:
    """The score that was tuned: "validation accuracy"."""
    return metric.validation.replace("_", " ") or metric.title


def _draw_arm(
    ax: Axes, title: str, trials: tuple[Trial, ...], metric: Metric, look: ArmLook
) -> None:
    known = [trial for trial in trials if math.isfinite(trial.mean)]
    for trial in known:
        values = [score for _, score in trial.scores if math.isfinite(score)]
        ax.plot([trial.position] * len(values), values, "o", ms=3, color=look.color, alpha=0.5,
                mew=0, zorder=2)  # fmt: skip
    ax.plot(
        [trial.position for trial in known], [trial.mean for trial in known], color=look.color,
        ls=look.dash, lw=1.8, marker=look.marker, ms=5, label=style.fit(title, 40),
        gid=svg.tip(title), zorder=3,
    )  # fmt: skip
    for trial in known:
        if trial.chosen:
            said = svg.tip(f"{title}: {trial.name} chosen, {value_text(trial.mean, metric)}")
            ax.plot([trial.position], [trial.mean], "o", ms=14, mfc="none", mec=look.color,
                    mew=2, zorder=4, gid=said)  # fmt: skip
