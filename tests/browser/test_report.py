"""The report in a browser: whole without network and script, and usable with it."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from hyperverdict.report.badges import overall, verdict_badge

from tests.unit.report import samples

from .conftest import SIZES, STUDY

REPORT = samples.whole()[1]
UNFOLD = "button[data-unfold]"
# Text without that of figures, as a reader counts it.
WORDS = """() => {
    const copy = document.body.cloneNode(true);
    copy.querySelectorAll("svg, script").forEach((part) => part.remove());
    document.body.append(copy);
    const words = copy.innerText.split(/\\s+/).filter(Boolean).length;
    copy.remove();
    return words;
}"""


def overflow(page):
    """Elements that reach beyond the window and do not scroll by themselves."""
    return page.evaluate(
        """() => [...document.querySelectorAll("body *")]
            .filter((e) => e.getClientRects().length && !e.closest(".wide") && !e.closest("svg"))
            .filter((e) => e.getBoundingClientRect().right > window.innerWidth + 1)
            .map((e) => `${e.tagName}.${e.className}: ${e.textContent.slice(0, 60)}`)"""
    )


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_requested_and_nothing_fails(opened, size):
    shown = opened(size)
    shown.page.click(UNFOLD)
    shown.page.wait_for_timeout(100)
    assert shown.problems == []
    assert len(shown.requests) == 1


@pytest.mark.parametrize("size", SIZES)
def test_the_page_is_as_wide_as_its_window_folded_and_unfolded(opened, size):
    page = opened(size).page
    width = SIZES[size][0]
    for _ in range(2):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert overflow(page) == []
        page.click(UNFOLD)


def test_the_overview_shows_the_verdicts_and_links_to_their_sections(opened):
    page = opened().page
    for hypothesis in REPORT.hypotheses:
        group = page.locator(".overview-row", has=page.locator(f'a[href="#{hypothesis.id}"]'))
        assert group.get_attribute("data-standing") == overall(hypothesis)
        badges = group.locator("tr.budget .badge").all_inner_texts()
        expected = [verdict_badge(verdict) for verdict in hypothesis.verdicts]
        assert [" ".join(text.split()) for text in badges] == [
            f"{b.sign} {b.text}" for b in expected
        ]
        group.locator(".claim a").first.click()
        top = page.locator(f"section#{hypothesis.id}").bounding_box()["y"]
        assert abs(top) < SIZES["desktop"][1]


def test_the_first_picture_is_on_the_first_screen_of_a_phone(opened):
    page = opened("phone").page
    box = page.locator("main svg").first.bounding_box()
    assert box["y"] + box["height"] < SIZES["phone"][1]


def test_everything_is_readable_without_script(opened):
    page = opened(java_script_enabled=False).page
    assert page.locator(".only-script").count() > 0
    assert not page.locator(".only-script").first.is_visible()
    fold = page.locator("details.runs")
    fold.locator("summary").first.click()
    assert page.locator("#all-runs tbody tr").first.is_visible()
    assert page.locator("#all-runs tbody tr").count() == len(samples.whole()[2].final)


def test_folds_open_and_close_one_by_one_and_together(opened):
    page = opened().page
    fold = page.locator("details.verdict").first
    assert fold.evaluate("e => e.open") is False
    fold.locator("summary").click()
    assert fold.evaluate("e => e.open") is True
    page.click(UNFOLD)
    assert page.evaluate("[...document.querySelectorAll('details')].every((e) => e.open)")
    page.click(UNFOLD)
    assert page.evaluate("[...document.querySelectorAll('details')].every((e) => !e.open)")


def column(page, title):
    """The cells of a column of the table of runs, as shown."""
    heads = [head.strip() for head in page.locator("#all-runs thead th").all_inner_texts()]
    position = heads.index(title) + 1
    cells = page.locator(f"#all-runs tbody tr:visible td:nth-child({position})")
    return cells.all_inner_texts()


def test_runs_are_sorted_as_numbers_in_both_directions(opened):
    page = opened().page
    page.click(UNFOLD)
    head = page.locator("#all-runs thead th", has_text="batch size").first
    before = column(page, "batch size")
    head.locator("button").click()
    numbers = [float(text.replace(",", "")) for text in column(page, "batch size")]
    assert numbers == sorted(numbers)
    assert head.get_attribute("aria-sort") == "ascending"
    head.locator("button").click()
    falling = page.locator("#all-runs tbody tr td:first-child").all_inner_texts()
    assert [float(text.replace(",", "")) for text in falling] == numbers[::-1]
    assert sorted(before) == sorted(falling)


def test_runs_are_filtered_by_words_and_the_rest_is_counted(opened):
    page = opened().page
    page.click(UNFOLD)
    total = page.locator("#all-runs tbody tr").count()
    page.fill("input[data-filter]", "128")
    shown = page.locator("#all-runs tbody tr:visible").count()
    assert 0 < shown < total
    assert f"{shown} of {total} rows" in page.locator("[data-count]").inner_text()
    page.fill("input[data-filter]", "")
    assert page.locator("#all-runs tbody tr:visible").count() == total


def test_hypotheses_are_filtered_by_their_verdict(opened):
    page = opened().page
    wanted = overall(REPORT.hypotheses[0])
    page.select_option("select[data-filter-standing]", wanted)
    for hypothesis in REPORT.hypotheses:
        visible = page.locator(f"section#{hypothesis.id}").is_visible()
        assert visible == (overall(hypothesis) == wanted)
    page.select_option("select[data-filter-standing]", "")
    assert page.locator("section.hypothesis:visible").count() == len(REPORT.hypotheses)


def test_commands_and_the_study_file_are_copied(opened):
    shown = opened(permissions=["clipboard-read", "clipboard-write"])
    page = shown.page
    button = page.locator("button[data-copy]").first
    button.click()
    page.wait_for_function("document.querySelector('button[data-copy]').textContent === 'Copied'")
    command = button.get_attribute("data-copy")
    assert command.startswith("snakemake ")
    page.click(UNFOLD)
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<textarea id=\"paste\"></textarea>')"
    )
    page.focus("#paste")
    page.keyboard.press("Control+V")
    assert page.input_value("#paste") == command
    assert page.locator("#study-file").inner_text().strip() == STUDY.strip()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_axe_finds_no_fault_in_either_scheme(opened, size, scheme):
    page = opened(size, color_scheme=scheme).page
    page.click(UNFOLD)
    found = Axe().run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in found] == []


def test_text_in_figures_is_at_least_11_px_on_a_phone(opened):
    page = opened("phone").page
    page.click(UNFOLD)
    small = page.evaluate(
        """() => [...document.querySelectorAll("svg text")]
            .filter((e) => e.getClientRects().length && e.textContent.trim())
            .map((e) => {
                const matrix = e.getScreenCTM();
                const scale = Math.hypot(matrix.b, matrix.d);
                return [e.textContent, scale * parseFloat(getComputedStyle(e).fontSize)];
            })
            .filter(([, size]) => size < 10.9)"""
    )
    assert small == []


def test_no_sentence_that_explains_is_said_twice_in_view(opened):
    page = opened().page
    text = page.locator("main").inner_text()
    sentences = [s for s in re.split(r"(?<=[.!?])\s+|\n+", text) if len(s.split()) > 9]
    # A claim heads its rows and its section.
    claims = {f"{h.id} {h.says}" for h in REPORT.hypotheses}
    repeated = {s for s in sentences if sentences.count(s) > 1} - claims
    assert repeated == set()


def test_the_words_in_view_are_few(opened):
    assert opened().page.evaluate(WORDS) <= 2000
