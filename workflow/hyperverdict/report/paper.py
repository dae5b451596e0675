"""The page made ready for paper: a summary first, a page per hypothesis, folds in an appendix.

Works on the tree of the page (`ElementTree`, HTML without a namespace) and knows only its frame:
`header`, `main`, `section.hypothesis` and `details`. What the page shows is printed as it is.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Collection, Iterator
from xml.etree.ElementTree import Element, SubElement

from hyperverdict.words.numbers import count

SVG = "{http://www.w3.org/2000/svg}"
# What only a screen can use.
UNPRINTED = frozenset({"nav", "script", "button", "input", "select", "template"})
# What the summary shows of the page's beginning in a form of its own.
IN_SUMMARY = frozenset({"overview", "legend"})
# Longer tables go on in the page itself: paper is for reading, not for looking up.
MOST_ROWS = 60
# A fold with this attribute is printed where it is, and not in the appendix.
HERE = ("data-print", "here")


def arrange(root: Element, summary: Element, is_whole: bool) -> None:
    """Put the summary first, folds of hypotheses into an appendix, and unfold all others.

    Args:
        root: the page, which is changed.
        summary: the section to put first.
        is_whole: it says all that the page's own beginning says, which is then left out.
    """
    _drop(root, lambda element: element.tag in UNPRINTED or "skip" in _classes(element))
    body = _only(root, "body")
    main = _only(body, "main")
    moved = _moved_to_appendix(main)
    if is_whole:
        moved = [*_beginning(body, main), *moved]
    if moved:
        main.insert(_end_of_findings(main), _appendix(moved))
    for fold in [element for element in root.iter("details")]:
        _unfold(fold)
    for parent in list(root.iter()):
        _join_figures(parent)
    for table in root.iter("table"):
        _shorten(table)
    for section in _hypotheses(main):
        _drop_empty_headings(section)
    body.insert(0, summary)


def claims_alone(root: Element, ids: Collection[str]) -> Element:
    """A copy of an arranged page that holds nothing but some of its hypotheses."""
    copied = copy.deepcopy(root)
    body = _only(copied, "body")
    kept = [s for s in _hypotheses(_only(body, "main")) if s.get("id") in ids]
    for child in list(body):
        body.remove(child)
    SubElement(body, "main").extend(kept)
    return copied


def claim_ids(root: Element) -> tuple[str, ...]:
    """The ids of a page's hypotheses."""
    return tuple(s.get("id", "") for s in _hypotheses(_only(root, "main")))


def set_density(root: Element, ids: Collection[str], density: str) -> None:
    """Let some hypotheses be set at a density, a class of print.css."""
    for section in _hypotheses(_only(root, "main")):
        if section.get("id") in ids:
            section.set("class", f"hypothesis {density}")


def _join_figures(parent: Element) -> None:
    """Figures in a row become one: their panels side by side, numbered, then their captions."""
    for row in _rows_of_figures(parent):
        panels = Element("div", {"class": "panels"})
        captions = []
        for number, figure in enumerate(row, 1):
            own = figure.find("div[@class='panels']")
            found = [] if own is None else list(own)
            for letter, panel in zip(_letters(len(found)), found, strict=True):
                label = Element("p", {"class": "panel-number"})
                label.text = f"{number}{letter}"
                panel.insert(0, label)
                panels.append(panel)
            captions.append(_caption(f"{number} ", figure))
        first = row[0]
        for figure in row[1:]:
            _remove(parent, figure)
        for child in list(first):
            first.remove(child)
        first.extend([panels, *(caption for caption in captions if _has_words(caption))])


def _rows_of_figures(parent: Element) -> list[list[Element]]:
    """Figures that follow each other without anything between."""
    rows: list[list[Element]] = []
    before: Element | None = None
    for child in parent:
        if child.tag == "figure":
            if before is not None and before.tag == "figure":
                rows[-1].append(child)
            else:
                rows.append([child])
        before = child
    return rows


def _has_words(caption: Element) -> bool:
    """Whether it says more than its number."""
    return not "".join(caption.itertext()).strip().isdecimal()


def _letters(count: int) -> list[str]:
    return [""] if count == 1 else [chr(ord("a") + i) for i in range(count)]


def _caption(number: str, figure: Element) -> Element:
    """A caption with the number of its figure, and its finding."""
    caption = Element("figcaption")
    strong = SubElement(caption, "strong")
    finding = figure.find("p[@class='finding']")
    strong.text = number + ("" if finding is None else "".join(finding.itertext()))
    strong.tail = " "
    for own in figure.findall("figcaption"):
        strong.tail = f" {own.text or ''}"
        # Links to files are for screens.
        caption.extend(child for child in own if child.tag != "a")
    return caption


def _shorten(table: Element) -> None:
    """Keep the first rows of a long table, and say how many there are beyond."""
    left, beyond, last = MOST_ROWS, 0, None
    for body in table.findall("tbody"):
        rows = len(body.findall("tr"))
        if rows > left:
            del body[left:]
            beyond += rows - left
            last = last if last is not None else body
        left = max(left - rows, 0)
    if last is not None:
        cell = SubElement(SubElement(last, "tr"), "td", {"colspan": "50"})
        cell.text = f"{count(beyond, 'further row')} in report.html"


def _drop_empty_headings(section: Element) -> None:
    """Take out headings below which nothing is left."""
    children = list(section)
    for heading, below in zip(children, [*children[1:], None], strict=True):
        if heading.tag == "h3" and (below is None or below.tag in ("h2", "h3")):
            _remove(section, heading)


def _only(root: Element, tag: str) -> Element:
    found = root.find(f".//{tag}")
    if found is None:
        raise ValueError(f"the page has no <{tag}>")
    return found


def _classes(element: Element) -> list[str]:
    return element.get("class", "").split()


def _drop(root: Element, is_unwanted: Callable[[Element], bool]) -> None:
    """Take elements out of the tree, not the text behind them."""
    for parent in list(root.iter()):
        for child in list(parent):
            if isinstance(child.tag, str) and is_unwanted(child):
                _remove(parent, child)


def _remove(parent: Element, child: Element) -> None:
    place = list(parent).index(child)
    if child.tail and child.tail.strip():
        if place:
            before = parent[place - 1]
            before.tail = (before.tail or "") + child.tail
        else:
            parent.text = (parent.text or "") + child.tail
    parent.remove(child)


def _beginning(body: Element, main: Element) -> list[tuple[str, str, list[Element]]]:
    """Take out the page's first screen; gives what the summary does not show of it."""
    for header in body.findall("header"):
        _remove(body, header)
    folds = [*main.findall("details")]
    for first in main.findall("section[@id='verdicts']"):
        folds += [child for child in first if not IN_SUMMARY & set(_classes(child))]
        _remove(main, first)
    for fold in main.findall("details"):
        _remove(main, fold)
    return [("verdicts", "The whole study", folds)] if folds else []


def _moved_to_appendix(main: Element) -> list[tuple[str, str, list[Element]]]:
    """(id, heading, folds) of every hypothesis; where they were is said where they are now."""
    moved = []
    for section in _hypotheses(main):
        folds = [fold for fold in _outer(section) if fold.get(HERE[0]) != HERE[1]]
        if not folds:
            continue
        for parent in list(section.iter()):
            for child in [child for child in parent if child in folds]:
                _remove(parent, child)
        id = section.get("id", "")
        _point_to(section, f"appendix-{id}")
        moved.append((id, f"Details of {_heading(section)}", folds))
    return moved


def _point_to(section: Element, anchor: str) -> None:
    """Say at the end of a section, in its last paragraph, where its details are."""
    last = section[-1]
    if last.tag != "p":
        last = SubElement(section, "p", {"class": "soft"})
    pointer = SubElement(last, "span", {"class": "soft pointer"})
    pointer.text = " Details: appendix, page "
    SubElement(pointer, "a", {"class": "page", "href": f"#{anchor}"}).tail = "."


def _hypotheses(main: Element) -> Iterator[Element]:
    return (s for s in main.findall("section") if "hypothesis" in _classes(s))


def _outer(section: Element) -> Iterator[Element]:
    """The folds that lie in no other fold."""
    for child in section:
        if child.tag == "details":
            yield child
        else:
            yield from _outer(child)


def _heading(section: Element) -> str:
    """The words of its heading, without the verdict's badge."""
    heading = section.find("h2")
    if heading is None:
        return section.get("id", "")
    parts = [heading.text or ""]
    for child in heading:
        if "badge" not in _classes(child):
            parts.append("".join(child.itertext()))
        parts.append(child.tail or "")
    return re.sub(r"\s+", " ", "".join(parts)).strip()


def _end_of_findings(main: Element) -> int:
    """Behind the last hypothesis and the heatmaps."""
    places = [
        place
        for place, child in enumerate(main, 1)
        if "hypothesis" in _classes(child) or child.get("aria-labelledby") == "heatmaps"
    ]
    return max(places, default=len(main))


def _appendix(moved: list[tuple[str, str, list[Element]]]) -> Element:
    appendix = Element("section", {"class": "appendix"})
    SubElement(appendix, "h1").text = "Appendix"
    for id, heading, folds in moved:
        SubElement(appendix, "h2", {"id": f"appendix-{id}"}).text = heading
        appendix.extend(folds)
    return appendix


def _unfold(fold: Element) -> None:
    """A fold as a block with a heading."""
    fold.tag = "div"
    fold.set("class", " ".join([*_classes(fold), "unfolded"]))
    for summary in fold.findall("summary"):
        summary.tag = "p"
        summary.set("class", "fold")
