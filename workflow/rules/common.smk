# Glue between Snakemake and the package: questions that rules ask.

from hyperverdict import figures, publishing
from hyperverdict.errors import UserError

RUN_FILES = ("metrics.parquet", "record.json")


def configuration(wildcards):
    """The configuration that the wildcards of a run spell."""
    try:
        return STUDY_RUN.configuration(
            {k: v for k, v in wildcards.items() if k != "kind"}
        )
    except UserError as error:
        refuse(error)


def prepared(data):
    """The files of a prepared data set."""
    folder = f"resources/prepared/{data}"
    return [f"{folder}/{name}" for name in ("images.npy", "labels.npy", "facts.json")]


def planned(wildcards):
    """The run that the wildcards spell, with the seeds that are wanted of it."""
    return STUDY_RUN.planned(
        configuration(wildcards), tuning=wildcards.kind == "tuning"
    )


def training_data(wildcards):
    """The prepared data of a run; on the way, a run that lacks seeds is marked to be trained."""
    run = planned(wildcards)
    try:
        paths = STUDY_RUN.files_to_update(run)
    except UserError as error:
        refuse(error)
    for path in paths:
        workflow.dag.forcefiles.add(path)
    if STUDY_RUN.state(run).missing:
        wait_for_device([run.configuration])
    return ancient(training_sources(run.configuration))


def training_sources(chosen):
    """What has to be there before a configuration trains: prepared data, or a declaration."""
    return (
        [STUDY_RUN.declaration] if STUDY_RUN.declaration else prepared(chosen.prepared)
    )


# A declaration that exists is extended before the first job (`register`), and not by a job: params that
# take the output start none again. Where a job is to run again, Snakemake looks at nothing that depends
# on it, and leaves it out if all of its inputs are ancient: nothing would be trained or judged.
def declared_defaults(wildcards, output):
    """The defaults that the first run freezes."""
    return STUDY_RUN.declared_defaults


def stated_training(wildcards, output):
    """How the first run is made."""
    return STUDY_RUN.stated_training


def claimed_columns():
    """The scores that a training of the user's own is collected for; nothing for our loop."""
    return {"scores": STUDY_RUN.claimed_columns} if STUDY_RUN.declaration else {}


def training_timing(wildcards):
    """The timing that turns a budget in seconds into steps."""
    chosen = configuration(wildcards)
    if STUDY_RUN.declaration or chosen.budget.kind != "seconds":
        return []
    return [ancient(f"{RESULTS}/timing/configurations/{chosen.arm_path}/timing.json")]


def seeds_after_training(wildcards):
    """Seeds on record once a run's job is done; changes only when something new is wanted."""
    return STUDY_RUN.seeds_after(planned(wildcards))


def expected_seconds(wildcards):
    """About how long a run's job will train, for packing jobs; 0 where nobody knows."""
    return STUDY_RUN.expected_seconds(planned(wildcards))


def arm_data(wildcards):
    """The prepared data of an arm that is to be timed."""
    arm = STUDY_RUN.arm(wildcards.arm)
    if not STUDY_RUN.is_timed(f"configurations/{wildcards.arm}"):
        wait_for_device([arm])
    return ancient(prepared(arm.prepared))


def contrast_data(wildcards):
    """What has to be there before the arms of a contrast are timed."""
    arms = STUDY_RUN.timing(wildcards.contrast).configurations
    for path in STUDY_RUN.timing_to_update(wildcards.contrast):
        workflow.dag.forcefiles.add(path)
    if not STUDY_RUN.is_timed(f"contrasts/{wildcards.contrast}"):
        wait_for_device(arms)
    sources = [path for arm in arms for path in training_sources(arm)]
    return ancient(sorted(set(sources)))


def contrast_arms(wildcards):
    """The arms of a contrast, as paths: with a budget where whole trainings are timed."""
    return [
        arm.timed_path for arm in STUDY_RUN.timing(wildcards.contrast).configurations
    ]


def contrast_repeats(wildcards):
    """Blocks per arm of a contrast."""
    return STUDY_RUN.timing(wildcards.contrast).repeats


def run_files(paths, kind="runs"):
    """The metrics table and the record of each run."""
    return [f"{RESULTS}/{kind}/{path}/{name}" for path in paths for name in RUN_FILES]


def timing_files(keys):
    """The timing tables of contrasts."""
    return [f"{RESULTS}/timing/contrasts/{key}/timing.json" for key in keys]


def wait_for_choices():
    """Makes a job depend on the choices of all tuned hypotheses."""
    for hypothesis in STUDY_RUN.tuned_hypotheses:
        checkpoints.choose.get(hypothesis=hypothesis)


def untuned_run_files(_wildcards):
    """What the runs leave that need no tuning."""
    return run_files(STUDY_RUN.runs_before_tuning)


def tuned_run_files(_wildcards):
    """What the runs leave whose values tuning chooses."""
    wait_for_choices()
    return run_files(STUDY_RUN.runs_after_tuning)


def untuned_timings(_wildcards):
    """The timings of time claims that need no tuning."""
    return timing_files(STUDY_RUN.untuned_plan.timings)


def tuned_timings(_wildcards):
    """The timings of arms whose values tuning chooses."""
    wait_for_choices()
    return timing_files(STUDY_RUN.timings_after_tuning)


def known_runs(_wildcards):
    """The paths below results/runs of the study's runs, as far as tuning has got."""
    return list(STUDY_RUN.plan.runs)


# Measured for 100,000 runs (benchmarks/report/README.md): judging them takes 3.9 GB and 7 minutes on a
# busy machine. Twice that is asked for.
def memory_of_tables(_wildcards):
    """MB for a job that holds the tables of the study's runs."""
    return 4000 + STUDY_RUN.plan.planned_seeds // 20


def minutes_of_tables(_wildcards):
    """Minutes for such a job."""
    return 30 + STUDY_RUN.plan.planned_seeds // 2000


def known_tuning_runs(_wildcards):
    """The paths below results/tuning of the study's tuning runs."""
    return list(STUDY_RUN.plan.tuning)


def known_timings(_wildcards):
    """The timings of the study's time claims, as far as tuning has got."""
    return list(map(placed, timing_files(STUDY_RUN.plan.timings)))


def choices(_wildcards):
    """The files that say which values tuning chose."""
    return [
        f"{RESULTS}/studies/{STUDY}/tuning/{hypothesis}.json"
        for hypothesis in STUDY_RUN.tuned_hypotheses
    ]


def tuning_run_files(wildcards):
    """What the runs leave that tune one hypothesis."""
    return run_files(STUDY_RUN.tuning_paths(wildcards.hypothesis), "tuning")


def prints_elsewhere():
    """Whether jobs have a printer of their own, whatever this machine has."""
    settings = workflow.deployment_settings
    methods = settings.deployment_method if settings else ()
    return "conda" in {str(method) for method in methods}


def is_printed(_wildcards):
    """Whether the report is printed as well."""
    try:
        return publishing.is_printed(STUDY_RUN.options, prints_elsewhere())
    except UserError as error:
        refuse(error)


def printed_files(wildcards):
    """The report on paper, where it can be printed."""
    folder = f"{RESULTS}/studies/{STUDY}"
    return (
        [f"{folder}/report.pdf", f"{folder}/summary.pdf"]
        if is_printed(wildcards)
        else []
    )


def exported_files(_wildcards):
    """What an export leaves, where one is asked for."""
    exports = STUDY_RUN.options.mlflow is not None
    return [f"{RESULTS}/studies/{STUDY}/mlflow.json"] if exports else []


def export_destination(_wildcards):
    """Where the export goes, without secrets."""
    return str(getattr(STUDY_RUN.options.mlflow, "given", ""))


def export_again(_wildcards):
    """Nothing; on the way, an export that failed is marked to be made again."""
    file = publishing.export_to_repeat(STUDY_RUN.folder)
    if file:
        workflow.dag.forcefiles.add(file)
    return []


def written_verdicts(wildcards, output):
    """The verdicts in words, which captions include."""
    return output.caption


def known_verdicts(wildcards, input):
    """The same, where a rule reads them."""
    return input.caption


def panel_file(figure, panel):
    """The file of a figure's panel, with its place and labels in Snakemake's own report."""
    kind = figure.kind
    return report(
        f"{RESULTS}/studies/{STUDY}/figures/{figure.svg(panel)}",
        category=kind.category,
        labels={kind.shows: figure.id, "figure": f"{kind.name} {panel}".strip()},
        caption=f"../report/{kind.name}.rst",
    )


def study_figures():
    """The files of all figures: one SVG per panel, one CSV per figure, and their index."""
    study = STUDY_RUN.study
    panels = [
        panel_file(figure, panel)
        for figure in figures.expected(study)
        for panel in figure.panels
    ]
    folder = f"{RESULTS}/studies/{STUDY}/figures"
    return panels + [f"{folder}/{name}" for name in figures.expected_files(study)]
