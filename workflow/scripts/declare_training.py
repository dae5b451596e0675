"""Declare a training of the user's own: how its runs are made, and its frozen defaults."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.runs.declaration import write_declaration

with job(snakemake.log[0]):
    write_declaration(Path(snakemake.output[0]), snakemake.params.defaults, snakemake.params.study)
