"""What peers say of the same studies, each used as its own documentation recommends.

    python -m nasty.peers --out rates.json --studies 1000 --confirm 4

Each peer has a quick judge, the tests that it makes without its tables and ledgers, and its public
entry point, which judges the first `--confirm` studies of each cell again: the same verdicts must
come out.
"""

from __future__ import annotations

import json
import operator
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

os.environ.setdefault("MPLBACKEND", "Agg")

import numpy as np

from nasty.cells import cells, options, rates
from nasty.judges import (
    PREREGISTER,
    Judge,
    autorank_public,
    autorank_quick,
    crystallize_public,
    crystallize_quick,
    mushin_all_public,
    mushin_all_quick,
    mushin_models,
    mushin_public,
    mushin_quick,
    preregister_public,
    preregister_quick,
)
from nasty.settings import (
    Setting,
)
from nasty.studies import (
    LOOKS,
    OPEN,
    REFUTED,
    SUPPORTED,
    Arm,
    Study,
)


@dataclass(frozen=True)
class Method:
    """One way of judging.

    Attributes:
        public: the same through the documented entry point.
        cannot: setting -> what stands in its row instead of figures.
        random: whether it draws random numbers that differ between `quick` and `public`.
    """

    name: str
    quick: Callable[[Sequence[Study]], list[str]]
    public: Judge
    cannot: Mapping[str, str]
    random: bool = False


def as_rows(study: Study) -> Study:
    """Every fold taken as a seed of its own."""
    table = {name: folds.ravel() for name, folds in study.folds.items()}
    return Study({n: Arm(np.arange(v.size), v) for n, v in table.items()}, study.theta)


REFUSES = "refuses"
UNPAIRED = {"unequal": REFUSES}

METHODS: tuple[Method, ...] = (
    Method(
        "mushin, defaults",
        mushin_quick,
        partial(mushin_public, allow_incomplete=False),
        {
            **UNPAIRED,
            "worst_fifth": REFUSES,
            "worst_tenth": REFUSES,
            "harmless": REFUSES,
            "best_half": REFUSES,
        },
    ),
    Method(
        "mushin, `allow_incomplete`",
        mushin_quick,
        partial(mushin_public, allow_incomplete=True),
        UNPAIRED,
    ),
    Method("mushin, all 40 levels", mushin_all_quick, mushin_all_public, {}),
    Method("autorank, defaults", autorank_quick, autorank_public, {"unequal": "excluded"}),
    Method(
        "preregister, bootstrap of IQM (its quick start)",
        partial(preregister_quick, plan=PREREGISTER["iqm"]),
        partial(preregister_public, plan=PREREGISTER["iqm"]),
        {"best_of_40": "`DEVIATED`", "best_half": "`DEVIATED`"},
    ),
    Method(
        "preregister, Welch",
        partial(preregister_quick, plan=PREREGISTER["welch"]),
        partial(preregister_public, plan=PREREGISTER["welch"]),
        {"best_of_40": "`DEVIATED`", "best_half": "`DEVIATED`"},
    ),
    Method(
        "crystallize-ml",
        crystallize_quick,
        crystallize_public,
        {"best_half": "cannot happen", "looks": "no top-up"},
        random=True,
    ),
)
INCOMPLETE = ("worst_fifth", "worst_tenth", "harmless", "best_half")


def takes_part(method: Method, setting: Setting) -> bool:
    """Whether a row of this method says something in this setting's table."""
    if method.name == "mushin, all 40 levels":
        return setting.kind == "levels"
    if method.name == "mushin, `allow_incomplete`":
        return setting.id in INCOMPLETE
    return True


def up_to(study: Study, n: int) -> Study:
    """The study after its first n seeds."""
    arms = {name: Arm(a.seeds[:n], a.scores[:n]) for name, a in study.arms.items()}
    return Study(arms, study.theta)


def by_looks(studies: Sequence[Study], method: Method) -> list[str]:
    """The first effect that is claimed; preregister judges the declared 30 seeds only."""
    verdicts = [OPEN] * len(studies)
    for n in LOOKS[-1:] if method.name.startswith("preregister") else LOOKS:
        found = method.quick([up_to(study, n) for study in studies])
        verdicts = [
            v if v in (SUPPORTED, REFUTED) else f for v, f in zip(verdicts, found, strict=True)
        ]
    return verdicts


def cell(method: Method, setting: Setting, column: int, studies: list[Study], confirm: int) -> dict:
    """Rates of one method in one cell, and how often its public entry point agreed."""
    if setting.kind == "looks":
        verdicts = by_looks(studies, method)
        return rates_of(studies, verdicts) | {"checked": 0, "same": 0}
    if setting.kind == "folds":
        studies = [as_rows(study) for study in studies]
    verdicts = method.quick(studies)
    if setting.id == "unequal" and method.name.startswith("preregister"):
        confirm = 0  # it declares equal numbers of seeds: only its test is measured
    claimed = [i for i, v in enumerate(verdicts) if v != OPEN][:confirm]
    opened = [i for i, v in enumerate(verdicts) if v == OPEN][: max(1, confirm // 4)]
    sample = [*claimed, *opened] if confirm else []
    same = sum(method.public(studies[i]) == verdicts[i] for i in sample)
    return rates_of(studies, verdicts) | {"checked": len(sample), "same": same}


def rates_of(studies: list[Study], verdicts: list[str]) -> dict[str, float]:
    """The rates, and that of refusals."""
    refused = float(np.mean([v == "refused" for v in verdicts]))
    return {**rates(studies, verdicts), "refused": refused}


def main() -> None:
    args = options(__doc__, confirm=4)
    found: dict[str, dict[str, dict]] = {method.name: {} for method in METHODS}
    models = {"checked": 0, "same": 0}
    for setting, column, key, studies in cells(args):
        for method in METHODS:
            if takes_part(method, setting) and setting.id not in method.cannot:
                found[method.name][key] = cell(method, setting, column, studies, args.confirm)
        if setting.id == "heavy":
            few = studies[: 2 * args.confirm]
            models["checked"] += len(few)
            models["same"] += sum(map(operator.eq, map(mushin_models, few), mushin_quick(few)))
    cannot = {method.name: dict(method.cannot) for method in METHODS}
    args.out.write_text(json.dumps({**found, "models": models, "cannot": cannot}, indent=1))


if __name__ == "__main__":
    main()
