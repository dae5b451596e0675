"""Collect the runs of the study."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.pipeline import collect_runs, open_study

with job(snakemake.log[0]):
    collect_runs(
        open_study(snakemake.params.study),
        {"runs": snakemake.params.runs, "tuning": snakemake.params.tuning},
        Path("results"),
        Path(snakemake.output.final).parents[1],
    )
