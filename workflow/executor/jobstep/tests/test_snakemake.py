"""The workflows that Snakemake's own tests run with every executor."""

import snakemake.common.tests
from snakemake.script import PythonScript
from snakemake_executor_plugin_submitit_jobstep import ExecutorSettings


class TestWorkflows(snakemake.common.tests.TestWorkflowsLocalStorageBase):
    __test__ = True

    def get_executor(self):
        return "submitit-jobstep"

    def get_executor_settings(self):
        return ExecutorSettings(preload="json")


def test_the_next_workflow_of_the_process_runs_without_it(tmp_path):
    before = PythonScript.execute_script
    TestWorkflows().test_simple_workflow(tmp_path)
    assert PythonScript.execute_script is before
