"""Draw the figures of the study."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.pipeline import open_study, plot

folder = Path(snakemake.input.verdicts).parent
with job(snakemake.log[0]):
    study = open_study(snakemake.input.study, folder.parents[1], snakemake.params.get("smoke"))
    plot(study, folder)
