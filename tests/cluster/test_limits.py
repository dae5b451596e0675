"""Jobs at the limits of time, and what a site says of its partitions and of what jobs used."""

import json
import re
import signal

from .conftest import ask, until

ENDLESS = """
    rule train:
        output: "out.txt"
        log: "train.log"
        resources: runtime=lambda wildcards, attempt: attempt
        retries: 2
        shell:
            "echo {resources.runtime} >> runs/train; "
            "[ {resources.runtime} = 2 ] || exec sleep 600; "
            "cp {log}.death.json {output}"
"""


def test_without_a_checkpoint_the_next_start_is_the_next_attempt(cluster, flow):
    flow.write(Snakefile=ENDLESS)
    output = flow.succeed("--submitit-max-task-minutes=1", "--submitit-grace-seconds=25")
    assert flow.read("runs/train").split() == ["1", "2"], output
    note = json.loads(flow.read("out.txt"))
    assert (note["reason"], note["attempt"]) == ("time_limit", 1)
    assert "reached its time limit of 1 min (`runtime`) without a checkpoint" in output


def test_a_further_attempt_asks_for_no_more_than_its_partition_allows(cluster, flow):
    flow.write(
        Snakefile="""
            rule step:
                output: "out.txt"
                resources: runtime=lambda wildcards, attempt: 5 + 500 * (attempt - 1), mem_mb=1000
                shell: "[ -e failed ] || {{ touch failed; exit 1; }}; squeue -h -j $SLURM_JOB_ID -o %l > {output}"
        """
    )
    status, output = flow.run("--retries=1")
    assert status == 0, output
    assert flow.read("out.txt").strip() == "1:00:00"
    assert "step: attempt 2 asks for runtime=505; it gets the 60 min that the partition" in output


def test_what_fits_under_a_limit_on_submitted_jobs_is_submitted_and_the_rest_later(cluster, flow):
    flow.write(
        Snakefile="""
            rule all:
                input: expand("out/{i}.txt", i=range(8))
            rule step:
                output: "out/{i}.txt"
                resources: runtime=5, mem_mb=100
                shell: "echo started >> runs/{wildcards.i}; touch {output}"
        """
    )
    limit = ["sacctmgr", "-i", "modify", "user", "root", "set"]
    try:
        ask(*limit, "MaxSubmitJobs=3")
        status, output = flow.run("--submitit-pack=1")
    finally:
        ask(*limit, "MaxSubmitJobs=-1")
    assert status == 0, output
    assert [flow.runs_of(str(i)) for i in range(8)] == [1] * 8
    assert "a limit on submitted jobs is reached" in output


def test_a_request_that_can_never_start_is_named_with_what_it_asked_for(cluster, flow):
    flow.write(
        Snakefile="""
            rule step:
                output: "out.txt"
                resources: runtime=500, mem_mb=100
                shell: "touch {output}"
        """
    )
    main = flow.start()
    until(lambda: "PartitionTimeLimit" in main.log.read_text(), lambda: main.log.read_text())
    assert "runtime=500" in main.log.read_text()
    main.send_signal(signal.SIGINT)
    status, output = flow.finish(main)
    assert status == 1, output
    until(lambda: not cluster.queued("R", "PD"), "an empty queue")


def test_partitions_nodes_and_logs_as_stated_and_a_report_of_what_was_used(cluster, flow):
    # 300 MB for as long as it takes SLURM to see them.
    code = "import time; held = bytearray(300 * 2**20); time.sleep(4)"
    flow.write(
        Snakefile=f"""
            rule step:
                output: "out.txt"
                resources: runtime=5, mem_mb=1000
                shell:
                    "while [ ! -e go ]; do sleep 0.2; done; python3 -c '{code}'; "
                    "echo $SLURMD_NODENAME > {{output}}"
        """
    )
    main = flow.start(
        "--submitit-exclude-nodes=n1", "--submitit-logs=kept/logs", "--submitit-keep-logs",
        "--submitit-efficiency-report",
        environment={"SBATCH_PARTITION": "short,gpu", "SBATCH_TIMELIMIT": "3"},
    )  # fmt: skip
    until(lambda: cluster.queued("R"), lambda: main.log.read_text())
    assert ask("squeue", "-h", "-o", "%P").split() == ["gpu"]
    (flow.folder / "go").touch()
    status, output = flow.finish(main)
    assert status == 0, output
    assert flow.read("out.txt").strip() == "n2"
    assert list(flow.folder.glob("kept/logs/*/*_log.out"))
    assert "SBATCH_PARTITION=short,gpu of your environment is used" in output
    assert "SBATCH_TIMELIMIT=3 of your environment is not used: set runtime" in output
    peak = re.search(r"step +1 +1,600 MB +([\d,]+) MB \(\d+%\) +5 min", output)
    assert peak, output
    assert int(peak[1].replace(",", "")) >= 300
