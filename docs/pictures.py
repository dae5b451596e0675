"""Take the pictures of the documents from finished reports, with Debian's Chromium.

python docs/pictures.py: after `make reflection` and `make reflection-small`.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Locator, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs/images"
# Pixels of the window: a desktop's, a phone's.
DESKTOP, PHONE = (1280, 1000), (390, 844)


def report_of(study: str) -> str:
    """The address of a study's report."""
    return (ROOT / "results/studies" / study / "report.html").as_uri()


def take(
    browser: Browser, study: str, name: str, size: tuple[int, int], part: str = "", rows: int = 0
) -> None:
    """One picture.

    Args:
        part: selector of what is shown; "" for the window.
        rows: pixels of its height that are kept; 0 for all.
    """
    page = browser.new_page(viewport={"width": size[0], "height": size[1]})
    page.goto(report_of(study))
    shown: Locator = page.locator(part or "body").first
    box = shown.bounding_box()
    assert box is not None
    height = rows or (box["height"] if part else size[1])
    clip = {"x": 0, "y": box["y"] if part else 0, "width": size[0], "height": height}
    page.screenshot(path=IMAGES / name, clip=clip, full_page=True)  # type: ignore[arg-type]
    page.close()


def main() -> None:
    """All pictures."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        take(browser, "reflection_small", "report.png", DESKTOP)
        take(browser, "reflection", "overview.png", DESKTOP)
        take(browser, "reflection", "hypothesis.png", DESKTOP, "section.hypothesis", 1500)
        take(browser, "reflection", "phone.png", PHONE)
        browser.close()


if __name__ == "__main__":
    main()
