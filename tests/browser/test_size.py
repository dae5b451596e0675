"""A large study's report stays small, quick and folded; the benchmark measures a larger one."""

import time

from .large import write_large

CLAIMS, ARMS = 6, 40


def test_a_large_study_is_small_quick_and_folded(opened, tmp_path):
    file, runs = write_large(tmp_path, CLAIMS, ARMS)
    assert runs == CLAIMS * ARMS * 10
    assert file.stat().st_size < 3e6 * max(CLAIMS / 20, 0.5)
    begun = time.monotonic()
    page = opened(file=file).page
    page.locator(".overview-row").first.wait_for(state="visible")
    assert time.monotonic() - begun < 3
    rows = page.evaluate(
        """() => [...document.querySelectorAll("table:not(.overview)")].map(
            (table) => [...table.rows].filter((row) => row.checkVisibility()).length)"""
    )
    assert max(rows, default=0) <= 21
    assert page.locator("#all-runs tbody tr").count() == CLAIMS * ARMS
