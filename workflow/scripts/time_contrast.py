"""Time the arms of one contrast in turn, alone on the machine."""

from pathlib import Path

from hyperverdict.jobs import has_machine_to_itself, job
from hyperverdict.vocabulary.configuration import parse_path
from hyperverdict.vocabulary.vocabulary import of_users

sources, out = list(map(Path, snakemake.input.data)), Path(snakemake.output[0])
arms, repeats = snakemake.params.arms, snakemake.params.repeats
how = {
    "device": "cuda" if snakemake.resources.get("gpu") else "cpu",
    "exclusive": has_machine_to_itself(snakemake.threads),
}
with job(snakemake.log[0]):
    if sources[0].name == "training.json":
        from hyperverdict.programs.timing import time_programs

        frozen = sources[0].parents[3 if snakemake.params.get("smoke") else 2] / "runs"
        time_programs(arms, repeats, sources[0], out, frozen=frozen, **how)
    else:
        from hyperverdict.training.timing import time_contrast

        vocabulary = of_users(snakemake.config["hyperverdict_users"])
        folders = {source.parent.name: source.parent for source in sources}
        parsed = [parse_path(f"{arm}/steps~1", vocabulary) for arm in arms]
        time_contrast(parsed, repeats, out, folders, **how)
