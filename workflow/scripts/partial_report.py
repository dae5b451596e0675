"""Judge what exists, marked provisional."""

from pathlib import Path

from hyperverdict.exporting.destination import read_destination
from hyperverdict.exporting.outcome import outcome_words
from hyperverdict.exporting.study import export_or_say
from hyperverdict.jobs import job
from hyperverdict.pipeline import open_study, report_what_exists
from hyperverdict.words.printing import say

folder = Path(snakemake.params.folder)
results = folder.parents[2]
with job(snakemake.log[0]):
    study = open_study(snakemake.input.study, results, snakemake.params.get("smoke"))
    report, of_interrupted = report_what_exists(
        study,
        {"runs": snakemake.params.runs, "tuning": snakemake.params.tuning},
        [Path(file) for file in snakemake.params.timings],
        results,
        folder,
        snakemake.params.pdf,
    )
    say(f"\nProvisional report: {report}\n{of_interrupted}")
    if snakemake.params.destination:
        destination = read_destination(snakemake.config["mlflow"])
        outcome = export_or_say(study, destination, results, folder)
        say(outcome_words(outcome, "the same command"))
