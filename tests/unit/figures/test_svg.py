"""Files and parts of a page: tooltips, unique ids, any width, nothing from elsewhere."""

import re
import xml.etree.ElementTree as ElementTree

import pytest
from hyperverdict import figures
from hyperverdict.figures import style, svg
from hyperverdict.figures.io import write
from hyperverdict.figures.svg import inline, standalone, tip

from tests.unit.report import samples

STUDY, REPORT, TABLES = samples.whole()


@pytest.fixture
def drawn(tmp_path):
    """A figure with a mark for all kinds of tooltips."""
    with style.look():
        figure = style.new_figure(2)
        ax = figure.subplots()
        ax.plot([1, 2, 3], [1, 3, 2], gid=tip("a <line> & more"))
        ax.plot([1, 2, 3], [3, 1, 2], "o", gid=tip("first", "second", 'third "3"'))
        ax.plot([1, 2], [2, float("nan")], "s", gid=tip("seen", "left out"))
        ax.bar([1], [1], gid=tip("bar"))
        ax.fill_between([1, 2], [1, 1], [2, 2], gid=tip("band"))
        ax.set_title("A <title> with $dollars$")
    return write(figure, tmp_path / "a.svg", "The finding", "What it shows: 3 & 4.")


def test_tooltips_stand_in_their_marks(drawn):
    root = ElementTree.parse(drawn).getroot()
    space = {"s": "http://www.w3.org/2000/svg"}
    marks = [t.text for t in root.findall(".//s:use/s:title", space)]
    groups = [t.text for t in root.findall(".//s:g/s:title", space)]
    assert marks == ["first", "second", 'third "3"']
    assert sorted(groups) == ["a <line> & more", "band", "bar"]
    assert "tip:" not in drawn.read_text()
    # Which of two marks was left out is not known, so neither has a tooltip.
    assert "left out" not in drawn.read_text()


def test_a_file_says_what_it_shows_and_stands_alone(drawn):
    root = ElementTree.parse(drawn).getroot()
    assert [child.tag.split("}")[1] for child in root][:2] == ["title", "desc"]
    assert root[0].text == "The finding"
    assert root[1].text == "What it shows: 3 & 4."
    assert root.get("width")
    text = drawn.read_text()
    assert not re.findall(r"https?://(?!www\.w3\.org)", text)
    assert "<metadata" not in text
    assert "DOCTYPE" not in text


def test_a_part_of_a_page_has_ids_of_its_own(drawn):
    first, second = (inline(drawn.read_text(), prefix) for prefix in ("H1.a", "H2.a"))
    ids = [set(re.findall(r' id="([^"]+)"', part)) for part in (first, second)]
    assert ids[0]
    assert not ids[0] & ids[1]
    for part, known in zip((first, second), ids, strict=True):
        used = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', part))
        assert {name for pair in used for name in pair if name} == known


def test_a_part_of_a_page_is_as_wide_as_its_place(drawn):
    root = ElementTree.fromstring(inline(drawn.read_text(), "x"))
    assert not root.get("width")
    assert "width:100%" in root.get("style")
    assert "max-width:442px" in root.get("style")
    assert root.get("role") == "img"
    assert root.get("aria-label") == "What it shows: 3 & 4."
    assert (
        ElementTree.fromstring(inline(drawn.read_text(), "x", "Other")).get("aria-label") == "Other"
    )
    # A title of all of it would hide those of the marks.
    assert [child.tag for child in root if child.tag in ("title", "desc", "style")] == []
    assert "font-family" not in inline(drawn.read_text(), "x")


def test_the_paper_of_a_file_is_not_part_of_a_page(drawn):
    assert f'id="{svg.BACKGROUND}"' in drawn.read_text()
    assert "--paper" not in inline(drawn.read_text(), "x").split("<text")[0].split("<use")[0]


def test_what_is_no_svg_is_refused():
    with pytest.raises(ElementTree.ParseError):
        standalone("no svg", "", "")


def test_texts_are_at_least_11_px_on_a_phone(tmp_path):
    """The content of a page 390 px wide is 358 px wide."""
    figures.draw_all(REPORT, STUDY, TABLES, tmp_path)
    files = [*tmp_path.glob("*.curves.*.svg"), *tmp_path.glob("*.cost.svg")]
    assert len(files) == 12
    for file in files:
        text = file.read_text()
        width = float(re.search(r'viewBox="0 0 ([\d.]+)', text).group(1))
        sizes = [float(s) for s in re.findall(r"font(?:-size)?: (?:bold )?([\d.]+)px", text)]
        assert sizes
        assert min(sizes) * 358 / width >= 11


def test_minus_signs_are_true(tmp_path):
    figures.draw_all(REPORT, STUDY, TABLES, tmp_path)
    for file in tmp_path.glob("*.svg"):
        texts = re.findall(r"<text[^>]*>([^<]*)</text>", file.read_text())
        assert not [t for t in texts if re.match(r"-[\d.]", t)]


def test_paths_of_a_page_are_short():
    whole = (
        '<svg viewBox="0 0 9 9"><path d="M 1.2345 2.3 L 1.2345 2.3 M 4.5678 2 L 9 9"/>'
        '<use x="1.23456" y="2"/></svg>'
    )
    root = ElementTree.fromstring(inline(whole, "x"))
    # A place joined to itself is a dot, which needs its place once.
    assert root[0].get("d") == "M1.2 2.3h0 M 4.6 2 L 9 9"
    assert root[1].get("x") == "1.23"
