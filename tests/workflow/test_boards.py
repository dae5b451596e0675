"""`hyperverdict watch` shows what runs wrote: TensorBoard itself is asked."""

import json
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from urllib.error import URLError
from urllib.parse import urlencode

from hyperverdict.runs.curves import curves_by_seed
from hyperverdict.runs.parquet import read_parquet

from tests.workflow import test_programs
from tests.workflow.test_programs import own  # noqa: F401

PATIENCE_SECONDS = 120


@contextmanager
def watched(project, command="hyperverdict watch config/config.yaml"):
    """Asks the TensorBoard that a command of ours shows; it is stopped like by Ctrl-C."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "hyperverdict.cli", *shlex.split(command)[1:]]
    shown = subprocess.Popen(
        [*words, "--port", str(port)],
        cwd=project.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def ask(path, **query):
        url = f"http://127.0.0.1:{port}/data/plugin/{path}?{urlencode(query)}"
        with urllib.request.urlopen(url, timeout=30) as answer:
            return json.load(answer)

    try:
        yield ask
    finally:
        shown.send_signal(signal.SIGINT)
        said = shown.communicate(timeout=60)[0]
    assert shown.returncode == 0, said
    assert "Traceback" not in said


def runs_of(ask, number):
    """Run -> its tags, once TensorBoard has read so many runs."""
    deadline, found = time.monotonic() + PATIENCE_SECONDS, {}
    while len(found) < number and time.monotonic() < deadline:
        try:
            found = ask("scalars/tags")
        except (URLError, ConnectionError):
            found = {}
        time.sleep(0.5)
    assert len(found) == number, sorted(found)
    return found


def curve(ask, run, tag):
    return [(step, value) for _, step, value in ask("scalars/scalars", run=run, tag=tag)]


def near(shown, points, tag):
    """Whether TensorBoard's numbers, which have 32 bits, are those of a table."""
    written = [(p.step, p.value) for p in points if p.name == tag]
    return [s for s, _ in shown] == [s for s, _ in written] and all(
        abs(a - b) < 1e-6 * max(1, abs(b)) for (_, a), (_, b) in zip(shown, written, strict=True)
    )


def test_a_study_is_shown_with_the_numbers_of_its_runs(finished):
    with watched(finished) as ask:
        runs = runs_of(ask, 16)
        assert "batch_size=8/seed 2" in runs
        assert "batch_size=64, 10 steps/seed 0" in runs
        [table] = finished.path.glob("results/runs/**/batch_size~64/**/steps~10/metrics.parquet")
        points = curves_by_seed(read_parquet(table))[0]
        for tag in ("loss/validation_curve", "accuracy/test"):
            shown = curve(ask, "batch_size=64, 10 steps/seed 0", tag)
            assert shown
            assert near(shown, points, tag)
        columns = ask("hparams/experiment", request="{}")["hparamInfos"]
        types = {column["name"]: column["type"] for column in columns}
        assert types["batch_size"] == types["budget amount"] == "DATA_TYPE_FLOAT64"
        assert "learning_rate" not in types, "it is the same in all runs"


def test_a_training_of_ones_own_has_curves(own):  # noqa: F811
    said = own.run("--config", "tensorboard=true")
    assert "Training curves: hyperverdict watch config/config.yaml\n" in said
    with watched(own) as ask:
        # The seed that failed before it reported anything has no curve.
        runs = runs_of(ask, 5)
        shown = curve(ask, next(run for run in runs if run.endswith("seed 2")), "score/test")
        assert len(shown) == 1
        groups = ask(
            "hparams/session_groups",
            request=json.dumps(
                {
                    "experimentName": "",
                    "allowedStatuses": ["STATUS_SUCCESS", "STATUS_FAILURE"],
                    "colParams": [{"hparam": "text"}],
                    "startIndex": 0,
                    "sliceSize": 10,
                }
            ),
        )["sessionGroups"]
        sessions = [s for group in groups for s in group["sessions"]]
        assert sorted(s["status"] for s in sessions).count("STATUS_FAILURE") == 1
        texts = {group["hparams"]["text"] for group in groups}
        assert len(texts) == len(test_programs.HOSTILE)


def test_a_smoke_run_is_shown_by_the_command_that_it_names(project):
    said = project.run("--config", "steps=4", "seeds=2")
    command = next(
        line.partition(": ")[2] for line in said.splitlines() if line.startswith("Training curves")
    )
    assert command == "hyperverdict watch config/config.yaml --smoke steps=4 seeds=2"
    with watched(project, command) as ask:
        runs = runs_of(ask, len(list(project.path.glob("results/smoke/**/seed~*"))))
        assert {run.rpartition("/")[2] for run in runs} == {"seed 0", "seed 1"}
        assert not (project.path / "results/studies").exists()


def test_a_wrong_smoke_run_is_one_message(project):
    for words, message in (
        (["--smoke", "step=4"], "--smoke step=4: did you mean 'steps'?"),
        (["--smoke", "steps=few"], "--smoke steps=few: must be a whole number"),
        (["--smoke", "seeds=20"], "at most the study's 3 seeds"),
    ):
        done = subprocess.run(
            [sys.executable, "-m", "hyperverdict.cli", "watch", "config/config.yaml", *words],
            cwd=project.path,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 1
        assert message in done.stderr
        assert "Traceback" not in done.stderr
