"""What a command has started ends with it, with its time limit, and with us."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hyperverdict.programs.contained import run_contained

LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="asks the kernel of Linux")
# Starts one process in its own group and one that has left group and session, and names them all.
STARTS = """
import os, subprocess, sys, time
own = subprocess.Popen(["sleep", "600"])
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        with open("pids.new", "w") as file:
            print(os.getpid(), own.pid, file=file)
        os.rename("pids.new", "pids")
        time.sleep(600)
    os._exit(0)
while not os.path.exists("pids"):
    time.sleep(0.01)
"""
STAYS = STARTS + "time.sleep(600)\n"


def until(condition):
    for _ in range(3000):
        if condition():
            return
        time.sleep(0.02)
    raise AssertionError("not in a minute")


def started():
    """Those that the command has started and that still run."""

    def runs(pid):
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        except OSError:
            return False

    return [pid for pid in map(int, Path("pids").read_text().split()) if runs(pid)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    if Path("pids").exists():
        for pid in started():
            os.kill(pid, signal.SIGKILL)


def run(code, seconds=120.0, **options):
    with Path("log").open("w") as output:
        return run_contained([sys.executable, "-c", code], seconds, output, **options)


def run_to_limit(code, mark):
    """Run code to a time limit in which it comes as far as making a file."""
    for seconds in (2, 20, 60):
        with pytest.raises(subprocess.TimeoutExpired):
            run(code, seconds)
        if Path(mark).exists():
            return
    raise AssertionError(f"{mark} is not made in a minute")


@LINUX
def test_the_time_limit_ends_all_of_it():
    run_to_limit(STAYS, "pids")
    assert started() == []


@LINUX
def test_what_is_left_after_the_end_is_ended_and_nobody_waits_for_its_output():
    begun = time.monotonic()
    assert run(STARTS + "print('done')\nsys.exit(3)") == 3
    assert time.monotonic() - begun < 60
    assert started() == []
    assert Path("log").read_text() == "done\n"


@LINUX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
def test_all_of_it_ends_with_us(number):
    code = (
        "import signal, sys\n"
        "from hyperverdict.programs.contained import run_contained\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        # As in a terminal; below nohup it is ignored.
        "signal.signal(signal.SIGHUP, signal.SIG_DFL)\n"
        f"run_contained([sys.executable, '-c', {STAYS!r}], 600, open('log', 'w'))"
    )
    us = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.DEVNULL)
    try:
        until(lambda: Path("pids").exists())
        assert len(started()) == 2
        # To us alone: the others must not need it.
        us.send_signal(number)
        us.wait(60)
    finally:
        us.kill()
        us.wait()
    until(lambda: not started())


def test_code_that_is_ended_may_clean_up():
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "try:\n    open('up', 'w').close(); time.sleep(600)\nfinally:\n    open('clean', 'w').close()"
    )
    run_to_limit(code, "up")
    assert Path("clean").exists()


def test_a_command_that_ignores_signals_is_killed():
    code = (
        "import signal, time\n"
        "for n in (signal.SIGINT, signal.SIGTERM): signal.signal(n, signal.SIG_IGN)\n"
        "open('up', 'w').close(); time.sleep(600)"
    )
    begun = time.monotonic()
    run_to_limit(code, "up")
    assert time.monotonic() - begun < 300


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("", 0),
        ("raise SystemExit(7)", 7),
        ("import os; os.kill(os.getpid(), 9)", -9),
        ("import os, signal; os.killpg(0, signal.SIGTERM)", -15),
    ],
)
def test_the_exit_code_is_that_of_the_command(code, expected):
    assert run(code) == expected


def test_the_command_gets_its_own_environment_and_no_input(folder):
    code = "import os, sys; print(os.environ.get('ONE'), os.environ.get('HOME'), sys.stdin.read())"
    assert run(code, environment={"ONE": "ö\n$x"}) == 0
    assert Path("log").read_text() == "ö\n$x None \n"


def test_a_command_that_cannot_be_started_is_an_error_of_the_system():
    with Path("log").open("w") as output, pytest.raises(FileNotFoundError, match="no-such-program"):
        run_contained(["./no-such-program"], 60, output)
