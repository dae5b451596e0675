"""What changed since the last report, where it is shown: the first on the page, the rest folded."""

import io
import json
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hyperverdict.report import html, markdown
from hyperverdict.report.terminal import print_verdicts
from hyperverdict.telling import _changes

from tests.unit.report import samples

STUDY, REPORT, _ = samples.whole()
SENTENCES = tuple(f"H{n} is new: supported." for n in range(9))


def changed(number, since="2026-01-01 10:00"):
    return replace(REPORT, changes=SENTENCES[:number], since=since)


def part(number, **options):
    page = html.render(STUDY, changed(number, **options), None, {})
    return page.partition('<div class="changes">')[2].partition("</div>")[0]


@pytest.mark.parametrize(("number", "folded"), [(1, 0), (3, 0), (4, 1), (9, 6)])
def test_a_page_shows_three_and_folds_the_rest(number, folded):
    shown, _, rest = part(number).partition("<details>")
    assert shown.count("<li>") == number - folded
    assert rest.count("<li>") == folded
    more = f"<summary>{folded} more change{'' if folded == 1 else 's'}</summary>"
    assert (more in rest) == (folded > 0)


def lines(number, since="2026-01-01 10:00"):
    stream = io.StringIO()
    print_verdicts(changed(number, since), STUDY, stream=stream)
    return stream.getvalue()


def test_a_terminal_shows_five_lines_at_most():
    assert SENTENCES[4] in lines(5)
    said = lines(9)
    assert SENTENCES[3] in said
    assert SENTENCES[4] not in said
    assert "... and 5 more changes; see the report" in said


def test_the_end_of_a_run_says_the_same(tmp_path):
    content = {"changes": SENTENCES, "since": "2026-01-01 10:00"}
    (tmp_path / "verdicts.json").write_text(json.dumps(content))
    said = _changes(SimpleNamespace(folder=tmp_path))
    assert said.startswith("\nSince the report of 2026-01-01 10:00 UTC:\n  H0 is new")
    assert len(said.strip().splitlines()) == 6


def test_a_last_report_that_cannot_be_read_has_no_date():
    assert "Since the last report:" in lines(1, since="")
    assert "Changed since the last report:" in part(1, since="")
    document = markdown.render_markdown(STUDY, changed(1, since=""), None, "")
    assert "**Changed since the last report:**" in document
