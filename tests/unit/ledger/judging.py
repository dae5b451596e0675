"""One claim registered, run and judged in one folder, again and again."""

from __future__ import annotations

import math

from hyperverdict.ledger.chain import read_ledger
from hyperverdict.ledger.registration import register
from hyperverdict.verdicts.judge import judge_study

from tests.unit.verdicts.synthetic import DEPTH, one_claim, run_all, study_from


def noisy(configuration, seed):
    """A difference of about 0.6 points with a standard deviation of one: open for long."""
    deep = len(configuration["hidden_units"]) == 3
    return round(0.7 + deep * (0.006 + 0.01 * math.sin(5 * seed)), 4)


def judge(place, seeds, first=True, more="", score=noisy, claim=DEPTH, edit=None):
    """Register, run and judge a study of one claim in one folder, again and again."""
    study = one_claim(place, claim, seeds=seeds, more=more)
    if edit:
        text = (place / "study.yaml").read_text()
        for old, new in edit.items():
            assert old in text
            text = text.replace(old, new)
        study = study_from(text, place)
    if first:
        register(study, place / "results", place / "runs")
    tables = run_all(study, place / "runs", score)
    ledger = place / "results" / "ledger.jsonl"
    return judge_study(study, tables.final, tables.curves, ledger=ledger)


def verdict_of(report):
    return report.hypotheses[0].verdicts[0]


def effect_of(report):
    return verdict_of(report).judgement.legs[0].effects[0]


def lines_of(place, kind):
    return read_ledger(place / "results" / "ledger.jsonl").of_kind(kind)
