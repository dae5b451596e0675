"""What becomes of jobs at the limits of time."""

import json

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
