"""Workflows of Snakemake's own tests, and jobs that must run together, on the cluster."""

import pytest
import snakemake.common.tests
from snakemake_executor_plugin_submitit import ExecutorSettings

from .conftest import PATIENCE_SECONDS, ask, until

CONNECTED = """
    rule all:
        input: "both.txt", "served.txt", "warm.txt"
    rule make:
        output: pipe("numbers-{i}")
        shell: "for n in 1 2; do echo {wildcards.i}$n; done > {output}"
    rule both:
        input: "numbers-a", "numbers-b"
        output: "both.txt"
        shell: "cat {input} > {output}"
    rule server:
        output: service("address.txt")
        group: "serving"
        shell: "echo $SLURMD_NODENAME > address.new; mv address.new {output}; sleep 987"
    rule client:
        input: "address.txt"
        output: "served.txt"
        group: "serving"
        shell: "(cat {input}; echo $SLURMD_NODENAME) > {output}"
    rule warm_make:
        output: pipe("warm-numbers")
        script: "scripts/make.py"
    rule warm_take:
        input: "warm-numbers"
        output: "warm.txt"
        script: "scripts/take.py"
"""
MAKE = "print('from a script', file=open(snakemake.output[0], 'w'))\n"
TAKE = "open(snakemake.output[0], 'w').write(open(snakemake.input[0]).read())\n"
FAILING = """
    rule all:
        input: "taken.txt"
    rule make:
        output: pipe("numbers")
        shell: "echo 1 > {output}"
    rule take:
        input: "numbers"
        output: "taken.txt"
        log: "take.log"
        shell: "echo no such column > {log}; exit 3"
"""
LONG = """
    rule all:
        input: "taken.txt"
    rule make:
        output: pipe("numbers")
        shell: "(echo 1; sleep 5; echo 2) > {output}; echo x >> runs/make"
    rule take:
        input: "numbers"
        output: "taken.txt"
        shell: "echo x >> runs/take; cat {input} > {output}"
"""


@pytest.mark.usefixtures("cluster")
class TestWorkflows(snakemake.common.tests.TestWorkflowsLocalStorageBase):
    __test__ = True

    def get_executor(self):
        return "submitit"

    def get_executor_settings(self):
        return ExecutorSettings(
            preload="json", coalesce_seconds=0.3, poll_seconds=0.5, slurm_poll_seconds=1
        )


def test_pipes_and_services_run_together_on_one_node(cluster, flow):
    flow.write(Snakefile=CONNECTED, make=MAKE, take=TAKE)
    flow.succeed()
    assert flow.read("both.txt").split() == ["a1", "a2", "b1", "b2"]
    server, client = flow.read("served.txt").split()
    assert server == client
    assert flow.read("warm.txt") == "from a script\n"
    assert not flow.exists("address.txt")
    until(lambda: not cluster.queued(), "end of the service's task")
    assert "Nothing to be done" in flow.succeed("-n")


def test_a_failing_job_ends_its_group_and_is_named(cluster, flow):
    flow.write(Snakefile=FAILING)
    status, output = flow.run()
    assert status == 1
    assert "Error in group" in output
    assert "no such column" in output
    assert not flow.exists("taken.txt")
    until(lambda: not cluster.queued(), "end of the task", PATIENCE_SECONDS)


def test_a_group_whose_task_is_requeued_runs_again_as_a_whole(cluster, flow):
    flow.write(Snakefile=LONG)
    main = flow.start()
    until(lambda: flow.runs_of("take"), lambda: main.log.read_text())
    ask("scontrol", "requeue", *cluster.queued("R"))
    status, output = flow.finish(main)
    assert status == 0, output
    assert flow.read("taken.txt").split() == ["1", "2"]
    assert flow.runs_of("take") == 2
    assert flow.runs_of("make") == 1
