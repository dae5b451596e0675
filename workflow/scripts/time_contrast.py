"""Time the arms of one contrast in turn, alone on the machine."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.study.configuration import parse_path
from hyperverdict.training.timing import time_contrast

with job(snakemake.log[0]):
    time_contrast(
        [parse_path(f"{arm}/steps~1") for arm in snakemake.params.arms],
        snakemake.params.repeats,
        Path(snakemake.output[0]),
        prepared=Path("resources/prepared"),
        device="cuda" if snakemake.resources.gpu else "cpu",
    )
