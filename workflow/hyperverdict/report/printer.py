"""WeasyPrint: HTML becomes PDF. The only module that knows it, and what it needs of the system."""

from __future__ import annotations

import copy
import logging
import re
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from hyperverdict.errors import UserError
from hyperverdict.figures.palette import PALETTE
from hyperverdict.report.paper import SVG
from hyperverdict.words.safe import cut

if TYPE_CHECKING:
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

PANGO = (
    "install it with `sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0` "
    "(Debian, Ubuntu), `brew install pango` (macOS) or `conda install -c conda-forge pango`"
)
# What matplotlib brings along, so that every machine prints the same.
FONTS = {
    "DejaVu Sans": {("normal", "normal"): "DejaVuSans", ("bold", "normal"): "DejaVuSans-Bold",
                    ("normal", "italic"): "DejaVuSans-Oblique",
                    ("bold", "italic"): "DejaVuSans-BoldOblique"},
    "DejaVu Sans Mono": {("normal", "normal"): "DejaVuSansMono",
                         ("bold", "normal"): "DejaVuSansMono-Bold"},
}  # fmt: skip
# What a style sheet may say of marks in a picture.
_SVG_PROPERTIES = frozenset(
    {
        "fill", "fill-opacity", "stroke", "stroke-width", "stroke-dasharray", "stroke-opacity",
        "stroke-linecap", "stroke-linejoin", "opacity", "font-size", "font-weight", "font-family",
        "text-anchor", "display", "visibility",
    }
)  # fmt: skip
_VARIABLE = re.compile(r"var\(\s*(--[\w-]+)\s*(?:,\s*([^()]*))?\)")


@cache
def problem() -> str:
    """Why nothing can be printed here, with what to install; "" where it can."""
    try:
        import weasyprint  # noqa: F401
    except ImportError:
        return "WeasyPrint is missing; install it with `pip install weasyprint`"
    except OSError:
        return f"WeasyPrint finds no Pango; {PANGO}"
    return ""


# Characters of a word, and of a text in a cell, that are set as they are.
LONGEST_WORD, LONGEST_IN_CELL = 200, 400
_ENDLESS, _PIECE = re.compile(rf"\S{{{LONGEST_WORD},}}"), re.compile(r"\S{20}")


def parsed(html: str) -> HTML:
    """A page as WeasyPrint reads it; its tree is `etree_element`. UserError where it is missing."""
    if missing := problem():
        raise UserError(f"no PDF can be made: {missing}")
    from weasyprint import HTML, URLFetcher

    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    # Nothing of the network or the disk.
    return HTML(string=html, url_fetcher=URLFetcher(allowed_protocols={"data"}))


def laid_out(document: HTML) -> Any:
    """A page with its lines and pages set: `pages`, `write_pdf()`."""
    from cssselect2 import ElementWrapper

    root, (fonts, faces) = document.etree_element, _house_fonts()
    _style_pictures(root)
    _limit_lengths(root)
    document.wrapper_element = ElementWrapper.from_html_root(root, content_language=None)
    return document.render(stylesheets=[faces], font_config=fonts)


def with_tree(document: HTML, root: Element) -> HTML:
    """The same document with another tree."""
    other = copy.copy(document)
    other.etree_element = root
    return other


def longer_than_a_page(laid_out: Any, ids: Iterable[str]) -> list[str]:
    """The ids of elements that lie on more than one page."""
    pages = Counter(name for page in laid_out.pages for name in page.anchors)
    return [id for id in ids if pages[id] > 1]


def _limit_lengths(element: Element, in_cell: bool = False) -> None:
    """Cut endless texts in cells, whose width takes a time that grows with the square of length.

    Endless words elsewhere get places where they may break, which takes as long to find without.
    """
    if element.tag in ("style", "script") or not isinstance(element.tag, str):
        return
    inner = in_cell or element.tag in ("td", "th")
    element.text = _limited(element.text, inner)
    for child in element:
        _limit_lengths(child, inner)
        child.tail = _limited(child.tail, inner)


def _limited(text: str | None, in_cell: bool) -> str | None:
    if not text or len(text) <= LONGEST_WORD:
        return text
    kept = cut(text, LONGEST_IN_CELL) if in_cell else text
    return _ENDLESS.sub(lambda word: _PIECE.sub("\\g<0>\u200b", word[0]), kept)


def _house_fonts() -> tuple[FontConfiguration, CSS]:
    """The fonts of a document, and the rules that name them."""
    from weasyprint import CSS, URLFetcher
    from weasyprint.text.fonts import FontConfiguration

    fonts = FontConfiguration()
    fetcher = URLFetcher(allowed_protocols={"file"})
    return fonts, CSS(string=_faces(), font_config=fonts, url_fetcher=fetcher)


def _font_folder() -> Path:
    import matplotlib

    return Path(matplotlib.get_data_path(), "fonts", "ttf")


def _faces() -> str:
    """The fonts of this document, and that it uses no other."""
    faces = [
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; font-style: {slope}; '
        f'src: url("{(_font_folder() / file).as_uri()}.ttf"); }}'
        for family, files in FONTS.items()
        for (weight, slope), file in files.items()
    ]
    body = 'body { font-family: "DejaVu Sans", sans-serif; }'
    code = 'code, pre { font-family: "DejaVu Sans Mono", monospace; }'
    return "\n".join([*faces, body, code])


def _style_pictures(root: Element) -> None:
    """Give marks of inline pictures what style sheets say of them, which WeasyPrint leaves out."""
    from cssselect2 import ElementWrapper, Matcher

    matcher, order = Matcher(), 0
    for sheet in root.iter("style"):
        for selector, declarations in _rules(sheet.text or ""):
            matcher.add_selector(selector, declarations)
            order += 1
    for wrapper in ElementWrapper.from_html_root(root).iter_subtree():
        element = wrapper.etree_element
        if not isinstance(element.tag, str) or not element.tag.startswith(SVG):
            continue
        own: dict[str, str] = {}
        for _, _, pseudo, declarations in sorted(matcher.match(wrapper), key=lambda m: m[:2]):
            own |= {} if pseudo else declarations
        if own:
            written = ";".join(f"{name}:{value}" for name, value in own.items())
            element.set("style", f"{written};{element.get('style', '')}")
        for name, value in element.attrib.items():
            if "var(" in value:
                element.set(name, plain_colors(value))
        if element.tag == f"{SVG}svg":
            element.set("font-family", element.get("font-family", "DejaVu Sans"))


def plain_colors(value: str) -> str:
    """A value with the palette's light colours in place of variables."""
    return _VARIABLE.sub(
        lambda found: PALETTE[found[1]].light if found[1] in PALETTE else found[2] or "inherit",
        value,
    )


def _rules(css: str) -> Any:
    """(selector, what it says of marks) of each rule that holds on paper."""
    import tinycss2
    from cssselect2 import SelectorError, compile_selector_list

    for rule in tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True):
        if rule.type == "at-rule" and rule.lower_at_keyword == "media" and rule.content:
            if tinycss2.serialize(rule.prelude).strip() == "print":
                yield from _rules(tinycss2.serialize(rule.content))
        elif rule.type == "qualified-rule":
            declarations = {
                one.lower_name: tinycss2.serialize(one.value).strip()
                for one in tinycss2.parse_blocks_contents(rule.content)
                if one.type == "declaration" and one.lower_name in _SVG_PROPERTIES
            }
            if declarations:
                try:
                    selectors = compile_selector_list(rule.prelude)
                except SelectorError:
                    continue
                for selector in selectors:
                    yield selector, {k: plain_colors(v) for k, v in declarations.items()}
