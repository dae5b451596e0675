"""`hyperverdict judge` and `hyperverdict read`: verdicts and readings of runs from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hyperverdict import figures
from hyperverdict.errors import UserError
from hyperverdict.foreign.files import read_runs
from hyperverdict.foreign.judge import TableJudgement, judge_table, read_table
from hyperverdict.foreign.reading import read
from hyperverdict.foreign.skeleton import skeleton
from hyperverdict.ledger.registration import LEDGER_FILE
from hyperverdict.records.tables import failed_seeds, write_tables
from hyperverdict.report.html import write_report
from hyperverdict.report.latex import verdict_table
from hyperverdict.report.markdown import OVERVIEW, write_markdown
from hyperverdict.report.overview_figure import write_overview
from hyperverdict.report.pdf import remove_pdfs, write_pdfs
from hyperverdict.report.printer import problem
from hyperverdict.report.reproduce import Sources
from hyperverdict.report.terminal import print_verdicts
from hyperverdict.runs.files import write_atomic
from hyperverdict.study.load import read_study_file
from hyperverdict.study.structure import Source
from hyperverdict.verdicts.document import to_file
from hyperverdict.verdicts.reported import REPORTED_FILE, with_changes
from hyperverdict.verdicts.store import write_verdicts
from hyperverdict.words.printing import say

REPORT_FILE = "report.html"
JUDGED = Path("results/judged")
SKELETON = Path("study.yaml")


def judge_files(
    runs: Sequence[Path],
    study: Path,
    out: Path | None = None,
    as_json: bool = False,
    ledger: Path | None = None,
    keep_ledger: bool = True,
    pdf: bool | None = None,
) -> Path:
    """Judge a study on tables of runs and write all that a trained study gets; gives the report.

    Args:
        runs: files or folders of runs; several are read as one table.
        study: the study file.
        out: the folder of the results; default results/judged/NAME.
        as_json: print verdicts.json alone instead of the reading and the verdicts.
        ledger: file that counts the looks at these runs; default beside the folder of the results.
        keep_ledger: False to count no looks.
        pdf: whether the report is printed; None where it can be.

    Raises UserError for input that cannot be read, and for a PDF that cannot be made but is asked
    for, before anything is written.
    """
    missing = problem() if pdf is not False else ""
    if pdf and missing:
        raise UserError(f"no PDF can be made: {missing}")

    def folder_of(name: str) -> Path:
        return out or JUDGED / name

    def ledger_of(name: str) -> Path:
        return ledger or ledger_beside(folder_of(name))

    judged = judge_table(
        read_runs(runs),
        study,
        ledger_of if keep_ledger else None,
        lambda name: folder_of(name) / REPORT_FILE,
    )
    folder = folder_of(judged.study.name)
    if keep_ledger and not judged.study.only_estimates:
        counted = ledger_of(judged.study.name)
        reported = counted.with_name(f"{counted.name}.{REPORTED_FILE}")
        failed = failed_seeds(judged.tables.final)
        compared = with_changes(judged.report, reported, judged.study, failed)
        judged = replace(judged, report=compared)
    if not as_json:
        say("\n".join(judged.reading.lines()), end="\n\n")
    provenance = {"runs": [str(path) for path in runs], "study": str(study), "trained": "elsewhere"}
    ledger_file = ledger_of(judged.study.name) if keep_ledger else None
    sources = Sources(judged.tables.final, ledger_file, tuple(map(str, runs)), str(study))
    html = _write(judged, folder, provenance, sources)
    if pdf is not False and not missing:
        write_pdfs(judged.study, judged.report, html)
    if as_json:
        print(to_file(judged.report).decode(), end="")
        return html
    print_verdicts(judged.report, judged.study, html)
    if missing:
        say(f"report.pdf and summary.pdf were not made: {missing}")
    return html


def _write(
    judged: TableJudgement, folder: Path, provenance: Mapping[str, Any], sources: Sources
) -> Path:
    """Write verdicts, tables, figures and the report; gives report.html."""
    study, report, drawn = judged.study, judged.report, folder / "figures"
    remove_pdfs(folder)
    write_verdicts(report, folder)
    write_tables(judged.tables, folder / "tables")
    figures.draw_all(report, study, judged.tables, drawn)
    write_atomic(folder / "tables" / "verdicts.tex", verdict_table(report).encode())
    write_overview(report, drawn / OVERVIEW)
    write_markdown(study, report, folder, drawn.name)
    return write_report(study, report, drawn, provenance, folder / REPORT_FILE, sources)


def ledger_beside(folder: Path) -> Path:
    """The ledger of the results in a folder: beside it, so that it outlives them."""
    return folder.with_name(f"{folder.name}.{LEDGER_FILE}")


def read_files(runs: Sequence[Path], study: Path | None = None) -> None:
    """Print how tables of runs are read, and write a study skeleton where none exists.

    Args:
        runs: files or folders of runs; several are read as one table.
        study: a study file. One that exists is heeded; else the skeleton is written there (by
            default to study.yaml).

    Raises UserError for input that cannot be read.
    """
    table = read_runs(runs)
    if study is not None and study.exists():
        try:
            judged = judge_table(table, study)
        except UserError as error:
            raw, source = read_study_file(study)
            say("\n".join(read(read_table(table, raw, source)[0]).lines()), end="\n\n")
            raise error from None
        say("\n".join(judged.reading.lines()))
        return
    found = read_table(table, {}, Source())[0]
    say("\n".join(read(found).lines()))
    file = study or SKELETON
    if file.exists():
        say(f"\n{file} exists and is left as it is.")
        return
    write_atomic(file, skeleton(found, Path(runs[0]).stem).encode())
    say(
        f"\nWrote {file}: a study for this table. Edit what it claims, then run\n"
        f"  hyperverdict judge {' '.join(map(str, runs))} {file}"
    )
