# The study of this invocation, and what happens before the first job.

import sys
from dataclasses import replace

from hyperverdict.damage import (
    damage_words,
    discard_damaged_data,
    find_damaged,
    is_whole,
    ledger_words,
    remove_timings,
    seal_timings,
)
from hyperverdict.errors import UserError
from hyperverdict.file_times import set_back_times
from hyperverdict.live.interrupts import Interrupts
from hyperverdict.opening import open_invocation
from hyperverdict.publishing import refuse_export
from hyperverdict.targets import unmade
from hyperverdict.telling import closing_words, failure_words, print_plan
from hyperverdict.trying import try_folders, try_own
from hyperverdict.watching import StudyWords
from hyperverdict.words.printing import say, tell
from hyperverdict.words.safe import terminal


def refuse(error):
    """Ends Snakemake with one message and exit code 1, without a traceback."""
    sys.exit(terminal(f"\nhyperverdict: {error}\n"))


# A workflow that uses this one as a module names the study in the module's config, and may give a
# prefix. Snakemake adds it to inputs, outputs and logs, those of functions included; `placed` does for
# all other paths.
IS_MODULE = not workflow.modifier.is_main_snakefile()
placed = workflow.modifier.path_modifier.replace_prefix
# Whoever changes one of our rules with `use ... with` lets Snakemake read all of them again.
IS_READ_AGAIN = workflow.modifier.ruleinfo_overwrite is not None

try:
    STUDY_RUN = open_invocation(
        configfiles=workflow.overwrite_configfiles,
        options=dict(workflow.config_settings.config),
        main=workflow.is_main_process,
        of_module=config if IS_MODULE else None,
        placed=placed,
    )
except UserError as error:
    refuse(error)

# Where scripts find the models and data sets of the user's own; a module's config may be shared.
config = {**config, "hyperverdict_users": STUDY_RUN.users}
STUDY = STUDY_RUN.study.name
# Not below a module's prefix.
STUDY_FILE = local(STUDY_RUN.study_file)
RESULTS = STUDY_RUN.options.results
# For scripts that read the study; nothing at all in a normal run, so that its params stay the same.
SMOKE = {"smoke": STUDY_RUN.options.smoke} if STUDY_RUN.options.smoke else {}


def prepare_for_jobs():
    """What only the main process does, once Snakemake has read all rules and knows its targets.

    Snakemake has no hook there, and runs none that a module states.
    """
    prepare_dag, build_dag = workflow._prepare_dag, workflow._build_dag
    damaged = []
    describe_jobs()

    def prepare(*args, **kwargs):
        try:
            accept_folders()
            start_at_once()
            set_back_the_clock()
            damaged.extend(look_for_damage())
            if not workflow.dryrun:
                remove_timings(STUDY_RUN, damaged)
            show_plan()
            try_what_jobs_need()
            if IS_MODULE:
                register_first()
            prepare_dag(*args, **kwargs)
            # Not as targets, which they need not be.
            workflow.dag.forcefiles.update(str(one.file) for one in damaged)
            ignore_damaged_records(workflow.persistence)
            accept_whole_files(workflow.persistence)
        except KeyboardInterrupt:
            sys.exit("\nStopped before the first job.\n")

    def build(*args, **kwargs):
        build_dag(*args, **kwargs)
        say_damage(damaged)

    workflow._prepare_dag, workflow._build_dag = prepare, build


def set_back_the_clock():
    """Gives files from the future the present time: Snakemake fails jobs whose inputs are newer."""
    try:
        words = set_back_times(STUDY_RUN, keep=workflow.dryrun)
    except UserError as error:
        refuse(error)
    if words:
        tell(f"{words}\n")


def look_for_damage():
    """The files that jobs have to make again because they are damaged."""
    try:
        words = seal_timings(STUDY_RUN, keep=workflow.dryrun), ledger_words(STUDY_RUN)
        for said in filter(None, words):
            tell(f"{said}\n")
        return find_damaged(STUDY_RUN)
    except UserError as error:
        refuse(error)


def say_damage(damaged):
    """Says what is damaged, and whether a job of this call makes it again."""
    jobs = list(workflow.dag.needrun_jobs())
    made = {str(file) for job in jobs for file in job.output}
    undecided = any(job.is_checkpoint for job in jobs)
    for words in damage_words(damaged, made, undecided=undecided):
        tell(f"{words}\n")


def accept_whole_files(persistence):
    """Lets what training starts from count as complete where it is whole, though its job was killed.

    Snakemake would make it again and, since jobs take it as ancient, leave out all that depends on it:
    the call would end well, with nothing trained or judged.
    """
    marked = persistence.incomplete

    async def incomplete(job):
        files = [file for file in await marked(job) if file is not None]
        return [file for file in files if not is_whole(STUDY_RUN, Path(file))]

    persistence.incomplete = incomplete


def ignore_damaged_records(persistence):
    """Lets Snakemake do without what it noted of a file where that is damaged.

    It does so where a note is no JSON, and ends with a traceback where it is no text, or other JSON.
    """
    read = persistence._read_record

    def read_or_ignore(key):
        try:
            return read(key)
        except ValueError:
            tell("A record below .snakemake/metadata is damaged and is ignored.\n")
            return None

    persistence._read_record = read_or_ignore


def describe_jobs():
    """Tells loggers that ask for it what our jobs are called."""
    words = StudyWords.of(
        STUDY_RUN, workflow.modifier.modify_rulename, jobs_of_this_call
    )
    for logger in workflow.logger_manager.get_log_handlers():
        if hasattr(logger, "describe"):
            logger.describe(words)


def jobs_of_this_call():
    """Rule and wildcards of all jobs that run, finished ones included."""
    # A list at once: the logger asks from a thread of its own.
    jobs = list(workflow.dag.needrun_jobs(exclude_finished=False))
    return [(job.rule.name, job.wildcards_dict) for job in jobs]


def make_way(stopped=False):
    """Lets loggers finish what they show before something is printed."""
    for logger in workflow.logger_manager.get_log_handlers():
        if hasattr(logger, "settle"):
            logger.settle(stopped)


def was_stopped():
    """Whether somebody has ended this call. At Ctrl-C jobs may end with an error before Snakemake
    knows of it.
    """
    return INTERRUPTS.happened or not workflow.scheduler.failed


def accept_folders():
    """Lets a run's or a study's folder be a target: the file in it is made.

    What no job makes is refused here, and not while Snakemake looks for jobs.
    """
    settings = workflow.dag_settings
    kinds = ("targets", "forcerun", "until", "omit_from")
    try:
        asked = {
            kind: frozenset(map(asked_for, getattr(settings, kind))) for kind in kinds
        }
    except UserError as error:
        refuse(error)
    workflow.dag_settings = replace(settings, **asked)


def asked_for(target):
    """A rule, or the file to make for a target; another workflow's targets are left to it."""
    if workflow.is_rule(target):
        return target
    file = STUDY_RUN.file_target(target)
    if not IS_MODULE and not any(r.is_producer(file) for r in workflow.rules):
        listed = [file for r in workflow.rules for file in r.output]
        raise unmade(
            target,
            [r.name for r in workflow.rules if not r.has_wildcards()],
            [str(file) for file in listed if "{" not in file],
        )
    return file


def start_at_once():
    """Lifts a limit on the starts of jobs that nothing reaches, as the profiles state it.

    Snakemake looks once a second, for every job that has ended, whether the limit lets others start:
    after a thousand jobs, a thousand times a second.
    """
    settings = workflow.scheduling_settings
    limit = settings.max_jobs_per_timespan if settings else None
    if limit and limit.max_jobs >= 100_000:
        workflow.scheduling_settings = replace(settings, max_jobs_per_timespan=None)


def show_plan():
    """The plan in words; a UserError of what it finds ends Snakemake."""
    try:
        refuse_export(STUDY_RUN.options, prints_elsewhere())
        # Nothing trains for a report of the runs so far.
        if set(workflow.dag_settings.targets) != {"partial_report"}:
            states = STUDY_RUN.states()
            discard_damaged_data(STUDY_RUN, states, tell, keep=workflow.dryrun)
            print_plan(
                STUDY_RUN,
                words_on_devices(),
                device_of_all(),
                asked_for=workflow.dryrun,
                states=states,
            )
    except UserError as error:
        refuse(error)


def try_what_jobs_need():
    """Tries folders, and the user's own data and models once, before jobs are started that need them.

    Jobs in environments of their own have packages that are not installed here.
    """
    if not workflow.execution_settings or workflow.dryrun or workflow.touch:
        return
    try:
        try_folders(STUDY_RUN)
        if not prints_elsewhere():
            try_own(STUDY_RUN)
    except UserError as error:
        refuse(error)


def register_first():
    """Lets the claims be registered before the first job, as `onstart` does without a module."""
    others = workflow._onstart

    def start(log):
        STUDY_RUN.register()
        others(log)

    workflow._onstart = start


INTERRUPTS = Interrupts()
if workflow.is_main_process and not IS_READ_AGAIN:
    INTERRUPTS.listen()
    prepare_for_jobs()
