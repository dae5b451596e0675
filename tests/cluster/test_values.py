"""Values pass literally: what a job sees is the same with every executor, whatever it holds."""

import json
import os
import stat

import pytest

from .conftest import FAST, Flow

HOSTILE = [
    "a,b", "k=v", "a b", "$HOME", "`id`", "$(id)", "quote'one", 'quote"two', "50%", "%j_%a",
    "star*", "ünïcode→", "semi;colon", "amp&ersand", "paren(thesis)", "hash#tag", "tilde~", "-dash",
    "bang!", "pipe|", "[brackets]", "back\\slash",
]  # fmt: skip
SECRET = "two\nlines, `id` $HOME \"quoted\" 'single' %s \\n ünï"

ECHO = """
    import json
    envvars: "HOSTILE_SECRET"
    VALUES = json.loads(open("values.json").read())
    rule all:
        input: expand("out/{value}.json", value=VALUES)
    rule echo:
        output: "out/{value}.json"
        params: value=lambda wildcards: wildcards.value
        resources: runtime=5, mem_mb=100
        script: "scripts/echo.py"
"""
SCRIPT = """
    import json, os
    from pathlib import Path
    seen = {
        "wildcard": snakemake.wildcards.value,
        "param": snakemake.params.value,
        "secret": os.environ["HOSTILE_SECRET"],
        "folder": os.path.basename(os.getcwd()),
    }
    Path(snakemake.output[0]).write_text(json.dumps(seen))
"""
EXECUTORS = {
    "local": ["--executor=local", "--cores=4"],
    "submitit-jobstep": ["--executor=submitit-jobstep", "--cores=4"],
    "submitit": [*FAST, "--submitit-pack=8", "--submitit-keep-logs"],
}
FOLDERS = ["plain", "50% %j off", "a,b=c $HOME `id`", "ünï 'quoted'"]


def echoed(folder, executor):
    """What every job saw."""
    folder.mkdir(parents=True)
    flow = Flow(folder).write(Snakefile=ECHO, echo=SCRIPT)
    (folder / "values.json").write_text(json.dumps(HOSTILE))
    flow.succeed(executor=EXECUTORS[executor], environment={"HOSTILE_SECRET": SECRET})
    return {value: json.loads(flow.read(f"out/{value}.json")) for value in HOSTILE}


@pytest.mark.parametrize("folder", FOLDERS)
def test_jobs_see_the_same_with_every_executor(cluster, tmp_path, folder):
    expected = {
        value: {"wildcard": value, "param": value, "secret": SECRET, "folder": folder}
        for value in HOSTILE
    }
    for executor in EXECUTORS if folder == "plain" else ["submitit"]:
        assert echoed(tmp_path / executor / folder, executor) == expected, executor
    runs = tmp_path / "submitit" / folder / ".snakemake" / "submitit"
    [run] = [entry for entry in runs.iterdir() if entry.is_dir()]
    assert list(run.glob("logs/*_log.out")), "the output of the tasks"
    for path in [run, *run.rglob("*.json"), *run.rglob("*.jsonl")]:
        assert stat.S_IMODE(os.stat(path).st_mode) & 0o077 == 0, path


def test_a_folder_that_sbatch_cannot_name_is_refused_before_any_job(cluster, tmp_path):
    folder = tmp_path / "back\\slash"
    folder.mkdir()
    flow = Flow(folder).write(Snakefile=ECHO, echo=SCRIPT)
    (folder / "values.json").write_text(json.dumps(HOSTILE))
    status, output = flow.run(
        executor=EXECUTORS["submitit"], environment={"HOSTILE_SECRET": SECRET}
    )
    assert status == 1
    assert "rename the folder" in output
    assert "Traceback" not in output
