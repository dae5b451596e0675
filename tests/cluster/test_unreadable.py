"""Damaged files of a lost main process whose array is still in the queue: no job runs twice."""

import os
import shutil
import signal

from .conftest import ask, until
from .test_surviving import result, runs, train

ARGUMENTS = ["--submitit-pack=1", "--rerun-incomplete"]


def lose(flow, main):
    """End the main process as by `kill -9`; the folder of its run."""
    os.killpg(main.pid, signal.SIGKILL)
    main.wait(60)
    flow.succeed("--unlock", executor=[])
    (folder,) = (path for path in flow.folder.glob(".snakemake/submitit/*") if path.is_dir())
    return folder


def test_an_array_in_the_queue_is_followed_again_after_its_files_were_damaged(cluster, flow):
    train(flow, jobs=2, steps=2, resources="runtime=10, slurm_extra='--hold'")
    main = flow.start(*ARGUMENTS)
    until(lambda: len(cluster.queued("PD")) == 2, lambda: main.log.read_text())
    pending = sorted(cluster.queued("PD"))
    until(lambda: "as 2 tasks" in main.log.read_text(), lambda: main.log.read_text())
    (flow.folder / "stop-first").touch()
    ask("scontrol", "release", pending[0])
    until(lambda: runs(flow, "0") or runs(flow, "1"), "a running task")
    folder = lose(flow, main)
    for file in ("batch-0.json", "0.0.task.json"):
        (folder / file).write_bytes(b"{" + (folder / file).read_bytes()[:30])
    (folder / "0.1.task.json").unlink()
    main = flow.start(*ARGUMENTS)
    until(lambda: main.log.read_text().count("re-attached") == 2, lambda: main.log.read_text())
    assert sorted(cluster.queued()) == pending
    (flow.folder / "stop-first").unlink()
    ask("scontrol", "release", pending[1])
    status, output = flow.finish(main)
    assert status == 0, output
    assert "submitted" not in output
    assert [len(runs(flow, name)) for name in "01"] == [1, 1], "a job ran twice"
    assert [result(flow, name) for name in "01"] == [[0, 1]] * 2


def test_nothing_is_submitted_beside_an_array_whose_folder_is_gone(cluster, flow):
    train(flow, jobs=1, steps=2, resources="runtime=10, slurm_extra='--hold'")
    main = flow.start(*ARGUMENTS)
    until(lambda: "submitted 1 job" in main.log.read_text(), lambda: main.log.read_text())
    (job,) = cluster.queued()
    shutil.rmtree(lose(flow, main))
    train(flow, jobs=1, steps=2)
    main = flow.start(*ARGUMENTS)
    until(lambda: f"scancel {job}" in main.log.read_text(), lambda: main.log.read_text())
    assert cluster.queued() == [job]
    ask("scancel", job)
    status, output = flow.finish(main)
    assert status == 0, output
    assert len(runs(flow, "0")) == 1
