"""Prepare one data set."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.training.data import prepare

folder = Path(snakemake.output.facts).parent
with job(snakemake.log[0]):
    prepare(snakemake.wildcards.data, folder.parents[1], folder)
