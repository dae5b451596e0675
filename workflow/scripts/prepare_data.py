"""Prepare one data set."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.training.data import prepare

with job(snakemake.log[0]):
    prepare(snakemake.wildcards.data, Path("resources"), Path(snakemake.output.facts).parent)
