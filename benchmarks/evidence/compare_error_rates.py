"""How often each way of judging a claim is wrong, and how often it settles it.

    pip install -r requirements.txt autorank==1.3.0 preregister==0.1.0
    python benchmarks/evidence/compare_error_rates.py [--replications 1000] [--write]

All methods judge the same simulated studies: "B is better than A", n paired seeds, an effect of
delta matters. Each gets the final evaluation, as its own documentation recommends; "t-test on bests"
gets the best evaluation of each run, as is common. With --write the table in docs/error-rates.md is
replaced. About 15 minutes on one core.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import platform
import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pandas as pd
from autorank import autorank
from hyperverdict.effects.contrast import named
from hyperverdict.effects.effect import Expectation, contrast_effect
from hyperverdict.effects.outcomes import Outcomes
from hyperverdict.vocabulary.metrics import Metric
from preregister.analysis import claim_pvalues
from preregister.registry import AnalysisPlan
from scipy import stats

SEEDS = (3, 5, 10, 20)
ALPHA = 0.05
DELTA = 1.0
RESAMPLES = 2_000
LOOKS = {"A": 3, "B": 30}
DOCS = Path(__file__).parents[2] / "docs" / "error-rates.md"

Verdict = str
HIGHER, LOWER, NONE, OPEN = "supported", "refuted", "no meaningful effect", "inconclusive"


@dataclass(frozen=True)
class Runs:
    """One simulated study: final and best evaluations [n] of each arm; B's effect is `theta`."""

    final: tuple[np.ndarray, np.ndarray]
    best: tuple[np.ndarray, np.ndarray]


@dataclass(frozen=True)
class World:
    """Where studies come from.

    Attributes:
        sigma: SD of the difference of final evaluations, in units of delta.
        slips: share of runs that lose 3 sigma ("one seed in ten trains badly").
    """

    title: str
    sigma: float
    slips: float = 0.0

    def draw(self, n: int, theta: float, random: np.random.Generator) -> Runs:
        """Seeds share half of the variance between arms; evaluations of a run wobble."""
        unit = self.sigma / np.sqrt(2)
        shared = unit * random.standard_normal(n)
        finals, bests = [], []
        for arm, effect in (("A", 0.0), ("B", theta)):
            level = effect + shared + unit * np.sqrt(0.5) * random.standard_normal(n)
            level -= 3 * self.sigma * (random.random(n) < self.slips)
            wobble = unit * np.sqrt(0.5) * random.standard_normal((n, LOOKS[arm]))
            finals.append(level + wobble[:, -1])
            bests.append((level[:, None] + wobble).max(axis=1))
        return Runs((finals[0], finals[1]), (bests[0], bests[1]))


WORLDS = (
    World("noise as large as the effect that matters", 1.0),
    World("the same, and one run in ten trains badly", 1.0, slips=0.1),
    World("noise twice as large", 2.0),
)


def sided(p: float, difference: float) -> Verdict:
    """A two-sided test's verdict, read as its users read it."""
    if not p < ALPHA:
        return OPEN
    return HIGHER if difference > 0 else LOWER


def hyperverdict(runs: Runs, random: np.random.Generator) -> Verdict:
    values = {arm: dict(enumerate(v)) for arm, v in zip("AB", runs.final, strict=True)}
    metric = Metric("score", "score", better="higher", matters_from=DELTA)
    contrast = named("difference", metric, "A", "B", ("A", "B"))
    expectation = Expectation(metric, "higher", DELTA)
    return contrast_effect(Outcomes(metric, values), contrast, expectation, ALPHA).evidence


def t_test_on_bests(runs: Runs, random: np.random.Generator) -> Verdict:
    a, b = runs.best
    return sided(stats.ttest_ind(b, a).pvalue, b.mean() - a.mean())


def percentile_bootstrap(runs: Runs, random: np.random.Generator) -> Verdict:
    d = runs.final[1] - runs.final[0]
    means = d[random.integers(0, len(d), (RESAMPLES, len(d)))].mean(axis=1)
    low, high = np.quantile(means, [ALPHA / 2, 1 - ALPHA / 2])
    return HIGHER if low > 0 else LOWER if high < 0 else OPEN


def autorank_frequentist(runs: Runs, random: np.random.Generator) -> Verdict:
    """The defaults; the better population is the one of the best mean rank."""
    table = pd.DataFrame(dict(zip("AB", runs.final, strict=True)))
    with contextlib.redirect_stdout(io.StringIO()):
        result = autorank(table, alpha=ALPHA)
    return sided(result.pvalue, 1.0 if result.rankdf["meanrank"].idxmin() == "B" else -1.0)


def preregister_with(test: str, aggregation: str) -> Callable[[Runs, np.random.Generator], Verdict]:
    """preregister's verdict on the registered claim "B - A > 0", once its gates have passed."""
    plan = AnalysisPlan(
        test=test, aggregation=aggregation, alpha=ALPHA, n_seeds=10, n_boot=RESAMPLES
    )

    def judge(runs: Runs, random: np.random.Generator) -> Verdict:
        confirm, refute = claim_pvalues(runs.final[1], runs.final[0], plan, random)
        return HIGHER if confirm < ALPHA else LOWER if refute < ALPHA else OPEN

    return judge


METHODS: dict[str, tuple[Callable[[Runs, np.random.Generator], Verdict], int]] = {
    "HyperVerdict": (hyperverdict, 2),
    "t-test on bests, 3 evaluations against 30": (t_test_on_bests, 2),
    "percentile bootstrap of paired differences": (percentile_bootstrap, 2),
    "autorank, defaults": (autorank_frequentist, 5),
    "preregister, bootstrap of IQM (its quick start)": (preregister_with("bootstrap", "iqm"), 2),
    "preregister, Welch": (preregister_with("welch", "mean"), 2),
}


@dataclass(frozen=True)
class Rates:
    """Shares of verdicts of one method at one n in one world."""

    wrong_at_zero: float
    wrong_at_delta: float
    power: float
    no_effect: float


def measure(method: str, world: World, n: int, replications: int) -> Rates | None:
    """All methods see the same draws; None where the method refuses so few seeds."""
    judge, least = METHODS[method]
    if n < least:
        return None
    verdicts: dict[float, list[Verdict]] = {}
    for theta in (0.0, DELTA):
        key = [ord(c) for c in f"{world.title} {n} {theta}"]
        data, own = np.random.default_rng(key), np.random.default_rng([*key, 1])
        verdicts[theta] = [judge(world.draw(n, theta, data), own) for _ in range(replications)]
    zero, delta = verdicts[0.0], verdicts[DELTA]
    return Rates(
        wrong_at_zero=np.mean([v in (HIGHER, LOWER) for v in zero]),
        wrong_at_delta=np.mean([v in (LOWER, NONE) for v in delta]),
        power=np.mean([v == HIGHER for v in delta]),
        no_effect=np.mean([v == NONE for v in zero]),
    )


def _cell(rates: Rates | None, field: str) -> str:
    return "refuses" if rates is None else f"{getattr(rates, field):.3f}"


COLUMNS = {
    "wrong_at_zero": "Wrong where there is no effect (an effect is claimed)",
    "wrong_at_delta": "Wrong where the effect is delta (refuted, or judged to be none)",
    "power": "Settled where the effect is delta (supported)",
    "no_effect": "Settled where there is none (no meaningful effect)",
}


def table(world: World, field: str, found: dict[tuple[str, int], Rates | None]) -> str:
    head = "| | " + " | ".join(f"n = {n}" for n in SEEDS) + " |\n|---|" + "---|" * len(SEEDS)
    rows = [
        f"| {method} | " + " | ".join(_cell(found[method, n], field) for n in SEEDS) + " |"
        for method in METHODS
    ]
    return "\n".join([f"**{COLUMNS[field]}**", "", head, *rows, ""])


def section(world: World, replications: int) -> str:
    found = {(m, n): measure(m, world, n, replications) for m in METHODS for n in SEEDS}
    fields = [f for f in COLUMNS if f != "no_effect"]
    tables = [table(world, field, found) for field in fields]
    own = ", ".join(f"{found['HyperVerdict', n].no_effect:.2f} at n = {n}" for n in SEEDS)
    proves = f"Only HyperVerdict can say that an effect is too small to matter. It does so, where there is none, in {own}."
    return "\n".join([f"### {world.title[0].upper()}{world.title[1:]}", "", *tables, proves, ""])


def conditions(replications: int) -> str:
    names = ("numpy", "scipy", "pandas", "autorank", "preregister", "hyperverdict")
    versions = ", ".join(f"{name} {_version(name)}" for name in names)
    error = np.sqrt(ALPHA * (1 - ALPHA) / replications)
    return (
        f"{replications:,} simulated studies for each figure (Monte-Carlo standard error "
        f"{error:.3f} at 0.05), one core of an {platform.machine()} CPU, Python "
        f"{platform.python_version()}, {versions}.\n"
    )


def _version(name: str) -> str:
    if name == "hyperverdict":
        import hyperverdict as own

        return own.__version__
    return version(name)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--replications", type=int, default=1_000)
    parser.add_argument("--write", action="store_true", help="replace the table in the docs")
    args = parser.parse_args()
    warnings.filterwarnings("ignore")
    text = "\n".join(
        [conditions(args.replications), *(section(w, args.replications) for w in WORLDS)]
    )
    print(text)
    if args.write:
        between = re.compile(r"(<!-- measured -->\n).*(<!-- end -->)", re.DOTALL)
        DOCS.write_text(between.sub(lambda m: f"{m[1]}\n{text}\n{m[2]}", DOCS.read_text()))


if __name__ == "__main__":
    main()
