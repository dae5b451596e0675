"""The logger plugin, fed by Snakemake's own logger manager."""

import logging
import logging.config
import signal

import pytest
from hyperverdict.live.job import JobText
from snakemake.api import SnakemakeApi
from snakemake.settings.enums import Quietness
from snakemake.settings.types import OutputSettings
from snakemake_interface_logger_plugins.common import LogEvent
from snakemake_interface_logger_plugins.registry import LoggerPluginRegistry
from snakemake_interface_logger_plugins.settings import LogHandlerSettingsBase
from snakemake_logger_plugin_hyperverdict import LogHandler, LogHandlerSettings

LOGGER = logging.getLogger("snakemake.logging")


class Words:
    """Three trainings and what follows them."""

    def __init__(self, trainings=3):
        self.trainings = trainings

    def planned(self):
        return [("train", {"n": str(n)}) for n in range(self.trainings)] + [("judge", {})]

    def job(self, rule, wildcards):
        if rule == "train":
            name = f"batch_size={wildcards['n']}"
            return JobText(f"training {name}", rule, name, (0, 1), 1.0, logs_failures=True)
        return JobText("judging the claims", rule) if rule == "judge" else None


@pytest.fixture
def call(capsys):
    """Start a call of Snakemake with the plugin: say(events...) -> what stands on stderr."""
    apis = []

    def start(words=None, **settings):
        output = OutputSettings(
            log_handler_settings={"hyperverdict": LogHandlerSettings()},
            enable_file_logging=False, **settings,
        )  # fmt: skip
        api = SnakemakeApi(output)
        apis.append(api)
        [handler] = api.get_log_handlers()
        if words is not None:
            handler.describe(words)

        def shown(stopped=False):
            handler.settle(stopped)
            return capsys.readouterr().err

        return shown

    ctrl_c = signal.getsignal(signal.SIGINT)
    yield start
    signal.signal(signal.SIGINT, ctrl_c)
    for api in apis:
        api.logger_manager.stop()


def run(total):
    LOGGER.info("stats", extra={"event": LogEvent.RUN_INFO, "stats": {"total": total}})


def job(number, rule="train", log=(), **wildcards):
    extra = {
        "event": LogEvent.JOB_INFO, "jobid": number, "rule_name": rule, "wildcards": wildcards,
        "log": list(log),
    }  # fmt: skip
    LOGGER.info("job", extra=extra)


def finish(*numbers, done, total):
    for number in numbers:
        LOGGER.info("done", extra={"event": LogEvent.JOB_FINISHED, "job_id": number})
    LOGGER.info(None, extra={"event": LogEvent.PROGRESS, "done": done, "total": total})


def fail(number, rule="train", reason=None, log=()):
    extra = {
        "event": LogEvent.JOB_ERROR, "jobid": number, "rule_name": rule, "rule_msg": reason,
        "log": list(log),
    }  # fmt: skip
    LOGGER.error("Error in rule", extra=extra)


def test_it_is_a_plugin_as_snakemake_wants_them():
    plugin = LoggerPluginRegistry().get_plugin("hyperverdict")
    assert plugin.log_handler is LogHandler
    assert issubclass(LogHandlerSettings, LogHandlerSettingsBase)


def test_every_finished_configuration_of_a_small_study_has_a_line(call):
    shown = call(Words(3))
    run(4)
    for number in range(3):
        job(number, n=str(number))
        finish(number, done=number + 1, total=4)
    said = shown()
    assert [line.split(" (")[0] for line in said.splitlines()[:3]] == [
        f"Trained batch_size={n}" for n in range(3)
    ]
    assert "3 of 3 configurations, 6 of 6 seeds" in said


def test_a_big_study_writes_a_line_now_and_then_and_one_at_the_end(call):
    shown = call(Words(60))
    run(61)
    for number in range(60):
        job(number, n=str(number))
        finish(number, done=number + 1, total=61)
    lines = [line for line in shown().splitlines() if line.startswith("Trained batch_size")]
    assert 1 <= len(lines) <= 3
    assert "60 of 60 configurations" in lines[-1]


def test_jobs_of_a_group_that_finish_together_all_have_a_line(call):
    shown = call()
    run(2)
    job(1, "one", s="A")
    job(2, "two", s="A")
    finish(1, 2, done=2, total=2)
    said = shown()
    assert "Done: one (s=A)" in said
    assert "Done: two (s=A)" in said


@pytest.mark.parametrize("quiet", [{Quietness.PROGRESS}, {Quietness.ALL}, {Quietness.RULES}, set()])
def test_a_failure_is_seen_however_quiet(call, tmp_path, quiet):
    log = tmp_path / "train.log"
    log.write_text("one\ntwo\nthe reason\x1b[31m\n")
    shown = call(Words(), quiet=quiet)
    run(4)
    job(1, n="1")
    fail(1, reason="exit status 1", log=[str(log)])
    said = shown()
    assert "Failed: batch_size=1 (2 seeds)\n    exit status 1\n" in said
    assert "        the reason" in said
    assert "\x1b" not in said


def test_what_a_job_raised_is_shown_where_nothing_else_says_why(call):
    shown = call()
    run(2)
    job(1, "align", s="A")
    LOGGER.error(
        "ValueError: its words", extra={"event": LogEvent.ERROR, "exception": "RuleException"}
    )
    fail(1, "align")
    said = shown()
    assert said.index("Failed: align (s=A)") < said.index("ValueError: its words")


def test_an_exception_that_no_failed_job_follows_is_not_lost(call):
    shown = call()
    run(2)
    job(1, "align", s="A")
    LOGGER.error("its words", extra={"event": LogEvent.ERROR, "exception": "RuleException"})
    assert "its words" in shown()


def test_a_second_attempt_is_said_and_takes_the_failure_back(call):
    shown = call(Words())
    run(4)
    job(1, n="1")
    fail(1, reason="out of memory")
    job(1, n="1")
    finish(1, done=1, total=4)
    said = shown()
    assert "Trying again: batch_size=1 (2 seeds)" in said
    assert "failed" not in said.split("Trying again")[1].lower()


def test_it_goes_on_after_somebody_has_closed_all_handlers(call):
    shown = call(Words())
    run(4)
    job(1, n="1")
    logging.config.dictConfig({"version": 1, "disable_existing_loggers": False})
    finish(1, done=1, total=4)
    assert "Trained batch_size=1 (2 seeds)" in shown()


def test_an_executor_that_tells_of_its_queue_has_a_plain_line(call):
    shown = call(Words())
    run(4)
    queue = {"jobs_running": 1, "reasons": {"Priority": 2}}
    LOGGER.info("plugin: 1 task running", extra={"queue": queue})
    assert "plugin: 1 task running" in shown()


def failed_call():
    """What Snakemake logs at the end of a call in which jobs failed."""
    LOGGER.error(
        "WorkflowError:\nAt least one job did not complete successfully.",
        extra={"event": LogEvent.ERROR, "exception": "WorkflowError"},
    )


@pytest.mark.parametrize("jobs_end_first", [True, False])
def test_jobs_that_ctrl_c_ended_have_not_failed(call, jobs_end_first):
    shown = call(Words())
    run(4)
    job(1, n="1")
    job(2, n="2")
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    if jobs_end_first:
        LOGGER.error("x", extra={"event": LogEvent.ERROR, "exception": "RuleException"})
        fail(1, reason="exit status 85")
    said = shown(stopped=not jobs_end_first)
    failed_call()
    said += shown()
    assert "Failed" not in said
    assert "85" not in said
    assert "WorkflowError" not in said
    assert "Stopped: batch_size=1 (0 of 2 seeds finished and kept)\n" in said
    assert "Stopped: batch_size=2 (0 of 2 seeds finished and kept)\n" in said


def test_a_job_that_failed_before_ctrl_c_has_failed(call):
    shown = call(Words())
    run(4)
    job(1, n="1")
    job(2, n="2")
    fail(1, reason="exit status 1")
    said = shown(stopped=True)
    assert "Failed: batch_size=1 (2 seeds)\n    exit status 1\n" in said
    assert "Stopped: batch_size=2 (0 of 2 seeds finished and kept)\n" in said
    assert "Stopped: batch_size=1" not in said


def test_a_call_that_failed_says_so_to_the_end(call):
    shown = call(Words())
    run(4)
    job(1, n="1")
    fail(1, reason="exit status 1")
    said = shown()
    failed_call()
    assert "Stopped" not in said
    assert "At least one job did not complete" in shown()
