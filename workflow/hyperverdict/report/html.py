"""`report.html`: one file that needs nothing else, neither network nor script."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from pathlib import Path
from typing import Any

from jinja2 import Environment, FunctionLoader, StrictUndefined, pass_context

import hyperverdict
from hyperverdict import figures
from hyperverdict.figures import palette
from hyperverdict.figures.runs import arm_colors
from hyperverdict.report import check_strip, latex, methods, opening, overview, page
from hyperverdict.report.all_runs import all_runs
from hyperverdict.report.badges import overall
from hyperverdict.report.glossary import Linker
from hyperverdict.report.reproduce import Sources, reproduce
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.sealed import OPEN_SEAL, sealed
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import StudyReport
from hyperverdict.words.numbers import listed, plural
from hyperverdict.words.safe import for_template

NO_SOURCES = Sources()
# `conclusion.SETTLED`, said once for all verdicts.
SETTLED_ALL = (
    "Where a verdict is settled, more {replicates} of the same configurations are unlikely to "
    "change it; another training length, learning rate or data set may."
)


def write_report(
    study: Study,
    report: StudyReport,
    drawn: Path | None,
    provenance: Mapping[str, Any],
    out: Path,
    sources: Sources = NO_SOURCES,
) -> Path:
    """Write the report; it appears under its name only when it is whole.

    Args:
        drawn: the folder in which `figures.draw_all` wrote the figures; None without figures.
        provenance: what is known of code, versions, hardware and configurations, in reading order;
            values may be text, numbers, lists and mappings. ``versions`` feeds the methods text.
        out: the file to write; it links the figures' files relative to its own folder.
        sources: the runs, the ledger and the study file, as far as there are any.
    """
    links = f"{drawn.name}/" if drawn is not None and drawn.parent == out.parent else ""
    page_text = render(study, report, drawn, provenance, links, sources)
    # Read back for paper, and for the head of the ledger that it carries.
    seal = f"<!-- {OPEN_SEAL} -->\n"
    write_atomic(out, sealed(f"{page_text.rstrip()}\n{seal}".encode()))
    return out


def render(
    study: Study,
    report: StudyReport,
    drawn: Path | None,
    provenance: Mapping[str, Any],
    links: str = "",
    sources: Sources = NO_SOURCES,
) -> str:
    """The page as text.

    Args:
        drawn: the folder of the figures; links: the same, relative to the page; "" links no files.
    """
    linker, common, said = Linker(), page.common_scope(report), set[str]()
    environment, colors = new_environment(), arm_colors(report.hypotheses)
    # With the context, so that Jinja does not write constants before the page is made.
    environment.filters["prose"] = pass_context(lambda _, text: linker.prose(text))
    environment.filters["once"] = pass_context(lambda _, text: _new_in(said, str(text)))
    environment.filters["advice"] = pass_context(lambda _, text: linker.advice(text))
    return environment.get_template("report.html.j2").render(
        report=report,
        opening=opening.opening(report, study),
        notice=opening.notice(study),
        facts=opening.facts_line(report),
        new_opposing=opening.new_opposing(report),
        new_caveats=opening.new_caveats(report),
        has_main_caveat=opening.has_main_caveat(report),
        overview=overview.overview(report),
        standings=tuple(dict.fromkeys(map(overall, report.hypotheses))),
        common_scope=common,
        settled=SETTLED_ALL.format(replicates=_replicates(report)),
        seeding=page.seeding(study),
        hypotheses=[
            page.hypothesis_view(h, study, common, drawn, colors.get(h.id, {}))
            for h in report.hypotheses
        ],
        picks=report.picks,
        heatmaps=[p for heatmap in study.heatmaps for p in figures.pictures(heatmap, study, drawn)],
        links=links,
        palette=palette.css(),
        checks=check_strip.explained(report),
        runs=None if sources.final is None else all_runs(sources.final, study),
        reproduce=reproduce(study, report, provenance, sources),
        provenance=provenance,
        methods=methods.methods_paragraph(study, report, provenance),
        latex=latex.verdict_table(report),
        linker=linker,
        version=hyperverdict.__version__,
    )


def _new_in(said: set[str], text: str) -> str:
    """The sentences that the page has not said before, of a text that explains."""
    fresh = [one for one in re.split(r"(?<=[.!?])\s+", text) if one not in said]
    said.update(fresh)
    return " ".join(fresh)


def _replicates(report: StudyReport) -> str:
    """What verdicts rest on several of: seeds, or what stands for them in a table."""
    counted = dict.fromkeys(v.replicate for h in report.hypotheses for v in h.verdicts)
    return listed(map(plural, counted), "or") or "seeds"


def new_environment() -> Environment:
    """Templates of pages, which escape what they show."""
    environment = Environment(
        loader=FunctionLoader(template_text),
        autoescape=True,
        finalize=for_template,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.tests["structured"] = lambda value: isinstance(value, Mapping)
    environment.tests["several"] = lambda value: isinstance(value, (list, tuple))
    return environment


def template_text(name: str) -> str:
    """A template or style sheet of reports."""
    folder = resources.files("hyperverdict.report").joinpath("templates")
    return folder.joinpath(name).read_text(encoding="utf-8")
