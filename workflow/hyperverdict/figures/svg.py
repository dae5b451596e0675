"""SVG as matplotlib writes it, made into files and into parts of a page.

Files have tooltips, a title and a description; in a page, colours are CSS variables and ids unique.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

from hyperverdict.figures.palette import PALETTE
from hyperverdict.words.safe import cut, xml

# In an artist's gid: a tooltip; several, one for each mark, are separated by a private character.
TIP, SEPARATOR = "tip:", "\ue000"
# The gid of what covers the paper behind a figure; a page has paper of its own.
BACKGROUND = "background"
# A figure may be shown this many times as large as it was drawn.
LARGEST = 1.3
LONGEST_TIP = 240

_NAMESPACE = "http://www.w3.org/2000/svg"
_LINK = "{http://www.w3.org/1999/xlink}href"
_COLOR = re.compile(r"#[0-9a-fA-F]{6}\b")
_LOCAL_URL = re.compile(r"url\(#([^)]+)\)")
_NUMBER = re.compile(r"-?\d+\.\d{3,}")
_DOT = re.compile(r"M (-?[\d.]+) (-?[\d.]+) L \1 \2(?= |$)")
_FONT_FAMILY = re.compile(r";?\s*font-family:[^;]*")
_NO_TURN = re.compile(r"rotate\(-?0 [^)]*\)")
_VARIABLES = {shade.light: name for name, shade in PALETTE.items()}
Element = ElementTree.Element


def tip(*texts: str) -> str:
    """The gid of an artist which as a whole, or whose marks, one each, get these tooltips."""
    return TIP + SEPARATOR.join(
        cut(xml(text.replace(SEPARATOR, "")), LONGEST_TIP) for text in texts
    )


def standalone(written: str, title: str, text: str) -> str:
    """The content of a file: `written` by matplotlib, with tooltips, title and description.

    Args:
        written: gids made by `tip` become `<title>` elements.
        title: of the whole picture; text: what it shows, for those who do not see it.
    """
    root = _parsed(written)
    for child in root.findall("metadata"):
        root.remove(child)
    for group in root.iter("g"):
        if group.get("id", "").startswith(TIP):
            _give_titles(group, group.attrib.pop("id")[len(TIP) :].split(SEPARATOR))
    for position, (tag, words) in enumerate((("title", title), ("desc", text))):
        if words:
            root.insert(position, _element(tag, words))
    root.set("xmlns", _NAMESPACE)
    root.set("role", "img")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + _text(root) + "\n"


def _parsed(text: str) -> Element:
    """The tree with plain names: `g`, `href`; ids and numbers as they are."""
    root = ElementTree.fromstring(text)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        if _LINK in element.attrib:
            element.set("href", element.attrib.pop(_LINK))
    return root


def _element(tag: str, text: str) -> Element:
    element = Element(tag)
    element.text = text
    return element


def _give_titles(group: Element, tips: list[str]) -> None:
    """One title for the group, or one for each mark; none where marks were left out."""
    marks = [mark for mark in group.iter("use")]
    if len(tips) == 1:
        group.insert(0, _element("title", tips[0]))
    elif len(marks) == len(tips):
        for mark, text in zip(marks, tips, strict=True):
            mark.append(_element("title", text))


def inline(svg_text: str, prefix: str, label: str = "") -> str:
    """A file's picture as a part of a page, as wide as its place, at most `LARGEST` times its size.

    Args:
        svg_text: the file's content (`standalone`).
        prefix: makes ids unique within the page.
        label: what it shows, for those who do not see it; "" takes the file's description.
    """
    root = _parsed(svg_text)
    described = root.findtext("desc", "")
    for child in list(root):
        if child.tag in ("title", "desc"):
            root.remove(child)
    for defs in root.findall("defs"):
        for style in defs.findall("style"):
            defs.remove(style)
        if not len(defs):
            root.remove(defs)
    for group in list(root.iter("g")):
        for child in list(group):
            if child.get("id") == BACKGROUND:
                group.remove(child)
    _lighten(root, re.sub(r"[^A-Za-z0-9_-]", "-", prefix))
    box = root.get("viewBox", "0 0 0 0")
    root.attrib.clear()
    root.attrib.update(
        {
            "viewBox": box,
            "role": "img",
            "aria-label": label or described,
            "style": "display:block;width:100%;height:auto;stroke-linejoin:round;"
            f"max-width:{LARGEST * float(box.split()[2]):.0f}px",
        }
    )
    return _text(root)


def _lighten(root: Element, prefix: str) -> None:
    """Unique ids where something refers to them, CSS variables for colours, short numbers."""
    used = set(_references(root))
    for element in root.iter():
        element.text = (
            (element.text or "").strip() if element.tag in ("g", "defs") else element.text
        )
        element.tail = ""
        for key, value in list(element.attrib.items()):
            if key == "id":
                if value in used:
                    element.set(key, f"{prefix}-{value}")
                else:
                    del element.attrib[key]
            elif key == "href":
                element.set(key, f"#{prefix}-{value[1:]}" if value.startswith("#") else value)
            elif key == "transform" and _NO_TURN.fullmatch(value):
                del element.attrib[key]
            elif key == "d":
                element.set(key, _page_path(value))
            elif key not in ("class", "role"):
                element.set(key, _page_value(value, prefix))


def _page_value(value: str, prefix: str) -> str:
    value = _FONT_FAMILY.sub("", " ".join(value.split()))
    value = _LOCAL_URL.sub(rf"url(#{prefix}-\1)", value)
    value = _COLOR.sub(lambda color: _variable(color.group()), value)
    return _NUMBER.sub(lambda number: f"{float(number.group()):.2f}", value)


def _page_path(value: str) -> str:
    """A path to a tenth of a unit; a dot, which is a line from a place to itself, in short."""
    rounded = _NUMBER.sub(lambda number: f"{float(number.group()):.1f}", " ".join(value.split()))
    return _DOT.sub(r"M\1 \2h0", rounded)


def _references(root: Element) -> Iterator[str]:
    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "href":
                yield value[1:]
            yield from _LOCAL_URL.findall(value)


def _variable(color: str) -> str:
    name = _VARIABLES.get(color.lower())
    return f"var({name},{color})" if name else color


def _text(root: Element) -> str:
    return ElementTree.tostring(root, encoding="unicode")
