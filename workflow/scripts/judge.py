"""Judge the study."""

from pathlib import Path

from hyperverdict.claims.studyfile import load_study
from hyperverdict.jobs import job
from hyperverdict.pipeline import judge

with job(snakemake.log[0]):
    judge(
        load_study(snakemake.input.study),
        Path(snakemake.output.verdicts).parent,
        [Path(file) for file in snakemake.input.timings],
    )
