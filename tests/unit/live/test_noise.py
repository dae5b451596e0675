"""What is left out of Snakemake's records is still said by this version of Snakemake; no error is."""

import inspect
import logging

import pytest
from snakemake.common import NOTHING_TO_BE_DONE_MSG
from snakemake.persistence import FileBackupMixin
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_logger_plugin_hyperverdict import noise

SOURCES = "\n".join(
    path.read_text() for path in noise.HOME.rglob("*.py") if "__pycache__" not in path.parts
)


def record(level, text, path="elsewhere.py", function="f", **extra):
    found = logging.LogRecord("x", level, str(noise.HOME / path), 1, text, None, None, function)
    found.__dict__.update(extra)
    return found


@pytest.mark.parametrize("text", [*sorted(noise.CHATTER), noise.SHELL])
def test_what_is_left_out_is_what_snakemake_says(text):
    assert text in SOURCES


@pytest.mark.parametrize(("file", "function"), [*sorted(noise.STEPS), noise.NO_BACKUP])
def test_the_functions_are_there(file, function):
    assert f"def {function}(" in (noise.HOME / file).read_text()


def test_a_missing_backup_is_noise_and_other_warnings_are_not(caplog, tmp_path):
    class Backups(FileBackupMixin):
        path = tmp_path

    assert not Backups().restore_output(tmp_path / "x")
    said = [r for r in caplog.records if r.levelno == logging.WARNING]
    if not said:
        # Snakemake's logger does not propagate everywhere: at least it is said there.
        assert "no backup found" in inspect.getsource(FileBackupMixin.restore_output)
        said = [record(logging.WARNING, "x", *noise.NO_BACKUP)]
    assert all(noise.is_noise(one) for one in said)
    assert not noise.is_noise(record(logging.WARNING, "x", noise.NO_BACKUP[0], "other"))


@pytest.mark.parametrize("event", [None, *LogEvent])
def test_no_error_is_ever_noise(event):
    where = [*noise.STEPS, noise.NO_BACKUP]
    for file, function in where:
        assert not noise.is_noise(record(logging.ERROR, "x", file, function, event=event))
    assert not noise.is_noise(record(logging.ERROR, next(iter(noise.CHATTER)), event=event))


def test_what_others_say_is_shown():
    text = next(iter(noise.CHATTER))
    assert not noise.is_noise(logging.LogRecord("x", 20, "/a/plugin.py", 1, text, None, None, "f"))
    nothing = NOTHING_TO_BE_DONE_MSG
    assert not noise.is_noise(record(logging.INFO, nothing, "workflow.py", "execute"))
    ended = "Terminating processes on user request, this might take some time."
    assert not noise.is_noise(
        record(logging.INFO, ended, "scheduling/job_scheduler.py", "schedule")
    )


def test_the_reason_of_a_group_is_said_once():
    reason = logging.LogRecord("snakemake", logging.ERROR, "x.py", 1, "exit status 5", (), None)
    assert not noise.is_noise(reason)
    # The executor says it apart, for loggers that leave it out of the record of the group.
    reason.repeats_reason = True
    assert noise.is_noise(reason)
