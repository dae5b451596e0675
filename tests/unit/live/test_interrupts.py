"""Ctrl-C is noted, and does what it did."""

import signal

import pytest
from hyperverdict.live.interrupts import Interrupts


@pytest.fixture(autouse=True)
def restored():
    earlier = signal.getsignal(signal.SIGINT)
    yield
    signal.signal(signal.SIGINT, earlier)


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
