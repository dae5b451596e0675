"""LaTeX, terminal and captions."""

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from docutils.core import publish_parts
from hyperverdict.figures import FIGURES
from hyperverdict.report import captions, latex, terminal
from hyperverdict.words import safe
from jinja2 import Environment

from tests.unit.report import samples

STUDY, REPORT, _ = samples.whole()
CAPTIONS = Path(__file__).parents[3] / "workflow" / "report"


def renamed(says):
    """The report with other words of the user."""
    return replace(REPORT, hypotheses=tuple(replace(h, says=says) for h in REPORT.hypotheses))


def test_latex_is_escaped_and_has_a_row_per_budget():
    table = latex.verdict_table(REPORT)
    body = table.split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()
    assert len(body) == 5
    assert all(len(re.findall(r"(?<!\\)&", row)) == 5 for row in body)
    assert body[0].strip().startswith("H1 & 300 steps & 10 &")
    assert re.search(r"(?<!\\)[%#_$]", table.split("\n", 1)[1]) is None


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b & 5 %", r"a\_b \& 5 \%"),
        ("x^2 ~ {y}", [r"x\textasciicircum{}2", r"\textasciitilde", r"\{y\}"]),
        ("C:\\dir", r"C:\textbackslash{}dir"),
        ("−3 $", r"$-$3 \$"),
        (r"\input{/etc/passwd}", r"\textbackslash{}input\{/etc/passwd\}"),
    ],
)
def test_latex_special_characters(text, escaped):
    table = latex.verdict_table(replace(REPORT, facts=(text,)))
    caption = next(line for line in table.splitlines() if line.startswith(r"\caption"))
    for part in [escaped] if isinstance(escaped, str) else escaped:
        assert part in caption


def test_latex_tells_an_interaction_as_a_difference_of_two_effects():
    _, report = samples.judged("interaction", "supported")
    assert "difference of two effects: the effect of depth 2 $\\to$ 3" in latex.verdict_table(
        report
    )


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_terminal_shows_every_verdict_and_the_report(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    html = Path("results/studies", "a-rather-long-name" * 6, "report.html")
    plain, colored = io.StringIO(), Terminal()
    for stream in (plain, colored):
        report = replace(REPORT, provisional="2 runs are missing.")
        terminal.print_verdicts(report, STUDY, html, stream)
    said = plain.getvalue()
    assert "\x1b[" not in said
    assert "\x1b[" in colored.getvalue()
    assert said.startswith("Provisional: 2 runs are missing.")
    for part in ("✗ refuted", "✓ supported", "± depends on the budget", "Main caveat:", "Next:"):
        assert part in said
    assert f"Report: {html}\n" in said


def shown(report, study=STUDY):
    stream = io.StringIO()
    terminal.print_verdicts(report, study, stream=stream)
    return stream.getvalue()


def test_the_terminal_says_post_hoc_for_each_hypothesis():
    late = tuple(map(samples.late, REPORT.hypotheses))
    assert shown(replace(REPORT, hypotheses=late)).count("Post hoc: the size that matters was") == 3
    assert "Post hoc" not in shown(REPORT)


def test_the_terminal_obeys_no_control_characters():
    assert "\x1b" not in shown(renamed("\x1b[31mred\x07 [bold]x[/bold] 🙂"))
    assert "[bold]x[/bold] 🙂" in shown(renamed("[bold]x[/bold] 🙂"))


@pytest.mark.parametrize("name", ["workflow", "verdicts", "report", *(f.name for f in FIGURES)])
@pytest.mark.parametrize("included", [True, False])
def test_captions_render_and_speak_the_results(name, included, tmp_path):
    report = renamed("A high batch size is <better> & faster.")
    results = captions.write_results(report, STUDY, tmp_path / "results.rst")
    params = {"results": str(results)} if included else {}
    snakemake = type("Snakemake", (), {"params": Params(params)})
    environment = Environment(trim_blocks=True, lstrip_blocks=True)
    text = environment.from_string((CAPTIONS / f"{name}.rst").read_text()).render(
        snakemake=snakemake
    )
    body = publish_parts(text, writer="html", settings_overrides={"halt_level": 2})["body"]
    speaks = included and name not in ("workflow", "report", "heatmap")
    assert ("3.00 points lower" in body) == speaks
    assert ("&lt;better&gt;" in body) == speaks


class Params(dict):
    """Named parameters as Snakemake hands them to a caption."""

    __getattr__ = dict.get


@pytest.mark.parametrize(
    "text", ["a *b* `c` d_ |e| <f>", "http://x.org", "a::", ".. raw:: html", ":math:`x` [1]_"]
)
def test_captions_escape_what_means_something_to_restructuredtext(text):
    body = publish_parts(f"“{safe.rest(text)}”", writer="html")["body"]
    assert not re.search(r"<(?!/?p>|/?div)", body)
    assert text.replace("<", "&lt;").replace(">", "&gt;") in body
