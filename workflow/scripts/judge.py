"""Judge the study."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.ledger.registration import LEDGER_FILE
from hyperverdict.pipeline import judge, open_study

with job(snakemake.log[0]):
    folder = Path(snakemake.output.verdicts).parent
    judge(
        open_study(snakemake.input.study, folder.parents[1], snakemake.params.get("smoke")),
        folder,
        map(Path, [*snakemake.input.untuned_timings, *snakemake.input.tuned_timings]),
        folder / LEDGER_FILE,
    )
