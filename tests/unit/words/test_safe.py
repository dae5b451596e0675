"""Any text, in every target: it is shown, and nothing in it acts. A real parser reads each."""

import ast
import csv
import io
import json
import re
import unicodedata
import xml.etree.ElementTree as ElementTree
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape as xml_escaped

import pandas as pd
import pytest
from docutils.core import publish_doctree
from hyperverdict.report.html import new_environment
from hyperverdict.words import printing, safe
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from rich.console import Console
from rich.text import Text

PACKAGE = Path(__file__).parents[3] / "workflow"
HOSTILE = {
    "script": "</title></p><script>alert(1)</script><img src=x onerror=alert(1)> ]]> &amp; \" '",
    "quotes": "\"double\" 'single' `back` ``two``",
    "lines": "first\nsecond\r\nthird\rfourth\u2028fifth\x85sixth\n\n    code\n",
    "colours": "\x1b[31mred\x1b[0m \x9b1m",
    "title of a terminal": "\x1b]0;owned\x07 \x1b]8;;http://x.org\x1b\\link\x1b]8;;\x1b\\ \x9d0;x\x9c",
    "unfinished": "\x1b]0;never closed",
    "nested": "\x1b\x1b[31m[31mred \x1b\x9b[1m",
    "controls": "a\x00b\x07c\x08d\x0be\x0cf\x1f\x7f\x80\x9f",
    "emoji": "🙂👩‍👩‍👧 ❤️ 🏳️‍🌈",
    "right to left": "שלום \u202egnp.exe \u2066isolated \u200e\u200f\u061c\ufeff",
    "surrogates": "\ud800 lone \udfff and \udc80",
    "no characters": "\ufffe \uffff",
    "pipes": "a | b || c\\| d",
    "formula": r"$\badcommand{$ $x_1^2$ \frac{1}{2} \input{/etc/passwd} $$ \\ \end{document} % gone",
    "markdown": "# a\n- b\n> c\n[d](e) ![f](g) *h* _i_ ~~j~~ http://x.org www.y.org a@b.org",
    "captions": ".. raw:: html\n\n   <b>\n\n:math:`x` [1]_ |s| a:: ``b`` c_ https://x.org a@b.org",
    "lists": "1. a",
    "rule": "=====",
    "option": "--option",
    "spreadsheet": '=HYPERLINK("http://x.org","y")',
    "shell": "@SUM(1+1)*cmd|' /C calc'!A0",
    "tab": "\t=1+1",
    "minus": "-1+cmd|' /C calc'!A0",
    "template": "{{ 7 * 7 }} {% raw %} {where} %s",
    "long": "x" * 5_000,
    "long words": "very long claim " * 320,
    "long and hostile": "<b>|`$\\_*" * 560,
    "empty": "",
}
# Hypothesis leaves out surrogates unless it is asked for them.
ANY = st.text(st.characters(exclude_categories=()), max_size=80) | st.text(
    st.sampled_from("\x1b[]0;m\x07\\\n\r\t\x00\x9b\x9c\u202e`|$_*<>&\"'#-+=@.:~^{}()!1a \ud800"),
    max_size=40,
)


def each(function):
    """Run a test with every hostile text, and with what hypothesis finds."""
    for text in HOSTILE.values():
        function = example(text)(function)
    return settings(deadline=None)(given(ANY)(function))


def controls(text, but="\n\t"):
    return [c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c not in but]


def turned(text):
    return [c for c in text if unicodedata.bidirectional(c) in TURNS]


TURNS = {"LRE", "LRO", "RLE", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


@each
def test_a_terminal_has_nothing_to_obey(text):
    for shown in (safe.terminal(text), safe.terminal_line(text)):
        assert not controls(shown)
        assert not turned(shown)
        shown.encode()
        assert safe.terminal(shown) == shown
    assert len(safe.terminal_line(text).splitlines()) <= 1
    assert "\t" not in safe.terminal_line(text)


@each
def test_rich_prints_such_text_as_it_is(text):
    stream = io.StringIO()
    Console(file=stream, width=80, force_terminal=False).print(Text(safe.terminal(text)))
    assert not controls(stream.getvalue())


def test_sequences_go_as_a_whole_and_other_text_stays():
    assert safe.terminal(HOSTILE["colours"]) == "red "
    assert safe.terminal(HOSTILE["title of a terminal"]) == " link "
    assert safe.terminal("\x1b]0;never closed") == "�]0;never closed"
    assert safe.terminal("a\r\nb\rc\td") == "a\nb\nc\td"
    assert safe.terminal_line("a\r\nb\tc  d") == "a b c d"
    for name in ("emoji", "pipes", "quotes", "template"):
        assert safe.terminal(HOSTILE[name]) == HOSTILE[name]
    assert safe.terminal("שלום") == "שלום"


class Page(HTMLParser):
    def __init__(self, page):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text = [], [], ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.attributes += attributes

    def handle_data(self, data):
        self.text += data

    def handle_comment(self, data):
        raise AssertionError(data)

    handle_decl = unknown_decl = handle_pi = handle_comment


@each
def test_a_page_shows_text_in_elements_and_attributes(text):
    environment = new_environment()
    template = environment.from_string('<p title="{{ t }}">{{ t }}</p>')
    for page in (template.render(t=text), f'<p title="{safe.html(text)}">{safe.html(text)}</p>'):
        found = Page(page)
        assert (found.tags, found.attributes) == (["p"], [("title", safe.text(text))])
        assert found.text == safe.text(text)
        page.encode()


@each
def test_xml_holds_text(text):
    for shown in (safe.xml(text), safe.xml(text, lines=True)):
        root = ElementTree.fromstring(f"<text>{xml_escaped(shown)}</text>")
        assert (root.text or "") == shown
        assert not turned(shown)


@each
def test_markdown_shows_a_line_in_a_sentence_and_in_a_cell(text):
    parser = MarkdownIt("gfm-like", {"linkify": False}).enable("table")
    [block] = [t for t in parser.parse(f"x {safe.markdown(text)}") if t.type == "inline"]
    assert {t.type for t in block.children} <= {"text", "text_special"}
    assert "".join(t.content for t in block.children) == f"x {safe.line(text)}".strip()
    row = f"| x {safe.markdown(text)} | b |"
    table = parser.parse(f"| a | b |\n|---|---|\n{row}")
    cells = [inner for cell, inner in pairwise(table) if cell.type == "td_open"]
    shown = ["".join(t.content for t in cell.children) for cell in cells]
    assert shown == [f"x {safe.line(text)}".strip(), "b"]
    code = [t for t in parser.parse(f"x {safe.markdown_code(text)}") if t.type == "inline"]
    kinds = [t.type for t in code[0].children]
    assert kinds in (["text", "code_inline"], ["text"])
    if safe.line(text):
        assert code[0].children[-1].content.strip() == safe.line(text).strip()


# What the escapes of LaTeX print, and nothing else begins with a backslash.
PRINTED = {
    r"\textbackslash{}": "\\", r"\textasciitilde{}": "~", r"\textasciicircum{}": "^",
    r"\textless{}": "<", r"\textgreater{}": ">", r"\textbar{}": "|", r"\textquotedbl{}": '"',
    r"\textasciigrave{}": "`", r"\{": "{", r"\}": "}", r"\&": "&", r"\%": "%", r"\$": "$",
    r"\#": "#", r"\_": "_", "$-$": "−", r"$\infty$": "∞", r"$\times$": "×", r"$\to$": "→",
    r"$\pm$": "±", r"$\approx$": "≈", r"$\geq$": "≥", r"$\leq$": "≤", r"$\alpha$": "α",
    r"$\delta$": "δ", "{[}": "[", "{*}": "*",
}  # fmt: skip
TOKEN = re.compile("|".join(map(re.escape, sorted(PRINTED, key=len, reverse=True))))


@each
def test_latex_prints_a_line_as_it_stands(text):
    written = safe.latex(text)
    assert "\n" not in written
    assert not re.search(r"[\\{}&%$#_~^<>|\"`]", TOKEN.sub("", written))
    assert TOKEN.sub(lambda found: PRINTED[found[0]], written) == safe.line(text)
    assert written[:1] not in ("[", "*")


@each
def test_a_caption_is_a_paragraph_of_text(text):
    settings = {"halt_level": 2, "report_level": 1, "raw_enabled": True}
    shown = safe.cut(safe.line(text), safe.LONGEST_CAPTION)
    for source, expected in (
        (f"{safe.rest(text)} ends", f"{shown} ends"),
        (f"Begins {safe.rest(text)}", f"Begins {shown}"),
    ):
        tree = publish_doctree(source.strip(), settings_overrides=settings)
        assert [type(node).__name__ for node in tree.children] == ["paragraph"]
        assert [type(node).__name__ for node in tree[0].children] == ["Text"]
        assert tree.astext() == expected.strip()
    item = publish_doctree(f"- {safe.rest(text)}\n- b", settings_overrides=settings)
    assert len(item[0]) == 2


@each
def test_tensorboard_gets_names_of_folders_and_lines_of_text(text):
    from tensorboard.plugins.hparams import summary_v2 as api

    name = safe.folder_name(text)
    assert re.fullmatch(r"[A-Za-z0-9=.,+_ -]+", name)
    assert name.strip(" .")
    assert len(name) <= safe.LONGEST_NAME
    assert name != safe.folder_name(f"{text}!")
    shown = safe.tensorboard(text)
    assert not controls(shown, but="")
    api.hparams_pb({shown or "name": shown}, trial_id=name).SerializeToString()


@each
def test_no_cell_is_a_formula_and_every_cell_comes_back(text):
    cell = safe.csv_cell(text)
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow([cell, "b"])
    [[read, _]] = csv.reader(io.StringIO(stream.getvalue(), newline=""))
    assert read == cell
    assert not re.match(r"[=@\t\r\n＝＋－＠]", read)
    if re.match(r"[+\-]", read):
        float(read)
    stream.getvalue().encode()
    assert safe.csv_cell(safe.from_csv(cell)) == cell
    assert safe.from_csv(cell) == safe._held_by_csv(text)


@pytest.mark.parametrize("value", [-1, -0.5, 3, float("-inf"), True, None, "-0.5", "+1e-3", "-inf"])
def test_numbers_are_no_formulas(value):
    assert safe.csv_cell(value) is value or safe.csv_cell(value) == value


def test_a_table_keeps_its_numbers_and_its_order():
    frame = pd.DataFrame(
        {
            "=a": ["=1", "b", None],
            "n": [-1.5, 2.0, 3.0],
            "m": ["-1", "@x", 3],
            "t": [True, False, True],
        }
    )
    written = safe.csv_frame(frame)
    assert list(written.columns) == ["'=a", "n", "m", "t"]
    assert written["'=a"].tolist()[:2] == ["'=1", "b"]
    assert written["n"].tolist() == [-1.5, 2.0, 3.0]
    assert written["m"].tolist() == ["-1", "'@x", 3]
    assert frame["=a"].tolist()[0] == "=1"


@each
def test_json_says_the_same_in_a_terminal(text):
    document = json.dumps({"a": [text]}, ensure_ascii=False)
    shown = safe.json_text(document)
    assert json.loads(shown) == {"a": [text]}
    assert not [c for c in controls(shown) if unicodedata.category(c) != "Cs"]
    assert not turned(shown)


@each
def test_what_is_printed_is_safe(text):
    for stream, write in (("stdout", printing.say), ("stderr", printing.tell)):
        written = io.TextIOWrapper(io.BytesIO(), encoding="utf-8")
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(f"sys.{stream}", written)
            write(text)
            written.flush()
        assert not controls(written.buffer.getvalue().decode())


WRITES = ("sys.stdout.write", "sys.stderr.write")


def prints(file):
    """Lines that print, or write to the streams of the process, other than through `printing`."""
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == "print":
            yield node.lineno
        if isinstance(node, ast.Attribute) and ast.unparse(node) in WRITES:
            yield node.lineno


# JSON and schemas for programs (`json_text`), and a page that is generated for the documents.
MACHINE_READ = {"hyperverdict/cli.py": 2, "hyperverdict/elsewhere.py": 1}
OTHERS = {"hyperverdict/words/printing.py", "hyperverdict/checks/page.py"}


def test_nothing_else_prints():
    files = [*PACKAGE.glob("hyperverdict/**/*.py"), *PACKAGE.glob("scripts/*.py")]
    found = {str(f.relative_to(PACKAGE)): len(list(prints(f))) for f in files}
    assert {f: n for f, n in found.items() if n and f not in OTHERS} == MACHINE_READ
    # A text of ours ends the workflow as it is.
    rules = [PACKAGE / "Snakefile", *PACKAGE.glob("rules/*.smk")]
    unsafe = re.compile(r"""\bprint\(|sys\.exit\((?!terminal|")""")
    assert not [f for f in rules if unsafe.search(f.read_text())]


def test_no_other_module_escapes():
    """One function per target: escapes of other libraries are used nowhere else."""
    names = {"markupsafe.escape", "html.escape", "xml.sax.saxutils.escape"}
    for file in PACKAGE.glob("hyperverdict/**/*.py"):
        if file.name == "safe.py":
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert not names & {f"{node.module}.{a.name}" for a in node.names}, file
