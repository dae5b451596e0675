"""How a program ends: well, with a fault, with nothing, or not at all."""

import logging
import os
import signal
import stat
import time

import pytest
from hyperverdict.errors import UserError
from hyperverdict.programs import process
from hyperverdict.programs.log import CappedLog, last_lines
from hyperverdict.programs.orphans import children
from hyperverdict.training.fill import remove_copies

from tests.unit.programs.helpers import ARGUMENTS, PYTHON, STAYS, in_a_fork, runs, wait_for


def test_a_program_that_ends_well_leaves_its_scores(own):
    own.program("good()")
    record = own.train()
    assert {seed: end.status for seed, end in record.seeds.items()} == dict.fromkeys(
        "01", "finished"
    )
    assert own.scores() == pytest.approx({0: 0.3, 1: 0.31})
    assert [row["step"] for row in own.rows("validation_curve")] == [1, 2, 3] * 2
    assert record.seeds["0"].train_seconds > 0
    assert record.seeds["0"].last_step == 3
    remove_copies(own.run_folder)
    assert not (own.run_folder / "partial").exists()


def test_a_seed_whose_program_fails_has_no_score_and_the_others_go_on(own):
    own.program(
        """
        good()
        if seed == 0:
            print("one")
            sys.exit("ValueError: no such head")
        """
    )
    record = own.train()
    failed = record.seeds["0"]
    assert failed.status == "failed"
    assert "exit code 1" in failed.message
    assert "ValueError: no such head" in failed.message
    assert record.seeds["1"].status == "finished"
    assert set(own.scores()) == {1}


def test_a_program_ended_by_a_signal_says_so(own):
    own.program("os.kill(os.getpid(), 11)")
    assert "signal 11 (SIGSEGV)" in own.train([0]).seeds["0"].message


def test_output_by_the_megabyte_is_cut_in_the_middle(own, monkeypatch):
    monkeypatch.setattr(process, "CappedLog", lambda log: CappedLog(log, 2000, 3000))
    own.program(
        """
        print("the first line", flush=True)
        for i in range(3000):
            sys.stderr.write("x" * 1000 + chr(10))
        sys.stderr.write("the last line")
        sys.exit(2)
        """
    )
    message = own.train([0]).seeds["0"].message
    assert message.endswith("the last line")
    assert len(message) < 3000
    text = own.output()
    assert text.startswith("the first line")
    assert text.endswith("the last line")
    assert "was left out" in text
    assert len(text) < 7000


def test_a_log_is_cut_while_it_is_written(tmp_path):
    log = tmp_path / "log"
    with CappedLog(log, head=10, tail=20) as output:
        for number in range(100):
            output.write(f"{number:03}\n".encode())
            assert log.stat().st_size <= 10 + 2 * 20 + 100
    assert log.read_text().startswith("000\n001\n")
    assert log.read_text().endswith("099\n")


def test_output_that_is_no_text_is_shown_as_far_as_it_is(own):
    own.program(
        r"""
        sys.stdout.buffer.write(b"\x00\xff\x1b[31mred\x1b[0m and \xfe\n12%\r100%\n")
        sys.exit(1)
        """
    )
    message = own.train([0]).seeds["0"].message
    assert "red and" in message
    assert "/ 100%" in message
    assert "12%" not in message
    assert message.isprintable()


def test_last_lines_of_no_log_are_none(tmp_path):
    assert last_lines(tmp_path / "none") == []


def test_a_program_that_reads_its_input_finds_none(own):
    own.program("x = sys.stdin.read(); assert x == ''; good(); input('Overwrite? [y/n]')")
    message = own.train([0]).seeds["0"].message
    assert "EOFError" in message
    assert "Overwrite?" in message


def test_a_program_may_change_directory_and_a_write_to_a_closed_place_is_its_own_fault(own):
    own.program("os.chdir('/'); good(); open('/proc/version', 'w')")
    assert "PermissionError" in own.train([0]).seeds["0"].message or os.geteuid() == 0
    own.program("os.chdir('/'); good()")
    assert own.train([0], retrain=True).seeds["0"].status == "finished"


def test_a_program_that_deletes_its_folder_has_written_no_metrics(own):
    own.program("import shutil; shutil.rmtree(os.path.dirname(out))")
    with pytest.raises(UserError, match="wrote no metrics"):
        own.train([0])


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("no-such-program --x", "'no-such-program' is not found on the PATH"),
        ("./missing.sh", r"'./missing.sh' is not found"),
        ("./plain.sh", r"permission denied \(chmod \+x ./plain.sh allows it"),
        ("./folder", "permission denied .*folder"),
        ("./windows.sh", "CRLF.*sed"),
        ("./nowhere.sh", "its first line names '/no/such/python'"),
        ("./nothing.sh", "cannot be started .*#!/bin/sh"),
    ],
)
def test_a_program_that_cannot_be_started_is_one_message(own, command, message):
    own.program("")
    own.declare(f"{command} {ARGUMENTS}")
    (own.folder / "folder").mkdir()
    texts = {
        "plain": b"#!/bin/sh\n", "windows": b"#!/bin/sh\r\necho\r\n",
        "nowhere": b"#!/no/such/python\n", "nothing": b"\x7fnothing",
    }  # fmt: skip
    for name, text in texts.items():
        (own.folder / f"{name}.sh").write_bytes(text)
        if name != "plain":
            (own.folder / f"{name}.sh").chmod(stat.S_IRWXU)
    with pytest.raises(UserError, match=message):
        own.train([0])


@pytest.mark.parametrize("session", ["", "os.setsid()"])
def test_what_a_program_leaves_running_is_ended(own, session, caplog):
    own.program(
        f"""
        good()
        if os.fork() == 0:
            {session}
            if os.fork() == 0:
                open("pid", "w").write(str(os.getpid()))
                time.sleep(60)
            os._exit(0)
        while not os.path.exists("pid"): time.sleep(0.005)
        """
    )
    started = time.monotonic()
    assert own.train([0]).seeds["0"].status == "finished"
    assert time.monotonic() - started < 30
    assert not runs(int((own.folder / "pid").read_text() or 0))
    assert "left processes running" in caplog.text
    assert not [pid for pid in children() if runs(pid)]


def stopped_job(own, seconds=30):
    """A job that was sent SIGTERM once its program runs; its exit code."""
    own.declare() if not own.stated else None
    job = in_a_fork(lambda: own.train([0, 1]))
    wait_for(lambda: (own.folder / "pid").exists() and (own.folder / "pid").read_text())
    pid = int((own.folder / "pid").read_text())
    os.kill(job.pid, signal.SIGTERM)
    job.join(seconds)
    assert not runs(pid)
    return job.exitcode


def test_a_stopped_job_that_has_saved_nothing_does_not_end_as_one_with_a_checkpoint(own):
    own.program(STAYS)
    assert stopped_job(own) == 143
    assert not (own.run_folder / "metrics.parquet").exists()
    (own.folder / "go").touch()
    assert own.train([0, 1]).seeds["0"].status == "finished"


def test_a_program_that_ignores_the_signal_is_killed_after_a_while(own, monkeypatch):
    monkeypatch.setattr(process.run_child, "__defaults__", (0.3,))
    own.program("import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)" + STAYS)
    started = time.monotonic()
    assert stopped_job(own) == 143
    assert time.monotonic() - started < 20


FINISHES = """
import signal
def end(number, frame):
    {at_the_signal}
signal.signal(signal.SIGTERM, end)
open("pid", "w").write(str(os.getpid()))
while True: time.sleep(0.01)
"""


def test_a_stopped_program_that_finishes_all_the_same_counts(own):
    own.program(FINISHES.format(at_the_signal="good(); sys.exit(0)"))
    assert stopped_job(own) == 85  # seed 1 is left
    kept = list((own.run_folder / "partial").glob("seed~0.parquet"))
    assert len(kept) == 1


def test_a_stopped_program_that_ends_well_too_early_has_not_finished(own):
    own.program(FINISHES.format(at_the_signal="table([(1, 0.5)]); sys.exit(0)"))
    assert stopped_job(own) == 143
    assert not list((own.run_folder / "partial").glob("seed~*.parquet"))


def test_without_checkpoints_a_stopped_seed_starts_from_the_beginning(own, caplog):
    caplog.set_level(logging.INFO)
    own.program(
        """
        assert not os.path.exists(out), "an earlier call's rows"
        table([(1, 0.7)])
        if not os.path.exists("go"):
            open("pid", "w").write(str(os.getpid()))
            time.sleep(60)
        good()
        """
    )
    assert stopped_job(own) == 143
    (own.folder / "go").touch()
    assert own.train([0, 1]).seeds["0"].status == "finished"
    assert caplog.text.count("starts from the beginning") == 1


CONTINUES = """
saved = os.path.join(a["checkpoint"], "epoch")
start = int(open(saved).read()) if os.path.exists(saved) else 0
if start == 0: table([])
for e in range(start + 1, epochs + 1):
    table([(e, e / 10)], mode="a")
    open(saved, "w").write(str(e))
    if e < epochs: sys.exit(85)
"""


def test_a_program_that_ends_with_85_is_called_again(own):
    own.program(CONTINUES)
    own.declare(f"{PYTHON} train.py {ARGUMENTS} --checkpoint {{checkpoint}}")
    assert own.train().seeds["1"].status == "finished"
    assert own.scores() == pytest.approx({0: 0.3, 1: 0.3})


def test_a_program_may_keep_its_checkpoints_elsewhere(own):
    own.program(CONTINUES.replace('a["checkpoint"]', '"."'))
    assert own.train([0]).seeds["0"].status == "finished"


def test_a_program_that_ends_with_85_forever_has_failed(own):
    own.program("good(); sys.exit(85)")
    end = own.train().seeds["1"]
    assert end.status == "failed"
    assert "3 times in a row" in end.message
