"""Values that other programs write as text: none of them stops the reading of a table."""

import csv
import re
from pathlib import Path

import pytest
import yaml
from hyperverdict.errors import UserError
from hyperverdict.foreign import literals, texts
from hyperverdict.foreign.files import read_content
from hyperverdict.foreign.folders import read_settings
from hyperverdict.foreign.levels import key
from hyperverdict.foreign.literals import parse_json, parse_literal, parse_yaml

FOREIGN = Path(literals.__file__).parent


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (parse_json, r'["\ud800", 1]'),
        (parse_literal, r"['\ud800', 1]"),
        (parse_yaml, r'["\ud800", 1]'),
    ],
)
def test_half_a_character_is_a_question_mark_in_every_notation(parse, text):
    assert parse(text) == ["?", 1]


def test_nothing_else_reads_values_from_text():
    """Whatever does reads half characters, too."""
    reads = re.compile(r"literal_eval\(|json\.loads\(|yaml\.(safe_)?load\(")
    found = {file.name for file in FOREIGN.glob("*.py") if reads.search(file.read_text())}
    assert found == {"literals.py"}


def test_a_level_that_is_a_list_of_half_a_character_can_be_written():
    str(key(r"['\ud800']")).encode()


def test_a_number_of_thousands_of_digits_is_text():
    digits = "9" * 5000
    assert parse_json(f"[{digits}, 1]") == [digits, 1]
    table = read_content(f'[{{"lr": {digits}}}, {{"lr": 1}}]'.encode(), "runs.json")
    assert [str(cell) for cell in table.columns["lr"]] == [digits, "1"]


BOMBS = {
    "lists": lambda n: f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]",
    "mappings": lambda n: f"a{n}: &a{n} {{x: *a{n - 1}, y: *a{n - 1}}}",
    "merged": lambda n: f"a{n}: &a{n} {{<<: *a{n - 1}, x{n}: *a{n - 1}}}",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_few_aliases_that_stand_for_very_many_values_are_a_long_list(bomb):
    text = "\n".join(["a0: &a0 {x: 1}", *map(BOMBS[bomb], range(1, 40)), "lr: 0.1"])
    found = parse_yaml(text)
    assert found["a39"] == "a long list"
    assert found["a0"] == {"x": 1}
    assert found["lr"] == 0.1


def test_values_are_counted_in_all(tmp_path):
    file = tmp_path / "config.yaml"
    many = "\n".join(f"b{number}: *a" for number in range(100))
    file.write_text(f"a: &a [{'1, ' * 15_000}]\n{many}")
    with pytest.raises(UserError, match="more than 1,000,000 values, aliases included"):
        read_settings(file)


@pytest.mark.parametrize("value", ["&a [*a]", "&a {b: *a}", "&a {b: [1, {c: *a}]}"])
def test_settings_that_hold_themselves_are_a_long_list(value, tmp_path):
    file = tmp_path / "config.yaml"
    file.write_text(f"lr: {value}\nseed: 1")
    assert read_settings(file) == {"lr": "a long list", "seed": 1}


def test_aliases_and_merged_settings_are_read():
    found = parse_yaml("a: &a {lr: 0.1}\nb: {<<: *a, seed: 1}\nc: !!python/name:torch.nn.ReLU ''")
    assert found["b"] == {"lr": 0.1, "seed": 1}
    assert found["c"] == "torch.nn.ReLU"
    with pytest.raises(yaml.YAMLError):
        parse_yaml("a: 1\n---\na: 2")


@pytest.mark.parametrize(
    "text",
    [
        '{"columns": 3, "data": 4}',
        '{"columns": ["a"], "data": [1]}',
        '{"loss": {"values": 3, "steps": 4}}',
        '{"loss": {"values": [1, 2], "steps": [null, "a"]}}',
        '{"loss": {"values": [1, 2], "steps": [[1], {"a": 1}]}}',
    ],
)
def test_json_that_only_looks_like_an_export_is_a_record(text):
    assert len(read_content(text.encode(), "runs.json")) == 1


def test_two_columns_of_one_name_are_refused_in_json_too():
    with pytest.raises(UserError, match="two columns 'a'"):
        read_content(b'{"columns": ["a", "a"], "data": [[1, 2]]}', "runs.json")


def test_mappings_of_very_many_keys_are_refused():
    rows = "".join(f'"{{""k{number}"": 1}}",{number}\n' for number in range(5_000))
    with pytest.raises(UserError, match="5,000 keys, in 5,000 rows"):
        read_content(f"config,seed\n{rows}".encode(), "runs.csv")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_any_system_ends_them(end):
    content = end.join(["a,b", "1,'2", "3,4", ""])
    found = read_content(content.encode(), "runs.csv").columns
    assert [str(cell) for cell in found["b"]] == ["'2", "4"]
    quoted = end.join(["a,b", f'"x{end}y",1', "z,2", ""])
    assert read_content(quoted.encode(), "runs.csv").columns["a"].tolist() == ["x\ny", "z"]


def test_a_cell_that_is_too_long_is_named_with_its_line(monkeypatch):
    monkeypatch.setattr(texts, "LONGEST_CELL", 100)
    with pytest.raises(UserError, match=r"line 3: a cell has more than 100 characters"):
        read_content(b"a,b\n1,2\n" + b"x" * 200 + b",2\n", "runs.csv")


def test_long_cells_are_read_and_the_limit_of_the_process_stays():
    """Reading a table must not change what the caller's own csv.reader takes."""
    earlier = csv.field_size_limit()
    long = "x" * (earlier + 1)
    found = read_content(f"a;b\n{long};2\nz;3\n".encode(), "runs.csv")
    assert list(found.columns) == ["a", "b"]
    assert found.columns["a"][0] == long
    with pytest.raises(UserError, match="line 3 has 3 cells, the header 2"):
        read_content(b"a,b\n1,2\n1,2,3\n", "runs.csv")
    assert csv.field_size_limit() == earlier
