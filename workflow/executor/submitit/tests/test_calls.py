"""The call of Snakemake on the node."""

import shlex
from types import SimpleNamespace

import pytest
from snakemake_executor_plugin_submitit.command import CallBuilder
from snakemake_executor_plugin_submitit.settings import ExecutorSettings


class Job(SimpleNamespace):
    def is_group(self):
        return False


@pytest.mark.parametrize(
    ("threads", "at_once", "cores"), [(1, 1, "1"), (2, 3, "6"), (0, 1, "1"), (0, 4, "1")]
)
def test_the_cores_are_those_of_the_jobs_at_once_and_never_none(threads, at_once, cores):
    executor = SimpleNamespace(
        common_settings=None,
        dag=SimpleNamespace(get_unneeded_temp_files=lambda job: []),
        workflow=SimpleNamespace(
            spawned_job_args_factory=SimpleNamespace(general_args=lambda **options: "")
        ),
    )
    job = Job(rules=["train"], threads=threads, attempt=1, jobid=1)
    words = shlex.split(CallBuilder(executor, ExecutorSettings()).tail([job], None, at_once))
    assert words[words.index("--cores") + 1] == cores
