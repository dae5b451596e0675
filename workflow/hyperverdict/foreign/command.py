"""`hyperverdict judge`: verdicts, tables, figures and report for runs from elsewhere."""

from __future__ import annotations

from pathlib import Path

from hyperverdict import figures
from hyperverdict.foreign.judge import judge_table, judged_elsewhere
from hyperverdict.foreign.runs import read_runs
from hyperverdict.records.collect import write_tables
from hyperverdict.report.html import write_report
from hyperverdict.report.latex import verdict_table
from hyperverdict.report.terminal import print_verdicts
from hyperverdict.verdicts.store import write_verdicts

JUDGED = Path("results/judged")


def judge_files(runs: Path, study: Path, out: Path | None = None) -> Path:
    """Judge a study on a table of runs and write all that a trained study gets; gives the report.

    Args:
        runs: CSV or Parquet, one row per run or per evaluation.
        study: the study file.
        out: the folder of the results; default results/judged/NAME.

    Raises UserError for input that cannot be read, before anything is written.
    """
    table = read_runs(runs)
    judged = judge_table(table, study)
    folder = out or JUDGED / judged.study.name
    write_verdicts(judged.report, folder)
    write_tables(judged.tables, folder / "tables")
    tables = judged.tables
    with judged_elsewhere(table, study):
        drawn = figures.draw_all(
            judged.report, judged.study, tables.final, tables.curves, folder / "figures"
        )
    latex = verdict_table(judged.report, judged.study)
    (folder / "tables" / "verdicts.tex").write_text(latex)
    provenance = {"runs": str(runs), "study": str(study), "trained": "elsewhere"}
    html = write_report(judged.study, judged.report, drawn, provenance, folder / "report.html")
    print_verdicts(judged.report, judged.study, html)
    return html
