"""Requested against used, by rule."""

from snakemake_executor_plugin_submitit import slurm
from snakemake_executor_plugin_submitit.efficiency import Usage, report, summary
from snakemake_executor_plugin_submitit.resources import batch_parameters
from snakemake_executor_plugin_submitit.slurm import Spent, clock_seconds, parse_spent

# What sacct says of an array of two tasks, the second of which was measured twice.
SACCT = """\
7_0|COMPLETED||120|01:30.500|2
7_0.batch|COMPLETED|307200K|120|01:30.500|2
7_1|CANCELLED by 1000||60|00:30|2
7_1.batch|CANCELLED|100M|60|00:30|2
7_1.extern|COMPLETED|0|60|00:00|2
8|RUNNING||5|00:00:01|1
"""


def test_what_sacct_says():
    spent = parse_spent(SACCT)
    assert spent["7_0"] == Spent(300.0, 120.0, 90.5, 2, ended=True)
    assert spent["7_1"] == Spent(100.0, 60.0, 30.0, 2, ended=True)
    assert spent["8"].peak_mb is None
    assert not spent["8"].ended
    assert clock_seconds("1-02:00:03") == 86400 + 7203
    assert clock_seconds("") == 0


def usage(**resources):
    asked = batch_parameters({"runtime": 60, "mem_mb": 4000} | resources, 2, extra_mb=600)
    found = Usage()
    for task, seconds in (("7_0", 60.0), ("7_0", 55.0), ("7_1", 30.0)):
        found.add("train", task, seconds, asked)
    found.add("plot", "8", None, None)
    return found


def test_the_table_says_what_was_asked_for_and_used_and_what_would_do():
    text = report(usage(), parse_spent(SACCT), 600)
    plot, train = text.splitlines()[2:4]
    assert train.split() == [
        "train", "3", "4,600", "MB", "300", "MB", "(7%)", "60", "min", "1.0", "min", "(2%)",
        "0.8", "min", "33%",
    ]  # fmt: skip
    assert "unknown" in plot
    assert "train: mem_mb=100 would have been enough" in text
    assert "train: runtime=2 would have been enough" in text


def test_rules_that_use_what_they_ask_for_get_no_advice():
    assert "enough" not in report(usage(runtime=1, mem_mb=100), parse_spent(SACCT), 600)


def test_without_accounting_the_ledgers_say_the_times():
    def away(tasks):
        raise slurm.SlurmUnavailableError("no slurmdbd")

    text = summary(usage(), 600, away)
    assert "1.0 min (2%)" in text
    assert "memory and CPUs are unknown" in text
    assert summary(Usage(), 600, away) == ""


def test_the_end_of_the_last_task_is_waited_for():
    before = SACCT.replace("7_0|COMPLETED|", "7_0|RUNNING|").replace("307200K", "")
    ended = SACCT.replace("8|RUNNING", "8|COMPLETED")
    answers, slept = [parse_spent(text) for text in ("", before, ended)], []
    text = summary(usage(), 600, lambda tasks: answers.pop(0), slept.append)
    assert "300 MB (7%)" in text
    assert slept == [1, 1]


def test_a_task_that_never_ends_does_not_keep_the_report(monkeypatch):
    monkeypatch.setattr("snakemake_executor_plugin_submitit.efficiency.SETTLE_SECONDS", -1)
    assert "300 MB (7%)" in summary(usage(), 600, lambda tasks: parse_spent(SACCT), None)
