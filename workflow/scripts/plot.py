"""Draw the figures of the study."""

from pathlib import Path

from hyperverdict.claims.studyfile import load_study
from hyperverdict.jobs import job
from hyperverdict.pipeline import plot

with job(snakemake.log[0]):
    plot(load_study(snakemake.input.study), Path(snakemake.input.verdicts).parent)
