"""The words of the line, at every width."""

import io

import pytest
from hyperverdict.live.job import JobText, LostSeed, neutral
from hyperverdict.live.lines import (
    SHOWN_STOPPED,
    failure_lines,
    finished_line,
    live_line,
    lost_lines,
    stopped_lines,
    summary,
    with_seeds,
)
from hyperverdict.live.progress import Progress, job_key
from hyperverdict.live.screen import ERASE, Screen
from rich.cells import cell_len

ANY = [
    "batch_size=4, depth=2",
    "größe=ß" * 40,
    "a\x1b[31mb",
    "",
    "x" * 5000,
    "層=二" * 15,
    "👩‍🔬=1",
]


def running(names, done, seeds=10):
    jobs = [JobText(f"training {n}", "train", n, tuple(range(seeds)), 60.0) for n in names]
    progress = Progress(steps=len(jobs) + 1)
    progress.plan((job_key("train", {"n": str(i)}), job) for i, job in enumerate(jobs))
    progress.plan([(("judge", frozenset()), JobText("judging the claims", "judge"))])
    for number, job in enumerate(jobs[: done + 1]):
        progress.started(number, job_key("train", {"n": str(number)}), job, 0.0)
    for number in range(done):
        progress.finished(number, 60.0)
        progress.steps_done += 1
    return progress


def test_the_whole_line():
    progress = running(["batch_size=4", "batch_size=8", "batch_size=16"], 1)
    assert live_line(progress, 60.0, 200) == (
        "1 of 3 configurations done, 10 of 30 seeds, 1 running, about 60 s left, last: batch_size=4"
    )


@pytest.mark.parametrize("width", [0, 1, 5, 10, 20, 39, 60, 79, 200])
@pytest.mark.parametrize("name", ANY)
def test_no_line_is_wider_than_its_terminal(width, name):
    for done in (0, 1, 2):
        progress = running([name or "baseline"] * 3, done)
        assert cell_len(live_line(progress, 100.0, width)) <= max(width, 1)


def test_forty_columns_say_what_matters_most():
    progress = running(["batch_size=4", "batch_size=8", "batch_size=16"], 1)
    line = live_line(progress, 60.0, 39)
    assert "1/3" in line
    assert "about 60 s left" in line
    progress.has_failed(1)
    assert "1 failed" in live_line(progress, 60.0, 39)


def test_the_steps_after_training_are_named():
    progress = running(["a"], 0)
    progress.finished(0, 5.0)
    progress.started(7, ("judge", frozenset()), JobText("judging the claims", "judge"), 5.0)
    assert live_line(progress, 5.0, 100).endswith("judging the claims")


def test_a_cluster_says_how_many_run_and_why_others_wait():
    progress = running(["a", "b", "c"], 0)
    for number in (1, 2):
        key = job_key("train", {"n": str(number)})
        progress.started(number, key, progress.planned[key], 0.0)
    progress.remote = True
    assert "3 submitted" in live_line(progress, 1.0, 200)
    progress.at_work, progress.waits_for = 1, {"Priority": 2}
    assert "1 running, 2 queued (Priority)" in live_line(progress, 1.0, 200)
    progress.waits_for = {"None": 1}
    assert live_line(progress, 1.0, 200).endswith("1 running, 2 queued")


def test_a_workflow_of_somebody_else_counts_jobs():
    progress = Progress(steps=5, steps_done=2)
    progress.started(1, ("align", frozenset()), neutral("align", {"sample": "A"}), 0.0)
    assert live_line(progress, 1.0, 100) == "2 of 5 jobs done, align (sample=A)"


def test_plain_lines_name_what_finished():
    progress = running(["a", "b", "c"], 1)
    job = progress.last
    assert finished_line(job, 12.0, progress, 60.0) == (
        "Trained a (10 seeds) in 12 s: 1 of 3 configurations, 10 of 30 seeds, about 60 s left"
    )
    assert finished_line(job, 0.2, progress, 60.0).startswith("Trained a (10 seeds) in less than 1")
    assert finished_line(JobText("", "all"), 0.0, progress, 60.0) == ""


def test_a_failure_says_which_why_and_where_to_look():
    job = JobText("training a", "train", "a", (0, 1, 2))
    lines = failure_lines(job, 1, "out of memory; raise mem_mb", "a/train.log", ["one", "two"])
    assert lines == [
        "Failed: a (3 seeds, 1 finished and kept)",
        "    out of memory; raise mem_mb",
        "    Last lines of a/train.log:",
        "        one",
        "        two",
    ]


def test_lines_of_the_log_that_the_reason_repeats_are_not_said_twice():
    job = JobText("judging the claims", "judge")
    lines = failure_lines(job, 0, "exit 1\nLast lines of x:\n    one\n    two", "x", ["one", "two"])
    assert sum("one" in line for line in lines) == 1
    assert lines[0] == "Failed: judging the claims"


def test_seeds_without_a_result_are_named_by_reason():
    job = JobText("training a", "train", "a", (0, 1, 2, 3))
    lost = [
        LostSeed(0, "diverged", ""),
        LostSeed(1, "diverged", ""),
        LostSeed(3, "failed", "exit 1"),
    ]
    assert lost_lines(job, lost) == [
        "No result: a, seeds 0 and 1: diverged",
        "No result: a, seed 3: failed (exit 1)",
    ]


def test_the_end_says_what_was_trained_and_what_failed():
    progress = running(["a", "b"], 1)
    assert summary(progress, 65.0) == "Trained 1 configuration (10 seeds) in 65 s."
    progress.has_failed(1)
    assert summary(progress, 65.0).endswith("Failed: b (10 seeds).")
    assert summary(Progress(), 1.0) == ""


@pytest.mark.parametrize("text", ["\x1b[2J", "\x07", "a\rb", "\x9b31m"])
def test_a_terminal_obeys_no_name(text):
    written = io.StringIO()
    screen = Screen(written, live=True, colour=False)
    screen.text(text)
    assert written.getvalue().replace("\n", "").isprintable()
    screen.show(text)
    assert written.getvalue().rpartition(ERASE)[2].removesuffix("\r").isprintable()


def test_one_seed_is_no_seeds():
    assert with_seeds(JobText("training a", "train", "a", (7,))) == "a (1 seed)"


def test_the_stopped_trainings_that_got_furthest_are_named():
    jobs = [
        (JobText(f"training {n}", "train", f"depth={n}", (0, 1, 2)), n % 3) for n in range(1, 12)
    ]
    said = stopped_lines(jobs)
    assert said[0] == "Stopped: depth=2 (2 of 3 seeds finished and kept)"
    assert len(said) == SHOWN_STOPPED + 1
    assert said[-1] == "Stopped: 3 more configurations"
    assert stopped_lines([]) == []
