"""Tables and sentences from the rates that were measured."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from nasty.settings import SETTINGS, Setting

Cell = Mapping[str, float]
Found = Mapping[str, Mapping[str, Cell]]

ALPHA = 0.05
BEFORE, NOW = "HyperVerdict before", "HyperVerdict now"
EMPTY = "–"
OURS = "HyperVerdict"


def limit(studies: int) -> float:
    """The largest rate that fits 0.05: three Monte-Carlo standard errors above it."""
    return float(ALPHA + 3 * np.sqrt(ALPHA * (1 - ALPHA) / studies))


def key(setting: Setting, column: int, truth: float) -> str:
    """Where a cell stands in the rates."""
    return f"{setting.id}/{column}/{truth}"


def cells(setting: Setting, rates: Mapping[str, Cell]) -> list[list[float | None]]:
    """The three groups of a row's figures: wrong at each truth, found at the last one."""
    fields = (
        ("wrong", setting.truths[0]),
        ("wrong", setting.truths[1]),
        ("found", setting.truths[1]),
    )
    return [
        [
            rates[key(setting, c, truth)][field] if key(setting, c, truth) in rates else None
            for c in range(len(setting.sizes))
        ]
        for field, truth in fields
    ]


def shown(rate: float | None, most: float | None) -> str:
    """One figure; bold where it is wrong too often."""
    if rate is None:
        return EMPTY
    return f"**{rate:.3f}**" if most is not None and rate > most else f"{rate:.3f}"


def row(name: str, groups: list[list[float | None]], most: float) -> str:
    """One method's line."""
    figures = [
        shown(rate, most if group < 2 else None)
        for group, rates in enumerate(groups)
        for rate in rates
    ]
    title = f"**{name}**" if name == NOW else name
    return f"| {title} | " + " | ".join(figures) + " |"


def text_row(name: str, text: str, columns: int) -> str:
    """The line of a method that gives no verdict."""
    return f"| {name} | " + " | ".join([text, *[EMPTY] * (columns - 1)]) + " |"


def head(setting: Setting) -> str:
    """Title lines of a table; the group stands in the first of its columns."""
    titles = [
        f"{group}: {column}" if i == 0 else column
        for group in setting.groups
        for i, column in enumerate(setting.columns)
    ]
    return "| | " + " | ".join(titles) + " |\n|---|" + "--:|" * len(titles)


def methods_of(
    setting: Setting, found: Found, cannot: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """Names of the table's rows, ours first."""
    some = [
        name
        for name, rates in found.items()
        if any(k.split("/")[0] == setting.id for k in rates) or setting.id in cannot.get(name, {})
    ]
    return sorted(some, key=lambda name: not name.startswith(OURS))


def worst(groups: list[list[float | None]]) -> float:
    """The largest share of wrong verdicts."""
    return max(rate for group in groups[:2] for rate in group if rate is not None)


def sentence(setting: Setting, rows: Mapping[str, list[list[float | None]]], most: float) -> str:
    """What the table shows, from its figures."""
    mine, old = worst(rows[NOW]), worst(rows[BEFORE])
    peers = {n: g for n, g in rows.items() if not n.startswith(OURS)}
    bad = max(peers, key=lambda n: worst(peers[n]))
    parts = [
        f"HyperVerdict is wrong in at most {mine:.3f} of studies (before: {old:.3f}), {bad} in up to "
        f"{worst(peers[bad]):.3f}."
    ]
    sound = {n: g[2][-1] for n, g in peers.items() if worst(g) <= most and g[2][-1] is not None}
    own, last = rows[NOW][2][-1], setting.columns[-1]
    if sound:
        best = max(sound, key=lambda n: sound[n] or 0.0)
        parts.append(
            f"Of the peers that are not wrong too often, {best} finds most at {last}: "
            f"{sound[best]:.3f}; HyperVerdict: {own:.3f}."
        )
    else:
        parts.append(
            f"No peer stays within {most:.3f} throughout. HyperVerdict finds {own:.3f} at {last}."
        )
    return " ".join(parts)


def table(
    setting: Setting, found: Found, cannot: Mapping[str, Mapping[str, str]], studies: int
) -> str:
    """One setting: what is simulated, its table, and what it shows."""
    most = limit(studies)
    names = methods_of(setting, found, cannot)
    rows = {n: cells(setting, found[n]) for n in names if setting.id not in cannot.get(n, {})}
    columns = 3 * len(setting.sizes)
    lines = [
        row(n, rows[n], most) if n in rows else text_row(n, cannot[n][setting.id], columns)
        for n in names
    ]
    notes = [setting.note] if setting.note else []
    return "\n".join(
        [
            f"### {setting.title}",
            "",
            setting.says,
            "",
            head(setting),
            *lines,
            "",
            " ".join([sentence(setting, rows, most), *notes]),
            "",
        ]
    )


def tables(found: Found, cannot: Mapping[str, Mapping[str, str]], studies: int) -> str:
    """All settings that were measured."""
    measured = {k.split("/")[0] for k in found[NOW]}
    return "\n".join(table(s, found, cannot, studies) for s in SETTINGS if s.id in measured)
