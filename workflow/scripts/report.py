"""Write the report of the study."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.pipeline import open_study, write_study_report

with job(snakemake.log[0]):
    write_study_report(
        open_study(snakemake.input.study),
        Path(snakemake.output.html).parent,
        Path("results"),
        {"runs": snakemake.params.runs, "tuning": snakemake.params.tuning},
    )
