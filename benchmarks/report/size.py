"""How large and how quick a report is: 20 claims, 1,000 configurations with 10 seeds each.

    python benchmarks/report/size.py [CLAIMS ARMS]

Writes benchmarks/report/size.json. Runs are made up and judged by the engine; nothing is trained.
"""

import json
import os
import platform
import shutil
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from tests.browser.large import write_large  # noqa: E402

REPEATS = 5
# Text of the page without that of figures, and tables with more rows in view than 20.
FACTS = """() => {
    const copy = document.body.cloneNode(true);
    copy.querySelectorAll("svg, script").forEach((part) => part.remove());
    document.body.append(copy);
    const words = copy.innerText.split(/\\s+/).filter(Boolean).length;
    copy.remove();
    const rows = [...document.querySelectorAll("table:not(.overview)")].map(
        (table) => [...table.rows].filter((row) => row.checkVisibility()).length,
    );
    return {words, elements: document.querySelectorAll("*").length, most_rows: Math.max(0, ...rows)};
}"""


def measured(file: Path, browser: Browser) -> dict[str, float]:
    """Seconds until the page is drawn and answers, and what it holds."""
    seconds, answers = [], []
    for _ in range(REPEATS):
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        begun = time.perf_counter()
        page.goto(file.as_uri(), wait_until="load")
        page.locator(".overview-row").first.wait_for(state="visible")
        seconds.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        page.evaluate("document.querySelector('details.runs').open = true")
        page.locator("#all-runs thead th button").first.click()
        page.locator("#all-runs tbody tr").first.wait_for(state="visible")
        answers.append(time.perf_counter() - begun)
        page.close()
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    page.goto(file.as_uri())
    facts = page.evaluate(FACTS)
    page.close()
    return {
        "seconds_to_show": sorted(seconds)[REPEATS // 2],
        "seconds_to_sort_all_runs": sorted(answers)[REPEATS // 2],
        **facts,
    }


def main() -> None:
    claims, arms = map(int, sys.argv[1:3]) if len(sys.argv) > 2 else (20, 50)
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        file, runs = write_large(Path(folder), claims, arms)
        made = time.perf_counter() - begun
        with sync_playwright() as driver:
            found = shutil.which("chromium") or shutil.which("chromium-browser")
            browser = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
            facts = measured(file, browser)
            name = browser.version
            browser.close()
        result = {
            "claims": claims,
            "configurations": claims * arms,
            "runs": runs,
            "megabytes": file.stat().st_size / 1e6,
            "seconds_to_make": made,
            **facts,
            "n": REPEATS,
            "cores": os.cpu_count(),
            "versions": {
                "python": platform.python_version(),
                "chromium": name,
                **{p: version(p) for p in ("hyperverdict", "matplotlib", "playwright")},
            },
        }
    print(json.dumps(result, indent=2))
    if len(sys.argv) <= 2:
        out = ROOT / "benchmarks/report/size.json"
        out.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
