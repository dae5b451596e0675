"""The words of the live line, of plain lines and of failures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len, set_cell_size

from hyperverdict.design.summary import duration
from hyperverdict.live.job import JobText, LostSeed
from hyperverdict.live.progress import Progress
from hyperverdict.words.numbers import count, plain, plural, seeds_text
from hyperverdict.words.safe import terminal_line

TAIL = 5
SHOWN_STOPPED = 8
# What stands for SLURM's reason before it has one.
NO_REASON = frozenset({"None", "submitted"})


def live_line(progress: Progress, now: float, width: int) -> str:
    """Everything on a line of at most `width` columns; what matters least goes first."""
    line = ""
    for line in map(terminal_line, _shorter_and_shorter(progress, now)):
        if cell_len(line) <= width:
            return line
    return f"{set_cell_size(line, max(width - 1, 0))}…"


def _shorter_and_shorter(progress: Progress, now: float) -> Iterator[str]:
    left = _left(progress, now)
    failed = _failed(progress)
    if not progress.trainings or progress.trainings_done == progress.trainings:
        doing = _doing(progress)
        head = f"{progress.steps_done:,} of {progress.steps:,} jobs done"
        short = f"{progress.steps_done:,}/{progress.steps:,} jobs"
        yield _joined(head, failed, left, doing)
        yield _joined(short, failed, doing)
        yield _joined(short, failed)
        return
    done, total = progress.trainings_done, progress.trainings
    head = f"{done:,} of {count(total, 'configuration')}"
    seeds = f"{progress.seeds_done:,} of {count(progress.seeds, 'seed')}"
    short = f"{done:,}/{total:,} configurations"
    short_seeds = f"{progress.seeds_done:,}/{progress.seeds:,} seeds"
    running, other = _running(progress), _doing_beside(progress)
    last = f"last: {progress.last.configuration}" if progress.last else ""
    yield _joined(f"{head} done", seeds, running, failed, left, other or last)
    yield _joined(short, short_seeds, running, failed, left, other or last)
    yield _joined(short, short_seeds, running, failed, left)
    yield _joined(short, running, failed, left)
    yield _joined(f"{done:,}/{total:,}", failed, left, last)
    yield _joined(f"{done:,}/{total:,}", failed, left)
    yield _joined(f"{done:,}/{total:,}", failed)


def _failed(progress: Progress) -> str:
    """Jobs that failed, and seeds of others that ended without a result."""
    jobs = f"{len(progress.failed):,} failed" if progress.failed else ""
    lost = f"{count(progress.seeds_lost, 'seed')} without result" if progress.seeds_lost else ""
    return _joined(jobs, lost)


def _running(progress: Progress) -> str:
    """How many train; on a cluster also how many wait."""
    on_the_way = progress.trainings_running
    if not on_the_way:
        return ""
    if progress.at_work is None:
        return f"{on_the_way:,} {'submitted' if progress.remote else 'running'}"
    at_work = min(progress.at_work, on_the_way)
    why = ", ".join([reason for reason in progress.waits_for if reason not in NO_REASON][:2])
    queued = f"{on_the_way - at_work:,} queued" + (f" ({why})" if why else "")
    return f"{at_work:,} running" + (f", {queued}" if on_the_way > at_work else "")


def _doing(progress: Progress) -> str:
    """What the running jobs do that train nothing."""
    doing = dict.fromkeys(entry.job.doing for entry in progress.running.values())
    return ", ".join(filter(None, doing))


def _doing_beside(progress: Progress) -> str:
    """The same where nothing trains at the moment."""
    return "" if progress.trainings_running else _doing(progress)


def _left(progress: Progress, now: float) -> str:
    seconds = progress.seconds_left(now)
    return f"about {duration(seconds)} left" if seconds and seconds >= 1 else ""


def _joined(*parts: str) -> str:
    return ", ".join(part for part in parts if part)


def finished_line(job: JobText, seconds: float, progress: Progress, now: float) -> str:
    """A plain line for a job that has finished; "" for one that does nothing."""
    if not job.doing:
        return ""
    if not job.configuration:
        return f"Done: {job.doing} ({progress.steps_done:,} of {count(progress.steps, 'job')})"
    took = "" if progress.remote else f" in {_took(seconds)}"
    state = _joined(
        f"{progress.trainings_done:,} of {count(progress.trainings, 'configuration')}",
        f"{progress.seeds_done:,} of {count(progress.seeds, 'seed')}",
        _failed(progress),
        _left(progress, now) if progress.trainings_done < progress.trainings else "",
    )
    return f"Trained {with_seeds(job)}{took}: {state}"


def _took(seconds: float) -> str:
    return "less than 1 s" if seconds < 1 else duration(seconds)


def with_seeds(job: JobText) -> str:
    """A job by its name: ``batch_size=4, depth=2 (10 seeds)``."""
    if not job.configuration:
        return job.doing
    return f"{job.configuration} ({count(len(job.seeds), 'seed')})"


def failure_lines(
    job: JobText, seeds_done: int, reason: str, log: str, tail: Sequence[str]
) -> list[str]:
    """Which job failed, why, and the end of its log.

    Args:
        reason: as the executor states it; may have several lines.
        log: the file that `tail` is the end of.
    """
    kept = f", {seeds_done:,} finished and kept" if seeds_done else ""
    name = f"{with_seeds(job)[:-1]}{kept})" if job.configuration else job.doing
    lines = [f"Failed: {name}"]
    lines += [f"    {line}" for line in reason.splitlines() if line.strip()]
    said = {line.strip() for line in reason.splitlines()}
    fresh = [line for line in tail if line.strip() not in said]
    if fresh:
        lines += [f"    Last lines of {log}:", *(f"        {line}" for line in fresh)]
    elif log and not any(log in line for line in lines):
        lines.append(f"    Log: {log}")
    return lines


def stopped_lines(stopped: Sequence[tuple[JobText, int]]) -> list[str]:
    """How far trainings got that somebody stopped, those with most seeds first.

    Args:
        stopped: each with its seeds done.
    """
    furthest = sorted(stopped, key=lambda entry: -entry[1])
    shown = [
        f"Stopped: {job.configuration} ({done:,} of {count(len(job.seeds), 'seed')} finished and "
        "kept)"
        for job, done in furthest[:SHOWN_STOPPED]
    ]
    more = len(furthest) - len(shown)
    return [*shown, *([f"Stopped: {count(more, 'more configuration')}"] if more else [])]


def lost_lines(job: JobText, lost: Sequence[LostSeed]) -> list[str]:
    """Which seeds of a finished job have no result, those with one reason together."""
    groups: dict[tuple[str, str], list[int]] = {}
    for seed in lost:
        groups.setdefault((plain(seed.status), seed.why), []).append(seed.seed)
    name = job.configuration or job.doing
    return [
        f"No result: {name}, {plural_of('seed', seeds)} {seeds_text(seeds)}: {status}"
        + (f" ({why})" if why else "")
        for (status, why), seeds in groups.items()
    ]


def plural_of(noun: str, items: Sequence[object]) -> str:
    """The noun for one or for several."""
    return noun if len(items) == 1 else plural(noun)


def summary(progress: Progress, seconds: float) -> str:
    """What a call has trained, in a sentence; "" where it trained nothing."""
    if not progress.trainings_done and not progress.failed:
        return ""
    seeds = sum(len(job.seeds) for job in progress.done.values())
    done = f"{count(progress.trainings_done, 'configuration')} ({count(seeds, 'seed')})"
    lost = f", {count(progress.seeds_lost, 'seed')} without result" if progress.seeds_lost else ""
    text = f"Trained {done} in {_took(seconds)}{lost}." if progress.trainings_done else ""
    names = [with_seeds(entry.job) for entry in progress.failed.values()]
    if names:
        more = f"; and {count(len(names) - 3, 'more job')}" if len(names) > 3 else ""
        text += f" Failed: {'; '.join(names[:3])}{more}."
    return text.strip()
