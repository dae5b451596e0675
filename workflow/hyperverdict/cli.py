"""The command `hyperverdict`: check a study, show its verdicts, judge runs from elsewhere."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperverdict import __version__
from hyperverdict.errors import UserError
from hyperverdict.words.printing import drop, say, tell
from hyperverdict.words.safe import terminal

if TYPE_CHECKING:
    from hyperverdict.study.model import Study

EXIT_CODES = "exit codes: 0 done, 1 refused (the input is wrong; one message says how), 2 usage"
JSON_HELP = "print verdicts.json (see docs/verdicts.md) and nothing else"
STUDY_HELP = "study file (YAML)"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0, or 1 with one message when the input is wrong."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except UserError as error:
        tell(f"hyperverdict: {error}")
        return 1
    except BrokenPipeError:
        # The reader of our output has seen enough, as `| head` does; nothing more can be written.
        drop(sys.stdout)
    return 0


class _Parser(argparse.ArgumentParser):
    """Messages on usage repeat what was typed, so they are made safe, too."""

    def _print_message(self, message: str, file: Any = None) -> None:
        super()._print_message(terminal(message or ""), file)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="hyperverdict",
        description="Claims about hyperparameters become verdicts.",
        epilog=EXIT_CODES,
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(dest="command", required=True)

    def add(name: str, short: str, description: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=short, description=description, epilog=EXIT_CODES)
        command.set_defaults(run=_COMMANDS[name])
        return command

    judge = add(
        "judge",
        "judge claims on runs that exist",
        "Judge the claims of a study on tables of runs (CSV, Parquet, JSON, folders of runs; "
        "exports of W&B, MLflow, Optuna and others are recognised). Nothing is trained.",
    )
    judge.add_argument("runs", type=Path, nargs="+", help="files or folders of runs")
    judge.add_argument("study", type=Path, help=f"{STUDY_HELP}; `columns:` maps columns")
    judge.add_argument("--out", type=Path, help="folder of results; default results/judged/NAME")
    judge.add_argument("--json", action="store_true", help=JSON_HELP)
    judge.add_argument(
        "--ledger",
        type=Path,
        metavar="FILE",
        help="file that counts the looks at these runs; default beside the folder of results",
    )
    judge.add_argument(
        "--no-ledger",
        action="store_true",
        help="count no looks: nothing guards against judging a growing table again and again",
    )
    judge.add_argument(
        "--pdf",
        action=argparse.BooleanOptionalAction,
        help="make report.pdf and summary.pdf; default: where WeasyPrint and Pango are installed",
    )
    read = add(
        "read",
        "show how tables of runs are read",
        "Show what every column of tables of runs is taken for, and write a study file to start "
        "from where none is given.",
    )
    read.add_argument("files", type=Path, nargs="+", help=f"runs, and at the end a {STUDY_HELP}")
    new = add(
        "new",
        "write a study for a script, a command or a function of your own",
        "Write a study file for your own training. What its source says is filled in; comments "
        "with TODO stand where only you can say what belongs there. Nothing is run.",
    )
    new.add_argument(
        "source",
        help="train.py, a command as you type it (in quotes: 'python train.py --lr 1e-3'), or a "
        "Python function (mytask:train)",
    )
    new.add_argument("--name", help="name of the study; default that of the script or function")
    new.add_argument("--out", type=Path, help="file to write; default NAME.yaml")
    new.add_argument(
        "--run-help",
        action="store_true",
        help="run the program with --help and read its options there, too",
    )
    seeds = add(
        "seeds",
        "set the seeds of one hypothesis in its study file",
        "Set `seeds` of one hypothesis; everything else in the file stays.",
    )
    seeds.add_argument("study", type=Path, help=STUDY_HELP)
    seeds.add_argument("hypothesis", help="id of the hypothesis")
    seeds.add_argument("number", type=int, help="number of seeds")
    check = add(
        "check",
        "read study files and report what is wrong with them",
        "Read and check study files; nothing is trained. Messages name the line, also for a file "
        "that is not YAML. Models and data sets of your own are built and loaded once.",
    )
    check.add_argument("studies", type=Path, nargs="+", help="study files (YAML)")
    show = add(
        "show",
        "print the verdicts of a study that was judged",
        "Print the table of the verdicts and where the report is.",
    )
    show.add_argument("study", type=Path, help=STUDY_HELP)
    show.add_argument("--json", action="store_true", help=JSON_HELP)
    show.add_argument("--smoke", action="store_true", help="what the last smoke run estimated")
    watch = add(
        "watch",
        "show the runs of a study in TensorBoard",
        "Show the runs of a study in TensorBoard on this machine, also while they train, until "
        "Ctrl-C.",
    )
    watch.add_argument("study", type=Path, help=STUDY_HELP)
    watch.add_argument("--port", type=int, help="port; default TensorBoard's own")
    _add_smoke(watch)
    export = add(
        "export",
        "export the runs and verdicts of a judged study to MLflow",
        "Write the runs and verdicts of a judged study to MLflow. What is there already is "
        "updated.",
    )
    export.add_argument("study", type=Path, help=STUDY_HELP)
    export.add_argument(
        "--mlflow",
        required=True,
        metavar="URI",
        help="a folder, sqlite:///FILE, or the address of a server",
    )
    _add_smoke(export)
    schema = add(
        "schema",
        "print the JSON schema of study files",
        "Print the JSON schema of study files, for editors, or that of verdicts.json.",
    )
    schema.add_argument("--verdicts", action="store_true", help="that of verdicts.json")
    return parser


def _add_smoke(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--smoke",
        nargs="+",
        metavar="NAME=NUMBER",
        help="the smoke run with these options of `--config`, such as steps=10 seeds=2",
    )


def _judge(options: argparse.Namespace) -> None:
    from hyperverdict.elsewhere import judge_files

    if options.ledger is not None and options.no_ledger:
        raise UserError("--ledger and --no-ledger exclude each other; give one of them")
    judge_files(
        options.runs,
        options.study,
        options.out,
        options.json,
        options.ledger,
        not options.no_ledger,
        options.pdf,
    )


def _read(options: argparse.Namespace) -> None:
    from hyperverdict.elsewhere import read_files

    *runs, last = options.files
    is_study = bool(runs) and last.suffix in (".yaml", ".yml")
    read_files(runs if is_study else options.files, last if is_study else None)


def _new(options: argparse.Namespace) -> None:
    from hyperverdict.draft.new import write_study
    from hyperverdict.draft.summary import summary

    written = write_study(options.source, options.name, options.out, run_help=options.run_help)
    say(summary(written))


def _seeds(options: argparse.Namespace) -> None:
    from hyperverdict.study.edit import set_seeds

    set_seeds(options.study, options.hypothesis, options.number)
    say(f"{options.study}: {options.hypothesis} has {options.number} seeds")


def _check(options: argparse.Namespace) -> None:
    from hyperverdict.draft.text import open_lines
    from hyperverdict.programs.ready import check_ready, training_notes
    from hyperverdict.study.load import read_study_file
    from hyperverdict.trying import check_study
    from hyperverdict.words.numbers import count

    refused = []
    for path in options.studies:
        try:
            study = check_study(path, say)
            check_ready(study.vocabulary, read_study_file(path)[1])
        except UserError as error:
            refused.append(str(error))
            continue
        for note in (*study.notes, *training_notes(study.vocabulary)):
            say(note)
        claims = count(len(study.hypotheses), "hypothesis")
        heatmaps = count(len(study.heatmaps), "heatmap")
        left = open_lines(path.read_text(encoding="utf-8"))
        for line, text in left:
            say(f"{path}, line {line}: TODO: {text}")
        marked = f"; {count(len(left), 'line')} marked TODO" if left else ""
        say(f"{path}: study {study.name}, {claims}, {heatmaps}; valid{marked}")
    if refused:
        raise UserError("\n".join(refused))


def _show(options: argparse.Namespace) -> None:
    from hyperverdict.invocation import studies_folder
    from hyperverdict.options import RESULTS, SMOKE_RESULTS
    from hyperverdict.pipeline import open_study
    from hyperverdict.report.terminal import print_verdicts
    from hyperverdict.study.model import Smoke
    from hyperverdict.verdicts.document import to_file
    from hyperverdict.verdicts.store import read_verdicts

    results = Path(SMOKE_RESULTS if options.smoke else RESULTS)
    study = open_study(options.study, results)
    if options.smoke:
        study = replace(study, smoke=Smoke())
    folder = studies_folder(results) / study.name
    if not (folder / "verdicts.json").exists():
        smoke = studies_folder(Path(SMOKE_RESULTS)) / study.name / "verdicts.json"
        hint = "; `--smoke` shows the estimates of its smoke run" if smoke.exists() else ""
        raise UserError(f"{folder} has no verdicts yet; run the study first{hint}")
    report = read_verdicts(folder / "verdicts.json")
    if options.study.stat().st_mtime > (folder / "verdicts.json").stat().st_mtime:
        tell(
            f"note: {options.study} was changed after these verdicts; run the study to judge it "
            "as it is now"
        )
    if options.json:
        print(to_file(report).decode(), end="")
    else:
        print_verdicts(report, study, folder / "report.html")


def _watch(options: argparse.Namespace) -> None:
    from hyperverdict.boards import watch
    from hyperverdict.invocation import Invocation
    from hyperverdict.options import Options

    study, results = _opened(options)
    run = Invocation(str(options.study), study, Options(), main=False, results=results)
    watch(lambda: run.plan, results, run.folder, options.port)


def _export(options: argparse.Namespace) -> None:
    from hyperverdict.exporting.destination import read_destination, refuse_unusable
    from hyperverdict.exporting.outcome import outcome_words
    from hyperverdict.exporting.study import export_or_say, latest_verdicts
    from hyperverdict.invocation import studies_folder

    destination = read_destination(options.mlflow, "--mlflow ")
    if destination is None:
        raise UserError("--mlflow: name a folder or a URI")
    study, results = _opened(options)
    folder = latest_verdicts(studies_folder(results) / study.name)
    refuse_unusable(destination)
    outcome = export_or_say(study, destination, results, folder)
    if outcome["problem"]:
        raise UserError(outcome["problem"])
    say(outcome_words(outcome, ""), end="")


def _opened(options: argparse.Namespace) -> tuple[Study, Path]:
    """The study that a command names, or its smoke run, and where its results are."""
    from hyperverdict.options import RESULTS, SMOKE_RESULTS, smoke_of_words
    from hyperverdict.pipeline import open_study

    study = open_study(options.study, Path(RESULTS))
    if not options.smoke:
        return study, Path(RESULTS)
    smoke = smoke_of_words(options.smoke, study.vocabulary.budget_kinds)
    return open_study(options.study, Path(SMOKE_RESULTS), smoke), Path(SMOKE_RESULTS)


def _schema(options: argparse.Namespace) -> None:
    if options.verdicts:
        from hyperverdict.verdicts.format import schema
    else:
        from hyperverdict.study.structure import study_schema as schema

    print(json.dumps(schema(), indent=2))


_COMMANDS = {
    "judge": _judge,
    "read": _read,
    "new": _new,
    "seeds": _seeds,
    "check": _check,
    "show": _show,
    "watch": _watch,
    "export": _export,
    "schema": _schema,
}


if __name__ == "__main__":
    raise SystemExit(main())
