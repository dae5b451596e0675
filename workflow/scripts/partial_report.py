"""Judge what exists, marked provisional."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.pipeline import open_study, report_what_exists

folder = Path(snakemake.params.folder)
results = folder.parents[2]
with job(snakemake.log[0]):
    report = report_what_exists(
        open_study(snakemake.input.study, results, snakemake.params.get("smoke")),
        {"runs": snakemake.params.runs, "tuning": snakemake.params.tuning},
        [Path(file) for file in snakemake.params.timings],
        results,
        folder,
        snakemake.params.pdf,
    )
    print(f"\nProvisional report: {report}\n")
