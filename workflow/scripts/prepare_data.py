"""Prepare one data set."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.training.data import prepare
from hyperverdict.vocabulary.users import Users

folder = Path(snakemake.output.facts).parent
with job(snakemake.log[0]):
    users = Users.of_plain(snakemake.config["hyperverdict_users"])
    prepare(snakemake.wildcards.data, folder.parents[1], folder, users)
