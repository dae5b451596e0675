# Glue between Snakemake and the package: the study, its plan, and questions that rules ask.

import sys
from pathlib import Path

from hyperverdict.invocation import open_invocation
from hyperverdict.errors import UserError

RUNS = Path("results/runs")


def refuse(error):
    """Ends Snakemake with one message and exit code 1, without a traceback."""
    sys.exit(f"\nhyperverdict: {error}\n")


try:
    STUDY_RUN = open_invocation(
        configfiles=workflow.overwrite_configfiles,
        options=dict(workflow.config_settings.config),
        main=workflow.is_main_process,
    )
except UserError as error:
    refuse(error)

STUDY = STUDY_RUN.plan.study.name


# Every hyperparameter is a wildcard; those added later are in `extras`, absent at their default.
pathvars:
    run=(
        "results/runs/data~{data,[^/~]+}/model~{model,[^/~]+}/hidden_units~{hidden_units,[0-9x-]+}"
        "/activation~{activation,[a-z_]+}/dropout~{dropout,[0-9.e+-]+}"
        "/batch_size~{batch_size,[0-9.e+-]+}/optimizer~{optimizer,[a-z_]+}"
        "/learning_rate~{learning_rate,[0-9.e+-]+}/schedule~{schedule,[a-z_]+}"
        "/weight_decay~{weight_decay,[0-9.e+-]+}{extras,(/[a-z_]+~[^/~]+)*}"
        "/{budget,(steps|seconds)~[0-9]+}"
    ),
    arm_timing="results/timing/configurations/{arm,data~.+}",
    contrast_timing="results/timing/contrasts/{contrast,[a-z_+]+[.][0-9a-f]+}",
    study=f"results/studies/{STUDY}",


def configuration(wildcards):
    """The configuration that the wildcards of a run spell."""
    try:
        return STUDY_RUN.configuration(dict(wildcards))
    except UserError as error:
        refuse(error)


def prepared(data):
    """The files of a prepared data set."""
    folder = f"resources/prepared/{data}"
    return [f"{folder}/{name}" for name in ("images.npy", "labels.npy", "facts.json")]


def training_data(wildcards):
    """The prepared data of a run; on the way, a run that lacks seeds is marked to be trained."""
    planned = STUDY_RUN.planned(configuration(wildcards))
    for path in STUDY_RUN.files_to_update(planned, RUNS):
        workflow.dag.forcefiles.add(path)
    return ancient(prepared(planned.configuration.data))


def training_timing(wildcards):
    """The timing that turns a budget in seconds into steps."""
    chosen = configuration(wildcards)
    if chosen.budget.kind != "seconds":
        return []
    return [ancient(f"results/timing/configurations/{chosen.arm_path}/timing.json")]


def seeds_after_training(wildcards):
    """Seeds on record once a run's job is done; changes only when something new is wanted."""
    return STUDY_RUN.seeds_after(configuration(wildcards), RUNS)


def arm_data(wildcards):
    """The prepared data of an arm that is to be timed."""
    return ancient(prepared(STUDY_RUN.arm(wildcards.arm).data))


def contrast_data(wildcards):
    """The prepared data of all arms of a contrast."""
    arms = STUDY_RUN.timing(wildcards.contrast).configurations
    return ancient([path for data in sorted({a.data for a in arms}) for path in prepared(data)])


def contrast_arms(wildcards):
    """The arms of a contrast, as paths."""
    return [arm.arm_path for arm in STUDY_RUN.timing(wildcards.contrast).configurations]


def contrast_repeats(wildcards):
    """Blocks per arm of a contrast."""
    return STUDY_RUN.timing(wildcards.contrast).repeats


def study_runs(_wildcards):
    """The paths of all runs of the study, below results/runs."""
    return list(STUDY_RUN.plan.runs)


def study_metrics(wildcards):
    """The metrics tables of all runs of the study."""
    return [f"results/runs/{path}/metrics.parquet" for path in study_runs(wildcards)]


def study_records(wildcards):
    """The run records of all runs of the study."""
    return [f"results/runs/{path}/record.json" for path in study_runs(wildcards)]


def study_timings(_wildcards):
    """The timings that the study's time claims rest on."""
    return [f"results/timing/contrasts/{key}/timing.json" for key in STUDY_RUN.plan.timings]


def figure_labels(wildcards, output):
    """How a figure is listed in Snakemake's own report."""
    return {"figure": Path(str(output)).stem}


def hypothesis_figures(kind):
    """One figure a hypothesis, of one kind."""
    return [f"results/studies/{STUDY}/figures/{h}.{kind}.svg" for h in STUDY_RUN.hypotheses]


def exploration_figures():
    """One heatmap an exploration."""
    return [f"results/studies/{STUDY}/figures/{e}.heatmap.svg" for e in STUDY_RUN.explorations]


def study_targets():
    """All that a study run makes."""
    return [
        f"results/studies/{STUDY}/report.html",
        f"results/studies/{STUDY}/verdicts.json",
        f"results/studies/{STUDY}/tables/verdicts.csv",
    ]


def announce_start():
    """Registers the claims in the ledger before anything is trained."""
    pass  # STUDY_RUN.register(Path("results/studies") / STUDY)


def announce_end():
    """Says where the report is."""
    print(STUDY_RUN.closing_words(Path("results/studies") / STUDY))


def announce_failure():
    """Says how to go on after a failure."""
    print(STUDY_RUN.failure_words(RUNS))


STUDY_RUN.print_plan(RUNS)
