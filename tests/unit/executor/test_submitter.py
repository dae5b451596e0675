"""How ready jobs become tasks."""

from types import SimpleNamespace

import pytest
from snakemake_executor_plugin_submitit.live import Unit
from snakemake_executor_plugin_submitit.settings import ExecutorSettings
from snakemake_executor_plugin_submitit.store import Durations
from snakemake_executor_plugin_submitit.submitter import Submitter


@pytest.fixture
def packs(tmp_path):
    """Lengths of the tasks that jobs with these resources become."""

    def of(resources, earlier=(), **settings):
        durations = Durations(tmp_path)
        for seconds in earlier:
            durations.add("step", seconds)
        fields = dict.fromkeys(
            ("run", "table", "reports", "status_log", "calls", "covered", "stopping")
        )
        submitter = Submitter(settings=ExecutorSettings(**settings), durations=durations, **fields)
        jobs = [SimpleNamespace(resources=r, is_group=lambda: False) for r in resources]
        units = [Unit(job=job, targets=[], rule="step") for job in jobs]
        parts = submitter._packs(units)
        assert {unit for part in parts for unit in part} == set(units)
        return [len(part) for part in parts]

    return of


def test_a_fixed_size_comes_first(packs):
    assert packs([{"submitit_seconds": 60}] * 8, pack=4) == [4, 4]
    assert packs([{"submitit_pack": 2, "submitit_seconds": 60}] * 8, pack=4) == [2, 2, 2, 2]


def test_then_what_is_expected_then_earlier_jobs_then_the_first_pack(packs):
    assert packs([{"submitit_seconds": 300}] * 8) == [2, 2, 2, 2]
    assert packs([{}] * 8, earlier=[150.0]) == [4, 4]
    assert packs([{}] * 8, first_pack=3) == [3, 3, 2]
    assert packs([{}] * 8, first_pack=3, jobs_at_once=4) == [4, 4]


def test_jobs_that_nobody_knows_do_not_spoil_the_others(packs):
    assert packs([{"submitit_seconds": 600}] * 3 + [{}] * 4, first_pack=2) == [1, 1, 1, 2, 2]


def test_jobs_that_took_no_time_are_not_without_end(packs):
    assert packs([{}] * 100, earlier=[0.0], task_minutes=0.1) == [50, 50]
