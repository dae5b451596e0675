"""Choose the tuned values of one hypothesis's arms."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.pipeline import choose_tuned, open_study

with job(snakemake.log[0]):
    choose_tuned(
        open_study(snakemake.params.study),
        snakemake.wildcards.hypothesis,
        Path("results/tuning"),
        Path(snakemake.output[0]),
    )
