"""Warm workers and device slots, with real processes."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace
from typing import ClassVar

import psutil
import pytest
from snakemake_executor_plugin_submitit_jobstep.running import running_job
from snakemake_executor_plugin_submitit_jobstep.scripts import can_be_warm, run_warm
from snakemake_executor_plugin_submitit_jobstep.workers import (
    WarmWorker,
    WarmWorkers,
    WorkerDiedError,
    job_environment,
)


@pytest.fixture(scope="module")
def worker():
    warm = WarmWorker(1, "json,colorsys,no_such_module")
    yield warm
    warm.close()


def run(worker, tmp_path, text, environment=None):
    script = tmp_path / "script.py"
    script.write_text(text)
    pids = []
    end = worker.run(str(script), os.environ | (environment or {}), pids.append)
    return end, pids[0]


def test_a_job_is_forked_with_modules_loaded_and_its_own_environment(worker, tmp_path):
    end, pid = run(
        worker,
        tmp_path,
        f"import os, sys\nopen({str(tmp_path / 'out')!r}, 'w').write("
        "f\"{'colorsys' in sys.modules} {os.environ['MINE']} {os.getpid()} {__name__} \""
        " + sys.argv[0])",
        {"MINE": "yes"},
    )
    assert end.status == 0
    assert (tmp_path / "out").read_text() == f"True yes {pid} __main__ {tmp_path / 'script.py'}"
    assert end.max_rss_kb > 1000


def test_a_fork_leaves_what_the_worker_made_alone_when_it_ends(tmp_path, monkeypatch):
    (tmp_path / "with_folder.py").write_text(
        "import tempfile\nfolder = tempfile.TemporaryDirectory()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    warm = WarmWorker(1, "with_folder")
    try:
        text = f"import os, with_folder\nopen({str(tmp_path / 'out')!r}, 'w').write(with_folder.folder.name)"
        assert run(warm, tmp_path, text)[0].status == 0
        assert os.path.isdir((tmp_path / "out").read_text())
        own = f"""
import tempfile
folder = tempfile.TemporaryDirectory()
open({str(tmp_path / "own")!r}, "w").write(folder.name)
"""
        assert run(warm, tmp_path, own)[0].status == 0
        assert not os.path.exists((tmp_path / "own").read_text())
    finally:
        warm.close()


@pytest.mark.parametrize(
    ("text", "status"),
    [("import sys; sys.exit(85)", 85), ("raise ValueError", 1), ("1 +", 1),
     ("import os, signal; os.kill(os.getpid(), signal.SIGTERM)", -signal.SIGTERM),
     ("import sys; sys.exit()", 0), ("import sys; sys.exit('words')", 1)],
)  # fmt: skip
def test_exit_status(worker, tmp_path, text, status):
    assert run(worker, tmp_path, text)[0].status == status


def test_random_states_differ_between_forks(worker, tmp_path):
    text = (
        "import random, os\n"
        f"open({str(tmp_path)!r} + '/seeds', 'a').write(str(random.random()) + chr(10))"
    )
    for _ in range(3):
        run(worker, tmp_path, text)
    assert len(set((tmp_path / "seeds").read_text().split())) == 3


def test_objects_of_the_script_can_be_pickled_and_exit_handlers_run(worker, tmp_path):
    text = (
        "import atexit, pickle\n"
        "class Here: pass\n"
        "pickle.loads(pickle.dumps(Here()))\n"
        f"atexit.register(lambda: open({str(tmp_path / 'bye')!r}, 'w').close())\n"
    )
    assert run(worker, tmp_path, text)[0].status == 0
    assert (tmp_path / "bye").exists()


def test_jobs_run_side_by_side(worker, tmp_path):
    script = tmp_path / "wait.py"
    script.write_text(
        f"import os, time\nopen({str(tmp_path)!r} + f'/at-{{os.getpid()}}', 'w').close()\n"
        f"end = time.time() + 60\n"
        f"while len([n for n in os.listdir({str(tmp_path)!r}) if n.startswith('at-')]) < 3:\n"
        "    assert time.time() < end\n    time.sleep(0.02)\n"
    )
    ends = []

    def start():
        ends.append(worker.run(str(script), os.environ, lambda pid: None).status)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(90)
    assert ends == [0, 0, 0]


def test_jobs_die_with_a_killed_worker(tmp_path):
    warm = WarmWorker(1, "")
    script = tmp_path / "sleep.py"
    script.write_text("import time; time.sleep(600)")
    pids = []

    def started(pid):
        pids.append(pid)
        warm._process.kill()

    with pytest.raises(WorkerDiedError) as died:
        warm.run(str(script), os.environ, started)
    assert died.value.status == -signal.SIGKILL
    deadline = time.monotonic() + 30
    while is_alive(pids[0]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(pids[0])
    warm.close()


def test_a_fork_whose_parent_is_gone_ends_at_once():
    program = (
        "import os, sys; from snakemake_executor_plugin_submitit_jobstep.death import *; "
        "die_with_parent(int(sys.argv[1])); sys.exit(7)"
    )
    for parent, status in ((os.getpid(), 7), (os.getpid() + 1, -signal.SIGKILL)):
        done = subprocess.run([sys.executable, "-c", program, str(parent)], check=False)
        assert done.returncode == status


def is_alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_torch_forks_have_own_seeds_and_threads(tmp_path):
    pytest.importorskip("torch")
    warm = WarmWorker(2, "torch")
    text = (
        "import sys\nloaded = 'torch' in sys.modules\nimport torch\n"
        f"open({str(tmp_path)!r} + '/torch', 'a').write("
        "f'{loaded} {torch.get_num_threads()} {torch.rand(1).item()}\\n')"
    )
    environment = job_environment(2, None, None, os.environ)
    try:
        for _ in range(2):
            assert run(warm, tmp_path, text, environment)[0].status == 0
    finally:
        warm.close()
    lines = [line.split() for line in (tmp_path / "torch").read_text().splitlines()]
    assert [line[:2] for line in lines] == [["True", "2"]] * 2
    assert lines[0][2] != lines[1][2]


def test_a_killed_worker_counts_as_a_killed_job_and_is_replaced(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("import time; time.sleep(600)")
    workers = WarmWorkers("")
    with running_job("") as job:
        threading.Timer(0.5, workers.get(1)._process.kill).start()
        with pytest.raises(WorkerDiedError):
            run_warm(bare_script(), str(script), workers)
    assert job.status == -signal.SIGKILL
    script.write_text("pass")
    with running_job("") as job:
        run_warm(bare_script(), str(script), workers)
    assert job.status == 0
    workers.close()


def bare_script():
    return SimpleNamespace(threads=1, resources={}, bench_record=None)


def test_environment_of_a_job():
    environment = job_environment(3, "/scratch", {"ROCR_VISIBLE_DEVICES": "1"}, {"A": "b"})
    assert environment["OMP_NUM_THREADS"] == "3"
    assert environment["TMPDIR"] == "/scratch"
    assert environment["ROCR_VISIBLE_DEVICES"] == "1"
    assert environment["A"] == "b"
    assert "ROCR_VISIBLE_DEVICES" not in job_environment(1, None, None, {})


def test_zygote_module_imports_only_what_forks_need():
    import subprocess

    code = (
        "import sys, snakemake_executor_plugin_submitit_jobstep.zygote;"
        "print('torch' in sys.modules, 'snakemake.executors.local' in sys.modules)"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == ["False", "False"]


class Plain:
    conda_env = None
    container_img = None
    env_modules = None
    resources: ClassVar[dict] = {}


@pytest.mark.parametrize(
    ("name", "value"),
    [("conda_env", "/env"), ("container_img", "image.sif"), ("env_modules", ["m"]),
     ("resources", {"shell_exec": "zsh"})],
)  # fmt: skip
def test_scripts_with_an_environment_of_their_own_take_snakemakes_path(monkeypatch, name, value):
    assert can_be_warm(Plain())
    monkeypatch.setattr(Plain, name, value)
    assert not can_be_warm(Plain())


def test_a_shell_prefix_reaches_scripts(monkeypatch):
    from snakemake.shell import shell

    monkeypatch.setattr(shell, "_process_prefix", "set -x; ")
    assert not can_be_warm(Plain())


def test_a_worker_whose_executor_was_killed_says_nothing(tmp_path):
    """The request that it has not answered yet meets a closed connection."""
    ours, theirs = socket.socketpair()
    module = "snakemake_executor_plugin_submitit_jobstep.zygote"
    process = subprocess.Popen(
        [sys.executable, "-m", module, str(theirs.fileno()), "json"],
        pass_fds=[theirs.fileno()],
        stderr=subprocess.PIPE,
        text=True,
    )
    theirs.close()
    # A script that is not there would have a traceback of its own, if it comes that far.
    script = tmp_path / "empty.py"
    script.touch()
    request = {"id": 1, "script": str(script), "env": {}, "cwd": str(tmp_path)}
    ours.sendall(json.dumps(request).encode() + b"\n")
    ours.close()
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said) == (0, "")
