"""Declared hyperparameters: one value for all spellings, one safe folder name for any value."""

import re

import pytest
from hyperverdict.errors import UserError
from hyperverdict.vocabulary.declared import declare, parse_as, read_as, spell
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("raw", ["1e-3", 0.001, "0.001"])
def test_one_number_has_one_value_and_one_spelling(raw):
    row = declare("rate", 0.5)
    assert row.spell(row.read(raw)) == "0.001"


def test_whole_numbers_are_passed_as_such_whatever_way_they_are_written():
    row = declare("heads", 4)
    assert row.read(4.0) == row.read("4") == 4
    assert isinstance(row.read(4.0), int)


@pytest.mark.parametrize(
    ("default", "allowed", "raw", "message"),
    [
        (4, [1, 2, 4, 8], 3, "3 is not allowed; allowed: 1, 2, 4, 8"),
        ("adam", ["adam", "sgd"], "adm", "did you mean 'adam'?"),
        (0.1, {"from": 0, "to": 1}, 1.5, "1.5 must be from 0 to 1"),
        (4, None, "four", "'four' is not a number"),
        (True, None, "maybe", "'maybe' must be true or false"),
        ("a", None, 3, "3 must be text; put it in quotes"),
        ("a", None, "x\0y", "null character"),
    ],
)
def test_a_level_that_is_not_allowed_is_refused_with_what_is(default, allowed, raw, message):
    with pytest.raises(UserError, match=re.escape(message)):
        declare("x", default, allowed=allowed).read(raw)


@pytest.mark.parametrize(
    ("default", "allowed", "message"),
    [
        (3, [1, 2], "3 is not allowed"),
        (None, None, "must be a number, text, true or false"),
        (1, {"low": 0}, "must read like {from: 0, to: 1}"),
        ("a", {"from": 0}, "a range is for numbers"),
        (1, {"from": 2, "to": 1}, "from 2 is above to 1"),
        (1, [], "holds no level"),
        (1, "1, 2", "must be a list of levels"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(default, allowed, message):
    with pytest.raises(UserError, match=re.escape(message)):
        declare("x", default, allowed=allowed)


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_makes_one_safe_folder_name_that_reads_back(text):
    spelled = spell(read_as("text", text))
    assert re.fullmatch(r"[A-Za-z0-9_.%-]+", spelled)
    assert parse_as("text", spelled) == text


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**12), 10**12))
def test_any_number_reads_back_from_its_folder_name(value):
    level = read_as("number", value)
    assert parse_as("number", spell(level)) == level
