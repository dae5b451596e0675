"""Facts about Snakemake's jobs: their targets, fingerprints, and the call that runs them."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import shlex
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from snakemake_executor_plugin_submitit_jobstep.ledger import job_key, job_label
from snakemake_interface_executor_plugins.utils import (
    encode_target_jobs_cli_args,
    format_cli_arg,
    join_cli_args,
)

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
    """Equal for jobs that would give the same result: adoption relies on it."""
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
        argument=encode_target_jobs_cli_args(job.get_target_spec())[0],
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


def inner_arguments(
    jobs: list[Any], dag: Any, waitfile: Path | None, cores: int, general: str, extra: Iterable[str]
) -> str:
    """The arguments of the inner Snakemake after its targets."""
    rules = sorted({name for job in jobs for name in job.rules})
    unneeded = sorted({str(path) for job in jobs for path in dag.get_unneeded_temp_files(job)})
    first = jobs[0]
    arguments = join_cli_args(
        [
            format_cli_arg("--allowed-rules", rules, quote=False),
            format_cli_arg("--local-groupid", first.jobid, skip=not first.is_group()),
            format_cli_arg("--cores", cores),
            format_cli_arg("--attempt", first.attempt),
            format_cli_arg("--unneeded-temp-files", unneeded, skip=not unneeded),
            format_cli_arg("--wait-for-files-file", waitfile, skip=waitfile is None),
            general,
            "--executor submitit-jobstep --keep-going --quiet progress host --mode remote",
            *extra,
        ]
    )
    return str(arguments)


def write_waitfile(path: Path, jobs: list[Any]) -> Path | None:
    """Inputs that a node may see later than this machine, or None when there are none."""
    files = sorted({str(name) for job in jobs for name in job.get_wait_for_files()})
    if not files:
        return None
    path.write_text("\n".join(files) + "\n")
    return path


def quoted(flag: str, value: Any) -> str:
    """A flag with its value for the shell."""
    return f"{flag} {shlex.quote(str(value))}"
