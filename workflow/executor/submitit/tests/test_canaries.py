"""What the plugin needs of Snakemake and of the plugin for the nodes."""

import importlib
import inspect
import pkgutil

import snakemake_executor_plugin_submitit as plugin


def test_the_plugin_is_found_by_snakemake_also_in_editable_installs():
    names = {module.name for module in pkgutil.iter_modules() if module.ispkg}
    # The tasks run with the second one.
    assert {
        "snakemake_executor_plugin_submitit",
        "snakemake_executor_plugin_submitit_jobstep",
    } <= names


def test_the_plugin_imports_no_library_of_its_jobs():
    for module in pkgutil.iter_modules(plugin.__path__, f"{plugin.__name__}."):
        assert "import torch" not in inspect.getsource(importlib.import_module(module.name))
