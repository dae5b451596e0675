"""report.md: what Markdown makes of it is what was said, with pictures that exist and no HTML."""

import functools
import re
from dataclasses import replace

import pytest
from hyperverdict import figures
from hyperverdict.report import markdown
from hyperverdict.report.overview_figure import write_overview
from hyperverdict.words import safe
from hyperverdict.words.safe import xml
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.unit.report import samples

STUDY, REPORT, TABLES = samples.whole()
NASTY = (
    "<script>alert(1)</script>",
    "a_b *c* `d` [e](f) ![g](h) ~~i~~ $j$ | k \\ & &amp; http://x.org www.y.org",
    "# not a heading",
    "1. not a list",
    "- nor this",
    "===",
    "line\nbreak\r\n\n    code",
    "\x1b[31mred\u202eright to left",
    "`` ` ``",
    "🙂 " * 300,
)


@functools.cache
def parser():
    return MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])


def tokens(text):
    return [inner for token in parser().parse(text) for inner in (token, *(token.children or ()))]


def said(text):
    """What a reader sees, without marks."""
    return "".join(t.content for t in tokens(text) if t.type in ("text", "code_inline"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study's folder with its figures and its report.md."""
    path = tmp_path_factory.mktemp("study")
    figures.draw_all(REPORT, STUDY, TABLES, path / "figures")
    write_overview(REPORT, path / "figures" / "overview.svg")
    markdown.write_markdown(STUDY, REPORT, path, "figures")
    return path


@given(st.text(max_size=60))
def test_any_text_is_read_as_it_was_written(text):
    line = xml(text)
    assert {t.type for t in tokens(safe.markdown(text))} <= {
        "paragraph_open", "paragraph_close", "inline", "text", "text_special",
    }  # fmt: skip
    assert said(safe.markdown(text)) == line
    assert said(f"x {safe.markdown_code(text)}") == f"x {line}" or not line


@given(st.text(max_size=60))
def test_any_text_stays_in_its_cell(text):
    cells = [
        t for t in parser().parse(markdown.table(("a", "b"), [(text, "x")])) if t.type == "td_open"
    ]
    assert len(cells) == (2 if xml(text) else 1)


def test_long_tables_are_cut_and_say_so():
    rows = [(f"arm {i}", i) for i in range(25)]
    text = markdown.table(("arm", "n"), rows)
    assert "arm 19" in text
    assert "arm 20" not in text
    assert "5 further rows in report.html" in text


def test_what_changed_is_said():
    report = replace(REPORT, changes=("H1: <refuted> before, supported now.",), since="2026-01-01")
    document = said(markdown.render_markdown(STUDY, report, None, ""))
    assert "H1: <refuted> before, supported now." in document


def test_every_verdict_stands_in_it(folder):
    document = said((folder / "report.md").read_text())
    for hypothesis in REPORT.hypotheses:
        assert hypothesis.says in document
        for verdict in hypothesis.verdicts:
            assert verdict.headline in document
            for check in verdict.fired:
                assert check.sentence in document


def test_it_shows_every_picture_and_links_what_exists(folder):
    text = (folder / "report.md").read_text()
    images = [t.attrs["src"] for t in tokens(text) if t.type == "image"]
    drawn = {f"figures/{file.name}" for file in (folder / "figures").glob("*.svg")}
    shown_somewhere = {
        f"figures/{name}"
        for subject in (*REPORT.hypotheses, *STUDY.heatmaps)
        for picture in figures.pictures(subject, STUDY, folder / "figures")
        for _, name in picture.files
        if name.endswith(".svg")
    }
    assert set(images) == {"figures/overview.svg", *shown_somewhere}
    assert set(images) <= drawn
    headings = re.findall(r"^## (Claim .*)$", text, re.MULTILINE)
    anchors = {"#" + said(h).lower().replace(" ", "-") for h in headings}
    links = {t.attrs["href"] for t in tokens(text) if t.type == "link_open"}
    assert links == anchors


@pytest.mark.parametrize("says", NASTY)
def test_claims_are_text_whatever_they_say(says):
    hypotheses = tuple(replace(h, says=says, because=says) for h in REPORT.hypotheses)
    report = replace(REPORT, title=says, hypotheses=hypotheses, provisional=says, main_caveat=says)
    document = markdown.render_markdown(STUDY, report, None, "")
    plain = markdown.render_markdown(STUDY, REPORT, None, "")
    kinds = [t.type for t in tokens(document)]
    assert not {"html_inline", "html_block", "code_block", "fence", "hr", "s_open"} & set(kinds)
    assert kinds.count("heading_open") == plain.count("\n#") + 1
    assert kinds.count("image") == 0
    assert kinds.count("link_open") == plain.count("](#")
    assert said(document).count(xml(says)) >= 6


def test_a_study_that_claims_nothing_has_a_document():
    empty = replace(REPORT, hypotheses=(), main_caveat="", next_step="")
    assert "claims nothing" in markdown.render_markdown(STUDY, empty, None, "")


def test_a_failed_hypothesis_says_why():
    broken = replace(REPORT.hypotheses[0], failed_because="no <b>runs</b>", verdicts=())
    document = markdown.render_markdown(
        STUDY, replace(REPORT, hypotheses=(broken, *REPORT.hypotheses[1:])), None, ""
    )
    assert "no <b>runs</b>" in said(document)
