"""YAML as people expect it, and one clear message for what it is not."""

from __future__ import annotations

import pytest
from hyperverdict.cli import main
from hyperverdict.errors import UserError
from hyperverdict.study.strict_yaml import parse_yaml, read_yaml


@pytest.fixture
def read(tmp_path):
    def read(text: str | bytes):
        file = tmp_path / "study.yaml"
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return read_yaml(file)

    return read


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1e-3", 1e-3),
        ("1E5", 1e5),
        (".5", 0.5),
        ("38_400", 38400),
        ("017", 17),
        ("-3", -3),
        ("no", "no"),
        ("on", "on"),
        ("1:30", "1:30"),
        ("1.10x", "1.10x"),
        ("true", True),
        ("True", True),
        ("null", None),
        ("~", None),
        ("", None),
        ("2024-01-01", "2024-01-01"),
        ("2024-01-01 10:00:00", "2024-01-01 10:00:00"),
        ("=", "="),
        ("<<", "<<"),
        ("'1e-3'", "1e-3"),
        ("naïve — 😀", "naïve — 😀"),
    ],
)
def test_a_value_is_what_it_looks_like(read, written, value):
    content, _ = read(f"a: {written}\n")
    assert content == {"a": value}
    assert type(content["a"]) is type(value)


def test_keys_are_text(read):
    content, _ = read("1: a\ntrue: b\nno: c\n2024-01-01: d\n1e-3: e\n")
    assert list(content) == ["1", "true", "no", "2024-01-01", "1e-3"]


def test_every_key_and_entry_has_its_line(read):
    content, lines = read("a:\n  b: [1,\n    2]\n\n# comment\nc:\n- d: 1\n  e: 2\n- f\n")
    assert content == {"a": {"b": [1, 2]}, "c": [{"d": 1, "e": 2}, "f"]}
    assert lines == {
        (): 1,
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "b", 0): 2,
        ("a", "b", 1): 3,
        ("c",): 6,
        ("c", 0): 7,
        ("c", 0, "d"): 7,
        ("c", 0, "e"): 8,
        ("c", 1): 9,
    }


def test_containers_are_plain(read):
    content, _ = read("a: {b: [1]}\nc: |\n  text\n")
    assert type(content) is type(content["a"]) is dict
    assert type(content["a"]["b"]) is list
    assert type(content["c"]) is str


def test_an_empty_file_has_no_content(read):
    assert read("") == (None, {})
    assert read("# only a comment\n") == (None, {})


def test_anchors_aliases_and_merges(read):
    content, _ = read("a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}\n")
    assert content == {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 1, "e": 2}}


BAD = {
    "key twice": ("a: 1\nb: 2\na: 3\n", "key 'a' is given twice, in lines 1 and 3"),
    "key twice, spelled differently": (
        "a: 1\n'a': 3\n",
        "key 'a' is given twice, in lines 1 and 2",
    ),
    "nested key twice": ("a:\n  b: 1\n  b: 1\n", "key 'b' is given twice, in lines 2 and 3"),
    "key twice in flow style": ("a: {b: 1, b: 2}\n", "key 'b' is given twice, in lines 1 and 1"),
    "key that is a list": ("? [a]\n: 1\n", "line 1: a key must be a word or a number"),
    "colon in text": ("says: a: b\n", 'line 1: is not valid YAML: unexpected ":"; .*in quotes'),
    "wrong indentation": ("a:\n  b: 1\n c: 2\n", "line 3: is not valid YAML: indent the line"),
    "too deep": ("a: 1\n  b: 2\n", 'line 2: is not valid YAML: unexpected ":"; indent the line'),
    "tab": ("a:\n\tb: 1\n", "line 2: is not valid YAML: it is indented with a tab; use spaces"),
    "at sign": ("a: @b\n", "line 1: is not valid YAML: put text that starts with @ in quotes"),
    "apostrophe": ("a: 'it's good'\n", "line 1: is not valid YAML: .*put its text in quotes"),
    "open list": ("a: [1\nb: 2\n", "line 2: is not valid YAML: expected ',' or ']'"),
    "open text": ('a: "x\n', "line 1: is not valid YAML: the quote that starts here"),
    "two documents": ("a: 1\n---\nb: 1\n", "line 2: is not valid YAML"),
    "unknown alias": ("a: *b\n", "line 1: is not valid YAML: found undefined alias 'b'"),
    "alias of what holds it": (
        "a: &x\n  b: *x\n",
        "line 1: an alias refers to the value that holds",
    ),
    "list in itself": ("a: &x\n- *x\n", "line 1: an alias refers to the value that holds it"),
    "tag": ("a: !new 1\n", "line 1: unknown tag !new"),
    "code": ("a: !!python/object:os.system x\n", "line 1: unknown tag tag:yaml.org"),
    "binary": ("a: !!binary aGk=\n", "line 1: unknown tag"),
    "wrong number": ("a: !!int b\n", "line 1: 'b' is not what its tag says"),
    "infinite": ("a: 1\nb: .inf\n", "line 2: .inf is not a finite number"),
    "overflowing": ("a: 1e999\n", "line 1: 1e999 is not a finite number"),
    "not a number": ("a: .nan\n", "line 1: .nan is not a finite number"),
    "control character": ("a: \x00\n", "is not valid YAML: unacceptable character"),
    "Latin-1": (b"a: \xe9\n", r"study.yaml: is not UTF-8 text \(byte 3\)"),
    "deep nesting": ("[" * 5000, "line 1: values lie more than 50 levels deep"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_not_such_yaml_is_one_message(read, case):
    text, said = BAD[case]
    with pytest.raises(UserError, match=said) as caught:
        read(text)
    assert "study.yaml" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def test_aliases_of_aliases_do_not_fill_the_memory(read):
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(UserError, match="more than 100,000 keys and entries"):
        read("\n".join(lines))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"none\.yaml: cannot be read \(No such file"):
        read_yaml(tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("study.toml", b'study = "a"\n[baseline]\nwidth = 8\n', "this one is text"),
        ("study.bin", b"\x1f\x8b\x9f\x00", "is not UTF-8 text"),
        ("study.yaml", b"", "this one is empty"),
        ("study.json", b"[1, 2]", "is a mapping that starts with 'study: NAME'"),
        ("folder", None, "cannot be read (Is a directory)"),
        ("missing.yaml", None, "cannot be read (No such file or directory)"),
    ],
)
def test_a_file_that_is_no_study_is_said_by_check(tmp_path, capsys, name, content, words):
    file = tmp_path / name
    if content is not None:
        file.write_bytes(content)
    elif name == "folder":
        file.mkdir()
    assert main(["check", str(file)]) == 1
    said = capsys.readouterr().err
    assert words in said
    assert str(file) in said
    assert "Traceback" not in said


def test_a_study_may_be_written_in_json(tmp_path):
    file = tmp_path / "study.json"
    file.write_text(
        '{"study": "a", "data": "digits", "baseline": {"width": 8, "budget": "40 steps"},\n'
        '"hypotheses": {"H": {"says": "x", "compare": {"width": {"from": 8, "to": 16}},\n'
        '"expect": {"accuracy": "higher"}}}}'
    )
    assert main(["check", str(file)]) == 0


@pytest.mark.parametrize(
    "value",
    ["!!bool x", "!!float x", "!!int ''", "!!int 1.5", "!!null x", "!!bool ''", "!!float 0x"],
)
def test_a_value_that_is_not_what_its_tag_says_is_refused_with_its_line(value, tmp_path):
    with pytest.raises(UserError) as refused:
        parse_yaml(f"study: s\nseeds: {value}\n", tmp_path / "study.yaml")
    assert "line 2: " in str(refused.value)
    assert "is not what its tag says" in str(refused.value)


@pytest.mark.parametrize(
    ("value", "meant"),
    [
        ("!!int '3'", 3),
        ("!!float 3", 3.0),
        ("!!bool 'true'", True),
        ("!!null ''", None),
        ("!!str 3", "3"),
    ],
)
def test_a_value_that_is_what_its_tag_says_is_read(value, meant, tmp_path):
    content, _ = parse_yaml(f"seeds: {value}\n", tmp_path / "study.yaml")
    assert content == {"seeds": meant}
