"""Whatever a value holds reaches the program as it is, or is refused; its path reads back."""

import json
import sys

import pytest
from hyperverdict.errors import UserError
from hyperverdict.programs.command import SeedFolders, seed_command
from hyperverdict.study.own import own_vocabulary
from hyperverdict.study.structure import Source
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import configure, parse_path
from hypothesis import example, given, settings
from hypothesis import strategies as st

# What a program that was given the value in two ways must have seen.
ECHO = "import json, sys; open(sys.argv[1], 'w').write(json.dumps(sys.argv[2:]))"
HOSTILE = [
    "", " ", "a b", "it's", '"', "$(touch x)", "`id`", "a\nb", "--", "--seed", "%", "%none", "%20",
    "~", "..", "../x", "/", "a/b", "{seed}", "{", "}}", "{{x}}", "ü", "日本", "\t", "*", "#", "&", ";",
    "\\", "-1", "1e3", "true", "null", "nan", ".", "\x7f", "'; rm -rf x; '", "a=b", "!x", "\r", "\u2028",
]  # fmt: skip
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


def vocabulary(default):
    raw = {
        "study": "own",
        "train": {
            "command": f"{sys.executable} -I -S -c 'CODE' {{metrics}} {{text}} x={{text}}y {{seed}}",
            "code": ["x"],
        },
        "hyperparameters": {"text": {"default": default}},
        "metrics": {"score": {}},
    }
    return own_vocabulary(raw, Source())


def command_of(known, value, tmp_path):
    configuration = configure({"text": value}, Budget("trainings", 1), known)
    folders = SeedFolders(*(tmp_path / name for name in ("metrics", "c", "t", "log")))
    return configuration, seed_command(known.training, configuration, 7, folders, "cpu")


def check(value, tmp_path):
    """The arguments are the value itself, and the path is one safe component that reads back."""
    known = vocabulary("default")
    try:
        configuration, command = command_of(known, value, tmp_path)
        path = configuration.path
    except UserError:
        # Too long for the name of a folder.
        assert len(value.encode()) > 60
        return None
    assert command[-3:] == [value, f"x={value}y", "7"]
    component = path.split("/")[1]
    assert component.isascii()
    assert component.isprintable()
    assert not set(component) & set(" '\"$`\\{}*?;&|<>()#!\n")
    assert len(path.split("/")) == 3
    assert component.count("~") == 1  # as wildcards of Snakemake expect
    assert parse_path(path, known) == configuration
    return command


@settings(max_examples=150, deadline=None)
@given(texts)
@example("x" * 300)
def test_any_text_is_passed_as_it_is_or_refused(tmp_path_factory, value):
    check(value, tmp_path_factory.getbasetemp())


@settings(max_examples=100, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**18), 10**18))
def test_any_number_has_one_path_and_one_argument(tmp_path_factory, value):
    known = vocabulary(1)
    configuration, command = command_of(known, value, tmp_path_factory.getbasetemp())
    assert float(command[-3]) == float(value)
    assert parse_path(configuration.path, known) == configuration


@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_texts_are_passed_as_they_are(tmp_path, value):
    assert check(value, tmp_path) is not None


def test_a_program_sees_what_was_meant(tmp_path):
    """One real process for all of them."""
    import subprocess

    known = vocabulary("default")
    words = [command_of(known, value, tmp_path)[1][-3] for value in HOSTILE]
    seen = tmp_path / "seen"
    subprocess.run([sys.executable, "-I", "-S", "-c", ECHO, str(seen), *words], check=True)
    assert json.loads(seen.read_text()) == HOSTILE


def test_a_null_character_is_refused(tmp_path):
    with pytest.raises(UserError, match="null character"):
        command_of(vocabulary("default"), "a\0b", tmp_path)


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_default_is_no_trouble_either(tmp_path, text):
    _, command = command_of(vocabulary(text), text, tmp_path)
    assert command[-3] == text
