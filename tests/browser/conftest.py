"""Reports as a browser shows them: Debian's Chromium, driven by Playwright."""

import os
import shutil
from dataclasses import replace

import pytest
from hyperverdict import figures
from hyperverdict.ledger.chain import append
from hyperverdict.report.html import write_report
from hyperverdict.report.reproduce import Sources
from playwright.sync_api import sync_playwright

from tests.unit.report import samples

SIZES = {"desktop": (1280, 800), "phone": (390, 844)}
STUDY = "study: sample\nseeds: 10\n"


@pytest.fixture(scope="session")
def whole_report(tmp_path_factory):
    """The file of a report with everything that a report can hold."""
    folder = tmp_path_factory.mktemp("whole")
    study, report, tables = samples.whole()
    (folder / "study.yaml").write_text(STUDY)
    entry = {"hypothesis": "H1", "budget": "300 steps", "seeds_before": 0}
    append(folder / "ledger.jsonl", [("registration", entry)])
    report = replace(
        report,
        changes=("H1 at 300 steps: inconclusive before, refuted now. Why: seeds were added.",),
        since="2026-01-01 10:00",
        history=("Look 1: H5 was inconclusive.",),
    )
    figures.draw_all(report, study, tables, folder / "figures")
    sources = Sources(
        tables.final.reset_index(drop=True),
        folder / "ledger.jsonl",
        study_file=str(folder / "study.yaml"),
    )
    provenance = {"versions": {"torch": "2.14"}, "configurations": {"data~x/" * 30: "10 seeds"}}
    out = folder / "report.html"
    return write_report(study, report, folder / "figures", provenance, out, sources)


@pytest.fixture(scope="session")
def browser():
    """A headless Chromium; a machine without one fails these tests and skips none."""
    found = (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )
    assert found, "these tests need Chromium: apt-get install chromium, or set CHROMIUM"
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


class Opened:
    """A page with what went wrong while it was open."""

    def __init__(self, page, file):
        self.page, self.problems, self.requests = page, [], []
        page.on("console", lambda m: self.problems.append(m.text) if m.type == "error" else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("request", lambda request: self.requests.append(request.url))
        page.goto(file.as_uri())


@pytest.fixture
def opened(browser, whole_report):
    """Opens the report (or another file) at a size, in a colour scheme, with or without script."""
    contexts = []

    def open_at(size="desktop", file=whole_report, **options):
        width, height = SIZES[size]
        viewport = {"width": width, "height": height}
        context = browser.new_context(viewport=viewport, **options)
        contexts.append(context)
        return Opened(context.new_page(), file)

    yield open_at
    for context in contexts:
        context.close()
