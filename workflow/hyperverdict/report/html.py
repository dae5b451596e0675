"""`report.html`: one file that needs nothing else, neither network nor script."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup, escape

import hyperverdict
from hyperverdict.errors import UserError
from hyperverdict.figures import exploration_key
from hyperverdict.report import latex, methods, opening, page
from hyperverdict.report.facts import listed
from hyperverdict.study.model import Exploration, Study
from hyperverdict.verdicts.model import StudyReport
from hyperverdict.words import numbers as units

MIME = {".svg": "image/svg+xml", ".png": "image/png"}


def write_report(
    study: Study,
    report: StudyReport,
    figures: Mapping[str, Path],
    provenance: Mapping[str, Any],
    out: Path,
) -> Path:
    """Write the report; it appears under its name only when it is whole.

    Args:
        figures: figure name (`figures.expected`) -> .svg or .png file; a missing one is said so.
        provenance: what is known of code, versions, hardware and configurations, in reading order;
            values may be text, numbers, lists and mappings. ``versions`` feeds the methods text.
        out: the file to write.

    Raises UserError for a figure in another format.
    """
    drawn = {key: Path(path) for key, path in figures.items() if Path(path).exists()}
    sources = {key: data_uri(path) for key, path in drawn.items()}
    text = render(study, report, sources, provenance)
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    unfinished = out.with_name(f".{out.name}.part")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(out)
    return out


def render(
    study: Study,
    report: StudyReport,
    sources: Mapping[str, str],
    provenance: Mapping[str, Any],
) -> str:
    """The page as text. `sources` maps figure names to data URIs."""
    template = _environment().get_template("report.html.j2")
    return template.render(
        report=report,
        opening=opening.opening(report, study),
        new_rivals=opening.new_rivals(report),
        new_caveats=opening.new_caveats(report),
        hypotheses=[page.hypothesis_view(h, study) for h in report.hypotheses],
        explorations=[exploration_picture(e) for e in study.explorations],
        sources=sources,
        provenance=provenance,
        methods=methods.methods_paragraph(study, report, provenance),
        latex=latex.verdict_table(report, study),
        version=hyperverdict.__version__,
    )


def exploration_picture(exploration: Exploration) -> page.Picture:
    """A heatmap with its words."""
    factors = listed(units.plain(name) for name in exploration.grid)
    metric = units.metric_title(exploration.metric)
    seeds = units.count(len(exploration.seeds), "seed")
    text = f"{metric} over {factors} at {exploration.budget}, mean over {seeds}"
    text = text[:1].upper() + text[1:]
    return page.Picture(
        exploration_key(exploration.id),
        f"Heatmap. {text}.",
        f"{text}. A picture to look at; no verdict follows from it.",
    )


def data_uri(path: Path) -> str:
    """A figure file as a data URI; UserError unless it is .svg or .png."""
    path = Path(path)
    if path.suffix not in MIME:
        raise UserError(f"figure {path.name!r} cannot be embedded: allowed are {', '.join(MIME)}")
    encoded = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"data:{MIME[path.suffix]};base64,{encoded}"


def _environment() -> Environment:
    environment = Environment(
        loader=FunctionLoader(_template),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["code"] = _code
    environment.tests["structured"] = lambda value: isinstance(value, Mapping)
    environment.tests["several"] = lambda value: isinstance(value, (list, tuple))
    return environment


def _template(name: str) -> str:
    folder = resources.files("hyperverdict.report").joinpath("templates")
    return folder.joinpath(name).read_text(encoding="utf-8")


def _code(text: object) -> Markup:
    """Escaped text with `backticks` as code."""
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", str(escape(text))))
