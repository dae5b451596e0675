"""Collect the runs of the study."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.pipeline import collect_runs, open_study

folder = Path(snakemake.output.final).parents[1]
results = folder.parents[1]
with job(snakemake.log[0]):
    collect_runs(
        open_study(snakemake.params.study, results, snakemake.params.get("smoke")),
        {"runs": snakemake.params.runs, "tuning": snakemake.params.tuning},
        results,
        folder,
    )
