"""Time the arms of one contrast in turn, alone on the machine."""

from pathlib import Path

from hyperverdict.jobs import has_machine_to_itself, job
from hyperverdict.training.timing import time_contrast
from hyperverdict.vocabulary.configuration import parse_path

with job(snakemake.log[0]):
    folders = {Path(file).parent for file in snakemake.input.data}
    time_contrast(
        [parse_path(f"{arm}/steps~1") for arm in snakemake.params.arms],
        snakemake.params.repeats,
        Path(snakemake.output[0]),
        {folder.name: folder for folder in folders},
        device="cuda" if snakemake.resources.gpu else "cpu",
        exclusive=has_machine_to_itself(snakemake.threads),
    )
