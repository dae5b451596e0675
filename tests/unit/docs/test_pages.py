"""Links and anchors of the documents lead somewhere, generated pages are up to date, terms are explained."""

import re
import runpy
from pathlib import Path

import pytest
from hyperverdict.report.glossary import TERMS
from hyperverdict.study.load import load_study
from hyperverdict.verdicts.format import schema

ROOT = Path(__file__).parents[3]
PAGES = [
    *(ROOT / name for name in ("README.md", "CHANGELOG.md", "config/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "profiles").rglob("*.md")),
    *sorted((ROOT / "workflow/executor").rglob("*.md")),
]
LINK = re.compile(r"\]\(([^)\s]+)\)")
FOREIGN_WORDS = re.compile(
    r"\b(Section \d|Check \d|check \d|the contract|evidence\.md|hardly|is no [a-z]|mend(?:s|ed)?)\b"
)


def anchors(page):
    """Ids that a link into the page may name: headings as GitHub makes them, and explicit ones."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    slugs = (re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings)
    return {*slugs, *re.findall(r'<a id="([^"]+)">', text)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page):
    for link in LINK.findall(page.read_text()):
        if link.startswith("http"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{link} does not exist"
        assert not anchor or anchor in anchors(target), f"{link} has no such anchor"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_page_uses_words_that_readers_cannot_know(page):
    assert not FOREIGN_WORDS.findall(page.read_text())


def test_generated_pages_are_up_to_date():
    """`make docs` writes them again."""
    assert runpy.run_path(str(ROOT / "docs/generate.py"))["outdated"]() == []


def test_anchors_of_the_glossary_are_unique():
    found = re.findall(r'<a id="([^"]+)">', (ROOT / "docs/glossary.md").read_text())
    assert len(found) == len(set(found))


@pytest.mark.parametrize("term", TERMS, ids=lambda term: term.name)
def test_every_term_of_a_report_is_in_the_glossary(term):
    assert term.name.replace(" ", "-") in anchors(ROOT / "docs/glossary.md")


SECTIONS = {
    "Document": "Document",
    "HypothesisEntry": "Hypotheses",
    "VerdictEntry": "Verdicts",
    "ExpectationEntry": "Expectations",
    "EffectEntry": "Effects",
    "CheckResult": "Checks",
    "ArmSummary": "Arms",
    "SensitivityLine": "Sensitivity",
    "WayEstimate": "Estimates of another method",
    "NextLook": "Next look",
    "Head": "Ledger",
    "Failures": "Failures",
    "MetricEntry": "Metrics",
    "Pick": "Picks",
    "NoiseShare": "Noise",
    "Win": "Wins",
    "OpenRate": "Open rate",
}


def documented(section):
    """The keys in the first cells of a section's table."""
    text = (ROOT / "docs/verdicts.md").read_text()
    [body] = re.findall(rf"^#+ {section}$(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    cells = (line.split("|")[1] for line in body.splitlines() if line.startswith("| `"))
    return {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}


def test_every_field_of_verdicts_json_is_documented():
    made = schema()
    parts = {"Document": made, **made["$defs"]}
    fields = {SECTIONS[name]: set(part["properties"]) for name, part in parts.items()}
    assert fields == {section: documented(section) for section in SECTIONS.values()}


@pytest.mark.parametrize("page", ["README.md", "docs/own-training.md", "config/README.md"])
def test_studies_of_own_trainings_in_the_documents_are_valid(page, tmp_path):
    blocks = re.findall(r"```yaml\n(study: .*?)```", (ROOT / page).read_text(), re.DOTALL)
    own = [block for block in blocks if "\ntrain:\n  command:" in block]
    assert own
    for block in own:
        (tmp_path / "s.yaml").write_text(block)
        assert load_study(tmp_path / "s.yaml").hypotheses
