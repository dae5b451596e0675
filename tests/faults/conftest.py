"""How many faults the campaign draws, and from which seed."""

import os

# `make test-faults` draws 200 from a new seed; the ordinary tests always the same few.
FAULTS = int(os.environ.get("FAULTS", "20"))
SEED = int(os.environ.get("FAULT_SEED", "1"))


def pytest_report_header() -> str:
    return f"faults: {FAULTS}, seed {SEED} (again: FAULTS={FAULTS} FAULT_SEED={SEED})"


def pytest_generate_tests(metafunc):
    """Every second fault is of a call that runs, every other one of a file."""
    for place, name in enumerate(("number_of_call", "number_of_file")):
        if name in metafunc.fixturenames:
            metafunc.parametrize(name, range(place, FAULTS, 2))
