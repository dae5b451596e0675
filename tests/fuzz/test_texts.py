"""Texts with any characters: each target holds them and obeys none of them."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from hyperverdict.words import safe
from hypothesis import example, given
from markupsafe import escape

from tests.fuzz.hostile import WORDS, texts
from tests.fuzz.limits import answer, examples

TARGETS = (
    safe.text, safe.line, safe.terminal, safe.terminal_line, safe.xml, safe.html, safe.markdown,
    safe.markdown_code, safe.latex, safe.rest, safe.folder_name, safe.tensorboard,
)  # fmt: skip


def in_examples(function):
    for word in WORDS:
        function = example(word)(function)
    return function


@in_examples
@examples(0.25)
@given(texts)
def test_a_text_is_safe_wherever_it_is_written(text):
    for target in TARGETS:
        written = str(answer(lambda target=target: target(text)))
        written.encode("utf-8")
        assert not any(ord(c) < 32 and c not in "\n\t" for c in written), target
        assert "\x1b" not in written
        assert "\x9b" not in written
    ElementTree.fromstring(f"<a>{escape(safe.xml(text))}</a>")
    ElementTree.fromstring(f"<a>{safe.html(text)}</a>")
    name = safe.folder_name(text)
    assert 0 < len(name.encode()) <= 255
    assert "/" not in name
    assert name not in (".", "..")


@in_examples
@examples(0.06)
@given(texts)
def test_a_cell_is_no_formula_and_is_read_back(text):
    cell = str(safe.csv_cell(text))
    assert not cell.startswith(("=", "@", "\t", "\r"))
    assert safe.from_csv(cell) == text or safe.csv_cell(safe.from_csv(cell)) == cell


@in_examples
@examples(0.03)
@given(texts)
def test_a_json_document_keeps_its_values(text):
    document = json.dumps({"text": text}, ensure_ascii=False)
    if text.isprintable() or not any(0xD800 <= ord(c) < 0xE000 for c in text):
        assert json.loads(safe.json_text(document)) == {"text": text}
