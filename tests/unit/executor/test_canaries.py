"""The parts of Snakemake that the plugin leans on: each canary says what breaks without it."""

import importlib
import inspect
import pkgutil
import subprocess
import sys

from snakemake.executors.local import Executor as LocalExecutor
from snakemake.persistence import PersistenceBase
from snakemake.scheduling.job_scheduler import JobScheduler
from snakemake.script import PythonScript


def test_local_executor_runs_each_job_through_cached_or_run_in_its_thread():
    assert list(inspect.signature(LocalExecutor.cached_or_run).parameters) == [
        "self", "job", "run_func", "args",
    ]  # fmt: skip
    source = inspect.getsource(LocalExecutor.run_single_job)
    assert "self.cached_or_run" in source
    assert "self.spawn_job" in source


def test_python_scripts_are_executed_by_execute_script():
    assert list(inspect.signature(PythonScript.execute_script).parameters) == [
        "self", "fname", "edit",
    ]  # fmt: skip
    for name in (
        "conda_env",
        "container_img",
        "env_modules",
        "bench_record",
        "resources",
        "threads",
    ):
        assert f"self.{name} = " in inspect.getsource(PythonScript.__init__.__wrapped__ if hasattr(
            PythonScript.__init__, "__wrapped__") else PythonScript.__init__)  # fmt: skip


def test_shell_commands_start_through_sp_popen():
    source = inspect.getsource(importlib.import_module("snakemake.shell"))
    assert "import subprocess as sp" in source
    assert "sp.Popen(" in source


def test_success_and_error_are_reported_after_the_output_check():
    finish = inspect.getsource(JobScheduler._finish_jobs)
    assert finish.index("job.postprocess(") < finish.index(".handle_job_success(job)")
    error = inspect.getsource(JobScheduler._handle_error)
    assert error.index("job.postprocess(error=True)") < error.index(".handle_job_error(job)")
    assert hasattr(JobScheduler, "exit_gracefully")


def test_metadata_is_written_by_finished_and_starts_at_the_marker():
    assert inspect.iscoroutinefunction(PersistenceBase.finished)
    assert "_get_recorded_starttime" in inspect.getsource(PersistenceBase.finished)


def test_plugins_are_found_by_snakemake_also_in_editable_installs():
    names = {module.name for module in pkgutil.iter_modules() if module.ispkg}
    assert {
        "snakemake_executor_plugin_submitit",
        "snakemake_executor_plugin_submitit_jobstep",
    } <= names


def test_the_snakemake_of_a_node_knows_the_executors_of_this_package_alone():
    call = [sys.executable, "-X", "importtime", "-m",
            "snakemake_executor_plugin_submitit_jobstep.node", "--help"]  # fmt: skip
    answer = subprocess.run(call, capture_output=True, text=True, check=True)
    assert "--submitit-jobstep-preload" in answer.stdout
    assert "snakemake_executor_plugin_slurm" not in answer.stderr
    # The plugin that costs most is installed, and a Snakemake of the usual kind finds it.
    usual = subprocess.run(
        [sys.executable, "-m", "snakemake", "--help"], capture_output=True, text=True, check=True
    )
    assert "--slurm-" in usual.stdout


def test_many_targets_fit_into_one_call():
    from snakemake.target_jobs import parse_target_jobs_cli_args

    specs = parse_target_jobs_cli_args(["train:i=1,j=a~b", "plot:"])
    assert [(spec.rulename, spec.wildcards_dict) for spec in specs] == [
        ("train", {"i": "1", "j": "a~b"}),
        ("plot", {}),
    ]


def test_the_plugin_needs_nothing_of_the_workflow():
    import snakemake_executor_plugin_submitit as main
    import snakemake_executor_plugin_submitit_jobstep as jobstep

    for package in (main, jobstep):
        for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            source = inspect.getsource(importlib.import_module(module.name))
            assert "hyperverdict" not in source
            assert "import torch" not in source
