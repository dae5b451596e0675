"""The files of `--configfile`, before Snakemake opens them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hyperverdict.errors import UserError
from hyperverdict.study.config_files import check_config_file, named_files


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["snakemake", "-n"], []),
        (["/bin/snakemake", "--configfile", "a.yaml", "-n"], ["a.yaml"]),
        (["snakemake", "--configfile=a.yaml", "--config", "steps=10"], ["a.yaml"]),
        (["snakemake", "report", "--configfiles", "a.yaml", "b.yaml", "-n"], ["a.yaml", "b.yaml"]),
        (["snakemake", "--config", "seeds=2", "--profile", "profiles/local"], []),
        (["snakemake", "--configfile", "a", "--configfile", "b"], ["b"]),
        (["/lib/snakemake/__main__.py", "--configfile", "a.yaml"], ["a.yaml"]),
        (["another", "--configfile", "a.yaml"], []),
        (["/lib/another/__main__.py", "--configfile", "a.yaml"], []),
        ([""], []),
    ],
)
def test_files_are_read_from_the_command_line_as_snakemake_reads_them(arguments, names):
    assert named_files(arguments) == [Path(name) for name in names]


def test_the_command_line_is_read_as_snakemake_reads_it():
    from snakemake.cli import get_argument_parser

    for arguments in (
        ["--configfile", "a.yaml", "-n"],
        ["--configfile", "a", "--config", "x=1", "--configfile", "b", "c"],
        ["report", "--configfiles=a.yaml", "-C", "x=1"],
    ):
        theirs = get_argument_parser().parse_args(arguments).configfile
        assert named_files(["snakemake", *arguments]) == theirs


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"study: [a\nseeds: 3", "line 2: is not valid YAML"),
        (b"study: " + b"[" * 500, "line 1: values lie more than 50 levels deep"),
        (b"a: &a\n  b: *a\n", "line 1: an alias refers to the value that holds it"),
        (b"- a\n- b\n", 'this one is a list; remove the "- "'),
        (b"", "this one is empty"),
        (b"\xd9\x00", "is not UTF-8 text"),
        (b"# comment\n" * 300_000, "is longer than 2 MB"),
        (b'study = "a"\n[baseline]\nwidth = 8\n', "this one is text"),
    ],
)
def test_what_snakemake_cannot_read_gets_one_message(tmp_path, content, words):
    file = tmp_path / "study.yaml"
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"study\.yaml") as error:
        check_config_file(file)
    assert words in str(error.value)


def test_what_is_wrong_with_keys_is_left_to_the_study(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text("study: a\nseeds: 3\nseeds: 4\nunknown: 1e400\n")
    check_config_file(file)


def test_the_name_of_a_missing_file_is_guessed(tmp_path):
    (tmp_path / "reflection.yaml").write_text("study: a\n")
    with pytest.raises(UserError, match=r"No such file .*; did you mean '.*reflection\.yaml'\?"):
        check_config_file(tmp_path / "reflexion.yaml")
    with pytest.raises(UserError, match=r"No such file .*looked in"):
        check_config_file(tmp_path / "none" / "reflexion.yaml")


def test_a_folder_and_a_pipe_are_no_files(tmp_path):
    with pytest.raises(UserError, match="Is a directory"):
        check_config_file(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UserError, match="is not a regular file"):
        check_config_file(tmp_path / "pipe")
    with pytest.raises(UserError, match="is not a regular file"):
        check_config_file(Path("/dev/zero"))
