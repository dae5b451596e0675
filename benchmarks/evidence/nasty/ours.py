"""HyperVerdict's verdicts, by whichever version PYTHONPATH holds; run in a process of its own.

    PYTHONPATH=CHECKOUT/workflow python ours.py --out rates.json --studies 1000 --confirm 40

Every study is judged by the engine's own `measure` and `judge_effect` (1 ms). `hyperverdict.compare`
(0.1 s), which also reads the table and makes all checks, then judges again the first `--confirm`
studies of each cell with each kind of verdict, and a quarter as many inconclusive ones. Rates are
those of the engine times the share that `compare` confirmed; a check can only block.
"""

from __future__ import annotations

import inspect
import json
import operator
import tempfile
from collections.abc import Callable
from pathlib import Path

import hyperverdict
import numpy as np
import pandas as pd
from hyperverdict.effects.contrast import named
from hyperverdict.effects.effect import Expectation, judge_effect
from hyperverdict.effects.measure import measure
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.effects.rounding import step_of
from hyperverdict.errors import UserError
from hyperverdict.stats import sequential
from hyperverdict.stats.sequential import SINGLE_LOOK, ConfidenceSequence, LookRule
from hyperverdict.vocabulary.metrics import RECORDED

from nasty.cells import cells, options, rates
from nasty.settings import (
    Setting,
)
from nasty.studies import (
    BASE,
    LOOKS,
    NONE,
    OPEN,
    POINT,
    REFUTED,
    SUPPORTED,
    Arm,
    Study,
)

# Tables that are judged again have a ledger in later versions only.
HAS_LEDGER = "ledger" in inspect.signature(hyperverdict.compare).parameters
ALPHA = 0.05
FOLDS = 5
METRIC = RECORDED["accuracy"]
HIGHER = Expectation(METRIC, "higher", POINT)
CONCLUSIVE = (SUPPORTED, REFUTED, NONE)

Rates = dict[str, float]
NUMBERED = "HyperVerdict, every fit numbered as a seed"
SEQUENCE = "HyperVerdict, its confidence sequence"
MEMORYLESS = "HyperVerdict, without its ledger"


def accuracy(scores: np.ndarray) -> np.ndarray:
    """Fractions of the scores in units of delta."""
    return BASE + POINT * scores


def by_engine(study: Study, is_rounded: bool, looks: LookRule = SINGLE_LOOK) -> str:
    """The engine's evidence on the two arms of the claim."""
    values = {
        name: dict(zip(arm.seeds.tolist(), accuracy(arm.scores).tolist(), strict=True))
        for name, arm in zip("AB", study.pair, strict=True)
    }
    step = step_of(METRIC, values.values()) if is_rounded else 0.0
    outcomes = Outcomes(METRIC, values, rounding=step)
    contrast = named("difference", METRIC, "A", "B", ("A", "B"))
    return judge_effect(measure(outcomes, contrast), HIGHER, ALPHA, looks, plan=False).evidence


def numbered(study: Study) -> Study:
    """Every fit numbered as a seed of its own: one row a seed, 5 folds that recur."""
    table = {name: folds.reshape(-1, 1) for name, folds in study.folds.items()}
    arms = {name: Arm(np.arange(v.size), v.ravel()) for name, v in table.items()}
    return Study(arms, study.theta, folds=table)


def rows_of(name: str, arm: Arm, folds: np.ndarray | None) -> pd.DataFrame:
    """The rows of one arm in the table that `compare` gets."""
    if folds is not None:
        n, k = folds.shape
        return pd.DataFrame(
            {
                "method": name,
                "seed": np.repeat(arm.seeds, k),
                "fold": np.arange(n * k) % FOLDS,
                "accuracy": accuracy(folds.ravel()),
            }
        )
    state = np.where(np.isnan(arm.scores), "failed", "finished")
    return pd.DataFrame(
        {"method": name, "seed": arm.seeds, "status": state, "accuracy": accuracy(arm.scores)}
    )


def by_compare(study: Study, **options: object) -> str:
    """The verdict of the public entry point; "inconclusive" where a check blocks it."""
    table = pd.concat(
        [rows_of(name, arm, study.folds.get(name)) for name, arm in study.arms.items()],
        ignore_index=True,
    )
    change, expect = {"method": (study.start, study.to)}, {"accuracy": "higher"}
    try:
        try:
            found = hyperverdict.compare(table, change, expect, **options)
        except UserError:
            if not study.folds:
                raise
            # What the message of the earlier version says to write.
            found = hyperverdict.compare(table, change, expect, columns={"fold": "fold"})
    except UserError:
        return "refused"
    return OPEN if found.verdict.blocking else found.verdict.judgement.evidence


Rule = Callable[[int], LookRule]


def every_look(n: int) -> LookRule:
    """Without memory: each look is judged as if it were the only one."""
    return SINGLE_LOOK


def by_sequence(n: int) -> LookRule:
    """The confidence sequence that stands beside a verdict."""
    return ConfidenceSequence()


def by_ledger(n: int) -> LookRule:
    """A table that grows under one ledger: a plain first look, then a sequence at a fifth."""
    first = sequential.FirstLook()  # not in the earlier version
    return SINGLE_LOOK if n == LOOKS[0] else ConfidenceSequence(first.share)


def up_to(study: Study, n: int) -> Study:
    """The study after its first n seeds."""
    return Study(
        {name: Arm(a.seeds[:n], a.scores[:n]) for name, a in study.arms.items()}, study.theta
    )


def by_looks(study: Study, rule: Rule) -> str:
    """The first effect that is claimed when a table is judged after every seed."""
    for n in LOOKS:
        verdict = by_engine(up_to(study, n), False, rule(n))
        if verdict in (SUPPORTED, REFUTED):
            return verdict
    return OPEN


def by_public_looks(study: Study) -> str:
    """The same by `compare` with one ledger."""
    with tempfile.TemporaryDirectory() as folder:
        for n in LOOKS:
            verdict = by_compare(up_to(study, n), ledger=Path(folder) / "ledger.jsonl")
            if verdict in (SUPPORTED, REFUTED):
                return verdict
    return OPEN


def confirmed(
    studies: list[Study], verdicts: list[str], kind: str, number: int, judge: Callable[[Study], str]
) -> tuple[int, list[str]]:
    """How many studies the engine judged so, and what the public entry point says of the first."""
    these = [s for s, v in zip(studies, verdicts, strict=True) if v == kind]
    return len(these), [judge(study) for study in these[:number]]


def cell(setting: Setting, studies: list[Study], confirm: int) -> Rates:
    """Rates in one cell."""
    verdicts = [by_engine(study, setting.rounded) for study in studies]
    confirm *= setting.confirm_more
    kept, checked, same, refused = {}, 0, 0, 0
    for kind in (*CONCLUSIVE, OPEN):
        most = confirm if kind != OPEN else max(1, confirm // 4)
        _, again = confirmed(studies, verdicts, kind, most, by_compare)
        kept[kind] = float(np.mean([v == kind for v in again])) if again else 1.0
        if kind == OPEN and set(again) & set(CONCLUSIVE):
            print(f"{setting.id}: compare claims what the engine does not: {again}", flush=True)
        checked += len(again)
        same += sum(v == kind for v in again)
        refused += sum(v == "refused" for v in again)
    counts = {"checked": checked, "same": same, "refused": refused}
    return rates_of(studies, verdicts, kept) | counts


def looked(studies: list[Study], rule: Rule, confirm: int = 0) -> Rates:
    """Rates where an effect is looked for after every seed."""
    verdicts = [by_looks(study, rule) for study in studies]
    again = [by_public_looks(study) for study in studies[:confirm]]
    same = sum(map(operator.eq, again, verdicts))
    return rates_of(studies, verdicts, {}) | {"checked": len(again), "same": same}


def rates_of(studies: list[Study], verdicts: list[str], kept: dict[str, float]) -> Rates:
    """The rates, and that of "no meaningful effect"."""
    none = float(np.mean([kept.get(v, 1.0) * (v == NONE) for v in verdicts]))
    return {**rates(studies, verdicts, kept), "none": none}


def main() -> None:
    args = options(__doc__, confirm=40)
    found: dict[str, dict[str, Rates]] = {
        "HyperVerdict": {},
        NUMBERED: {},
        SEQUENCE: {},
        MEMORYLESS: {},
    }
    for setting, _, key, studies in cells(args):
        if setting.kind == "looks":
            alone = looked(studies, every_look)
            found[SEQUENCE][key] = looked(studies, by_sequence)
            if not HAS_LEDGER:
                found["HyperVerdict"][key] = alone
                continue
            found[MEMORYLESS][key] = alone
            found["HyperVerdict"][key] = looked(studies, by_ledger, max(1, args.confirm // 3))
            continue
        found["HyperVerdict"][key] = cell(setting, studies, args.confirm)
        if setting.kind == "folds":
            fits = [numbered(study) for study in studies]
            found[NUMBERED][key] = cell(setting, fits, args.confirm)
    args.out.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
