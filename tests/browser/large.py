"""Large studies, judged by the engine on made-up scores: what a report must be able to hold."""

from pathlib import Path

import pandas as pd
from hyperverdict import figures
from hyperverdict.records.tables import Tables
from hyperverdict.report.html import write_report
from hyperverdict.report.reproduce import Sources
from hyperverdict.verdicts.judge import judge_study

from tests.unit.report import made_runs, samples


def large_study(claims, arms):
    """A study of so many importance claims, each on a grid of so many arms of its own."""
    half = arms // 2
    return samples.read(
        samples.raw_study(
            {
                f"H{number}": {
                    "says": f"The width matters more than the learning rate, grid {number}.",
                    "matters_more": {
                        "these": {"width": [8 * (k + 1) for k in range(half)]},
                        "than": {"learning_rate": [1e-4 * (number + 1), 1e-2 * (1 + number / 100)]},
                    },
                    "expect": {"accuracy": {"share_of_variance": "higher"}},
                }
                for number in range(claims)
            }
        )
    )


def score(arm, seed):
    """A score that depends on the width, and a little on the learning rate and the seed."""
    (width, *_) = arm.configuration["hidden_units"]
    rate = arm.configuration["learning_rate"]
    return 0.6 + width / 3000 + 0.5 * rate + 0.002 * ((seed * 7 + width) % 5)


def write_large(folder: Path, claims: int, arms: int) -> tuple[Path, int]:
    """The report of a large study; gives its file and the number of runs."""
    study = large_study(claims, arms)
    tables = made_runs.tables_of(study, score)
    final = tables.final.drop_duplicates(["path", "seed"]).reset_index(drop=True)
    tables = Tables(final, pd.DataFrame(tables.curves).drop_duplicates())
    report = judge_study(study, tables.final, tables.curves)
    figures.draw_all(report, study, tables, folder / "figures")
    file = write_report(
        study, report, folder / "figures", {}, folder / "report.html", Sources(final)
    )
    return file, len(final)
