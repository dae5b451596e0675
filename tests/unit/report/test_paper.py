"""report.pdf and summary.pdf: pages, every value, nothing beyond the margin, one page in all cases."""

import io
import re
import shutil
import subprocess
from dataclasses import replace
from html import unescape

import pytest
from hyperverdict import figures
from hyperverdict.errors import UserError
from hyperverdict.report import html, paper, pdf, printer
from hyperverdict.report.reproduce import Sources
from hyperverdict.report.summary import CUT, DENSITIES, cut, summary
from hyperverdict.words.numbers import count

from tests.unit.report import samples

STUDY, REPORT, TABLES = samples.whole()
A4 = (595, 842)
PROVENANCE = {"runs": ["results/runs/" + "data~digits/" * 20], "versions": {"numpy": "2.4.6"}}

pytestmark = [
    pytest.mark.skipif(printer.problem() != "", reason=printer.problem()),
    pytest.mark.skipif(shutil.which("pdftotext") is None, reason="poppler-utils is missing"),
]


def poppler(document, *options):
    """What poppler reads in a PDF."""
    done = subprocess.run(
        ["pdftotext", *options, "-", "-"], input=document, capture_output=True, check=True
    )
    return done.stdout.decode()


STYLES = pdf.styles_of(html.render(STUDY, replace(REPORT, hypotheses=()), None, {}))


def pages_of(document):
    return poppler(document, "-layout").split("\f")[:-1]


def squeezed(text):
    """Letters and digits in their order: what line breaks and hyphens leave alone."""
    return re.sub(r"\W+", "", text)


def words_in_pages(document):
    """(page width, page height, words as (left, top, right, bottom)) of every page."""
    text = poppler(document, "-bbox")
    for page in re.findall(r"<page .*?</page>", text, re.DOTALL):
        width, height = map(float, re.search(r'width="([\d.]+)" height="([\d.]+)"', page).groups())
        boxes = re.findall(r'xMin="(.*?)" yMin="(.*?)" xMax="(.*?)" yMax="(.*?)"', page)
        yield width, height, [tuple(map(float, box)) for box in boxes]


def many(n, says="A claim of some length that a reader can still take in at once."):
    """A report of many claims, over three budgets each."""
    first = REPORT.hypotheses[0]
    claims = tuple(replace(first, id=f"claim_{i}", says=says) for i in range(n))
    stated = tuple(replace(STUDY.hypotheses[0], id=f"claim_{i}") for i in range(n))
    return replace(STUDY, hypotheses=stated), replace(REPORT, hypotheses=claims)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("study")
    figures.draw_all(REPORT, STUDY, TABLES, path / "figures")
    sources = Sources(final=TABLES.final)
    page = html.write_report(
        STUDY, REPORT, path / "figures", PROVENANCE, path / "report.html", sources
    )
    pdf.write_pdfs(STUDY, REPORT, page)
    return path


@pytest.fixture(scope="module")
def whole(folder):
    return (folder / "report.pdf").read_bytes()


def test_the_summary_is_one_a4_page_and_the_first_of_the_report(folder, whole):
    [page] = pages_of((folder / "summary.pdf").read_bytes())
    first = pages_of(whole)[0]
    assert squeezed(page) == squeezed(first) != ""
    [(width, height, _)] = words_in_pages((folder / "summary.pdf").read_bytes())
    assert (round(width), round(height)) == A4


def test_the_summary_says_what_a_reader_needs_when_it_is_alone(folder):
    [page] = pages_of((folder / "summary.pdf").read_bytes())
    text = squeezed(page)
    for hypothesis in REPORT.hypotheses:
        assert squeezed(f"{hypothesis.id} {hypothesis.says}") in text
        assert all(verdict.headline in page for verdict in hypothesis.verdicts)
    for part in (REPORT.main_caveat, REPORT.next_step, *REPORT.facts, f"{folder}/report.html"):
        assert squeezed(part) in text, part


def test_every_hypothesis_begins_a_page(whole):
    starts = [page.strip().splitlines()[0] for page in pages_of(whole)[1:]]
    for hypothesis in REPORT.hypotheses:
        assert any(re.match(rf"{hypothesis.id}\s", line) for line in starts), starts


def test_every_value_of_the_page_is_printed(folder, whole):
    page = (folder / "report.html").read_text()
    main = re.sub(
        r"<(svg|style|button|script|nav)\b.*?</\1>",
        "",
        page[page.index("<main>") :],
        flags=re.DOTALL,
    )
    # Of the table of all runs, paper holds the first rows.
    main = re.sub(r'<table class="sortable".*?</table>', "", main, flags=re.DOTALL)
    main = re.sub(r'<figcaption>.*?</figcaption>|<span class="hidden">.*?</span>', "", main)
    text = unescape(re.sub(r"<[^>]*>", "\n", main))
    # Poppler reads a cell of several lines in one of these orders, a paragraph that goes on on the
    # next page, after the number of its page, in the other.
    printed = [
        squeezed(re.sub(r"\d+ / \d+\s*\f", "", poppler(whole, *order))) for order in ((), ("-raw",))
    ]
    values = {squeezed(line) for line in text.splitlines() if re.search(r"\d", line)}
    missing = {v for v in values if not any(v in text for text in printed)}
    assert len(values) > 100
    assert not missing, missing


def test_long_paths_are_printed_whole(whole):
    assert squeezed("data~digits/" * 20) in squeezed(poppler(whole))


@pytest.mark.parametrize("name", ["report.pdf", "summary.pdf"])
def test_nothing_lies_beyond_the_margins(folder, name):
    for width, height, boxes in words_in_pages((folder / name).read_bytes()):
        assert boxes
        assert min(box[0] for box in boxes) >= 30
        assert max(box[2] for box in boxes) <= width - 30
        assert max(box[3] for box in boxes) <= height - 15


@pytest.mark.parametrize("claims", [1, 6, 12, 20, 60, 400])
def test_any_number_of_claims_fits_on_the_summary(claims):
    study, report = many(claims)
    page = pdf.first_page(summary(report, study, "results/studies/sample"), STYLES)
    [text] = pages_of(page.laid_out.write_pdf())
    if page.density.listed:
        shown = {f"claim_{i}" for i in range(claims)}
        assert shown <= set(re.findall(r"claim_\d+", text))
    else:
        assert re.search(rf"\b{claims}\b", text)
    assert page.is_whole or claims > 6


def test_twenty_claims_keep_their_sentences_and_with_one_budget_their_pictures():
    study, report = many(20)
    assert pdf.first_page(summary(report, study, "x"), STYLES).density.answers
    single = tuple(replace(h, verdicts=h.verdicts[:1]) for h in report.hypotheses)
    density = pdf.first_page(
        summary(replace(report, hypotheses=single), study, "x"), STYLES
    ).density
    assert density.rows
    assert density.answers


def test_long_words_are_cut_and_say_so():
    study, report = many(3, "word " * 1000)
    report = replace(report, main_caveat="caveat " * 700, title="title " * 500)
    page = pdf.first_page(summary(report, study, "x"), STYLES)
    [text] = pages_of(page.laid_out.write_pdf())
    assert not page.is_whole
    assert squeezed(CUT) in squeezed(text)
    assert cut("short", 10) == "short"
    assert len(cut("x" * 500, 100)) <= 100


@pytest.mark.parametrize(
    "says", ["<script>alert(1)</script>", "“quotes” & 'more'", "🙂", "\u202eabc"]
)
def test_claims_are_text(says):
    study, report = many(2, says)
    page = pdf.first_page(summary(report, study, "x"), STYLES)
    assert "<script" not in page.html
    [text] = pages_of(page.laid_out.write_pdf())
    assert "claim_1" in text


def test_the_same_verdicts_give_the_same_file():
    study, report = many(2)
    first, second = (
        pdf.first_page(summary(report, study, "x"), STYLES).laid_out.write_pdf() for _ in range(2)
    )
    assert first == second


def test_a_summary_that_leaves_something_out_is_followed_by_all_of_the_page(folder):
    page = (folder / "report.html").read_text()
    content = summary(REPORT, STUDY, "x")
    sparse = pdf.first_page(content, STYLES, DENSITIES[7:])
    full = pdf.first_page(content, STYLES)
    with_beginning = poppler(pdf.whole_report(page, sparse).write_pdf())
    without = poppler(pdf.whole_report(page, full).write_pdf())
    opening = squeezed(content.text["opening"])
    assert squeezed(with_beginning).count(opening) == 2
    assert squeezed(without).count(opening) == 1


def test_what_the_summary_does_not_show_of_the_beginning_is_in_the_appendix():
    changed = replace(REPORT, changes=("H1 was inconclusive.",), since="2026-01-01 10:00")
    page = html.render(STUDY, changed, None, {})
    first = pdf.first_page(summary(changed, STUDY, "x"), STYLES)
    assert first.is_whole
    assert "H1 was inconclusive." in poppler(pdf.whole_report(page, first).write_pdf())


@pytest.mark.parametrize("bodies", [1, 2, 100])
def test_long_tables_go_on_in_the_page(bodies):
    rows = "".join(
        f"<tr><td>row {i}</td></tr>" + ("</tbody><tbody>" if (i + 1) % (100 // bodies) == 0 else "")
        for i in range(100)
    )
    page = f"<html><body><main><table><tbody>{rows}</tbody></table></main></body></html>"
    document = printer.parsed(page)
    section = printer.parsed("<section>first</section>").etree_element.find(".//section")
    paper.arrange(document.etree_element, section, is_whole=True)
    text = "".join(document.etree_element.itertext())
    assert "row 59" in text
    assert "row 60" not in text
    assert f"{count(40, 'further row')} in report.html" in text


@pytest.mark.parametrize("kind", ["sortable", "stack", ""])
def test_a_wide_table_stays_on_the_paper(kind):
    cells = "".join('<td class="number">0.123456</td>' for _ in range(18))
    page = (
        f"<html><head><style>{STYLES}</style></head><body><main><div class='wide'>"
        f"<table class='{kind}'><tbody><tr>{cells}</tr></tbody></table></div></main></body></html>"
    )
    [(width, _, boxes)] = words_in_pages(printer.laid_out(printer.parsed(page)).write_pdf())
    assert max(box[2] for box in boxes) <= width - 30


def test_figures_in_a_row_are_numbered_and_captions_without_words_left_out():
    def figure(panels, caption):
        inner = "".join(f"<div><b>{panel}</b></div>" for panel in panels)
        link = '<a href="x.svg">SVG</a>'
        return (
            f'<figure><p class="finding">{caption}</p><div class="panels">{inner}</div>'
            f"<figcaption>{link}</figcaption></figure>"
        )

    figures_in_a_row = figure("p", "") + figure("qrs", "Found.")
    page = f"<html><body><main><section>{figures_in_a_row}</section></main></body></html>"
    document = printer.parsed(page)
    section = printer.parsed("<section>first</section>").etree_element.find(".//section")
    paper.arrange(document.etree_element, section, is_whole=True)
    [only] = document.etree_element.iter("figure")
    text = ["".join(panel.itertext()) for panel in only.find("div[@class='panels']")]
    assert text == ["1p", "2aq", "2br", "2cs"]
    assert ["".join(c.itertext()).strip() for c in only.findall("figcaption")] == ["2 Found."]


def test_pictures_get_the_colours_of_style_sheets():
    page = (
        "<html><head><style>.mark { fill: var(--refuted) } @media print { .line { stroke: #123456 } }"
        "@media screen { .mark { fill: #ffffff } }</style></head><body><main>"
        '<svg><circle class="mark" r="1"/><path class="line" d="M0 0" fill="var(--none, #abcdef)"/>'
        "</svg></main></body></html>"
    )
    document = printer.parsed(page)
    printer.laid_out(document)
    circle, path = (element for element in document.etree_element.iter() if element.get("class"))
    assert "fill:#8f3800" in circle.get("style")
    assert "stroke:#123456" in path.get("style")
    assert path.get("fill") == "#abcdef"


def test_nothing_is_fetched():
    document = printer.parsed('<body><main><img src="http://127.0.0.1:9/x.png">text</main></body>')
    with pytest.raises(ValueError, match="disallowed protocol"):
        document.url_fetcher.fetch("http://127.0.0.1:9/x.png")
    with pytest.raises(ValueError, match="disallowed protocol"):
        document.url_fetcher.fetch("file:///etc/hostname")
    assert printer.laid_out(document).pages


def test_without_a_printer_the_message_says_what_to_install(monkeypatch):
    monkeypatch.setattr(printer, "problem", lambda: "WeasyPrint finds no Pango; install it")
    with pytest.raises(UserError, match="no PDF can be made: WeasyPrint finds no Pango"):
        printer.parsed("<p>")


def test_older_pdfs_are_taken_away(tmp_path):
    for name in ("report.pdf", "summary.pdf", "other.pdf"):
        (tmp_path / name).write_bytes(io.BytesIO(b"x").getvalue())
    pdf.remove_pdfs(tmp_path)
    assert [file.name for file in tmp_path.iterdir()] == ["other.pdf"]


def test_a_hypothesis_is_one_page_and_the_document_is_tagged(whole):
    pages = pages_of(whole)
    starts = [i for i, page in enumerate(pages) if re.match(r"\s*(H1|H5|width)\s", page) and i]
    appendix = next(i for i, page in enumerate(pages) if page.strip().startswith("Appendix"))
    assert starts == [1, 2, 3]
    # Heatmaps follow on a page of their own.
    assert appendix - starts[-1] <= 2
    assert (
        "Figure"
        in subprocess.run(
            ["pdfinfo", "-struct", "-"], input=whole, capture_output=True, check=True
        ).stdout.decode()
    )
