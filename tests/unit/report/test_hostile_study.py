"""A study whose every text is hostile goes all the way, and stays text in everything it leaves."""

import csv
import io
import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import pandas as pd
import pytest
from docutils.core import publish_doctree
from hyperverdict import figures
from hyperverdict.cli import main
from hyperverdict.report import captions, html, latex, markdown, printer, terminal
from hyperverdict.report.overview_figure import write_overview
from hyperverdict.words.safe import line, unprintable
from markdown_it import MarkdownIt

from tests.unit.report import samples
from tests.unit.report.test_report_page import Page
from tests.unit.words.test_safe import HOSTILE, TOKEN, controls, turned

# What a study file and a table may hold; the rest is refused (tests/unit/study/test_characters.py).
ALLOWED = " ".join(
    text for text in HOSTILE.values() if len(text) < 1000 and not unprintable(text)[0]
)
IN_TABLES = "".join(
    c for c in " ".join(HOSTILE.values())[:1500] if c != "\0" and not 0xD7FF < ord(c) < 0xE000
)
LEVELS = {
    "everything": IN_TABLES,
    "formula of a spreadsheet": '=HYPERLINK("http://x.org")',
    "formula of mathematics": HOSTILE["formula"],
    "colours": HOSTILE["colours"] + HOSTILE["title of a terminal"],
    "long": HOSTILE["long"],
}
CLAIMS = {"everything": ALLOWED, "long": HOSTILE["long"], "long words": HOSTILE["long words"]}


def judged(folder, level, claim, pdf):
    """The folder of all that `hyperverdict judge` leaves of a hostile table and study."""
    column = f"net {level[:60]}"
    rows = [
        {
            column: net,
            "seed": seed,
            "test_accuracy": 0.7 + 0.03 * i + 0.001 * ((3 * i + seed) % 5),
            f"comment {level[:40]}": level,
        }
        for i, net in enumerate(("vit", level))
        for seed in range(6)
    ]
    table = folder / "runs <b>\x1b[31m $x$ 'a'.parquet"
    pd.DataFrame(rows).to_parquet(table)
    study = {
        "study": "hostile",
        "title": claim,
        "metrics": {"accuracy": {"matters_from": 0.01, "title": claim[:200] or "m"}},
        "columns": {"net": column},
        "hypotheses": {
            "H1": {
                "says": claim,
                "compare": {"net": {"from": "vit", "to": level}},
                "expect": {"accuracy": "higher"},
            }
        },
    }
    file = folder / "study \x1b[31m.yaml"
    file.write_text(json.dumps(study).replace("\x7f", "\\u007f"))
    out = folder / "out"
    printed = ["--pdf"] if pdf else ["--no-pdf"]
    assert main(["judge", str(table), str(file), "--out", str(out), *printed]) == 0
    return out


def check_page(page, own):
    parsed = Page(page)
    assert parsed.faults == []
    assert [tag for tag, _ in parsed.tags].count("script") == own
    assert not [k for _, attributes in parsed.tags for k in attributes if k.startswith("on")]
    assert not [
        a for a in parsed.all("a") if re.match(r"\s*(?:javascript|data):", a.get("href") or "")
    ]
    assert not parsed.all("iframe") + [i for i in parsed.all("img") if i.get("src") == "x"]
    assert not controls(page)
    assert not turned(page)


def check_svg(file):
    root = ElementTree.parse(file).getroot()
    assert not [e for e in root.iter() if e.tag.endswith(("script", "foreignObject"))]
    assert not [k for e in root.iter() for k in e.attrib if k.lower().startswith("on")]
    assert not turned("".join(root.itertext()))


def check_markdown(text):
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    tokens = [t for outer in parser.parse(text) for t in (outer, *(outer.children or ()))]
    assert not {"html_inline", "html_block", "fence", "s_open"} & {t.type for t in tokens}
    links = [
        t.attrs.get("href") or t.attrs.get("src")
        for t in tokens
        if t.type in ("link_open", "image")
    ]
    assert not [link for link in links if not link.startswith(("#", "figures/"))]
    assert not controls(text)
    assert not turned(text)


def check_csv(file):
    for row in csv.reader(io.StringIO(file.read_text(encoding="utf-8"), newline="")):
        for cell in row:
            assert not re.match(r"[=@\t\r\n]", cell)
            if re.match(r"[+\-]", cell):
                float(cell)


def check_latex(text):
    rows = text.split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()
    for row in rows:
        assert row.endswith(r" \\")
        cells = TOKEN.sub("", row.removesuffix(r" \\"))
        assert cells.count("&") == 5
        assert not re.search(r"[\\{}%$#_~^]", cells)
    caption = next(row for row in text.splitlines() if row.startswith(r"\caption{"))
    assert not re.search(r"[\\{}&%$#_~^]", TOKEN.sub("", caption[len(r"\caption{") : -1]))


@pytest.mark.parametrize(
    ("level", "claim", "pdf"),
    [
        ("everything", "everything", False),
        ("formula of a spreadsheet", "long words", False),
        ("formula of mathematics", "everything", False),
        ("colours", "everything", True),
        ("long", "long", True),
    ],
)
def test_runs_from_elsewhere(level, claim, pdf, tmp_path, capsys, monkeypatch):
    if pdf and printer.problem():
        pdf = False
    monkeypatch.chdir(tmp_path)
    out = judged(tmp_path, LEVELS[level], CLAIMS[claim], pdf)
    shown = capsys.readouterr()
    for text in (shown.out, shown.err):
        assert not controls(text)
        assert not turned(text)
    assert line(CLAIMS[claim])[:20] in shown.out
    assert len(shown.out) < 60_000
    page = (out / "report.html").read_text(encoding="utf-8")
    check_page(page, own=page.count("<script>") and 1)
    check_markdown((out / "report.md").read_text(encoding="utf-8"))
    check_latex((out / "tables/verdicts.tex").read_text(encoding="utf-8"))
    drawn = list((out / "figures").glob("*.svg"))
    assert len(drawn) >= 3
    index = json.loads((out / "figures/figures.json").read_text())["figures"]
    assert not [key for key, entry in index.items() if entry["failed"]]
    for file in drawn:
        check_svg(file)
    for file in out.rglob("*.csv"):
        check_csv(file)
    final = pd.read_parquet(out / "tables/final.parquet")
    # The reading of a table may fold white space; nothing else of a level changes.
    assert set(map(line, final["net"])) == {"vit", line(LEVELS[level])}
    for name in ("report.pdf", "summary.pdf") if pdf else ():
        assert (out / name).read_bytes().startswith(b"%PDF")


@pytest.mark.parametrize("name", HOSTILE)
def test_runs_of_ours(name, tmp_path):
    """Also texts that a study may not hold any more: reports of verdicts made before are written."""
    text = HOSTILE[name]
    study, report, tables = samples.whole()
    hypotheses = tuple(
        replace(
            h,
            says=text,
            claim=f"{h.claim} {text}",
            because=text,
            opposing=(text,),
            verdicts=tuple(
                replace(
                    v,
                    arms=tuple(replace(arm, title=f"{i} {text}") for i, arm in enumerate(v.arms)),
                    scope=(text,),
                    checks=tuple(replace(c, sentence=f"{c.sentence} {text}") for c in v.checks),
                )
                for v in h.verdicts
            ),
        )
        for h in report.hypotheses
    )
    report = replace(
        report, hypotheses=hypotheses, title=text, provisional=text, main_caveat=text,
        next_step=text, facts=(text, "b"), changes=(text,), history=(text,), since="2026-01-01",
    )  # fmt: skip
    provenance = {text: text, "versions": {text: text}, "list": [{text: text}], "n": 1}
    figures.draw_all(report, study, tables, tmp_path / "figures")
    write_overview(report, tmp_path / "figures/overview.svg")
    for file in (tmp_path / "figures").glob("*.svg"):
        check_svg(file)
    for file in (tmp_path / "figures").glob("*.csv"):
        check_csv(file)
    page = html.write_report(study, report, tmp_path / "figures", provenance, tmp_path / "r.html")
    check_page(page.read_text(encoding="utf-8"), own=1)
    check_markdown(markdown.write_markdown(study, report, tmp_path, "figures").read_text())
    check_latex(latex.verdict_table(report))
    screen = io.StringIO()
    terminal.print_verdicts(report, study, stream=screen)
    assert not controls(screen.getvalue())
    assert len(screen.getvalue()) < 60_000
    assert not turned(screen.getvalue())
    rst = captions.write_results(report, study, tmp_path / "r.rst").read_text()
    tree = publish_doctree(rst, settings_overrides={"halt_level": 2, "report_level": 1})
    kinds = {type(node).__name__ for node in tree.findall()}
    assert kinds <= {"document", "paragraph", "strong", "bullet_list", "list_item", "Text"}
