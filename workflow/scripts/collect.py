"""Collect the runs of the study."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.pipeline import collect_runs, open_study, remove_kept_copies

folder = Path(snakemake.output.final).parents[1]
results = folder.parents[1]
with job(snakemake.log[0]):
    paths = {"runs": snakemake.params.runs, "tuning": snakemake.params.tuning}
    collect_runs(
        open_study(snakemake.params.study, results, snakemake.params.get("smoke")),
        paths,
        results,
        folder,
    )
    # Snakemake has accepted what the training jobs left.
    remove_kept_copies(paths, results)
