"""A job ends with one message where its input, its disk or a signal stops it; else with a bug."""

import errno
import os
import signal
from pathlib import Path

import pytest
from hyperverdict.errors import UserError
from hyperverdict.jobs import job


def ended(log, error, capsys):
    """Exit status and words of a job in which an error is raised."""
    with pytest.raises(SystemExit) as end, job(log):
        raise error
    return end.value.code, capsys.readouterr().err


def test_what_the_user_can_correct_is_one_message_there_and_in_the_log(tmp_path, capsys):
    log = tmp_path / "logs/a.log"
    status, said = ended(log, UserError("the study says\x1b[31m so"), capsys)
    assert status == 1
    assert said.strip() == "hyperverdict: the study says so"
    assert "the study says so" in log.read_text()
    assert "Traceback" not in log.read_text()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full (results/a.json)"),
        (errno.EDQUOT, "the quota of the disk is used up (results/a.json)"),
        (errno.EROFS, "the disk may only be read (results/a.json)"),
        (errno.EIO, "the disk reports an error (results/a.json)"),
    ],
)
def test_a_disk_that_takes_nothing_more_is_no_bug(tmp_path, capsys, number, words):
    error = OSError(number, os.strerror(number), "results/a.json")
    status, said = ended(tmp_path / "a.log", error, capsys)
    assert status == 1
    assert words in said
    assert "bug" not in (tmp_path / "a.log").read_text()


def test_a_file_that_another_call_removes_is_no_bug(tmp_path, capsys):
    """As with --nolock, where one call makes again what another one reads."""
    error = FileNotFoundError(errno.ENOENT, "no", "results/studies/a/figures/H1.svg")
    status, said = ended(tmp_path / "a.log", error, capsys)
    assert status == 1
    assert "results/studies/a/figures/H1.svg was removed while this job used it" in said
    assert "bug" not in (tmp_path / "a.log").read_text()


def test_a_log_on_a_full_disk_costs_no_traceback(capsys):
    status, said = ended(Path("/dev/full"), OSError(errno.ENOSPC, "no space"), capsys)
    assert status == 1
    words = "hyperverdict: the disk is full; correct that and call the same command again"
    assert said.strip() == words


def test_an_interrupt_is_no_bug(tmp_path, capsys):
    status, said = ended(tmp_path / "a.log", KeyboardInterrupt(), capsys)
    assert status == 128 + signal.SIGINT
    assert said.strip() == "hyperverdict: interrupted (SIGINT)"


@pytest.mark.parametrize("error", [ValueError("odd"), FileNotFoundError(errno.ENOENT, "no", "x")])
def test_everything_else_is_a_bug_with_its_traceback(tmp_path, error):
    with pytest.raises(type(error)), job(tmp_path / "a.log"):
        raise error
    assert "this is a bug in hyperverdict" in (tmp_path / "a.log").read_text()
