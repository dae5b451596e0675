"""What a mean cannot show: rare collapses, and how often the better arm loses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hyperverdict.checks.context import CheckContext
from hyperverdict.effects.contrast import Contrast
from hyperverdict.effects.wins import OpenRate, Win, open_rate, win_of
from hyperverdict.verdicts.model import Verdict
from hyperverdict.words.contrasts import start_text, to_text
from hyperverdict.words.numbers import count, digits, percent_text


def wins_of(context: CheckContext) -> Iterator[tuple[Contrast, Win]]:
    """Every difference of two arms with the probability that one new run beats the other."""
    for contrast in dict.fromkeys(effect.contrast for effect in context.effects):
        outcomes = context.question.outcomes.get(contrast.metric.name)
        win = win_of(outcomes, contrast) if outcomes else None
        if win is not None:
            yield contrast, win


def open_rate_of(context: CheckContext) -> OpenRate | None:
    """The rate of collapse that a verdict on means of trained runs leaves open."""
    if not any(effect.is_measured and not effect.metric.is_time for effect in context.effects):
        return None
    finished = {a.label: (a.summary.finished, len(a.rows)) for a in context.arms}
    return open_rate({arm: (total - kept, total) for arm, (kept, total) in finished.items()})


def open_rate_text(found: OpenRate, replicate: str = "seed", *, sound: bool = True) -> str:
    """``0 of 10 seeds collapsed; a collapse rate of up to 26% is still possible.``

    Args:
        sound: no finished run stands out; else one may have collapsed already.
    """
    rate = percent_text(found.rate, 0)
    if found.failed:
        failed = f"{found.failed} of {count(found.runs, 'run')} failed"
        return f"{failed}; a failure rate of up to {rate} is possible."
    runs = count(found.runs, replicate)
    if not sound:
        return (
            f"Even with 0 of {runs} collapsed, a collapse rate of up to {rate} would still be "
            "possible."
        )
    one = f"The only {replicate} did not collapse"
    clean = f"0 of {runs} collapsed" if found.runs > 1 else one
    return f"{clean}; a collapse rate of up to {rate} is still possible."


def win_text(contrast: Contrast, win: Win, replicate: str = "seed") -> str:
    """``One new run of batch size 128 beats one of batch size 4 in test accuracy in 0% to ...``"""
    low, high = (percent_text(end, 0) for end in win.interval)
    beats = "beats" if contrast.metric.better else "is above"
    to, start, metric = to_text(contrast), start_text(contrast), contrast.metric.title
    context = f" ({contrast.context})" if contrast.context else ""
    return (
        f"One new run of {to} {beats} one of {start} in {metric}{context} in {low} to {high} of "
        f"cases ({_seen(contrast, win, replicate)})."
    )


def _seen(contrast: Contrast, win: Win, replicate: str) -> str:
    """What the runs showed of it: ``in 9 of 10 seeds here``."""
    if not win.paired:
        return f"in {percent_text(win.share, 0)} of the pairs of runs here"
    pairs = count(win.runs, "measurement" if contrast.metric.is_time else replicate)
    return f"in {digits(win.share * win.runs)} of {pairs} here"


def rare_sentences(verdict: Verdict, contrasts: Iterable[Contrast]) -> Iterator[str]:
    """What is said of it beside the means of these contrasts."""
    wins = dict(verdict.wins)
    for contrast in contrasts:
        if contrast in wins:
            yield win_text(contrast, wins[contrast], verdict.replicate)
    if verdict.open_rate is not None:
        sound = not any(check.id == "too_skewed" for check in verdict.fired)
        yield open_rate_text(verdict.open_rate, verdict.replicate, sound=sound)
