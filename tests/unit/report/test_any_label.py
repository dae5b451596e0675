"""Any level text is only a label: it changes no verdict and does no harm in any output."""

import io

import pandas as pd
import pytest
from docutils.core import publish_parts
from hyperverdict.foreign.judge import judge_table
from hyperverdict.report import captions, html, latex, terminal

from tests.unit.report.test_report_page import Page

LABELS = (
    "vit",
    "resnet - small",
    'a; b, "c" <b>bold</b> $x_1$',
    "🙂 é \\input{x} `code` *em* |s|_",
    "x" * 200,
    "{{ 7 * 7 }} {where} %s",
    "vit − resnet (width 16) supported",
)


def judged(first, second):
    rows = [
        {"net": net, "seed": seed, "test_accuracy": 0.7 + 0.03 * i + 0.001 * ((3 * i + seed) % 5)}
        for i, net in enumerate((first, second))
        for seed in range(6)
    ]
    claim = {"says": "The second is better.", "compare": {"net": {"from": first, "to": second}}}
    study = {
        "study": "labels",
        "metrics": {"accuracy": {"matters_from": 0.01}},
        "hypotheses": {"H1": {**claim, "expect": {"accuracy": "higher"}}},
    }
    return judge_table(pd.DataFrame(rows), study)


@pytest.mark.parametrize("label", LABELS[1:])
def test_a_label_is_only_a_label(label):
    done = judged("vit", label)
    [hypothesis] = done.report.hypotheses
    assert (hypothesis.headline, hypothesis.failed_because) == ("supported", "")
    page = html.render(done.study, done.report, None, {})
    parsed = Page(page)
    assert parsed.faults == []
    assert "<b>" not in page
    assert "49" not in parsed.text
    assert " ".join(label.split()) in parsed.text
    assert r"\input" not in latex.verdict_table(done.report)
    screen = io.StringIO()
    terminal.print_verdicts(done.report, done.study, stream=screen)
    assert label[:8] in screen.getvalue()
    rst = captions.results_rst(done.report, done.study)
    body = publish_parts(rst, writer="html", settings_overrides={"halt_level": 2})["body"]
    assert "<em>" not in body
    assert "<b>" not in body
