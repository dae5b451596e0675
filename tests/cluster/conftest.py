"""A workflow folder and a cluster for the tests. The cluster is real: see slurm_box.sh."""

import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

PYTHON = sys.executable
SNAKEMAKE = [PYTHON, "-m", "snakemake"]
# Generous: the machine may be busy with other things.
PATIENCE_SECONDS = float(os.environ.get("CLUSTER_TEST_PATIENCE", "180"))
FAST = [
    "--executor=submitit", "--jobs=200", "--latency-wait=3", "--max-jobs-per-timespan=100000/1s",
    "--submitit-slurm-poll-seconds=1", "--submitit-coalesce-seconds=0.3",
    "--submitit-poll-seconds=0.5", "--submitit-status-seconds=1", "--submitit-preload=json",
]  # fmt: skip


def pytest_collection_modifyitems(items):
    if "SLURM_BOX" in os.environ:
        return
    skip = pytest.mark.skip(reason="needs the cluster: run `make test-cluster`")
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(skip)


def ask(*command, check=True, timeout=120):
    """The output of a command."""
    answer = subprocess.run(command, capture_output=True, text=True, timeout=timeout, check=False)
    if check and answer.returncode != 0:
        raise AssertionError(f"{command}: {answer.stdout}{answer.stderr}")
    return answer.stdout


def until(condition, what, seconds=None, every=0.2):
    """Poll until the condition holds; its value."""
    deadline = time.monotonic() + (seconds or PATIENCE_SECONDS)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not in time: {what() if callable(what) else what}")
        time.sleep(every)


class Cluster:
    """The SLURM of the box, and ways to hurt it."""

    def __init__(self):
        self.folder = Path(os.environ["SLURM_BOX"])

    def queued(self, *states):
        """Ids of jobs in the queue."""
        wanted = ["-t", ",".join(states)] if states else []
        return ask("squeue", "-h", "-r", "-o", "%i", *wanted).split()

    def kernel_limits_memory(self):
        """Whether control groups do, which kill one process, and not SLURM, which kills the task."""
        return "task/cgroup" in ask("scontrol", "show", "config")

    def pid(self, daemon):
        return int((self.folder / f"{daemon}.run").read_text())

    def alive(self, daemon):
        # A zombie of the box's shell counts as gone.
        try:
            stat = Path(f"/proc/{self.pid(daemon)}/stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            return False
        return stat.rpartition(")")[2].split()[0] != "Z"

    def kill(self, daemon, number=signal.SIGKILL):
        os.kill(self.pid(daemon), number)
        until(lambda: not self.alive(daemon), f"end of {daemon}")

    def start(self, daemon):
        """Start slurmctld, slurmdbd or slurmd.<node> again."""
        name, _, node = daemon.partition(".")
        command = [name, "-D", *(["-N", node] if node else [])]
        log = (self.folder / "log" / f"{daemon}.out").open("a")
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        (self.folder / f"{daemon}.run").write_text(str(process.pid))
        return process

    def healthy(self):
        """All daemons answer, both nodes are idle, the queue is empty."""
        nodes = ask("sinfo", "-h", "-N", "-p", "gpu", "-t", "idle", "-o", "%N", check=False).split()
        return (
            sorted(nodes) == ["n1", "n2"]
            and not ask("squeue", "-h", "-o", "%i", check=False).split()
            and "box" in ask("sacctmgr", "-n", "-P", "list", "cluster", check=False)
        )

    def heal(self):
        """Back to a healthy cluster, whatever the last test did to it."""
        self.break_nodes(False)
        for daemon in ("slurmdbd", "slurmctld", "slurmd.n1", "slurmd.n2"):
            if not self.alive(daemon):
                self.start(daemon)
        until(lambda: ask("scontrol", "ping", check=False).count("UP") == 1, "slurmctld")
        ask("scancel", "-u", "root", check=False)
        self.resume_nodes()
        until(self.healthy, lambda: "healthy cluster: " + ask("sinfo") + ask("squeue"))

    def break_nodes(self, broken=True):
        """Let both nodes fail at the start of every job, or no longer."""
        marker = self.folder / "broken"
        marker.touch() if broken else marker.unlink(missing_ok=True)

    def resume_nodes(self):
        """What an administrator does with nodes that SLURM has drained."""
        for node in ("n1", "n2"):
            state = ask("sinfo", "-h", "-n", node, "-p", "gpu", "-o", "%T", check=False)
            if "down" in state or "drain" in state:
                ask("scontrol", "update", f"nodename={node}", "state=resume", check=False)

    def crash(self, node):
        """The sudden death of a node: its slurmd, the step daemons and everything of its jobs."""
        doomed = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) == os.getpid():
                continue
            try:
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                environment = (entry / "environ").read_bytes()
            except OSError:
                continue
            if (
                words.startswith(("slurmstepd", f"slurmd -D -N {node}"))
                or f"SLURMD_NODENAME={node}".encode() in environment
            ):
                doomed.append(int(entry.name))
        for pid in doomed:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


class Flow:
    """A workflow in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder
        self.started = []

    def write(self, **files):
        """Files by name; `Snakefile` and, for a script, its name without .py."""
        (self.folder / "scripts").mkdir(exist_ok=True)
        for name, text in files.items():
            path = "Snakefile" if name == "Snakefile" else f"scripts/{name}.py"
            (self.folder / path).write_text(textwrap.dedent(text))
        return self

    def start(self, *arguments, executor=FAST, environment=None):
        """Snakemake in the background, in a process group of its own."""
        number = len(self.started)
        log = (self.folder / f"main-{number}.log").open("w")
        process = subprocess.Popen(
            [*SNAKEMAKE, *executor, *arguments],
            cwd=self.folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
            env=os.environ | (environment or {}),
            # A shell that started the tests in the background has SIGINT ignored for all of them.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )  # fmt: skip
        process.log = Path(log.name)
        self.started.append(process)
        return process

    def finish(self, process, seconds=None):
        """Wait for it; exit status and output."""
        try:
            process.wait(seconds or 2 * PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running:\n{process.log.read_text()[-6000:]}") from None
        return process.returncode, process.log.read_text()

    def run(self, *arguments, **options):
        """Snakemake to its end."""
        return self.finish(self.start(*arguments, **options))

    def succeed(self, *arguments, **options):
        status, output = self.run(*arguments, **options)
        assert status == 0, output[-6000:]
        return output

    def read(self, name):
        return (self.folder / name).read_text()

    def exists(self, name):
        return (self.folder / name).exists()

    def runs_of(self, name):
        """How often a job has started: jobs append a line to runs/<name>."""
        path = self.folder / "runs" / name
        return len(path.read_text().splitlines()) if path.exists() else 0

    def close(self):
        for process in self.started:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@pytest.fixture(scope="session")
def the_cluster():
    cluster = Cluster()
    cluster.heal()
    return cluster


@pytest.fixture
def cluster(the_cluster):
    """A healthy, empty cluster."""
    if not the_cluster.healthy():
        the_cluster.heal()
    yield the_cluster
    the_cluster.heal()


@pytest.fixture
def flow(tmp_path):
    (tmp_path / "runs").mkdir()
    made = Flow(tmp_path)
    yield made
    made.close()
