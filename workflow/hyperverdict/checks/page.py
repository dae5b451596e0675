"""docs/checks.md, made from the checks: ``python -m hyperverdict.checks.page > docs/checks.md``."""

from __future__ import annotations

from itertools import groupby

from hyperverdict.checks import CHECKS
from hyperverdict.checks.model import Check
from hyperverdict.stats.thresholds import TABLE

INTRODUCTION = """\
# Validity checks

A verdict rests on its evidence only where the runs allow it. Every verdict therefore passes these
checks; the report and `verdicts.json` list them all, each with its status: passed, not applicable,
or fired. This page is made from the code by `python -m hyperverdict.checks.page`.

| level | what it does when it fires |
|---|---|
| blocks | the headline reads "inconclusive" with the reason; the numbers stay visible |
| caveat | stands beside the verdict, the gravest ones on the first screen |
| information | is listed |
"""


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for module, checks in groupby(CHECKS, key=lambda check: check.look.__module__):
        parts.append(f"## {_question(module)}\n")
        parts += [_section(check) for check in checks]
    return "\n".join([*parts, _thresholds()])


def _thresholds() -> str:
    rows = [f"| {row.value:g} | {row.decides} | {row.source} |" for row in TABLE]
    return "\n".join(
        [
            "## Limits",
            "",
            "Where a check compares a number with a limit, this is the limit and its source "
            "(`stats/thresholds.py`).",
            "",
            "| limit | what it decides | source |",
            "|---|---|---|",
            *rows,
            "",
        ]
    )


def _question(module: str) -> str:
    """What the checks of a module ask: the first line of its docstring."""
    import sys

    text = sys.modules[module].__doc__ or ""
    return text.strip().splitlines()[0].rstrip(".")


def _section(check: Check) -> str:
    return (
        f"### {check.title}\n\n"
        f"`{check.id}` · {' or '.join(check.levels)}\n\n"
        f"{check.explains}\n\n"
        f"**When it fires:** {check.remedy}\n"
    )


if __name__ == "__main__":
    print(page(), end="")
