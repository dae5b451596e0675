"""`report.md`: the report for a repository, with pictures by relative links."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

from jinja2 import Environment, FunctionLoader, StrictUndefined

import hyperverdict
from hyperverdict.figures import Picture, pictures
from hyperverdict.figures.data import budget_title
from hyperverdict.report import opening, page
from hyperverdict.report.badges import Badge, hypothesis_badge, verdict_badge
from hyperverdict.report.conclusion import Conclusion, conclude, settled
from hyperverdict.report.html import template_text
from hyperverdict.report.overview import Group, Overview, Row, overview
from hyperverdict.runs.files import write_atomic
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import CheckResult, HypothesisReport, StudyReport, Verdict
from hyperverdict.words.commands import snakemake
from hyperverdict.words.isolation import guarded
from hyperverdict.words.numbers import count
from hyperverdict.words.safe import Markdown, markdown, markdown_code

OVERVIEW = "overview.svg"
_LEVELS = {"blocks": "Blocks the verdict", "caveat": "Caveat", "information": "Note"}


class VerdictText(NamedTuple):
    """One hypothesis at one budget, as the document tells it.

    Attributes:
        change: what would change it, where that is not what holds for all settled verdicts.
    """

    title: str
    badge: Badge
    conclusion: Conclusion
    change: str
    effects: page.Table
    fired: tuple[CheckResult, ...]


class HypothesisText(NamedTuple):
    """One hypothesis, as the document tells it; `view` is what the page says of it."""

    view: page.HypothesisView
    badge: Badge
    verdicts: tuple[VerdictText, ...]
    pictures: tuple[Picture, ...]


def write_markdown(study: Study, report: StudyReport, folder: Path, figures: str) -> Path:
    """Write `report.md` into a study's folder.

    Args:
        figures: the folder of the figures, from there.
    """
    path = folder / "report.md"
    write_atomic(path, render_markdown(study, report, folder / figures, f"{figures}/").encode())
    return path


def render_markdown(study: Study, report: StudyReport, drawn: Path | None, links: str) -> str:
    """The document.

    Args:
        drawn: the folder of the figures; None shows none.
        links: the same, relative to the document.
    """
    common = page.common_scope(report)
    text = (
        _environment()
        .get_template("report.md.j2")
        .render(
            report=report,
            title=report.title or report.study,
            opening=opening.opening(report, study),
            notice=opening.notice(study),
            facts=opening.facts_line(report),
            overview=_overview_table(overview(report)),
            picture=_overview_picture(drawn, links),
            common_scope=" ".join(common),
            hypotheses=[_hypothesis(h, study, common, drawn) for h in report.hypotheses],
            new_caveats=opening.new_caveats(report),
            new_opposing=opening.new_opposing(report),
            heatmaps=[p for heatmap in study.heatmaps for p in pictures(heatmap, study, drawn)],
            links=links,
            command=snakemake(study.path),
            study_file=str(study.path),
            levels=_LEVELS,
            version=hyperverdict.__version__,
        )
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def advice(text: object) -> Markdown:
    """A sentence of ours that holds `commands` between backticks."""
    pieces = str(text).split("`")
    return Markdown(
        "".join(
            markdown_code(piece) if position % 2 and piece else _inner(piece)
            for position, piece in enumerate(pieces)
        )
    )


def _inner(text: str) -> Markdown:
    """`markdown` with the spaces at both ends that keep text apart from its neighbours."""
    before, after = text[: text[:1].isspace()], text[len(text) - text[-1:].isspace() :]
    return Markdown(f"{before and ' '}{markdown(text)}{after and ' '}")


def table(columns: Iterable[str], rows: Iterable[Iterable[object]], most: int = 20) -> Markdown:
    """A table of at most so many rows; columns without any value are left out."""
    header, body = list(columns), [list(map(markdown, row)) for row in rows]
    beyond = len(body[most:])
    more = f"\n\n{count(beyond, 'further row')} in report.html" if beyond else ""
    body = body[:most]
    kept = [i for i in range(len(header)) if any(row[i] for row in body)]
    lines: list[list[str]] = [[markdown(header[i]) for i in kept], ["---"] * len(kept)]
    lines += [[row[i] for i in kept] for row in body]
    written = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return Markdown(f"{written}{more}" if body else "")


def image(picture: Picture, links: str) -> Markdown:
    """A figure: its panels as pictures, with its alt text and its caption."""
    files = [file for name, file in picture.files if file.endswith(".svg")]
    texts = [
        picture.text,
        *(f"{picture.title or picture.key}, panel {i}" for i in range(2, len(files) + 1)),
    ]
    shown_files = [
        f"![{markdown(text)}]({links}{quote(file)})"
        for text, file in zip(texts, files, strict=False)
    ]
    title = f"**{markdown(picture.title)}**" if picture.title else ""
    return Markdown(
        "\n\n".join(filter(None, (title, *shown_files, f"{markdown(picture.caption)}")))
    )


def anchor(id: str) -> Markdown:
    """Where the heading of a hypothesis is, as GitHub names it."""
    return Markdown(f"#claim-{re.sub(r'[^a-z0-9_-]', '', id.lower())}")


def _hypothesis(
    report: HypothesisReport, study: Study, common: tuple[str, ...], drawn: Path | None
) -> HypothesisText:
    return HypothesisText(
        page.hypothesis_view(report, study, common, drawn),
        hypothesis_badge(report),
        tuple(_verdict(report, verdict, study) for verdict in report.verdicts),
        pictures(report, study, drawn),
    )


def _verdict(report: HypothesisReport, verdict: Verdict, study: Study) -> VerdictText:
    concluded = guarded(
        report.id,
        lambda: conclude(report, verdict, study),
        lambda problem: Conclusion((problem,), "", "", "", ""),
    )
    return VerdictText(
        budget_title(verdict),
        verdict_badge(verdict),
        concluded,
        "" if concluded.change == settled(verdict) else concluded.change,
        page.effects_table(verdict),
        verdict.fired,
    )


def _overview_table(shown_rows: Overview) -> Markdown:
    """A row per hypothesis and budget: what was held equal, the effects, the verdict."""
    columns = ("", "Claim", "Held equal", *(axis.title for axis in shown_rows.axes), "Verdict")
    rows = []
    for group in shown_rows.groups:
        link = Markdown(f"[{markdown(group.id)}]({anchor(group.id)})")
        empty: tuple[Row | None, ...] = (None,)
        for i, row in enumerate(group.rows or empty):
            first = (link, markdown(group.says)) if i == 0 else ("", "")
            rows.append((*first, *_cells(group, row, len(shown_rows.axes))))
    return table(columns, rows, len(rows))


def _overview_picture(drawn: Path | None, links: str) -> Markdown:
    """The overview as a picture; "" where it was not drawn."""
    if drawn is None or not (drawn / OVERVIEW).exists():
        return Markdown()
    return Markdown(f"![Overview; the table below holds its values]({links}{OVERVIEW})")


def _cells(group: Group, row: Row | None, axes: int) -> tuple[object, ...]:
    if row is None:
        return ("", *[""] * axes, mark(group.badge))
    if row.text and axes:
        return (row.budget, row.text, *[""] * (axes - 1), mark(row.badge))
    effects = [cell.strip.text if cell.strip else "" for cell in row.cells]
    return (row.budget, *effects, mark(row.badge))


def mark(badge: Badge) -> Markdown:
    """A verdict: its sign and its word."""
    return Markdown(f"{markdown(badge.sign)} {markdown(badge.text)}")


def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(template_text),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        finalize=markdown,
    )
    environment.filters |= {"advice": advice, "code": markdown_code, "mark": mark}
    environment.globals |= {"table": table, "image": image, "anchor": anchor}
    return environment
