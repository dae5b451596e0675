"""What becomes of programs when their job is killed, or they are killed for memory."""

import os
import signal
from pathlib import Path

import pytest
from hyperverdict.errors import UserError
from hyperverdict.programs import process
from hyperverdict.programs.memory import memory_kills, says_out_of_memory
from hyperverdict.programs.orphans import children

from tests.unit.programs.helpers import ARGUMENTS, PYTHON, STAYS, in_a_fork, runs, wait_for


def test_a_killed_job_takes_its_program_along(own):
    own.program(STAYS)
    own.declare()
    job = in_a_fork(lambda: own.train([0]))
    wait_for(lambda: (own.folder / "pid").exists() and (own.folder / "pid").read_text())
    pid = int((own.folder / "pid").read_text())
    os.kill(job.pid, signal.SIGKILL)
    job.join()
    wait_for(lambda: not runs(pid))


STAYS_BEHIND = """
if os.path.exists("go"):
    good(); sys.exit()
open("program", "w").write(str(os.getpid()))
if os.fork() == 0:
    os.setsid()
    open("pid", "w").write(str(os.getpid()))
time.sleep(60)
"""


def killed_job(own, *, with_guard: bool) -> list[int]:
    """Kill -9 a job, and its guard before it; the processes that it had started."""
    own.program(STAYS_BEHIND)
    own.declare()
    job = in_a_fork(lambda: own.train([0]))
    wait_for(lambda: (own.folder / "pid").exists() and (own.folder / "pid").read_text())
    started = [int((own.folder / name).read_text()) for name in ("program", "pid")]
    if with_guard:
        direct = Path(f"/proc/{job.pid}/task/{job.pid}/children").read_text().split()
        for guard in {int(pid) for pid in direct} - set(started):
            os.kill(guard, signal.SIGKILL)
    os.kill(job.pid, signal.SIGKILL)
    job.join()
    return started


def test_a_killed_job_takes_along_whatever_it_has_started(own):
    started = killed_job(own, with_guard=False)
    wait_for(lambda: not any(map(runs, started)))


def test_what_a_killed_job_left_behind_is_ended_before_the_next_attempt(own, caplog):
    started = killed_job(own, with_guard=True)
    assert all(map(runs, started))
    (own.folder / "go").touch()
    assert own.train([0]).seeds["0"].status == "finished"
    assert not any(map(runs, started))
    assert "left processes running (2)" in caplog.text


def test_a_program_without_our_environment_ends_with_a_killed_job_too(own):
    own.program(STAYS)
    own.declare(f"env -i {PYTHON} train.py {ARGUMENTS}")
    job = in_a_fork(lambda: own.train([0]))
    wait_for(lambda: (own.folder / "pid").exists() and (own.folder / "pid").read_text())
    os.kill(job.pid, signal.SIGKILL)
    job.join()
    wait_for(lambda: not runs(int((own.folder / "pid").read_text())))


def test_the_guard_is_no_target_of_signals_to_the_jobs_group(own):
    own.program(STAYS)
    own.declare()

    def work() -> None:
        os.setsid()
        own.train([0])

    job = in_a_fork(work)
    wait_for(lambda: (own.folder / "pid").exists() and (own.folder / "pid").read_text())
    pid = int((own.folder / "pid").read_text())
    os.killpg(job.pid, signal.SIGKILL)
    job.join()
    wait_for(lambda: not runs(pid))


def test_no_guard_outlives_a_job_that_ends_well(own):
    own.program("good()")
    before = children()
    own.train([0])
    assert children() == before


def killed_for_memory(monkeypatch, own):
    """The program is killed as the kernel does it, whose count rises."""
    kills = own.folder / "kills"
    kills.write_text("oom 0\noom_kill 0\n")
    monkeypatch.setattr(process, "memory_kills", lambda: int(kills.read_text().split()[-1]))
    own.program(
        """
        if seed == 0 and not os.path.exists("enough"):
            open("kills", "w").write("oom 1\\noom_kill 1\\n")
            os.kill(os.getpid(), 9)
        good()
        """
    )


def test_a_program_killed_for_memory_is_trained_again_with_more(own, monkeypatch):
    killed_for_memory(monkeypatch, own)
    log = own.folder / "train.log"
    with pytest.raises(UserError, match=r"memory ran out.*2000 MB"):
        own.train(log=log, memory_mb=2000)
    (own.folder / "enough").touch()
    record = own.train(log=log, memory_mb=4000)
    assert {end.status for end in record.seeds.values()} == {"finished"}


def test_the_same_memory_again_makes_it_an_outcome(own, monkeypatch):
    killed_for_memory(monkeypatch, own)
    log = own.folder / "train.log"
    with pytest.raises(UserError):
        own.train(log=log, memory_mb=2000)
    record = own.train(log=log, memory_mb=2000)
    assert [record.seeds[seed].status for seed in "01"] == ["out_of_memory", "finished"]


def test_killed_without_certainty_is_a_guess_in_words_only(own):
    own.program("os.kill(os.getpid(), 9)")
    end = own.train([0]).seeds["0"]
    assert end.status == "failed"
    assert "probably because memory ran out" in end.message


def test_a_program_that_says_that_memory_ran_out_is_believed(own):
    own.program("sys.exit('torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB')")
    assert own.train([0]).seeds["0"].status == "out_of_memory"
    assert says_out_of_memory(["MemoryError"])
    assert not says_out_of_memory(["SomeMemoryErrors"])


def test_kills_are_read_from_the_control_group(tmp_path):
    own = tmp_path / "cgroup"
    own.write_text("0::/job/step\n")
    assert memory_kills(own, tmp_path) is None
    (tmp_path / "job/step").mkdir(parents=True)
    (tmp_path / "job/step/memory.events").write_text("low 0\noom 3\noom_kill 2\n")
    assert memory_kills(own, tmp_path) == 2
    own.write_text("9:cpu:/x\n4:memory:/job\n")
    (tmp_path / "memory/job").mkdir(parents=True)
    (tmp_path / "memory/job/memory.oom_control").write_text("under_oom 0\noom_kill 5\n")
    assert memory_kills(own, tmp_path) == 5
