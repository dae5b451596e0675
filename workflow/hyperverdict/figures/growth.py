"""A definition: how the number of combinations grows with every factor."""

from __future__ import annotations

from matplotlib.figure import Figure

from hyperverdict.claims.factors import factor_title
from hyperverdict.figures import style, svg, ticks
from hyperverdict.figures.drawn import Cell, Panel
from hyperverdict.figures.runs import Runs
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport
from hyperverdict.words.numbers import number


def growth_info(report: HypothesisReport) -> tuple[tuple[str, int], ...]:
    """(factors so far, combinations), one factor after the other."""
    for verdict in report.verdicts:
        facts = verdict.judgement.facts
        if "growth" in facts:
            names = [f"{factor_title(name)} ({n})" for name, n in facts["counts"].items()]
            shown = [names[0], *(f"× {name}" for name in names[1:])]
            return tuple(zip(shown, map(int, facts["growth"]), strict=True))
    return ()


def part(report: HypothesisReport, study: Study, runs: Runs) -> Panel | None:
    """The picture; None without counts."""
    info = growth_info(report)
    title = "Combinations after each factor"
    said = "; ".join(f"{name}: {number(total, 0)}" for name, total in info)
    return Panel(draw_growth(info, title), f"{title}. {said}.") if info else None


def draw_growth(info: tuple[tuple[str, int], ...], title: str) -> Figure:
    """One bar a factor, on a log axis where they differ much."""
    with style.look():
        figure = style.new_figure(1.0 + 0.42 * len(info))
        ax = figure.subplots()
        style.set_title(ax, title)
        totals = [total for _, total in info]
        log = max(totals) > 50 * min(totals)
        for position, (name, total) in enumerate(info):
            ax.barh([position], [total], height=0.55, color=style.ARM_COLORS[0],
                    gid=svg.tip(f"{name}: {number(total, 0)}"))  # fmt: skip
            ax.annotate(
                number(total, 0), (total, position), va="center", fontsize=style.SMALL,
                xytext=(4, 0), textcoords="offset points", annotation_clip=False,
            )  # fmt: skip
        ax.set_yticks(range(len(info)), [style.fit(name, 20) for name, _ in info])
        ax.invert_yaxis()
        ax.grid(visible=False, axis="y")
        if log:
            ax.set_xscale("log")
            ax.set_xlim(min(1, *totals), max(totals) * 6)
            ticks.log_axis(ax, "x", most=4)
        else:
            ax.set_xlim(0, max(totals) * 1.25)
            ticks.number_axis(ax, "x", most=4)
        ax.set_xlabel(f"combinations{', log scale' if log else ''}")
    return figure


def values(report: HypothesisReport, study: Study, runs: Runs) -> list[tuple[Cell, ...]]:
    """Every count: (part, budget, metric, name, seed, value, low, high)."""
    return [("count", "", "", name, None, total, None, None) for name, total in growth_info(report)]


def caption(report: HypothesisReport, study: Study, runs: Runs) -> str:
    """What its marks mean."""
    return "Each bar multiplies the number of combinations by the levels of one more factor."
