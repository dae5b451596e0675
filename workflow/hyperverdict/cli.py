"""The command `hyperverdict`: judge runs from elsewhere, raise a hypothesis's replicates."""

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
    judge.add_argument(
        "--out", type=Path, help="folder of results; default results/judged/NAME"
    )
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
    return parser


def _judge(options: argparse.Namespace) -> None:
    from hyperverdict.judge_command import judge_files

    judge_files(options.runs, options.study, options.out)


def _replicates(options: argparse.Namespace) -> None:
    from hyperverdict.study.edit import set_replicates

    set_replicates(options.study, options.hypothesis, options.number)
    print(f"{options.study}: {options.hypothesis} has {options.number} replicates")


if __name__ == "__main__":
    raise SystemExit(main())
