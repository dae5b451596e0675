"""The plan in words: what would train, what for, at what cost, and what it could detect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from hyperverdict.claims import forewarnings
from hyperverdict.design.cost import TIMING_SECONDS_PER_BLOCK, Cost, run_cost
from hyperverdict.design.plan import Plan, PlannedTiming
from hyperverdict.design.state import RunState
from hyperverdict.stats.sequential import DEFAULT_LOOKS
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
            f"({len(plan.all_runs)} configurations) are trained; nothing to train."
        ]
        return "\n".join(lines + _timing_lines(missing_timings) + [""])
    lines = [
        f"Study {plan.study.name}: {len(todo)} configurations would train, "
        f"{seeds} runs (configuration x seed); {done} of {plan.planned_seeds} are there already."
    ]
    lines += [_run_line(state, timed) for state in todo[:LISTED]]
    if len(todo) > LISTED:
        lines.append(f"  ... and {len(todo) - LISTED} more configurations")
    lines += [f"  Unusable, will be retrained: {state.unsound}" for state in todo if state.unsound]
    lines += [
        f"  {name}: its arms train after its tuning runs, at the values chosen on validation"
        for name in plan.pending
    ]
    lines += [f"  {h.id}: {said}" for h in plan.study.hypotheses for said in forewarnings(h)]
    lines += _look_lines(plan)
    lines += _timing_lines(missing_timings)
    lines.append(_cost_line([run_cost(state, timed) for state in todo], cores))
    lines += _power_lines(plan)
    return "\n".join([*lines, ""])


def _look_lines(plan: Plan) -> list[str]:
    """Numbers of seeds that are judged once only, because no second look is registered."""
    study = plan.study
    counts = {len(h.seeds) for h in study.hypotheses} - {DEFAULT_LOOKS[0]}
    if study.looks or study.quick:
        return []
    return [
        f"  Judged once, at {n} seeds: seeds added later would not count. To keep a second look, "
        f"register it before the first run: looks: [{n}, {2 * n}]"
        for n in sorted(counts)
    ]


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
    from hyperverdict.vocabulary.hyperparameters import HYPERPARAMETERS, spell

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
    """From which size the hypotheses could detect an effect, those with equal seeds together."""
    groups: dict[tuple[Metric, int], list[str]] = {}
    for hypothesis in plan.study.hypotheses:
        for name in dict.fromkeys(e.metric for e in hypothesis.expect):
            key = (plan.study.metrics[name], len(hypothesis.seeds))
            groups.setdefault(key, []).append(hypothesis.id)
    if not groups:
        return []
    head = "Detectable with 80% power (SD = standard deviation of the difference between seeds):"
    return [head, *(_power_line(*key, ids, plan.study.alpha) for key, ids in groups.items())]


def _power_line(metric: Metric, seeds: int, hypotheses: list[str], alpha: float) -> str:
    from hyperverdict.stats.power import detectable_effect

    told = f"  {', '.join(hypotheses)}: {metric.name} at {seeds} seeds"
    if seeds < 2:
        return f"{told}: nothing, one seed gives no noise estimate"
    factor = detectable_effect(1.0, seeds, alpha)
    if metric.ratio:
        limit = f"{metric.matters_from ** (1 / factor):.2f}x"
        return f"{told}, {factor:.2f} SD; {metric.matters_from:g}x when the SD is at most {limit}"
    limit = f"{metric.matters_from / factor:.2g}"
    return f"{told}, {factor:.2f} SD; {metric.matters_from:g} when the SD is at most {limit}"


def duration(seconds: float) -> str:
    """Seconds in the unit a person would use."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
