"""Train the wanted and missing seeds of one configuration."""

from pathlib import Path

from hyperverdict.jobs import job
from hyperverdict.vocabulary.configuration import parse_path
from hyperverdict.vocabulary.vocabulary import of_users

folder = Path(snakemake.output.record).parent
path = str(folder).rpartition(f"/{snakemake.wildcards.kind}/")[2]
source = Path(snakemake.input.data[0])
common = {
    "device": "cuda" if snakemake.resources.get("gpu") else "cpu",
    "tensorboard": folder / "tensorboard" if snakemake.params.tensorboard else None,
    "log": Path(snakemake.log[0]),
    "memory_mb": snakemake.resources.get("mem_mb"),
    "retrain": bool(snakemake.config.get("retrain")),
}
vocabulary = of_users(snakemake.config["hyperverdict_users"])
with job(snakemake.log[0]):
    if source.name == "training.json":
        from hyperverdict.programs.job import train_with_program

        frozen = source.parents[3 if snakemake.params.get("smoke") else 2] / "runs"
        seeds = snakemake.params.seeds
        train_with_program(path, seeds, source, folder, frozen=frozen, **common)
    else:
        from hyperverdict.training.run import train_configuration

        train_configuration(
            parse_path(path, vocabulary),
            snakemake.params.seeds,
            prepared=source.parent,
            folder=folder,
            timing=next(map(Path, snakemake.input.timing), None),
            checkpoint_seconds=snakemake.resources.get("checkpoint_seconds", 60),
            **common,
        )
