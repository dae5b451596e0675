"""Print the report of the study."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.pipeline import open_study, print_report

page = Path(snakemake.input.html)
with job(snakemake.log[0]):
    print_report(
        open_study(snakemake.input.study, page.parents[2], snakemake.params.get("smoke")),
        page.parent,
    )
