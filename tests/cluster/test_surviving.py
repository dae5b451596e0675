"""What clusters do to jobs: limits, preemption, dead nodes and daemons, lost main processes."""

import json
import os
import re
import signal
import time

from .conftest import ask, until

TRAIN = """
    rule all:
        input: expand("out/{i}.txt", i=range(JOBS))
    rule train:
        output: "out/{i}.txt"
        log: "logs/{i}.log"
        params: steps=STEPS
        resources: RESOURCES
        script: "scripts/train.py"
"""

# Writes a checkpoint on SIGTERM and exits with 85; keeps what it found: its steps and its notes.
SCRIPT = """
    import json, os, signal, sys, time
    from pathlib import Path

    i = snakemake.wildcards.i
    checkpoint = Path(f"checkpoints/{i}.json")
    checkpoint.parent.mkdir(exist_ok=True)
    steps = json.loads(checkpoint.read_text()) if checkpoint.exists() else []
    note = Path(snakemake.log[0] + ".death.json")
    with open(f"runs/{i}", "a") as runs:
        print(json.dumps({
            "from": len(steps),
            "note": json.loads(note.read_text()) if note.exists() else None,
            "deadline": os.environ.get("SNAKEMAKE_SUBMITIT_DEADLINE"),
        }), file=runs)
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
    def held():
        # While a file "hold" exists, only the first jobs come to their end.
        return Path("hold").exists() and list(Path("out").glob("*.txt"))
    first = not steps
    def endless():
        # While a file "stop-first" exists, a first start comes to no end of its own.
        return first and Path("stop-first").exists()
    while len(steps) < snakemake.params.steps or held() or endless():
        steps.append(len(steps))
        time.sleep(0.2)
        if stop:
            temporary = checkpoint.with_suffix(".tmp")
            temporary.write_text(json.dumps(steps))
            temporary.replace(checkpoint)
            sys.exit(85)
    Path(snakemake.output[0]).write_text(json.dumps(steps[: snakemake.params.steps]))
"""


def train(flow, jobs, steps, resources="runtime=10"):
    text = TRAIN.replace("JOBS", str(jobs)).replace("STEPS", str(steps))
    return flow.write(Snakefile=text.replace("RESOURCES", resources), train=SCRIPT)


def runs(flow, name):
    """What each start of a job has recorded."""
    path = flow.folder / "runs" / name
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def result(flow, name):
    return json.loads(flow.read(f"out/{name}.txt"))


def running_on(job):
    return ask("squeue", "-h", "-j", job, "-o", "%N").strip()


def preempt(node):
    """A job of higher priority that needs all of the node."""
    return ask("sbatch", "--parsable", "-p", "high", "-w", node, "-n1", "-c4", "--mem=100",
               "-o", "/dev/null", "--wrap", "sleep 600").strip()  # fmt: skip


def test_time_limit_checkpoints_requeues_and_resumes(cluster, flow):
    train(flow, jobs=2, steps=5, resources="runtime=1")
    (flow.folder / "stop-first").touch()
    main = flow.start(
        "--submitit-pack=2", "--submitit-max-task-minutes=1", "--submitit-grace-seconds=25"
    )
    until(lambda: runs(flow, "0") or runs(flow, "1"), "start")
    first = "0" if runs(flow, "0") else "1"
    until(lambda: len(runs(flow, first)) > 1, "a second start")
    (flow.folder / "stop-first").unlink()
    status, output = flow.finish(main)
    assert status == 0, output
    assert [result(flow, name) for name in "01"] == [list(range(5))] * 2
    again = runs(flow, first)[1]
    assert again["from"] > 0
    assert again["note"]["reason"] == "time_limit"
    assert again["deadline"]
    # One task did it all.
    assert output.count("submitted") == 1
    assert not flow.exists("logs/0.log.death.json")


def test_requeues_are_bounded(cluster, flow):
    train(flow, jobs=1, steps=100000)
    main = flow.start("--submitit-max-requeues=0")
    until(lambda: runs(flow, "0"), "start")
    ask("scancel", "--batch", "--signal=USR2", *cluster.queued("R"))
    status, output = flow.finish(main)
    assert status == 1
    assert "max_requeues" in output
    assert json.loads(flow.read("logs/0.log.death.json"))["reason"] == "time_limit"


def test_preemption_with_requeue(cluster, flow):
    train(flow, jobs=2, steps=5)
    (flow.folder / "stop-first").touch()
    main = flow.start("--submitit-pack=2")
    until(lambda: runs(flow, "0") or runs(flow, "1"), "start")
    first = "0" if runs(flow, "0") else "1"
    job = cluster.queued("R")[0]
    high = preempt(running_on(job))
    until(lambda: high in cluster.queued("R"), "the other job runs")
    (flow.folder / "stop-first").unlink()
    ask("scancel", high)
    status, output = flow.finish(main)
    assert status == 0, output
    assert [result(flow, name) for name in "01"] == [list(range(5))] * 2
    starts = runs(flow, first)
    assert len(starts) == 2, starts
    assert starts[1]["from"] > 0
    assert starts[1]["note"]["reason"] == "preempted"


def test_preemption_with_cancel_submits_again(cluster, flow):
    train(flow, jobs=2, steps=5, resources="runtime=10, slurm_partition='kill'")
    (flow.folder / "stop-first").touch()
    main = flow.start("--submitit-pack=2")
    until(lambda: runs(flow, "0") or runs(flow, "1"), "start")
    first = "0" if runs(flow, "0") else "1"
    high = preempt(running_on(cluster.queued("R")[0]))
    until(lambda: high in cluster.queued("R"), "the other job runs")
    (flow.folder / "stop-first").unlink()
    ask("scancel", high)
    status, output = flow.finish(main)
    assert status == 0, output
    assert "PREEMPTED" in output
    assert "submitting again" in output
    assert [result(flow, name) for name in "01"] == [list(range(5))] * 2
    starts = runs(flow, first)
    assert len(starts) == 2
    assert starts[1]["from"] > 0
    assert starts[1]["note"]["reason"] == "preempted"


def test_node_death(cluster, flow):
    train(flow, jobs=2, steps=10)
    (flow.folder / "hold").touch()
    main = flow.start("--submitit-pack=2")
    until(lambda: flow.exists("out/0.txt") or flow.exists("out/1.txt"), "a finished job")
    done, other = ("0", "1") if flow.exists("out/0.txt") else ("1", "0")
    until(lambda: runs(flow, other), "start of the other")
    node = running_on(cluster.queued("R")[0])
    cluster.crash(node)
    (flow.folder / "hold").unlink()
    status, output = flow.finish(main)
    assert status == 0, output
    assert len(runs(flow, done)) == 1, "a finished job was run again"
    assert len(runs(flow, other)) == 2
    assert result(flow, other) == list(range(10))


def test_scancel_of_one_task_fails_only_its_jobs(cluster, flow):
    train(flow, jobs=4, steps=5)
    (flow.folder / "stop-first").touch()
    main = flow.start("--submitit-pack=2", "--keep-going", "--retries=2")
    until(lambda: sum(len(runs(flow, str(i))) for i in range(4)) == 2, "two running")
    victim = cluster.queued("R")[0]
    ask("scancel", victim)
    until(lambda: victim not in cluster.queued("R"), "the end of the task")
    (flow.folder / "stop-first").unlink()
    status, output = flow.finish(main)
    assert status == 1
    assert output.count("cancelled from outside") == 2, output
    assert sum(flow.exists(f"out/{i}.txt") for i in range(4)) == 2
    assert "Trying to restart" not in output


def test_scancel_of_all(cluster, flow):
    train(flow, jobs=2, steps=1000)
    main = flow.start("--submitit-pack=1")
    until(lambda: len(cluster.queued("R")) == 2, "two running")
    ask("scancel", "-u", "root")
    status, output = flow.finish(main)
    assert status == 1
    assert output.count("cancelled from outside") == 2, output


def test_works_while_slurmdbd_is_away(cluster, flow):
    train(flow, jobs=2, steps=5)
    cluster.kill("slurmdbd", signal.SIGKILL)
    output = flow.succeed("--submitit-pack=1")
    assert [result(flow, name) for name in "01"] == [list(range(5))] * 2
    assert "failed" not in output.replace("0 failed", "")


def test_slurmctld_restart_while_jobs_run_and_wait_for_submission(cluster, flow):
    flow.write(
        Snakefile="""
            rule second:
                input: "first.txt"
                output: "second.txt"
                resources: runtime=5
                shell: "echo started >> runs/second; cp {input} {output}"
            rule first:
                output: "first.txt"
                resources: runtime=5
                shell:
                    "echo started >> runs/first; while [ ! -e go ]; do sleep 0.2; done; "
                    "echo x > {output}"
        """
    )
    main = flow.start()
    until(lambda: flow.runs_of("first"), "start")
    cluster.kill("slurmctld")
    (flow.folder / "go").touch()
    # The first job ends by its ledger; the second cannot be submitted yet.
    until(
        lambda: "SLURM is not accepting jobs" in main.log.read_text(), lambda: main.log.read_text()
    )
    cluster.start("slurmctld")
    status, output = flow.finish(main)
    assert status == 0, output
    assert flow.runs_of("first") == 1
    assert flow.runs_of("second") == 1


def test_a_task_that_slurm_holds_because_nodes_are_bad_is_released(cluster, flow):
    train(flow, jobs=1, steps=2)
    cluster.break_nodes()
    main = flow.start()
    until(lambda: "held" in ask("squeue", "-h", "-o", "%r"), lambda: main.log.read_text())
    cluster.break_nodes(False)
    cluster.resume_nodes()
    status, output = flow.finish(main)
    assert status == 0, output
    assert "launch failed requeued held" in output
    assert "; released" in output
    assert len(runs(flow, "0")) == 1


def test_a_task_that_the_user_holds_stays_held(cluster, flow):
    train(flow, jobs=1, steps=2, resources="runtime=10, slurm_extra='--hold'")
    main = flow.start()
    until(lambda: "JobHeldUser" in main.log.read_text(), lambda: main.log.read_text())
    time.sleep(8)
    assert cluster.queued("PD")
    ask("scontrol", "release", *cluster.queued("PD"))
    status, output = flow.finish(main)
    assert status == 0, output
    assert "; released" not in output


def test_two_workflows_of_one_folder_leave_each_others_tasks_alone(cluster, flow):
    flow.write(
        Snakefile="""
            rule all:
                input: "out/a.txt", "out/b.txt", "out/c.txt"
            rule wait:
                output: "out/{i}.txt"
                resources: runtime=5
                shell:
                    "echo started >> runs/{wildcards.i}; "
                    "while [ ! -e go-{wildcards.i} ]; do sleep 0.2; done; echo x > {output}"
        """
    )
    first = flow.start("out/a.txt", "--rerun-incomplete")
    until(lambda: flow.runs_of("a"), lambda: first.log.read_text())
    refused, refusal = flow.run("out/a.txt", "--rerun-incomplete")
    assert refused != 0
    assert "--unlock" in refusal
    (flow.folder / "go-b").touch()
    output = flow.succeed("out/b.txt", "--rerun-incomplete")
    assert "interrupted" not in output
    # One that is interrupted cancels its own tasks only.
    second = flow.start("out/c.txt", "--rerun-incomplete")
    until(lambda: flow.runs_of("c"), lambda: second.log.read_text())
    os.kill(second.pid, signal.SIGINT)
    assert flow.finish(second)[0] != 0
    until(lambda: len(cluster.queued()) == 1, "one task left")
    (flow.folder / "go-a").touch()
    status, output = flow.finish(first)
    assert status == 0, output
    assert [flow.runs_of(name) for name in "abc"] == [1, 1, 1]
    assert flow.exists("out/a.txt")
    assert flow.exists("out/b.txt")


def test_a_lost_main_process_is_succeeded_by_the_next_call(cluster, flow):
    train(flow, jobs=4, steps=10)
    (flow.folder / "hold").touch()
    arguments = ["--submitit-pack=2", "--rerun-incomplete"]
    # A main process that does not look any more: results come in that it never learns of.
    blind = ["--submitit-poll-seconds=900", "--submitit-slurm-poll-seconds=900"]
    main = flow.start(*arguments, *blind)
    until(lambda: any(flow.exists(f"out/{i}.txt") for i in range(4)), "a finished job")
    refused, refusal = flow.run(*arguments)
    assert refused != 0
    assert "--unlock" in refusal
    os.killpg(main.pid, signal.SIGKILL)
    main.wait(60)
    assert len(cluster.queued("R")) >= 1, "tasks die with the main process"
    flow.succeed("--unlock", executor=[])
    main = flow.start(*arguments)
    until(lambda: "re-attached train" in main.log.read_text(), lambda: main.log.read_text())
    (flow.folder / "hold").unlink()
    status, output = flow.finish(main)
    assert status == 0, output
    assert "an earlier run was interrupted" in output
    assert "recovered train" in output
    assert all(len(runs(flow, str(i))) == 1 for i in range(4)), "a job ran twice"
    assert [result(flow, str(i)) for i in range(4)] == [list(range(10))] * 4
    assert "Nothing to be done" in flow.succeed("-n")
    assert "interrupted" not in flow.succeed("-n")


def test_results_that_changed_meanwhile_are_not_recovered(cluster, flow):
    train(flow, jobs=2, steps=5)
    main = flow.start("--rerun-incomplete", "--submitit-pack=2", "--submitit-poll-seconds=60")
    until(lambda: runs(flow, "0") or runs(flow, "1"), "start")
    # As when a login session is lost: the tasks go on.
    os.killpg(main.pid, signal.SIGHUP)
    main.wait(60)
    until(lambda: flow.exists("out/0.txt") and flow.exists("out/1.txt"), "both results")
    until(lambda: not cluster.queued(), "the end of the task")
    flow.succeed("--unlock", executor=[])
    train(flow, jobs=2, steps=6)
    flow.succeed("--rerun-incomplete")
    assert [result(flow, name) for name in "01"] == [list(range(6))] * 2


def test_full_file_system(cluster, flow):
    ask("mount", "-t", "tmpfs", "-o", "size=6m", "tmpfs", str(flow.folder))
    try:
        (flow.folder / "runs").mkdir()
        flow.write(
            Snakefile="""
                rule all:
                    input: "small.txt", "large.txt", "late.txt"
                rule small:
                    output: "small.txt"
                    shell: "echo small > {output}"
                rule large:
                    input: "small.txt"
                    output: "large.txt"
                    shell: "head -c 20000000 /dev/zero > filling; exit 1"
                rule late:
                    input: "small.txt"
                    output: "late.txt"
                    shell:
                        "while [ ! -e filling ]; do sleep 0.2; done; sleep 2; "
                        "echo late > {output}"
            """
        )
        status, output = flow.run("--keep-going", "--default-resources", "runtime=5")
        assert status == 1
        assert flow.read("small.txt") == "small\n"
        assert re.search("No space left|no data|the file system was full|exit status", output), (
            output
        )
        (flow.folder / "filling").unlink()
        fill, small = "head -c 20000000 /dev/zero > filling; exit 1", "echo x > {output}"
        flow.write(Snakefile=flow.read("Snakefile").replace(fill, small))
        (flow.folder / "filling").touch()
        output = flow.succeed("--rerun-incomplete", "--default-resources", "runtime=5")
        assert flow.read("late.txt") == "late\n"
    finally:
        flow.close()
        ask("umount", "-l", str(flow.folder))
