"""Choose the tuned values of one hypothesis's arms."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.pipeline import choose_tuned, open_study

results = Path(snakemake.output[0]).parents[3]
with job(snakemake.log[0]):
    choose_tuned(
        open_study(snakemake.params.study, results, snakemake.params.get("smoke"), choosing=True),
        snakemake.wildcards.hypothesis,
        results / "tuning",
        Path(snakemake.output[0]),
    )
