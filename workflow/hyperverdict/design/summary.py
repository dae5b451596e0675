"""The plan in words: what would train, what for, at what cost, and what it could detect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hyperverdict.design.cost import TIMING_SECONDS_PER_BLOCK, Cost, run_cost
from hyperverdict.design.plan import Inquiry, Plan, PlannedTiming
from hyperverdict.design.state import RunState
from hyperverdict.study.model import Metric

LISTED = 12


def plan_summary(
    plan: Plan,
    states: Mapping[str, RunState],
    timed: Mapping[str, float],
    missing_timings: Iterable[PlannedTiming],
    cores: int | None,
) -> str:
    """The text that a dry-run shows before Snakemake's own job list."""
    todo = [state for state in states.values() if state.missing]
    seeds = sum(len(state.missing) for state in todo)
    done = plan.planned_seeds - seeds
    if not todo:
        lines = [
            f"Study {plan.study.name}: all {plan.planned_seeds} runs "
            f"({len(plan.runs)} configurations) are trained; nothing to train."
        ]
        return "\n".join(lines + _timing_lines(missing_timings) + [""])
    lines = [
        f"Study {plan.study.name}: {len(todo)} configurations would train, "
        f"{seeds} runs (configuration x seed); {done} of {plan.planned_seeds} runs are there already."
    ]
    lines += [_run_line(state, timed) for state in todo[:LISTED]]
    if len(todo) > LISTED:
        lines.append(f"  ... and {len(todo) - LISTED} more configurations")
    lines += [f"  Unusable, will be retrained: {state.unsound}" for state in todo if state.unsound]
    lines += _timing_lines(missing_timings)
    lines.append(_cost_line([run_cost(state, timed) for state in todo], cores))
    lines += _power_lines(plan)
    return "\n".join([*lines, ""])


def _run_line(state: RunState, timed: Mapping[str, float]) -> str:
    cost = run_cost(state, timed)
    purposes = ", ".join(state.run.purposes)
    topup = f", {len(state.recorded)} there" if state.recorded else ""
    return (
        f"  {len(state.missing)} seeds{topup}  {duration(cost.seconds)}  "
        f"{short_name(state, timed)}  for {purposes}"
    )


def short_name(state: RunState, timed: Mapping[str, float]) -> str:
    """The path without what is at its frozen default, to keep a line readable."""
    from hyperverdict.study.hyperparameters import HYPERPARAMETERS, spell

    configuration = state.run.configuration
    parts = [
        f"{name}={spell(name, getattr(configuration, name))}"
        for name, h in HYPERPARAMETERS.items()
        if getattr(configuration, name) != h.default or name in ("hidden_units", "batch_size")
    ]
    return " ".join([*parts, f"({configuration.budget})"])


def _timing_lines(missing: Iterable[PlannedTiming]) -> list[str]:
    return [
        f"  timing {t.key}: {len(t.configurations)} arms x {t.repeats} blocks, alone on the "
        f"machine, {duration(len(t.configurations) * t.repeats * TIMING_SECONDS_PER_BLOCK)}  "
        f"for {', '.join(t.purposes)}"
        for t in missing
    ]


def _cost_line(costs: list[Cost], cores: int | None) -> str:
    total = sum(cost.seconds for cost in costs)
    by_source: dict[str, int] = {}
    for cost in costs:
        by_source[cost.source] = by_source.get(cost.source, 0) + 1
    told = ", ".join(f"{source} for {n}" for source, n in sorted(by_source.items()))
    wall = f", about {duration(total / cores)} on {cores} cores" if cores and cores > 1 else ""
    return f"Cost: {duration(total)} of one core{wall} (from: {told} configurations)."


def _power_lines(plan: Plan) -> list[str]:
    """From which size each hypothesis could detect an effect, given its seeds."""
    lines = []
    for inquiry in plan.inquiries:
        for metric in _metrics(inquiry, plan):
            lines.append("  " + _power_line(inquiry, metric, plan.study.alpha))
    if not lines:
        return []
    head = "Detectable with 80% power (SD = standard deviation of the difference between seeds):"
    return [head, *dict.fromkeys(lines)]


def _metrics(inquiry: Inquiry, plan: Plan) -> list[Metric]:
    names = dict.fromkeys(e.metric for e in inquiry.hypothesis.expect)
    return [plan.study.metrics[name] for name in names]


def _power_line(inquiry: Inquiry, metric: Metric, alpha: float) -> str:
    from hyperverdict.stats.power import detectable_effect

    n = len(inquiry.hypothesis.seeds)
    if n < 2:
        return f"{inquiry.hypothesis.id} {metric.name}: nothing, one seed gives no noise estimate"
    factor = detectable_effect(1.0, n, alpha)
    if metric.ratio:
        return (
            f"{inquiry.hypothesis.id} {metric.name}: {factor:.2f} SD of the log ratio at "
            f"{n} seeds; {metric.matters_from:g}x matters"
        )
    limit = metric.matters_from / factor
    return (
        f"{inquiry.hypothesis.id} {metric.name}: {factor:.2f} SD at {n} seeds; an effect of "
        f"{metric.matters_from:g} (the size that matters) when the SD is at most {limit:.2g}"
    )


def duration(seconds: float) -> str:
    """Seconds in the unit a person would use."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
