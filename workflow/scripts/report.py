"""Write the report of the study."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.pipeline import open_study, write_study_report

folder = Path(snakemake.output.html).parent
results = folder.parents[1]
with job(snakemake.log[0]):
    write_study_report(
        open_study(snakemake.input.study, results, snakemake.params.get("smoke")),
        folder,
        results,
        {"runs": snakemake.params.runs, "tuning": snakemake.params.tuning},
    )
