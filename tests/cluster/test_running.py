"""What a user sees when nothing goes wrong outside of the jobs."""

import os
import re
import signal
from shutil import which

from snakemake_executor_plugin_submitit.store import ENDED

from .conftest import ask, until

STEPS = """
    rule all:
        input: expand("out/{i}.txt", i=range(JOBS))
    rule step:
        output: "out/{i}.txt"
        log: "logs/{i}.log"
        resources: runtime=5
        shell: "echo started >> runs/{wildcards.i}; WORK"
"""


def steps(jobs, work):
    return STEPS.replace("JOBS", str(jobs)).replace("WORK", work)


def test_packs_jobs_into_tasks_with_readable_names(cluster, flow):
    flow.write(
        Snakefile=steps(7, "while [ ! -e go ]; do sleep 0.2; done; echo {wildcards.i} > {output}")
    )
    main = flow.start("--submitit-pack=3", "--submitit-job-prefix=study")
    until(lambda: len(cluster.queued("R")) == 3, "three running tasks")
    assert ask("squeue", "-h", "-r", "-o", "%j").split() == ["study:step"] * 3
    until(lambda: "3 tasks running (3 jobs" in main.log.read_text(), lambda: main.log.read_text())
    (flow.folder / "go").touch()
    status, output = flow.finish(main)
    assert status == 0, output
    assert "submitted 7 jobs of step as 3 tasks" in output
    assert re.search(r"3 tasks running \(3 jobs, \d+:\d\d left\)", output), output
    assert [flow.read(f"out/{i}.txt") for i in range(7)] == [f"{i}\n" for i in range(7)]
    assert all(flow.runs_of(str(i)) == 1 for i in range(7))
    assert "Nothing to be done" in flow.succeed("-n")
    # Nothing but the durations is kept of a run without failures, and an empty file that tells the
    # next call why the run's files are gone.
    kept = (flow.folder / ".snakemake/submitit").iterdir()
    assert {path.suffix: path.stat().st_size > 0 for path in kept} == {".json": True, ENDED: False}


def test_temporary_outputs_are_removed_once_the_job_has_succeeded(cluster, flow):
    flow.write(
        Snakefile="""
            rule all:
                input: "last", "plain"
            rule plain:
                output: "plain", temp("unneeded")
                shell: "touch {output}"
            rule first:
                output: temp("first"), temp("needless")
                group: "both"
                shell: "touch {output}"
            rule last:
                input: "first"
                output: "last"
                group: "both"
                shell: "cp {input} {output}"
        """
    )
    flow.succeed()
    assert flow.exists("plain")
    assert flow.exists("last")
    assert not any(map(flow.exists, ("unneeded", "first", "needless")))


def test_packs_stay_within_the_limit_of_their_partition(cluster, flow):
    # 4 jobs of 50 minutes in a partition of 60: SLURM would keep a task of 200 for ever.
    flow.write(Snakefile=steps(4, "echo x > {output}").replace("runtime=5", "runtime=50"))
    flow.succeed("--submitit-pack=4")


def test_pending_tasks_show_slurms_reason(cluster, flow):
    flow.write(
        Snakefile=steps(1, "echo x > {output}").replace(
            "runtime=5", "runtime=5, slurm_extra='--hold'"
        )
    )
    main = flow.start()
    until(lambda: "1 pending (JobHeldUser 1)" in main.log.read_text(), lambda: main.log.read_text())
    ask("scontrol", "release", *cluster.queued())
    assert flow.finish(main)[0] == 0


def test_a_failure_shows_job_log_node_and_state_and_spares_the_others(cluster, flow):
    fail = "if [ {wildcards.i} = 1 ]; then echo no such optimizer > {log}; exit 3; fi; "
    flow.write(Snakefile=steps(3, fail + "echo x > {output}"))
    status, output = flow.run("--keep-going", "--submitit-pack=3")
    assert status == 1
    assert "step (i=1): exit status 3" in output
    assert "no such optimizer" in output
    assert re.search(r"SLURM task \d+ on node n[12]", output), output
    assert flow.exists("out/0.txt")
    assert flow.exists("out/2.txt")
    assert not flow.exists("out/1.txt")
    assert [flow.runs_of(str(i)) for i in range(3)] == [1, 1, 1]


def test_packed_jobs_without_a_log_show_their_own_lines_and_groups_their_reason(cluster, flow):
    flow.write(
        Snakefile="""
            rule all:
                input: expand("out/{i}.txt", i=range(3)), "grouped.txt"
            rule step:
                output: "out/{i}.txt"
                resources: runtime=5
                shell: "echo words of {wildcards.i}; [ {wildcards.i} != 1 ]; echo > {output}"
            rule first:
                output: "first.txt"
                group: "both"
                resources: runtime=5
                shell: "echo > {output}"
            rule second:
                input: "first.txt"
                output: "grouped.txt"
                group: "both"
                resources: runtime=5
                shell: "echo words of second; exit 4"
        """
    )
    status, output = flow.run("--keep-going", "--submitit-pack=3")
    assert status == 1
    told = output.partition("step (i=1): exit status 1")[2].partition("What to do:")
    assert told[1], output
    assert "words of 1" in told[0], output
    assert not re.search("words of [02]", told[0]), output
    grouped = output.partition("second: exit status 4")[2].partition("What to do:")[0]
    assert "words of second" in grouped, output
    # A task of this call that is just ending is none of an earlier one.
    assert "left in the queue" not in output


def test_a_refusal_is_reported_in_sbatchs_words_with_its_setting(cluster, flow):
    flow.write(
        Snakefile=steps(2, "echo x > {output}").replace(
            "runtime=5", "runtime=5, slurm_partition='moon'"
        )
    )
    status, output = flow.run("--retries=2")
    assert status == 1
    assert "invalid partition specified: moon" in output
    assert "slurm_partition=moon" in output
    assert "Trying to restart" not in output


def test_more_tasks_than_maxarraysize_and_ctrl_c(cluster, flow):
    size = int(re.search(r"MaxArraySize\s*=\s*(\d+)", ask("scontrol", "show", "config"))[1])
    flow.write(
        Snakefile=steps(size + 1, "echo x > {output}").replace(
            "runtime=5", "runtime=5, slurm_extra='--hold'"
        )
    )
    main = flow.start("--jobs=5000", "--submitit-pack=1", "--quiet", "rules")
    until(lambda: len(cluster.queued()) == size + 1, lambda: main.log.read_text()[-2000:])
    arrays = {task.partition("_")[0] for task in cluster.queued()}
    assert len(arrays) == 2
    os.kill(main.pid, signal.SIGINT)
    until(lambda: not cluster.queued(), "an empty queue", seconds=30)
    flow.finish(main)


def test_ctrl_c_cancels_running_jobs_within_seconds(cluster, flow):
    flow.write(Snakefile=steps(4, "sleep 600"))
    main = flow.start("--submitit-pack=2")
    until(
        lambda: len(cluster.queued("R")) == 2 and flow.runs_of("0") + flow.runs_of("1"), "running"
    )
    os.killpg(main.pid, signal.SIGINT)
    until(lambda: not cluster.queued(), "an empty queue", seconds=30)
    status, _output = flow.finish(main, 60)
    assert status != 0
    assert not flow.exists(".snakemake/locks") or not list(
        (flow.folder / ".snakemake/locks").iterdir()
    )


def test_jobs_of_a_task_at_once_share_its_devices_as_told(cluster, flow):
    # The first job waits for a second, so the test can only end if two run.
    flow.write(
        Snakefile="""
            rule all:
                input: expand("out/{i}.txt", i=range(4))
            rule train:
                output: "out/{i}.txt"
                resources: runtime=5, mem_mb=300, gpu=1
                script: "scripts/train.py"
        """,
        train="""
            import os, time
            from pathlib import Path
            running = Path("runs") / snakemake.wildcards.i
            running.touch()
            while len(list(Path("runs").iterdir())) < 2:
                time.sleep(0.1)
            Path(snakemake.output[0]).write_text(" ".join(
                [os.environ["SLURM_JOB_ID"], os.environ["SLURM_CPUS_PER_TASK"],
                 os.environ["CUDA_VISIBLE_DEVICES"]]
            ))
        """,
    )

    def found():
        words = [flow.read(f"out/{i}.txt").split() for i in range(4)]
        assert len({(task, cpus) for task, cpus, _ in words}) == 1
        assert words[0][1] == "2"
        return {device for _, _, device in words}

    flow.succeed("--submitit-pack=4", "--submitit-jobs-at-once=2")
    assert found() == {"0", "1"}
    for path in (*(flow.folder / "out").iterdir(), *(flow.folder / "runs").iterdir()):
        path.unlink()
    flow.succeed("--submitit-pack=4", "--submitit-jobs-at-once=2", "--submitit-jobs-per-gpu=2")
    assert len(found()) == 1


def test_ctrl_c_while_slurm_is_being_asked(cluster, flow):
    """Snakemake's own list of jobs is empty meanwhile: a queue asked slowly and all the time."""
    slow = flow.folder / "slow"
    slow.mkdir()
    (slow / "squeue").write_text(f'#!/bin/sh\ntouch asking\nsleep 5\nexec {which("squeue")} "$@"\n')
    (slow / "squeue").chmod(0o755)
    flow.write(Snakefile=steps(2, "sleep 600"))
    main = flow.start(
        "--submitit-pack=1",
        "--submitit-slurm-poll-seconds=0",
        environment={"PATH": f"{slow}:{os.environ['PATH']}"},
    )
    until(lambda: len(cluster.queued("R")) == 2, lambda: main.log.read_text())
    (flow.folder / "asking").unlink(missing_ok=True)
    until(lambda: flow.exists("asking"), "the next question")
    os.killpg(main.pid, signal.SIGINT)
    until(lambda: not cluster.queued(), "an empty queue", seconds=30)
    assert flow.finish(main, 60)[0] != 0


def test_each_task_of_a_large_array_runs_its_own_job(cluster, flow):
    # CLUSTER_TEST_TASKS=1000 runs a thousand: a quarter of an hour on two cores.
    tasks = int(os.environ.get("CLUSTER_TEST_TASKS", "60"))
    flow.write(Snakefile=steps(tasks, "echo {wildcards.i} > {output}"))
    main = flow.start("--jobs=5000", "--submitit-pack=1", "--quiet", "rules")
    status, output = flow.finish(main, 5 * tasks + 120)
    assert status == 0, output[-4000:]
    assert f"submitted {tasks} jobs of step as {tasks} tasks" in output
    assert [flow.read(f"out/{i}.txt") for i in range(tasks)] == [f"{i}\n" for i in range(tasks)]
    assert [flow.runs_of(str(i)) for i in range(tasks)] == [1] * tasks


def test_a_thousand_jobs_run_as_four_tasks(cluster, flow):
    flow.write(
        Snakefile="""
            rule all:
                input: expand("out/{i}.txt", i=range(1000))
            rule step:
                output: "out/{i}.txt"
                resources: runtime=1
                script: "scripts/step.py"
        """,
        step="""
            from pathlib import Path
            with open(f"runs/{snakemake.wildcards.i}", "a") as runs:
                print("started", file=runs)
            Path(snakemake.output[0]).write_text(snakemake.wildcards.i)
        """,
    )
    output = flow.succeed("--jobs=5000", "--submitit-pack=250", "--quiet", "rules", "progress")
    assert "submitted 1000 jobs of step as 4 tasks" in output
    assert [flow.read(f"out/{i}.txt") for i in range(1000)] == [str(i) for i in range(1000)]
    assert [flow.runs_of(str(i)) for i in range(1000)] == [1] * 1000


def test_late_outputs_are_waited_for(cluster, flow):
    flow.write(Snakefile=steps(1, "(sleep 4; echo late > {output}) >/dev/null 2>&1 &"))
    flow.succeed("--latency-wait=60")
    assert flow.read("out/0.txt") == "late\n"


def test_pack_size_follows_from_earlier_runs(cluster, flow):
    flow.write(Snakefile=steps(2, "echo x > {output}"))
    assert "submitted 2 jobs of step as 2 tasks" in flow.succeed()
    flow.write(Snakefile=steps(8, "echo x > {output}"))
    assert "submitted 6 jobs of step as 1 task of" in flow.succeed()


def test_rules_that_say_how_long_their_jobs_take_are_packed_from_the_first_run(cluster, flow):
    # Five minutes but for the first two, which take a task's ten; all take no time in fact.
    told = "runtime=60, submitit_seconds=lambda w: 600 if int(w.i) < 2 else 300"
    text = steps(6, "echo x > {output}")
    flow.write(Snakefile=re.sub("runtime=[0-9]+", told, text))
    assert "submitted 6 jobs of step as 4 tasks" in flow.succeed()
    text = steps(12, "echo x > {output}")
    flow.write(Snakefile=re.sub("runtime=[0-9]+", told, text))
    assert "submitted 6 jobs of step as 1 task of" in flow.succeed()


def test_python_that_is_missing_on_the_node(cluster, flow):
    flow.write(Snakefile=steps(1, "echo x > {output}"))
    status, output = flow.run("--submitit-python=/nowhere/bin/python")
    assert status == 1
    assert "/nowhere/bin/python: No such file or directory" in output


def test_a_retry_runs_anew_while_its_first_task_still_works(cluster, flow):
    # Whichever job starts first fails at once; its task lives on with the other one, which waits
    # for the retry.
    work = (
        "[ $(cat runs/* | wc -l) -ge 2 ] || exit 1; "
        "[ $(wc -l < runs/{wildcards.i}) -lt 2 ] || touch retried; "
        "while [ ! -e retried ]; do sleep 0.2; done; echo x > {output}"
    )
    flow.write(Snakefile=steps(2, work))
    flow.succeed("--submitit-pack=2", "--retries=1")
    assert sorted([flow.runs_of("0"), flow.runs_of("1")]) == [1, 2]


def test_outputs_to_be_updated_survive_a_failure(cluster, flow):
    flow.write(
        Snakefile="""
            rule grow:
                output: update("kept.txt")
                resources: runtime=5
                shell: "echo started >> runs/grow; echo more >> {output}; [ ! -e bad ]"
        """
    )
    flow.succeed()
    (flow.folder / "bad").touch()
    status, output = flow.run("--forcerun", "grow")
    assert status == 1, output
    assert flow.read("kept.txt") == "more\n", output
    (flow.folder / "bad").unlink()
    flow.succeed("--forcerun", "grow", "--rerun-incomplete")
    assert flow.read("kept.txt") == "more\nmore\n"


def test_the_community_plugin_runs_the_same_resources(cluster, flow):
    flow.write(Snakefile=steps(1, "echo {resources.runtime} > {output}"))
    flow.succeed(
        "--executor=slurm", "--jobs=5", "--slurm-init-seconds-before-status-checks=2",
        "--default-resources", "slurm_partition=gpu", "slurm_account=default", "mem_mb=1500",
        "submitit_pack=4", executor=[],
    )  # fmt: skip
    assert flow.read("out/0.txt") == "5\n"
