"""Control characters and halves of characters in a study: one message, never a traceback."""

import pytest
from hyperverdict.cli import main
from hyperverdict.errors import UserError
from hyperverdict.study.load import load_study, read_study_file
from hyperverdict.study.structure import Source, check_structure

STUDY = r"""study: s
title: "{title}"
data: {data}
seeds: 6
metrics: {{accuracy: {{title: "{metric}"}}}}
hypotheses:
  H:
    says: "{says}"
    compare: {{{factor}: {{from: 1, to: 2}}}}
    expect: {{accuracy: higher}}
"""
FINE = {"title": "t", "data": "digits", "metric": "m", "says": "s", "factor": "depth"}


def write(folder, **texts):
    file = folder / "s.yaml"
    file.write_text(STUDY.format(**{**FINE, **texts}))
    return file


@pytest.mark.parametrize(
    ("key", "text", "line", "place", "code"),
    [
        ("says", r"a\ud800", 8, "hypotheses.H.says", "U+D800"),
        ("says", r"\ude00\ud83d", 8, "hypotheses.H.says", "U+DE00"),
        ("says", r"a\x1b[31m", 8, "hypotheses.H.says", "U+001B"),
        ("says", r"a\0b", 8, "hypotheses.H.says", "U+0000"),
        ("says", r"\x9b31m", 8, "hypotheses.H.says", "U+009B"),
        ("title", r"\x07", 2, "title", "U+0007"),
        ("metric", r"a\x7f", 5, "metrics.accuracy.title", "U+007F"),
        ("data", r'"\udc80"', 3, "data", "U+DC80"),
        ("data", r'"a\0"', 3, "data", "U+0000"),
    ],
)
def test_it_is_refused_with_file_line_key_and_what_is_allowed(
    tmp_path, key, text, line, place, code
):
    file = write(tmp_path, **{key: text})
    with pytest.raises(UserError) as refused:
        load_study(file)
    half = code.startswith("U+D")
    allowed = (
        f"{code} is half a character; write the character itself"
        if half
        else f"{code} is a control character; only line ends and tabs are allowed"
    )
    assert str(refused.value) == f"{file}, line {line}, {place}: {allowed}"


def test_a_key_is_refused_in_a_message_that_is_harmless_itself(tmp_path, capsys):
    assert main(["check", str(write(tmp_path, factor=r'"\x1b[31mde\ud800pth"'))]) == 1
    said = capsys.readouterr().err
    assert "line 9, hypotheses.H.compare.de�pth: U+D800 is half a character" in said
    assert "\x1b" not in said
    said.encode()


@pytest.mark.parametrize(
    "text", [r"two\nlines\tand a tab", "emoji 🙂", "שלום \u202e turned", r"\N \L \_"]
)
def test_other_texts_are_claims(tmp_path, text):
    assert load_study(write(tmp_path, says=text)).hypotheses[0].says


def test_a_study_that_is_json_may_spell_a_character_in_two_halves(tmp_path):
    assert load_study(write(tmp_path, says=r"\ud83d\ude00")).hypotheses[0].says == "😀"


def test_levels_and_names_are_those_of_the_users_table():
    content = {
        "study": "s",
        "columns": {"lr": "l\x1br"},
        "hypotheses": {
            "H": {
                "says": "s",
                "compare": {"net\x07": {"from": "a\x1b[31m", "to": "b"}},
                "expect": {"accuracy": "higher"},
            }
        },
    }
    assert check_structure(content, Source()) == content
    content["hypotheses"]["H"]["compare"]["net\x07"]["from"] = "a\ud800"
    with pytest.raises(UserError, match=r"compare\.net.*U\+D800 is half a character"):
        check_structure(content, Source())


def test_each_has_its_message_and_hides_no_other(tmp_path):
    file = write(tmp_path, title=r"\x01", says=r"\x02", data=7)
    with pytest.raises(UserError) as refused:
        read_study_file(file)
    first, *lines = str(refused.value).splitlines()
    assert first == f"{file}: 3 errors"
    assert [line.split(",")[0].strip() for line in lines] == ["line 2", "line 3", "line 8"]
