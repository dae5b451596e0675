"""LaTeX, methods, terminal and captions."""

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from docutils.core import publish_parts
from hyperverdict.report import captions, latex, methods, terminal
from jinja2 import Environment

from tests.unit.report import samples

STUDY = samples.study()
CAPTIONS = Path(__file__).parents[3] / "workflow" / "report"


def test_latex_is_escaped_and_has_a_row_per_budget():
    table = latex.verdict_table(samples.report(), STUDY)
    body = table.split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()
    assert len(body) == 5
    assert all(len(re.findall(r"(?<!\\)&", row)) == 5 for row in body)
    assert body[0].strip().startswith("H1 & 300 steps & 10 &")
    assert re.search(r"(?<!\\)[%#_$]", table.split("\n", 1)[1].replace("$n$", "")) is None


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("a_b & 5 %", r"a\_b \& 5 \%"),
        ("x^2 ~ {y}", r"x\textasciicircum{}2 \textasciitilde{} \{y\}"),
        ("C:\\dir", r"C:\textbackslash{}dir"),
        ("−3 $", r"$-$3 \$"),
    ],
)
def test_latex_special_characters(text, escaped):
    assert latex.escape(text) == escaped


def test_methods_say_data_seeds_budgets_sizes_and_family():
    said = methods.methods_paragraph(STUDY, samples.report(), {"versions": {"torch": "2.9"}})
    for part in (
        "Fashion-MNIST", "batch size 64", "10 seeds", "300 steps, 38,400 samples and 5 seconds",
        "1 point in test accuracy", "1.1 times in training time", "90 % interval",
        "All hypotheses were exploratory", "80 planned runs", "78 were analysed", "torch 2.9",
    ):  # fmt: skip
        assert part in said
    primary = tuple(replace(h, primary=True) for h in STUDY.hypotheses)
    family = methods.methods_paragraph(replace(STUDY, hypotheses=primary), samples.report(), {})
    assert "The 5 primary verdicts form one family" in family
    assert "99 % each" in family


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_terminal_shows_every_verdict_and_the_report(monkeypatch):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    html = Path("results/studies", "a-rather-long-name" * 6, "report.html")
    plain, colored = io.StringIO(), Terminal()
    for stream in (plain, colored):
        terminal.print_verdicts(samples.report("2 runs are missing."), STUDY, html, stream)
    said = plain.getvalue()
    assert "\x1b[" not in said
    assert "\x1b[" in colored.getvalue()
    assert said.startswith("Provisional: 2 runs are missing.")
    for part in ("✗ refuted", "✓ supported", "? inconclusive (untuned)", "Main caveat:", "Next:"):
        assert part in said
    assert f"Report: {html}\n" in said


@pytest.mark.parametrize("name", ["workflow", "effect", "curves", "cost", "heatmap", "verdicts"])
@pytest.mark.parametrize("included", [True, False])
def test_captions_render_and_speak_the_results(name, included, tmp_path):
    results = captions.write_results(samples.report(), STUDY, tmp_path / "results.rst")
    params = {"results": str(results)} if included else {}
    snakemake = type("Snakemake", (), {"params": Params(params)})
    environment = Environment(trim_blocks=True, lstrip_blocks=True)
    text = environment.from_string((CAPTIONS / f"{name}.rst").read_text()).render(
        snakemake=snakemake
    )
    body = publish_parts(text, writer="html", settings_overrides={"halt_level": 2})["body"]
    speaks = included and name not in ("workflow", "heatmap")
    assert ("3.0 points lower" in body) == speaks
    assert ("&lt;better&gt;" in body) == speaks


class Params(dict):
    """Named parameters as Snakemake hands them to a caption."""

    __getattr__ = dict.get


def test_captions_escape_what_means_something_to_restructuredtext():
    body = publish_parts(captions.escape("a *b* `c` d_ |e| <f>"), writer="html")["body"]
    assert "<em>" not in body
    assert "a *b* `c` d_ |e| &lt;f&gt;" in body
