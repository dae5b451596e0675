"""Facts about Snakemake's jobs: their targets, fingerprints, and the call that runs them."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shlex
import sys
import uuid
from pathlib import Path
from typing import Any

from snakemake_executor_plugin_submitit_jobstep import node
from snakemake_executor_plugin_submitit_jobstep.ledger import job_key, job_label
from snakemake_interface_executor_plugins.utils import format_cli_arg, join_cli_args

from .settings import ExecutorSettings
from .task import Target


@functools.lru_cache(maxsize=1024)
def _file_digest(path: str, mtime_ns: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def _code_of(rule: Any) -> str:
    """What identifies the rule's code: its script's content, its command, or its function."""
    if rule.script:
        path = str(rule.script)
        base = str(
            getattr(rule.basedir, "get_path_or_uri", lambda **_: rule.basedir)(secret_free=True)
        )
        full = os.path.join(base, path.removeprefix("file://"))
        if os.path.exists(full):
            return _file_digest(full, os.stat(full).st_mtime_ns)
        return path
    return str(rule.shellcmd or rule.run_func_src or rule.notebook or rule.wrapper or "")


def _input_state(path: str) -> list[Any]:
    try:
        facts = os.stat(path)
    except OSError:
        return [path]
    return [path, facts.st_size, facts.st_mtime_ns]


def fingerprint(job: Any) -> str:
    """Equal for jobs that would give the same result: recovery relies on it."""
    try:
        return _fingerprint(job)
    except Exception:
        # A job that cannot be compared is never recovered, and runs all the same.
        return f"unknown-{uuid.uuid4().hex}"


def _fingerprint(job: Any) -> str:
    facts = [
        job.rule.name,
        sorted((key, str(value)) for key, value in job.wildcards_dict.items()),
        [_input_state(str(path)) for path in job.input],
        [str(path) for path in job.output],
        sorted((str(key), repr(value)) for key, value in job.params._allitems()),
        job.threads,
        _code_of(job.rule),
    ]
    return hashlib.sha256(json.dumps(facts, default=repr).encode()).hexdigest()


def target_of(job: Any) -> Target:
    """The description of one job for the task file."""
    return Target(
        key=job_key(job.rule.name, job.wildcards_dict),
        label=job_label(job.rule.name, job.wildcards_dict),
        argument=node.encode_target(job.rule.name, job.wildcards_dict),
        fingerprint=fingerprint(job),
        log=os.path.abspath(str(job.log[0])) if job.log else None,
        outputs=[str(path) for path in job.output],
    )


def single_jobs(job: Any) -> list[Any]:
    """The jobs of a group in order, or the job itself."""
    return sorted(job, key=lambda one: one.jobid) if job.is_group() else [job]


def rule_of(job: Any) -> str:
    """A short name of what the job does."""
    return str(job.groupid if job.is_group() else job.rule.name)


def write_waitfile(path: Path, jobs: list[Any]) -> Path | None:
    """Inputs that a node may see later than this machine, or None when there are none."""
    files = sorted({str(name) for job in jobs for name in job.get_wait_for_files()})
    if not files:
        return None
    path.write_text("\n".join(files) + "\n")
    return path


def _flag(name: str, value: Any) -> str:
    return f"{name} {shlex.quote(str(value))}"


class CallBuilder:
    """The call of Snakemake on the node, without its targets."""

    def __init__(self, executor: Any, settings: ExecutorSettings) -> None:
        self.executor = executor
        self.settings = settings

    def head(self) -> str:
        """Up to the targets."""
        factory = self.executor.workflow.spawned_job_args_factory
        precommand = factory.precommand(executor_common_settings=self.executor.common_settings)
        python = self.settings.python or shlex.quote(sys.executable)
        arguments = join_cli_args(
            [
                f"{precommand} &&" if precommand else "",
                # With exec the process that bash becomes is the one that signals must reach.
                f"exec {python} -m {node.__name__}",
                format_cli_arg("--snakefile", self.executor.get_snakefile()),
            ]
        )
        return str(arguments)

    def environment(self) -> dict[str, str]:
        """Variables that the workflow passes on (`envvars:`): as they are, through no shell."""
        return dict(self.executor.envvars())

    def tail(self, jobs: list[Any], waitfile: Path | None, at_once: int) -> str:
        """After the targets; the jobs are alike in rule, attempt and threads."""
        executor, settings, first = self.executor, self.settings, jobs[0]
        rules = sorted({name for job in jobs for name in job.rules})
        # Of single jobs the main process removes them, after it has looked for all outputs.
        groups = [job for job in jobs if job.is_group()]
        unneeded = sorted(
            {str(path) for job in groups for path in executor.dag.get_unneeded_temp_files(job)}
        )
        arguments = join_cli_args(
            [
                format_cli_arg("--allowed-rules", rules, quote=False),
                format_cli_arg("--local-groupid", first.jobid, skip=not first.is_group()),
                # A job of `threads: 0` needs no core, but Snakemake takes no such number.
                format_cli_arg("--cores", max(1, first.threads * at_once)),
                format_cli_arg("--attempt", first.attempt),
                format_cli_arg("--unneeded-temp-files", unneeded, skip=not unneeded),
                format_cli_arg("--wait-for-files-file", waitfile, skip=waitfile is None),
                executor.workflow.spawned_job_args_factory.general_args(
                    executor_common_settings=executor.common_settings
                ),
                # The jobs of a task are alike: choosing among them needs no solver.
                "--executor submitit-jobstep --scheduler greedy",
                "--keep-going --quiet progress host --mode remote",
                _flag("--submitit-jobstep-preload", settings.preload),
                _flag("--submitit-jobstep-jobs-per-gpu", settings.jobs_per_gpu),
                _flag("--submitit-jobstep-grace-seconds", max(1, settings.grace_seconds - 10)),
            ]
        )
        return str(arguments)
