"""One workflow under Snakemake's local executor and under ours: same files, metadata and reruns."""

import json
import shutil

import pytest

from .conftest import FAST, Flow

WORKFLOW = """
    envvars: "PARITY"
    rule all:
        input:
            expand("out/script-{x}.json", x=["a", "b"]), "out/shell.txt", "out/run.txt",
            "out/shadow.txt", "out/gathered.txt", "out/folder", "out/kept.txt", "out/group-2.txt",
    rule script:
        output: "out/script-{x}.json", "out/second-{x}.txt"
        input: "in.txt"
        log: "logs/{x}.log"
        benchmark: repeat("benchmarks/{x}.tsv", 2)
        params: rate=PARAM, names=["p", "q"], nested={"a": 1}
        threads: 2
        resources: gpu=1, mem_mb=700, runtime=5, label="text"
        wildcard_constraints: x="[a-z]"
        conda: "env.yaml"
        script: "scripts/look.py"
    rule shell:
        output: "out/shell.txt"
        input: "out/script-a.json"
        benchmark: "benchmarks/shell.tsv"
        log: "logs/shell.log"
        threads: 2
        resources: gpu=1
        shell: "echo $OMP_NUM_THREADS $PARITY {threads} {resources.gpu} > {output} 2> {log}"
    rule run:
        output: "out/run.txt"
        params: value=PARAM
        run:
            with open(output[0], "w") as out:
                out.write(f"{params.value} {rule}")
    rule shadow:
        output: "out/shadow.txt"
        shadow: "minimal"
        shell: "echo trash > trash.txt; echo shadow > {output}"
    checkpoint scatter:
        output: directory("out/scattered")
        shell: "mkdir -p {output}; for i in 1 2 3; do echo $i > {output}/$i.txt; done"
    rule piece:
        input: "out/scattered/{n}.txt"
        output: temp("out/piece-{n}.txt")
        shell: "cat {input} {input} > {output}"
    def pieces(wildcards):
        folder = checkpoints.scatter.get().output[0]
        return expand("out/piece-{n}.txt", n=glob_wildcards(folder + "/{n}.txt").n)
    rule gather:
        input: pieces
        output: protected("out/gathered.txt")
        shell: "cat $(echo {input} | tr ' ' '\\\\n' | sort) > {output}"
    rule folder:
        output: directory("out/folder")
        shell: "mkdir -p {output}; echo inside > {output}/file"
    rule kept:
        output: update("out/kept.txt")
        shell: "echo line >> {output}"
    rule group1:
        output: temp("out/group-1.txt")
        group: "pair"
        shell: "echo one > {output}"
    rule group2:
        input: "out/group-1.txt"
        output: "out/group-2.txt"
        group: "pair"
        shell: "cat {input} > {output}; echo two >> {output}"
"""

SCRIPT = """
    import json, os, sys, time
    time.sleep(0.1)
    from pathlib import Path
    facts = {
        "rule": snakemake.rule, "wildcards": dict(snakemake.wildcards),
        "threads": snakemake.threads,
        "params": {key: value for key, value in snakemake.params.items()},
        "input": list(snakemake.input), "output": list(snakemake.output),
        "log": list(snakemake.log),
        "resources": {k: v for k, v in snakemake.resources.items() if not k.startswith("_")},
        "config": snakemake.config, "bench_iteration": snakemake.bench_iteration,
        "file": os.path.relpath(__file__), "cwd": os.path.basename(os.getcwd()),
        "scriptdir": os.path.relpath(snakemake.scriptdir), "name": __name__,
        "threads_env": [os.environ.get(k) for k in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")],
        "tmpdir": bool(os.environ.get("TMPDIR")), "parity": os.environ["PARITY"],
        "arguments": len(sys.argv), "first_path": os.path.relpath(sys.path[0]),
    }
    Path(snakemake.log[0]).write_text("logged")
    Path(snakemake.output[0]).write_text(json.dumps(facts, indent=1))
    Path(snakemake.output[1]).write_text("second")
"""

COMMON = ["--config", "depth=3", "--retries=1", "--set-resources", "run:mem_mb=600"]
TIMES = ("starttime", "endtime")


def prepared(folder, param="0.1"):
    folder.mkdir(exist_ok=True)
    flow = Flow(folder)
    flow.write(Snakefile=WORKFLOW.replace("PARAM", param), look=SCRIPT)
    (folder / "env.yaml").write_text("dependencies: [python]\n")
    (folder / "in.txt").touch()
    return flow


def files(folder):
    """Content of all files but Snakemake's own and those that measure."""
    return {
        str(path.relative_to(folder)): path.read_text()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        and ".snakemake" not in path.parts
        and "benchmarks" not in path.parts
        and not path.name.startswith("main-")
    }


def metadata(folder):
    """Records by file name, and how long each job took."""
    records, seconds = {}, {}
    for path in sorted((folder / ".snakemake/metadata").rglob("*")):
        if path.is_file():
            record = json.loads(path.read_text())
            seconds[path.name] = record["endtime"] - record["starttime"]
            records[path.name] = {k: v for k, v in record.items() if k not in TIMES}
    return records, seconds


def run(folder, executor):
    flow = prepared(folder)
    output = flow.succeed(*COMMON, executor=executor, environment={"PARITY": "same"})
    return flow, output


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    flow, _ = run(tmp_path_factory.mktemp("local") / "work", ["--cores=2"])
    return flow


OURS = {
    "submitit": [*FAST, "--submitit-pack=4", "--submitit-preload=json",
                 "--default-resources", "runtime=5"],
    "submitit-at-once": [*FAST, "--submitit-pack=4", "--submitit-jobs-at-once=2",
                         "--submitit-preload=json", "--default-resources", "runtime=5"],
    "submitit-jobstep": ["--cores=2", "--executor=submitit-jobstep",
                         "--submitit-jobstep-preload=json"],
}  # fmt: skip


@pytest.mark.parametrize("name", OURS)
def test_same_files_metadata_and_reruns(cluster, local, tmp_path, name):
    executor = OURS[name]
    flow, _output = run(tmp_path / "work", executor)
    assert files(flow.folder).keys() == files(local.folder).keys()
    for path, content in files(local.folder).items():
        ours = files(flow.folder)[path]
        if path.startswith("out/script-"):
            expected, found = json.loads(content), json.loads(ours)
            for facts in (expected, found):
                facts["resources"].pop("tmpdir")
                for resource in ("runtime", "disk_mb", "disk_mib", "disk", "mem", "mem_mib"):
                    facts["resources"].pop(resource, None)
            assert found == expected
        else:
            assert ours == content, path
    for path in (local.folder / "benchmarks").iterdir():
        ours = (flow.folder / "benchmarks" / path.name).read_text().splitlines()
        theirs = path.read_text().splitlines()
        assert ours[0] == theirs[0]
        assert len(ours) == len(theirs)
        assert path.name == "shell.tsv" or all(float(line.split()[0]) > 0.09 for line in ours[1:])
    expected, _ = metadata(local.folder)
    found, seconds = metadata(flow.folder)
    assert found.keys() == expected.keys()
    for key, record in expected.items():
        for field in ("rule", "code", "input", "log", "params", "shellcmd", "conda_env",
                      "software_stack_hash", "container_img_url", "incomplete",
                      "record_format_version"):  # fmt: skip
            assert found[key][field] == record[field], (key, field)
    odd = {key: value for key, value in seconds.items() if not -1 < value < 120}
    assert not odd
    assert max(seconds.values()) > 0.05, "run times were lost"
    assert not [p for p in (flow.folder / ".snakemake/incomplete").rglob("*") if p.is_file()]
    same = {"environment": {"PARITY": "same"}}
    assert "Nothing to be done" in flow.succeed(*COMMON, "-n", executor=["--cores=1"], **same)
    prepared(flow.folder, param="0.2")
    again = flow.succeed(*COMMON, "-n", executor=["--cores=1"], **same)
    shutil.copytree(local.folder, tmp_path / "local", symlinks=True)
    other = prepared(tmp_path / "local", param="0.2")
    assert table(again) == table(other.succeed(*COMMON, "-n", executor=["--cores=1"], **same))


def table(output):
    """The job counts of a dry-run."""
    lines = output.splitlines()
    start = next(number for number, line in enumerate(lines) if line.startswith("job "))
    end = next(number for number, line in enumerate(lines) if line.startswith("total"))
    return lines[start : end + 1]
