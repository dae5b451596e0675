"""Short ways to judge a table, shared by the tests of tables from elsewhere."""

from __future__ import annotations

from hyperverdict.foreign.judge import judge_table, read_table
from hyperverdict.foreign.table import Table, table_of_frame
from hyperverdict.study.structure import Source


def read(table, metrics=("accuracy",), factors=("batch_size",), budget=None, **more):
    """The runs of a table for a claim that compares the factors; `more` are keys of a study."""
    claim = {
        "says": "c",
        "compare": {name: {"from": "a", "to": "b"} for name in factors},
        "expect": dict.fromkeys(metrics, "higher"),
    }
    sizes = {name: {"matters_from": 0.01} for name in metrics if name != "train_time"}
    raw = {"study": "s", "data": "", "metrics": sizes, "hypotheses": {"H": claim}, **more}
    if budget:
        claim["at_equal"] = [budget]
    cells = table if isinstance(table, Table) else table_of_frame(table)
    return read_table(cells, raw, Source())[0]


def judge(tmp_path, table, text, **options):
    """What `judge_table` gives for a study's text."""
    file = tmp_path / "study.yaml"
    file.write_text(text, encoding="utf-8")
    return judge_table(table, file, **options)


def first(judged, hypothesis=0, verdict=0):
    """One verdict of a judgement."""
    return judged.report.hypotheses[hypothesis].verdicts[verdict]


def fired(verdict):
    """Check id -> (level, sentence) of the checks that fired."""
    return {check.id: (check.level, check.sentence) for check in verdict.fired}


def effect_of(verdict):
    """The first effect of a verdict."""
    return verdict.judgement.effects[0]


def column_of(runs, name):
    """The role of a column of the table."""
    return next(column for column in runs.roles.columns if column.theirs == name)
