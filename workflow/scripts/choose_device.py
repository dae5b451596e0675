"""Choose the device on which a group of arms trains."""

from pathlib import Path

from hyperverdict.design.devices import Machine
from hyperverdict.jobs import job
from hyperverdict.pipeline import choose_device
from hyperverdict.vocabulary.configuration import parse_path
from hyperverdict.vocabulary.vocabulary import of_users

vocabulary = of_users(snakemake.config["hyperverdict_users"])
with job(snakemake.log[0]):
    folders = {Path(file).parent for file in snakemake.input.data}
    choose_device(
        [parse_path(f"{arm}/steps~1", vocabulary) for arm in snakemake.params.arms],
        {folder.name: folder for folder in folders},
        Machine(cores=snakemake.threads, gpu_slots=snakemake.params.gpu_slots),
        snakemake.params.jobs,
        Path(snakemake.output[0]),
    )
