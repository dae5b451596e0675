"""Train the wanted and missing seeds of one configuration."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.training.run import train_configuration
from hyperverdict.vocabulary.configuration import parse_path

folder = Path(snakemake.output.record).parent
with job(snakemake.log[0]):
    train_configuration(
        parse_path(str(folder.relative_to(f"results/{snakemake.wildcards.kind}"))),
        snakemake.params.seeds,
        prepared=Path(snakemake.input.data[0]).parent,
        folder=folder,
        device="cuda" if snakemake.resources.gpu else "cpu",
        timing=next(map(Path, snakemake.input.timing), None),
        tensorboard=folder / "tensorboard" if snakemake.params.tensorboard else None,
        log=Path(snakemake.log[0]),
        memory_mb=snakemake.resources.get("mem_mb"),
        checkpoint_seconds=snakemake.resources.checkpoint_seconds,
    )
