"""Export the runs and verdicts of the study to MLflow."""

from pathlib import Path

from hyperverdict.exporting.destination import read_destination
from hyperverdict.exporting.study import export_or_say
from hyperverdict.jobs import job
from hyperverdict.pipeline import open_study

folder = Path(snakemake.output[0]).parent
results = folder.parents[1]
with job(snakemake.log[0]):
    export_or_say(
        open_study(snakemake.input.study, results, snakemake.params.get("smoke")),
        read_destination(snakemake.config["mlflow"]),
        results,
        folder,
    )
