"""The command `hyperverdict`: check a study, show its verdicts, judge runs from elsewhere."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from hyperverdict import __version__
from hyperverdict.errors import UserError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, or 1 with one message when the input is wrong."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except UserError as error:
        print(f"hyperverdict: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hyperverdict", description="Claims about hyperparameters become verdicts."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)
    judge = commands.add_parser(
        "judge",
        help="judge claims on runs that exist",
        description="Judge the claims of a study on a table of runs (CSV or Parquet; exports of "
        "W&B, MLflow and Optuna are recognised). Nothing is trained.",
    )
    judge.add_argument("runs", type=Path, help="table with one row per run or per evaluation")
    judge.add_argument("study", type=Path, help="study file (YAML); `columns:` maps columns")
    judge.add_argument("--out", type=Path, help="folder of results; default results/judged/NAME")
    judge.set_defaults(run=_judge)
    replicates = commands.add_parser(
        "replicates",
        help="set the replicates of one hypothesis in its study file",
        description="Set `replicates` of one hypothesis; everything else in the file stays.",
    )
    replicates.add_argument("study", type=Path, help="study file (YAML)")
    replicates.add_argument("hypothesis", help="id of the hypothesis")
    replicates.add_argument("number", type=int, help="number of replicates")
    replicates.set_defaults(run=_replicates)
    check = commands.add_parser(
        "check",
        help="read a study file and say what is wrong with it",
        description="Read and check study files; nothing is trained. Names the line also where "
        "Snakemake, given a file that is not YAML, does not.",
    )
    check.add_argument("studies", type=Path, nargs="+", help="study files (YAML)")
    check.set_defaults(run=_check)
    show = commands.add_parser(
        "show",
        help="print the verdicts of a study that was judged",
        description="Print the table of the verdicts and where the report is.",
    )
    show.add_argument("study", type=Path, help="study file (YAML)")
    show.set_defaults(run=_show)
    schema = commands.add_parser(
        "schema",
        help="print the JSON schema of study files",
        description="Print the JSON schema of study files, for editors.",
    )
    schema.set_defaults(run=_schema)
    return parser


def _judge(options: argparse.Namespace) -> None:
    from hyperverdict.foreign.command import judge_files

    judge_files(options.runs, options.study, options.out)


def _replicates(options: argparse.Namespace) -> None:
    from hyperverdict.study.edit import set_replicates

    set_replicates(options.study, options.hypothesis, options.number)
    print(f"{options.study}: {options.hypothesis} has {options.number} replicates")


def _check(options: argparse.Namespace) -> None:
    from hyperverdict.study.file import load_study

    for path in options.studies:
        study = load_study(path)
        claims, pictures = len(study.hypotheses), len(study.explorations)
        print(f"{path}: study {study.name}, {claims} hypotheses, {pictures} explorations; valid")


def _show(options: argparse.Namespace) -> None:
    from hyperverdict.pipeline import STUDIES, open_study
    from hyperverdict.report.terminal import print_verdicts
    from hyperverdict.verdicts.store import read_verdicts

    study = open_study(options.study)
    folder = STUDIES / study.name
    if not (folder / "verdicts.json").exists():
        raise UserError(f"{folder} holds no verdicts yet; run the study first")
    print_verdicts(read_verdicts(folder / "verdicts.json"), study, folder / "report.html")


def _schema(options: argparse.Namespace) -> None:
    import json

    from hyperverdict.study.file import study_schema

    print(json.dumps(study_schema(), indent=2))


if __name__ == "__main__":
    raise SystemExit(main())
