"""Prepare one data set."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.preparing import prepare_in_job
from hyperverdict.vocabulary.users import Users

folder = Path(snakemake.output.facts).parent
with job(snakemake.log[0]):
    users = Users.of_plain(snakemake.config["hyperverdict_users"])
    prepare_in_job(snakemake.wildcards.data, folder, users)
