"""Judge what exists, marked provisional."""

from pathlib import Path

from hyperverdict.claims.studyfile import load_study
from hyperverdict.jobs import job
from hyperverdict.pipeline import report_what_exists

with job(snakemake.log[0]):
    report = report_what_exists(
        load_study(snakemake.input.study),
        snakemake.params.runs,
        [Path(file) for file in snakemake.params.timings],
        Path("results/runs"),
        Path(snakemake.params.folder),
    )
    print(f"Provisional report: {report}")
