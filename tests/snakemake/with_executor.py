"""pytest plugin: Snakemake's own tests, with another executor where they name none.

    EXECUTOR=submitit-jobstep python -m pytest -p with_executor tests/tests.py

in the source distribution of the installed Snakemake; run_tests.sh does this.
"""

import inspect
import os
import signal

import pytest

EXECUTOR = os.environ.get("EXECUTOR", "local")
SECONDS = int(os.environ.get("EXECUTOR_TEST_SECONDS", "120"))


def settings():
    if EXECUTOR == "submitit-jobstep":
        from snakemake_executor_plugin_submitit_jobstep import ExecutorSettings

        return ExecutorSettings(preload="json", grace_seconds=3)
    if EXECUTOR == "submitit":
        from snakemake_executor_plugin_submitit import ExecutorSettings

        return ExecutorSettings(
            preload="none", coalesce_seconds=0.3, poll_seconds=0.5, slurm_poll_seconds=1
        )
    return None


def pytest_configure(config):
    from tests import common

    new = {"executor": EXECUTOR, "executor_settings": settings()}
    if EXECUTOR == "submitit":
        new["nodes"] = 10
    parameters = inspect.signature(common.run).parameters.values()
    common.run.__defaults__ = tuple(
        new.get(parameter.name, parameter.default)
        for parameter in parameters
        if parameter.default is not inspect.Parameter.empty
    )


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    def too_long(*_):
        raise TimeoutError(f"longer than {SECONDS} s")

    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(SECONDS)
    yield
    signal.alarm(0)
