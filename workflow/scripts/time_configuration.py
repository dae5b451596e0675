"""Time the steps of one configuration, alone on the machine."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.training.timing import time_configuration
from hyperverdict.vocabulary.configuration import parse_path
from hyperverdict.vocabulary.vocabulary import of_users

vocabulary = of_users(snakemake.config["hyperverdict_users"])
with job(snakemake.log[0]):
    time_configuration(
        parse_path(f"{snakemake.wildcards.arm}/steps~1", vocabulary),
        Path(snakemake.input.data[0]).parent,
        Path(snakemake.output[0]),
        device="cuda" if snakemake.resources.get("gpu") else "cpu",
    )
