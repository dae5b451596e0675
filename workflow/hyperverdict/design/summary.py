"""The plan in words: what would train, what for, at what cost, and what it could detect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from hyperverdict.design.cost import TIMING_SECONDS_PER_BLOCK, Cost, run_cost, timing_seconds
from hyperverdict.design.plan import Plan, PlannedTiming
from hyperverdict.design.state import RunState
from hyperverdict.vocabulary.hyperparameters import Level
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.words.numbers import count, size_text

LISTED = 12
ALWAYS_NAMED = ("hidden_units", "batch_size")


def plan_summary(
    plan: Plan,
    states: Mapping[str, RunState],
    timed: Mapping[str, float],
    missing_timings: Iterable[PlannedTiming],
    cores: int | None,
    devices: Iterable[str] = (),
    looks: Iterable[str] = (),
    alphas: Mapping[str, float] | None = None,
) -> str:
    """The text that a dry-run shows before Snakemake's own job list.

    Args:
        devices: where jobs train; looks: how the claims will be judged (ledger/coming_looks.py).
        alphas: hypothesis -> the alpha of its t intervals then; the study's where it has none.
    """
    todo = [state for state in states.values() if state.missing]
    if not todo:
        lines = [
            f"Study {plan.study.name}: nothing to train; all {count(plan.planned_seeds, 'run')} "
            f"({count(len(plan.all_runs), 'configuration')}) exist already."
        ]
        return "\n".join([*lines, *_timing_lines(missing_timings, states), ""])
    varied = _varied(plan)
    lines = [_total_line(plan, todo), *(_run_line(state, timed, varied) for state in todo[:LISTED])]
    if len(todo) > LISTED:
        lines.append(f"  ... and {count(len(todo) - LISTED, 'more configuration')}")
    lines += [f"  Unusable, will be retrained: {state.unsound}" for state in todo if state.unsound]
    lines += [
        f"  {name}: its arms train after its tuning runs, at the values chosen on validation"
        for name in plan.pending
    ]
    hypotheses = plan.study.hypotheses
    lines += [f"  {h.id}: {text}" for h in hypotheses for text in h.claim.forewarnings()]
    lines += [f"  {look}" for look in looks]
    lines += devices
    lines += _timing_lines(missing_timings, states)
    lines.append(_cost_line([run_cost(state, timed) for state in todo], cores))
    lines += _power_lines(plan, alphas or {})
    return "\n".join([*lines, ""])


def _total_line(plan: Plan, todo: list[RunState]) -> str:
    left = sum(len(state.untrained) for state in todo)
    kept = sum(len(state.kept) for state in todo)
    of_these = f" ({kept:,} of them kept by interrupted jobs)" if kept else ""
    trained = sum(bool(state.untrained) for state in todo)
    return (
        f"Study {plan.study.name}: {count(trained, 'configuration')} would train, "
        f"{count(left, 'run')} (configuration x seed); {plan.planned_seeds - left:,} of "
        f"{plan.planned_seeds:,} exist already{of_these}."
    )


def _varied(plan: Plan) -> frozenset[str]:
    """The hyperparameters that differ between the runs of a plan."""
    levels: dict[str, set[Level]] = {}
    for run in plan.all_runs:
        for name, level in run.configuration.levels:
            levels.setdefault(name, set()).add(level)
    return frozenset(name for name, found in levels.items() if len(found) > 1)


def _run_line(state: RunState, timed: Mapping[str, float], varied: frozenset[str]) -> str:
    cost = run_cost(state, timed)
    there = len(state.recorded) + len(state.kept)
    existing = f", {there} exist" if there else ""
    takes = "" if cost.source == "unknown" else f"{duration(cost.seconds)}  "
    return (
        f"  {count(len(state.untrained), 'seed')}{existing}  {takes}"
        f"{short_name(state, varied)}  for {', '.join(state.run.purposes)}"
    )


def short_name(state: RunState, varied: frozenset[str] = frozenset()) -> str:
    """The configuration without what is at its frozen default, to keep a line readable.

    Args:
        varied: hyperparameters that are named nevertheless, since runs differ in them.
    """
    configuration = state.run.configuration
    vocabulary = configuration.vocabulary
    always = {*varied, *(ALWAYS_NAMED if vocabulary.training is None else ())}
    parts = [
        f"{name}={vocabulary.spell(name, level)}"
        for name, level in configuration.levels
        if (level != vocabulary.hyperparameters[name].default or name in always)
        and not configuration.is_inert(name)
    ]
    return " ".join([*parts, f"({configuration.budget})"])


def _timing_lines(missing: Iterable[PlannedTiming], states: Mapping[str, RunState]) -> list[str]:
    return [_timing_line(timing, states) for timing in missing]


def _timing_line(timing: PlannedTiming, states: Mapping[str, RunState]) -> str:
    arms, purposes = count(len(timing.configurations), "arm"), ", ".join(timing.purposes)
    if timing.configurations[0].vocabulary.training is None:
        blocks = f"{arms} x {count(timing.repeats, 'block')}"
        seconds = len(timing.configurations) * timing.repeats * TIMING_SECONDS_PER_BLOCK
        takes = duration(seconds)
    else:
        blocks = f"{arms} x {count(timing.repeats, 'whole training')}"
        known = timing_seconds(timing, states)
        takes = "unknown until the first seeds have trained" if known is None else duration(known)
    return f"  timing {timing.key}: {blocks}, alone on the machine, {takes}  for {purposes}"


def _cost_line(costs: list[Cost], cores: int | None) -> str:
    total = sum(cost.seconds for cost in costs)
    sources = Counter(cost.source for cost in costs)
    if sources["unknown"] == len(costs):
        return "Cost: unknown until the first seeds have trained."
    known = ", ".join(f"{source} ({n:,})" for source, n in sorted(sources.items()))
    wall = f", about {duration(total / cores)} on {cores} cores" if cores and cores > 1 else ""
    return f"Cost: {duration(total)} on one core{wall}. Source (configurations): {known}."


def _power_lines(plan: Plan, alphas: Mapping[str, float]) -> list[str]:
    """From which size the hypotheses could detect an effect, those with equal seeds together."""
    if plan.study.smoke:
        return []
    groups: dict[tuple[Metric, float, int, float], list[str]] = {}
    for hypothesis in plan.study.hypotheses:
        legs = [leg for leg in hypothesis.claim.expect if not leg.share_of_variance]
        for metric, size in dict.fromkeys((leg.metric, leg.matters_from) for leg in legs):
            alpha = alphas.get(hypothesis.id, plan.study.alpha)
            key = (metric, size, len(hypothesis.seeds), alpha)
            groups.setdefault(key, []).append(hypothesis.id)
    if not groups:
        return []
    head = "Detectable with 80% power (SD = standard deviation of the difference between seeds):"
    return [head, *(_power_line(*key, ids) for key, ids in groups.items())]


def _power_line(
    metric: Metric, size: float, seeds: int, alpha: float, hypotheses: list[str]
) -> str:
    from hyperverdict.stats.power import detectable_effect

    head = f"  {', '.join(hypotheses)}: {metric.title} at {count(seeds, 'seed')}"
    if seeds < 2:
        return f"{head}: nothing; one seed gives no estimate of the noise"
    if alpha <= 0:
        return f"{head}: nothing; a look there has no alpha left, or too few seeds"
    factor = detectable_effect(1.0, seeds, alpha)
    limit = size ** (1 / factor) if metric.ratio else size / factor
    return (
        f"{head}: {factor:.2f} SD, so {size_text(size, metric)} if the SD is at most "
        f"{size_text(limit, metric, significant=3 if metric.ratio else 2)}"
    )


def duration(seconds: float) -> str:
    """Seconds in the unit a person would use."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 6000:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.1f} h"
