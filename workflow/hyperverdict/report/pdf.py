"""`report.pdf` and `summary.pdf`: the page printed, with one page for the whole study first."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from markupsafe import Markup

import hyperverdict
from hyperverdict.errors import UserError
from hyperverdict.report import html, printer
from hyperverdict.report.paper import arrange, claim_ids, claims_alone, set_density
from hyperverdict.report.summary import DENSITIES, MOST_LINES, Density, Summary, summary
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.sealed import seal_of
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import StudyReport
from hyperverdict.words.safe import html as safe_html

REPORT_PDF, SUMMARY_PDF = "report.pdf", "summary.pdf"
# Classes of print.css for a hypothesis that is longer than a page, the least dense first.
CLAIM_DENSITIES = ("dense", "denser")


class FirstPage(NamedTuple):
    """The summary as it fits on a page.

    Attributes:
        is_whole: nothing is left out or cut.
        laid_out: the page itself.
    """

    html: str
    density: Density
    is_whole: bool
    laid_out: Any


def write_pdfs(study: Study, report: StudyReport, page: Path) -> tuple[Path, Path]:
    """Print a report beside its page: (report.pdf, summary.pdf).

    Args:
        page: report.html of the same verdicts.

    Raises UserError where the printer is missing (`printer.problem`).
    """
    content = page.read_bytes()
    try:
        seal_of(content)
        text = content.decode()
    except ValueError as error:
        raise UserError(
            f"{page} is damaged ({error}); start the study again, and it is written again"
        ) from None
    first = first_page(summary(report, study, str(page.parent)), styles_of(text))
    whole = whole_report(text, first)
    files = page.with_name(REPORT_PDF), page.with_name(SUMMARY_PDF)
    for file, document in zip(files, (whole, first.laid_out), strict=True):
        # With the tags that screen readers read.
        write_atomic(file, document.write_pdf(pdf_tags=True))
    return files


def remove_pdfs(folder: Path) -> None:
    """Take away what older verdicts left on paper."""
    for name in (REPORT_PDF, SUMMARY_PDF):
        (folder / name).unlink(missing_ok=True)


def styles_of(page: str) -> str:
    """The style sheets of a page: the summary has the same, alone and within the report."""
    return "\n".join(re.findall(r"<style>(.*?)</style>", page, re.DOTALL))


def first_page(content: Summary, css: str, densities: Sequence[Density] = DENSITIES) -> FirstPage:
    """The summary at the first density at which it fits on one page.

    Args:
        css: the style sheets of the page that it belongs to (`styles_of`).
    """
    for density in (d for d in densities if content.least_lines(d) <= MOST_LINES):
        shown = content.shortened(density)
        page = _summary_html(shown, density, css)
        laid_out = printer.laid_out(printer.parsed(page))
        if len(laid_out.pages) == 1:
            return FirstPage(page, density, density.is_whole and shown == content, laid_out)
    raise UserError("the summary of this study does not fit on one page")


def whole_report(page: str, first: FirstPage) -> Any:
    """The report as set pages: the summary, hypotheses, appendix."""
    document = printer.parsed(page)
    section = printer.parsed(first.html).etree_element.find(".//section")
    assert section is not None
    root = document.etree_element
    arrange(root, section, first.is_whole)
    _fit_claims(document)
    return printer.laid_out(document)


def _fit_claims(document: Any) -> None:
    """Set hypotheses that need more than a page more densely, as far as that can be read."""
    root = document.etree_element
    ids: Sequence[str] = claim_ids(root)
    for density in CLAIM_DENSITIES:
        alone = printer.with_tree(document, claims_alone(root, ids))
        ids = printer.longer_than_a_page(printer.laid_out(alone), ids)
        if not ids:
            return
        set_density(root, ids, density)


def _summary_html(content: Summary, density: Density, css: str) -> str:
    environment = html.new_environment()
    environment.filters["commands"] = _commands
    text = environment.get_template("summary.html.j2").render(
        s=content, d=density, css=css, version=hyperverdict.__version__
    )
    return text[text.index("<!DOCTYPE") :]


def _commands(text: str) -> Markup:
    """A sentence of ours with its `commands` as code."""
    return Markup(re.sub(r"`([^`]*)`", r"<code>\1</code>", str(safe_html(text))))
