"""What is not YAML, or no study, says what it is and what to write; what is clear is read."""

from __future__ import annotations

import pytest
from hyperverdict.errors import UserError
from hyperverdict.study.load import load_study

from tests.unit.study.slips import said

# What stands in the file, its line, and what is said of it.
SYNTAX = {
    "says without quotes": (
        "says: Big batches", "says: Claim: big batches", 7,
        'unexpected ":"; put the text in quotes: says: "Claim: big batches are worse."',
    ),
    "braces missing": (
        "expect: {accuracy: lower}", "expect: accuracy: lower", 9,
        'unexpected ":"; write expect: {accuracy: lower}, or put the text in quotes: expect: '
        '"accuracy: lower"',
    ),
    "tab": ("    says", "\tsays", 7, "it is indented with a tab; use spaces"),
    "tab after the colon": ("says: Big", "says:\tBig", 7, "a tab stands in this line; use spaces"),
    "no space after a colon": (
        "data: digits", "data:digits", 2, "a space is missing after the colon; write data: digits"
    ),
    "no space in the last line": (
        "at_equal: [", "at_equal:[", 10,
        "a space is missing after the colon; write at_equal: [300 steps]",
    ),
    "equals sign": (
        "data: digits", "data = digits", 2,
        "this line has no colon; write data: digits, or indent it if it belongs to the text above",
    ),
    "non-breaking spaces": (
        "    compare", "\u00a0\u00a0\u00a0\u00a0compare", 8,
        "a non-breaking space stands in this line; type its spaces again",
    ),
    "typographic quotes": (
        "says: Big batches are worse.", "says: “Big batches: worse.”", 7,
        'the quotes are typographic; write says: "Big batches: worse."',
    ),
    "open quote": ("says: Big", 'says: "Big', 7, "the quote that starts here does not end"),
    "text after a quote": (
        "says: Big batches", 'says: "Big" batches', 7,
        "the text goes on after the closing quote; put its text in quotes: says: '\"Big\" batches "
        "are worse.'",
    ),
    "text after a bracket": (
        "says: Big batches", "says: [H1] Big batches", 7,
        "the text goes on after the closing ]; put its text in quotes: says: \"[H1] Big batches are "
        'worse."',
    ),
    "open brace": (
        "to: 128}}", "to: 128}", 9,
        "expected ',' or '}': the { of line 8 has no }, or a comma is missing",
    ),
    "brace too many": ("to: 128}}", "to: 128}}}", 8, "a } closes what is not open; remove it"),
    "wrong bracket": (
        "{accuracy: lower}", "{accuracy: lower]", 9,
        "expected ',' or '}': the { of line 9 ends with ]",
    ),
    "comma missing": (
        "width: 64, depth", "width: 64 depth", 3,
        "expected ',' or '}': a comma is missing before depth",
    ),
    "too deep": (
        "    compare", "      compare", 8,
        'unexpected ":"; indent the line like its neighbours (it starts with 6 spaces, line 7 with '
        "4)",
    ),
    "not deep enough": (
        "    compare", "   compare", 8,
        "indent the line like its neighbours (it starts with 3 spaces, line 7 with 4), or put its "
        "text in quotes",
    ),
    "two documents": (
        "hypotheses:", "---\nhypotheses:", 5,
        "a second document starts here; one file is one study, so remove this line",
    ),
    "star": (
        "says: Big batches", "says: *Big batches", 7,
        "found undefined alias 'Big'; put text that starts with * in quotes: says: \"*Big batches "
        'are worse."',
    ),
    "per cent sign": (
        "data: digits", "data: %digits", 2,
        'put text that starts with % in quotes, as in data: "%digits"',
    ),
    "bell": (
        "says: Big", "says: Big\x07", 7,
        "unacceptable character #x0007: special characters are not allowed; remove the character",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SYNTAX)
def test_what_is_not_yaml_says_what_to_write(tmp_path, name):
    old, new, line, words = SYNTAX[name]
    assert said(tmp_path, old, new) == f"line {line}: is not valid YAML: {words}"


FILES = {
    "empty": (b"", ", line 1: .*; this one is empty"),
    "list": (b"- study: s\n", '; this one is a list; remove the "- " before its keys'),
    "text": (b"study s\n", "; this one is text"),
    "UTF-16": ("study: s\n".encode("utf-16"), ": is UTF-16 text; save it as UTF-8"),
    "Windows": (
        "study: s\ndata: Größe\n".encode("cp1252"),
        r": is not UTF-8 text \(byte 17\): 'ö' in line 2 has an older encoding; save the file as",
    ),
    "tag": (
        b"study: !s t\ndata: digits\n",
        ", line 1: unknown tag !s; put text that starts with ! in quotes",
    ),
    "anchor": (
        b"study: &big a b\ndata: digits\n",
        ", line 1: &big names a value; put text that starts with &",
    ),
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_is_no_study_says_what_it_is(tmp_path, name):
    raw, words = FILES[name]
    file = tmp_path / "study.yaml"
    file.write_bytes(raw)
    with pytest.raises(UserError, match=words):
        load_study(file)


KEPT = {
    "a byte order mark": ("study: s", "\ufeffstudy: s"),
    "lines of Windows": ("\nhypotheses", "\r\nhypotheses"),
    "a space before the colon": ("data: digits", "data : digits"),
    "JSON": ("metrics: {accuracy: {matters_from: 0.01}}", 'metrics: {"accuracy": {"matters_from": 0.01}}'),
    "a leading ---": ("study: s", "---\nstudy: s"),
    "a number in quotes": ("depth: 2", "depth: '2'"),
    "1.e-3": ("depth: 2", "learning_rate: 1.e-3"),
    "a comma between thousands": ("at_equal: [300 steps]", "at_equal: ['38,400 samples']"),
    "one step": ("300 steps}", "1 step}"),
    "a merge": ("expect: {accuracy: lower}", "<<: {expect: {accuracy: lower}}"),
    "an anchor that is used": ("says: Big batches are worse.", "says: &x Big\n    seeds: &n 5"),
    "a non-breaking space between words": ("says: Big batches", "says: Big\u00a0batches"),
    "text in typographic quotes": ("says: Big batches are worse.", "says: “Big batches” are worse."),
}  # fmt: skip


@pytest.mark.parametrize("name", KEPT)
def test_what_can_only_be_meant_one_way_is_read(tmp_path, name):
    assert said(tmp_path, *KEPT[name]) == ""
