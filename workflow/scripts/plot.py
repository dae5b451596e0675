"""Draw the figures of the study."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.pipeline import open_study, plot

with job(snakemake.log[0]):
    plot(open_study(snakemake.input.study), Path(snakemake.input.verdicts).parent)
