"""Ctrl-C is noted, and does what it did."""

import signal
import subprocess
import sys

import pytest
from hyperverdict.live.interrupts import STOPPED, Interrupts


@pytest.fixture(autouse=True)
def restored():
    earlier, hook = signal.getsignal(signal.SIGINT), sys.excepthook
    yield
    signal.signal(signal.SIGINT, earlier)
    sys.excepthook = hook


def test_it_is_noted_by_all_who_listen_and_still_interrupts():
    first, second, third = Interrupts(), Interrupts(), Interrupts()
    first.listen()
    second.listen()
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    assert (first.happened, second.happened, third.happened) == (True, True, False)


def test_an_ignored_signal_stays_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    interrupts = Interrupts()
    interrupts.listen()
    signal.raise_signal(signal.SIGINT)
    assert not interrupts.happened


LISTENS_TWICE = """
import signal
from hyperverdict.live.interrupts import Interrupts
Interrupts().listen()
Interrupts().listen()
{then}
"""


def test_where_nobody_takes_care_of_it_a_line_is_said_instead_of_a_traceback():
    """As while Snakemake reads the rules, or after the last job."""
    script = LISTENS_TWICE.format(then="signal.raise_signal(signal.SIGINT)")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == -signal.SIGINT
    assert done.stderr.strip() == STOPPED.strip()


def test_other_errors_are_shown_as_before():
    script = LISTENS_TWICE.format(then="raise ValueError('x')")
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.count("Traceback") == 1
    assert done.stderr.endswith("ValueError: x\n")
