"""Where examples come from is printed, so that each failure can be made again."""

from __future__ import annotations

from tests.fuzz.limits import EXAMPLES


def pytest_report_header(config):
    seed = config.getoption("--hypothesis-seed", default=None)
    return f"fuzz: {EXAMPLES:,} examples, " + (f"seed {seed}" if seed else "the same every time")
