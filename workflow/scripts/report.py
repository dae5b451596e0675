"""Write the report of the study."""

from pathlib import Path

from hyperverdict.claims.studyfile import load_study
from hyperverdict.jobs import job
from hyperverdict.pipeline import write_study_report

with job(snakemake.log[0]):
    write_study_report(
        load_study(snakemake.input.study),
        Path(snakemake.output.html).parent,
        Path("results/runs"),
        snakemake.params.runs,
    )
