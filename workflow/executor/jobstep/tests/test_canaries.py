"""The parts of Snakemake that the plugin leans on: each canary says what breaks without it."""

import importlib
import inspect
import os
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


def test_the_plugin_is_found_by_snakemake_also_in_editable_installs():
    names = {module.name for module in pkgutil.iter_modules() if module.ispkg}
    assert "snakemake_executor_plugin_submitit_jobstep" in names


def test_the_snakemake_of_a_node_knows_the_executors_of_these_packages_alone(tmp_path):
    # Another plugin, as a site may have many of; some import pandas.
    (tmp_path / "snakemake_executor_plugin_other").mkdir()
    other = tmp_path / "snakemake_executor_plugin_other/__init__.py"
    other.write_text(
        "import sys\n"
        "from snakemake_executor_plugin_submitit_jobstep import common_settings\n"
        "from snakemake_interface_executor_plugins.executors.real import RealExecutor as Executor\n"
        "print('other plugin imported', file=sys.stderr)\n"
    )
    paths = [str(tmp_path), os.environ.get("PYTHONPATH", "")]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}

    def answer_of(module):
        call = [sys.executable, "-m", module, "--help"]
        return subprocess.run(call, capture_output=True, text=True, check=True, env=environment)

    answer = answer_of("snakemake_executor_plugin_submitit_jobstep.node")
    assert "--submitit-jobstep-preload" in answer.stdout
    assert "other plugin imported" not in answer.stderr
    # A Snakemake of the usual kind finds it.
    assert "other plugin imported" in answer_of("snakemake").stderr


def test_many_targets_fit_into_one_call():
    from snakemake.target_jobs import parse_target_jobs_cli_args

    specs = parse_target_jobs_cli_args(["train:i=1,j=a~b", "plot:"])
    assert [(spec.rulename, spec.wildcards_dict) for spec in specs] == [
        ("train", {"i": "1", "j": "a~b"}),
        ("plot", {}),
    ]


def test_the_plugin_imports_no_library_of_its_jobs():
    import snakemake_executor_plugin_submitit_jobstep as jobstep

    for module in pkgutil.iter_modules(jobstep.__path__, f"{jobstep.__name__}."):
        assert "import torch" not in inspect.getsource(importlib.import_module(module.name))
