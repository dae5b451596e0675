"""Functions of the user's own: how they are called, and what becomes of each seed."""

import os
import resource
import signal
import sys
import time
from pathlib import Path

import pytest
from hyperverdict.errors import UserError
from hyperverdict.runs.write import read_table

from tests.unit.programs.helpers import LOGGED, Called, in_a_fork
from tests.unit.programs.test_ends import wait_for


def test_what_is_logged_is_the_run(called):
    called.function()
    record = called.train()
    assert {end.status for end in record.seeds.values()} == {"finished"}
    assert called.scores() == pytest.approx({0: 0.3, 1: 0.31})
    assert record.seeds["0"].last_step == 3
    assert len(record.code_checksum) == 64


def test_a_returned_mapping_is_the_last_row_and_no_log_is_needed(called):
    called.function("def train(seed, *, rate=0.1):\n    return {'score': 0.5 + seed}\n")
    called.stated = {"baseline": {}}
    called.train()
    assert called.scores() == {0: 0.5, 1: 1.5}


def test_arguments_have_the_kinds_that_the_function_declares(called):
    called.function(
        """
        def train(*, seed, epochs, log, rate: float = 1.0, heads=4, name="a b/c", fast=False,
                  clip: float | None = None, layers: list[int] = [64, 32]):
            assert (type(rate), type(heads), type(fast)) == (float, int, bool), rate
            assert (rate, heads, name, fast, clip, layers) == (2.0, 8, "~$(x)", True, 1.0, [3])
            log({"eval/score": 1}, epoch=epochs, score=1)
        """
    )
    levels = {"rate": 2, "heads": 8, "name": "~$(x)", "fast": True, "clip": 1, "layers": [3]}
    assert called.train([0], levels).seeds["0"].status == "finished"
    assert called.scores("eval/score") == {0: 1.0}


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("raise ValueError('no such head')", "failed", "mytask.py, line 3: ValueError: no such"),
        ("helper.fails()", "failed", "helper.py, line 2: KeyError: 'x'"),
        ("import sys; sys.exit(0)", "failed", "mytask.py, line 3: sys.exit(0)"),
        ("raise KeyboardInterrupt", "failed", "mytask.py, line 3: KeyboardInterrupt"),
        ("import os; os._exit(3)", "failed", "exit code 3"),
        (
            "import ctypes; ctypes.string_at(0)",
            "failed",
            "mytask.py, line 3: the program was ended",
        ),
        ("raise MemoryError", "out_of_memory", "mytask.py, line 3: MemoryError"),
        ("log(score='high')", "failed", "line 3: TypeError: log: score='high' is not a number"),
        ("return 0.5", "failed", "returned float; allowed: a mapping of numbers"),
        ("log(epoch=1, score=1)", "failed", "trained 1 of 3 epochs"),
        ("log(epoch=epochs, score=float('nan'))", "diverged", "score is not a finite number"),
        ("log(epoch=epochs, score=1, seed=7)", "failed", "reports seed 7, but was given 0"),
    ],
)
def test_how_a_seed_ends_is_said_with_the_users_line(called, body, status, said):
    called.function(f"import helper\ndef train(*, seed, epochs, log):\n    {body}\n")
    Path("helper.py").write_text("def fails():\n    {}['x']\n")
    end = called.one()
    assert (end.status, said in end.message) == (status, True), end.message


def test_a_seed_that_dies_leaves_the_others_alone(called):
    called.function(
        """
        import os
        def train(*, seed, epochs, log):
            log(epoch=epochs, score=1)
            if seed == 0:
                os.kill(os.getpid(), 11)
        """
    )
    record = called.train()
    assert record.seeds["0"].status == "failed"
    assert "SIGSEGV" in record.seeds["0"].message
    assert record.seeds["1"].status == "finished"


def test_seeds_share_neither_memory_nor_random_state(called):
    called.function(
        """
        import random
        import numpy
        calls = []
        def train(*, seed, epochs, log):
            calls.append(seed)
            numbers = [random.random(), numpy.random.rand()]
            log(epoch=epochs, score=len(calls), a=numbers[0], b=numbers[1])
        """
    )
    called.train(range(3))
    assert set(called.scores().values()) == {1}
    assert len(set(called.scores("a").values())) == 3
    assert len(set(called.scores("b").values())) == 3


def test_the_module_is_imported_once_and_what_it_prints_is_kept(called):
    called.function(
        """
        import os, sys
        print("imported", file=open("imports", "a"))
        print("hello from import")
        def train(*, seed, epochs, log):
            print("seed", seed, os.getpid())
            print("to stderr", file=sys.stderr)
            log(epoch=epochs, score=seed)
        """
    )
    called.train()
    assert Path("imports").read_text() == "imported\n"
    assert "hello from import" in called.printed(0)
    assert "seed 1" in called.printed(1)
    assert "to stderr" in called.printed(1)
    assert called.printed(0).split()[-3] != called.printed(1).split()[-3]


def test_threads_started_at_import_mean_a_new_python_for_every_seed(called, caplog):
    called.function(
        """
        import threading, time
        print("imported", file=open("imports", "a"))
        threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
        def train(*, seed, epochs, log):
            log(epoch=epochs, score=seed)
        """
    )
    with caplog.at_level("WARNING"):
        record = called.train()
    assert {end.status for end in record.seeds.values()} == {"finished"}
    assert Path("imports").read_text() == "imported\n" * 3
    assert caplog.text.count("importing it starts threads") == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import nothing_like_it\n", "mytask.py, line 1: ModuleNotFoundError: No module named"),
        ("1 / 0\n", "mytask.py, line 1: ZeroDivisionError"),
        ("import os; os._exit(4)\n", "importing mytask ended the process with exit code 4"),
    ],
)
def test_a_module_that_does_not_import_ends_the_job_with_one_message(called, text, said):
    called.function(text + LOGGED)
    with pytest.raises(UserError, match=said):
        called.train()


def test_a_claimed_metric_that_is_not_reported_ends_the_job(called):
    called.function("def train(*, seed, epochs, log):\n    log(epoch=epochs, skore=1)\n")
    with pytest.raises(UserError, match="reports no 'score'; did you mean 'skore'"):
        called.train()


def test_a_function_that_reports_nothing_ends_the_job(called):
    called.function("def train(*, seed, epochs, log):\n    pass\n")
    with pytest.raises(UserError, match="mytask:train reported nothing"):
        called.train()


STOPPING = """
import time
def train(*, seed, epochs, log):
    saved = log.checkpoint / "epoch"
    first = int(saved.read_text()) + 1 if saved.exists() else 1
    print("from", first)
    for epoch in range(first, epochs + 1):
        log(epoch=epoch, score=epoch + seed)
        saved.write_text(str(epoch))
        (log.checkpoint / "running").touch()
        while first == 1 and epoch == 2:
            time.sleep(0.01)
            if log.should_stop:
                raise log.Stopped
"""


def stop_when_running(called: Called) -> int:
    """SIGTERM a job once its function runs; its exit code."""
    job = in_a_fork(lambda: called.train([0]))
    wait_for(lambda: list(Path().glob("results/**/checkpoint/running")))
    time.sleep(0.2)
    os.kill(job.pid, signal.SIGTERM)
    job.join(20)
    return job.exitcode


def test_a_stopped_seed_continues_from_its_checkpoint(called):
    called.function(STOPPING)
    assert stop_when_running(called) == 85
    assert called.one().status == "finished"
    assert called.printed().split() == ["from", "1", "from", "3"]
    rows = read_table(called.run_folder / "metrics.parquet")[0].to_pylist()
    assert [row["epoch"] for row in rows] == [1, 2, 3, 3]


def test_damaged_rows_of_an_earlier_attempt_start_the_seed_over(called):
    """A flipped bit is another score; without the rows before it, half a curve."""
    called.function(
        STOPPING.replace("first == 1", "not os.path.exists('again')", 2).replace(
            "import time", "import os, time"
        )
    )
    assert stop_when_running(called) == 85
    Path("again").touch()
    (rows,) = Path().glob("results/**/rows.jsonl")
    rows.write_bytes(rows.read_bytes().replace(b'"score": 1', b'"score": 5'))
    assert called.one().status == "finished"
    assert called.printed().split() == ["from", "1", "from", "1"]
    found = read_table(called.run_folder / "metrics.parquet")[0].to_pylist()
    assert [(row["epoch"], row["score"]) for row in found] == [(1, 1), (2, 2), (3, 3), (3, 3)]


def test_a_row_that_a_crash_cut_off_is_left_out(called):
    called.function(STOPPING)
    assert stop_when_running(called) == 85
    (rows,) = Path().glob("results/**/rows.jsonl")
    # What is reported twice, as after a crash between the report and the checkpoint, and a part.
    first = rows.read_bytes().splitlines(keepends=True)[0]
    rows.write_bytes(rows.read_bytes() + first[:20])
    assert called.one().status == "finished"
    assert called.printed().split() == ["from", "1", "from", "3"]


def test_returning_early_when_told_to_stop_is_no_end(called):
    called.function(STOPPING.replace("raise log.Stopped", "return"))
    assert stop_when_running(called) == 85
    assert called.one().status == "finished"


def test_a_function_without_a_checkpoint_starts_again_and_its_rows_too(called):
    called.function(
        """
        import time
        from pathlib import Path
        def train(*, seed, epochs, log):
            first = not Path("results/checkpoint").exists()
            log(epoch=1, score=5 if first else 1)
            if first:
                Path("results/checkpoint").mkdir()
                Path("results/checkpoint/running").touch()
            while first:
                time.sleep(0.01)
                if log.should_stop:
                    raise log.Stopped
            log(epoch=epochs)
        """
    )
    assert stop_when_running(called) == 143
    assert called.one().status == "finished"
    assert called.scores() == {0: 1.0}


def test_stopped_unasked_means_call_me_again(called):
    called.function(
        """
        def train(*, seed, epochs, log):
            done = log.checkpoint / "done"
            if not done.exists():
                done.touch()
                raise log.Stopped
            log(epoch=epochs, score=1)
        """
    )
    assert called.one().status == "finished"


def test_a_killed_job_leaves_no_process(called):
    called.function(
        """
        import os, time
        from pathlib import Path
        def train(*, seed, epochs, log):
            Path("pid").write_text(str(os.getpid()))
            time.sleep(1000)
        """
    )
    job = in_a_fork(lambda: called.train([0]))
    wait_for(lambda: Path("pid").exists() and Path("pid").read_text())
    job.kill()
    pid = int(Path("pid").read_text())
    wait_for(lambda: not Path(f"/proc/{pid}").exists())


def test_a_spawned_process_of_the_function_does_not_train_again(called):
    called.function(
        """
        import multiprocessing
        def double(x):
            return 2 * x
        def train(*, seed, epochs, log):
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                log(epoch=epochs, score=sum(pool.map(double, [1, 2])))
        """
    )
    assert called.one().status == "finished"
    assert called.scores() == {0: 6.0}


def cpu_seconds() -> float:
    usage = (resource.getrusage(w) for w in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in usage)


def test_a_seed_costs_far_less_than_a_process_of_its_own(called):
    """A tenth of a second is the aim, which benchmarks/own_training.py measures on a quiet machine."""
    called.function("def train(seed):\n    return {'score': seed}\n")
    called.stated = {"baseline": {}}
    called.train([0])
    # CPU time: what else runs on the machine does not count.
    used = []
    for seeds in (range(1, 2), range(2, 23)):
        before = cpu_seconds()
        called.train(seeds)
        used.append(cpu_seconds() - before)
    assert (used[1] - used[0]) / 20 < 0.25


def test_code_of_the_function_and_of_what_it_imports_identifies_the_run(called):
    called.function("import helper\n" + LOGGED)
    Path("helper.py").write_text("x = 1\n")
    called.train([0])
    Path("helper.py").write_text("x = 2\n")
    with pytest.raises(UserError, match="other code"):
        called.train([1])


def test_torch_is_not_needed():
    import subprocess

    code = (
        "import sys; import hyperverdict.programs.job, hyperverdict.programs.calls;"
        "print([m for m in ('torch', 'pandas', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
