"""The process of a seed of a function: told to stop, filling its log, leaving others behind."""

import os
import signal
import time
from pathlib import Path

import pytest
from hyperverdict.programs import helper, process

from tests.unit.programs.helpers import in_a_fork
from tests.unit.programs.test_ends import runs, wait_for


def test_a_seed_that_is_told_to_stop_before_it_listens_hears_it(called, monkeypatch):
    called.function(
        """
        import time
        def train(*, seed, epochs, log):
            while not log.should_stop:
                time.sleep(0.01)
            raise log.Stopped
        """
    )

    def slow() -> None:
        Path("forked").touch()
        time.sleep(1)

    monkeypatch.setattr(helper, "reseed", slow)
    began = time.monotonic()
    job = in_a_fork(lambda: called.train([0]))
    wait_for(Path("forked").exists)
    os.kill(job.pid, signal.SIGTERM)
    job.join(30)
    assert job.exitcode == 143
    # Else it would be killed, after the time for a checkpoint.
    assert time.monotonic() - began < 15


def test_a_function_that_does_not_stop_is_killed_after_a_while(called, monkeypatch):
    monkeypatch.setattr(process.follow_child, "__defaults__", (0.3,))
    called.function(
        """
        import os, time
        from pathlib import Path
        def train(*, seed, epochs, log):
            Path("pid").write_text(str(os.getpid()))
            time.sleep(1000)
        """
    )
    job = in_a_fork(lambda: called.train([0]))
    wait_for(lambda: Path("pid").exists() and Path("pid").read_text())
    os.kill(job.pid, signal.SIGTERM)
    job.join(15)
    assert job.exitcode == 143
    assert not runs(int(Path("pid").read_text()))


@pytest.mark.parametrize("session", ["", "os.setsid()"])
def test_what_a_function_leaves_running_is_ended(called, session, caplog):
    called.function(
        f"""
        import os, time
        def train(*, seed, epochs, log):
            if seed == 0 and os.fork() == 0:
                {session}
                if os.fork() == 0:
                    open("pid", "w").write(str(os.getpid()))
                    time.sleep(60)
                os._exit(0)
            while not os.path.exists("pid"): time.sleep(0.005)
            log(epoch=epochs, score=1)
        """
    )
    assert {end.status for end in called.train().seeds.values()} == {"finished"}
    assert not runs(int(Path("pid").read_text() or 0))
    assert caplog.text.count("left processes running") == 1


def test_much_output_of_an_import_and_of_a_call_stops_neither(called):
    called.function(
        """
        print("i" * 500_000)
        def train(*, seed, epochs, log):
            print("c" * 500_000)
            log(epoch=epochs, score=1)
        """
    )
    assert {end.status for end in called.train().seeds.values()} == {"finished"}
    assert called.printed(0) == "i" * 500_000 + "\n" + "c" * 500_000 + "\n"
    assert called.printed(1) == "c" * 500_000 + "\n"


def test_a_seed_whose_output_cannot_be_kept_is_ended_with_the_job(called, monkeypatch):
    def full(self, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(process.CappedLog, "write", full)
    called.function(
        """
        import os, time
        from pathlib import Path
        def train(*, seed, epochs, log):
            Path("pid").write_text(str(os.getpid()))
            print("something")
            time.sleep(1000)
        """
    )
    with pytest.raises(OSError, match="No space"):
        called.train([0])
    assert not runs(int(Path("pid").read_text()))
