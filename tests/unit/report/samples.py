"""Synthetic studies, tables and verdicts: every claim type under every verdict."""

from __future__ import annotations

import math
import random
from dataclasses import replace
from itertools import pairwise

import pandas as pd
from hyperverdict.claims.model import Effect, Failures, Judgement, Leg
from hyperverdict.study.model import Expectation, Exploration, Hypothesis, Metric, Study
from hyperverdict.verdicts.model import (
    ArmSummary,
    Check,
    HypothesisReport,
    StudyReport,
    Verdict,
)
from hyperverdict.vocabulary.budget import Budget, parse_budget, samples_after, to_steps
from hyperverdict.vocabulary.configuration import configure
from scipy import stats

SEEDS = tuple(range(10))
TRAIN_SIZE = 50_000

# True mean effects, in units of delta, that lead to each verdict of a claim "higher".
SIZES = {
    "supported": 3.0,
    "refuted": -3.0,
    "no meaningful effect": 0.0,
    "inconclusive": 0.6,
    "estimated": 0.6,
}
KINDS = (
    "definitional", "comparison", "trade-off", "trend", "universal", "interaction", "conditional",
    "importance", "learning curve", "strategy", "optimum",
)  # fmt: skip
EVIDENCE = (*SIZES, "true by arithmetic")


def study() -> Study:
    """A study in the manner of the reflection's."""
    budgets = tuple(parse_budget(text) for text in ("300 steps", "38,400 samples", "5 seconds"))
    accuracy_lower = Expectation("accuracy", "lower")
    legs = (Expectation("train_time", "lower"), accuracy_lower)
    return Study(
        name="sample",
        title="A sample",
        path="config/studies/sample.yaml",
        baseline={
            "data": "fashion_mnist", "width": 256, "depth": 2, "batch_size": 64,
            "optimizer": "adam", "learning_rate": 0.001,
        },
        budget=budgets[0],
        seeds=SEEDS,
        metrics={
            "accuracy": Metric("accuracy", 0.01, unit="fraction of test images"),
            "train_time": Metric("train_time", 1.1, ratio=True, unit="seconds"),
        },
        hypotheses=(
            Hypothesis(
                "H1", "A high batch size trains faster, so accuracy is lower.",
                {"compare": {"batch_size": {"from": 4, "to": 128}}}, legs, budgets, SEEDS,
                because="updates", saw={"accuracy": {"from": 0.51, "to": 0.78}},
            ),
            Hypothesis(
                "H5", "One more layer gives higher accuracy.",
                {"compare": {"depth": {"from": 2, "to": 3}}}, (Expectation("accuracy", "higher"),),
                budgets[:1], SEEDS, saw={"accuracy": {"to": 0.77}},
            ),
            Hypothesis(
                "width", "Wider is better.", {"trend": {"width": [16, 64, 256, 1024]}},
                (Expectation("accuracy", "higher"),), budgets[:1], SEEDS,
            ),
        ),
        explorations=(
            Exploration(
                "size", {"width": (16, 64, 256), "depth": (1, 2, 3)}, "accuracy", budgets[0], SEEDS
            ),
        ),
    )  # fmt: skip


def draws(mean: float, sd: float, n: int, name: str) -> list[float]:
    """n numbers whose mean and standard deviation are exactly as asked."""
    generator = random.Random(name)
    raw = [generator.gauss(0, 1) for _ in range(n)]
    if n < 2:
        return [mean] * n
    middle = sum(raw) / n
    spread = math.sqrt(sum((x - middle) ** 2 for x in raw) / (n - 1))
    return [mean + sd * (x - middle) / spread for x in raw]


def effect(
    name: str, evidence: str, *, metric: str = "accuracy", direction: str = "higher",
    delta: float = 0.01, ratio: bool = False, n: int = 10, alpha: float = 0.05,
    size: float | None = None,
) -> Effect:  # fmt: skip
    """An effect whose numbers agree with its verdict."""
    sign = -1 if direction in ("lower", "not_higher") else 1
    width = math.log(delta) if ratio else delta
    sd = width * (2.5 if evidence in ("inconclusive", "estimated") else 0.6)
    mean = sign * (SIZES.get(evidence, 0) if size is None else size) * width
    values = draws(mean, sd, n, name + evidence)
    error, df = sd / math.sqrt(n), n - 1
    ci1, ci2 = (
        (mean - q * error, mean + q * error) for q in stats.t.ppf([1 - alpha / 2, 1 - alpha], df)
    )
    t = mean / error
    back = math.exp if ratio else float
    return Effect(
        name=name, metric=metric, ratio=ratio, direction=direction, evidence=evidence,
        grade="at least the SESOI" if evidence == "supported" else "", n=n, estimate=back(mean),
        sd=sd, alpha=alpha, delta=delta, ci1=(back(ci1[0]), back(ci1[1])),
        ci2=(back(ci2[0]), back(ci2[1])), t=t, p=float(2 * stats.t.sf(abs(t), df)),
        p_equivalence=float(stats.t.sf((width - abs(mean)) / error, df)),
        per_seed=tuple(zip(range(n), map(back, values), strict=True)), correlation=0.4,
        seeds_needed=(48, 110) if evidence == "inconclusive" else None, df=float(df),
    )  # fmt: skip


def arm(label: str, settings: dict, budget: Budget | str = "300 steps") -> ArmSummary:
    """An arm of the sample study."""
    budget = parse_budget(budget) if isinstance(budget, str) else budget
    base = {k: v for k, v in study().baseline.items() if k not in settings}
    configuration = configure(base | settings, budget)
    steps = to_steps(budget, configuration.batch_size, TRAIN_SIZE)
    count = 2_000 if steps.kind == "seconds" else steps.amount
    samples = samples_after(count, configuration.batch_size, TRAIN_SIZE)
    return ArmSummary(
        label=label, path=configuration.path, settings=settings, steps=count, samples=samples,
        epochs=samples / TRAIN_SIZE, parameters=269_322, flops_per_sample=537_600, seeds=SEEDS,
        finished=10, missing=0, means={"accuracy": 0.78}, sds={"accuracy": 0.01},
        learning_rate=0.001,
    )  # fmt: skip


def arms_for(kind: str, budget: str = "300 steps") -> tuple[ArmSummary, ...]:
    """Arms of a typical claim of this type."""
    if kind == "definitional":
        return ()
    if kind == "trend":
        return tuple(arm(f"width {w}", {"width": w}, budget) for w in (16, 64, 256, 1024))
    if kind in ("universal", "conditional", "interaction"):
        pairs = [(w, d) for w in (16, 64, 256) for d in (2, 3)]
        return tuple(
            arm(f"depth {d}, width {w}", {"depth": d, "width": w}, budget) for w, d in pairs
        )
    if kind == "optimum":
        return tuple(arm(f"batch_size {b}", {"batch_size": b}, budget) for b in (4, 32, 128))
    if kind == "importance":
        pairs = [(o, w) for o in ("sgd", "adam") for w in (64, 256)]
        return tuple(
            arm(f"optimizer {o}, width {w}", {"optimizer": o, "width": w}, budget) for o, w in pairs
        )
    if kind == "learning curve":
        return (arm("baseline", {}, budget),)
    return (
        arm("batch_size 4", {"batch_size": 4}, budget),
        arm("batch_size 128", {"batch_size": 128}, budget),
    )


def effect_names(kind: str, arms: tuple[ArmSummary, ...]) -> tuple[str, ...]:
    """The contrasts of a typical claim of this type."""
    labels = [a.label for a in arms]
    if kind == "trend":
        steps = [f"{b} - {a}" for a, b in pairwise(labels)]
        return ("fitted change, width 16 to 1024", *steps)
    if kind in ("universal", "conditional"):
        return tuple(f"{b} - {a}" for a, b in zip(labels[::2], labels[1::2], strict=True))
    if kind == "interaction":
        return ("(depth 3 - depth 2) at width 256 - (depth 3 - depth 2) at width 16",)
    if kind == "importance":
        return ("optimizer, learning_rate - width, depth",)
    if kind == "learning curve":
        return tuple(f"epoch {k + 1} - epoch {k}" for k in range(1, 5))
    if kind == "strategy":
        return ("tpe - grid",)
    if kind == "optimum":
        return tuple(f"{label} - batch_size 128" for label in labels if label != "batch_size 128")
    return (f"{labels[1]} - {labels[0]}",)


def judgement(kind: str, evidence: str, arms: tuple[ArmSummary, ...], n: int = 10) -> Judgement:
    """A judgement of this type with this verdict."""
    if kind == "definitional":
        note = "5 widths x 4 depths x 3 optimizers make 60 combinations."
        return Judgement(kind, "true by arithmetic", "", (), notes=(note,))
    delta = 0.05 if kind == "importance" else 0.01
    names = effect_names(kind, arms)
    effects = tuple(effect(name, evidence, delta=delta, n=n) for name in names)
    rules = {
        "trend": "every adjacent step",
        "universal": "in every context",
        "optimum": "every other level",
    }
    legs = [Leg("accuracy", "higher", evidence, effects, rules.get(kind, ""), effects[0].grade)]
    quadrant = ""
    if kind == "trade-off":
        time = effect(
            names[0], evidence, metric="train_time", direction="lower", delta=1.1, ratio=True, n=n
        )
        legs.insert(0, Leg("train_time", "lower", evidence, (time,)))
        quadrant = "faster and more accurate"
    return Judgement(kind, evidence, effects[0].grade, tuple(legs), quadrant=quadrant)


BLOCK = Check("6", "blocks", "Learning rate was not tuned per arm.", "untuned", 9)
CAVEATS = (
    Check("6b", "caveat", "Judged at equal steps only; at equal samples it may turn.", "", 5),
    Check("10", "caveat", "Depth 3 was still improving; the ranking may change.", "", 4),
    Check("26", "caveat", "Depth also added 40 % parameters.", "", 3),
    Check("19", "information", "H1 and H4 are rivals: at equal steps the data favour H4.", "", 1),
)  # fmt: skip


def verdict(
    kind: str, evidence: str, budget: str = "300 steps", *, blocked: bool = False
) -> Verdict:
    """A verdict of this type; `blocked` by an untuned learning rate."""
    arms = arms_for(kind, budget)
    n = 3 if evidence == "estimated" else 10
    judged = judgement(kind, evidence, arms, n)
    checks = ((BLOCK,) if blocked else ()) + CAVEATS
    inconclusive = judged.evidence == "inconclusive"
    if inconclusive:
        failures = (Failures("batch_size 4", 1, 10, (0.0025, 0.4450)),)
        judged = replace(judged, failures=failures)
    return Verdict(
        budget=budget if kind != "definitional" else "",
        judgement=judged,
        corrected=None,
        headline="inconclusive (untuned)" if blocked else judged.evidence,
        arms=arms,
        checks=checks,
        scope=("At 300 steps batch_size 128 saw 32 times more images.", "At learning rate 0.001."),
        image_errors={e.name: 0.0031 for leg in judged.legs for e in leg.effects},
        robustness={
            "sign-flip": evidence,
            "best on validation": evidence,
            "worst case": "inconclusive",
        },
        registered="registered",
        seeds_needed=(48, 110) if inconclusive else None,
        cost_hours=(0.4, 1.2) if inconclusive else None,
        command="snakemake --config replicates=48" if inconclusive else "",
    )


def hypothesis_report(
    kind: str, evidence: str, *, blocked: bool = False, id: str = "H1"
) -> HypothesisReport:
    """One hypothesis of this type with this verdict at one budget."""
    one = verdict(kind, evidence, blocked=blocked)
    return HypothesisReport(
        id=id, says="A high batch size is <better> & faster.", kind=kind,
        claim="batch_size 4 -> 128: accuracy higher", because="", headline=one.headline,
        verdicts=(one,), saw=("You saw 0.51 and 0.78: same direction as ours.",),
    )  # fmt: skip


def every_combination() -> list[tuple[str, str]]:
    """All verdict x type pairs that can occur."""
    pairs = [(kind, evidence) for kind in KINDS if kind != "definitional" for evidence in SIZES]
    return [("definitional", "true by arithmetic"), *pairs]


def depends_report() -> HypothesisReport:
    """A trade-off whose verdict differs between budgets, one leg dropped at equal seconds."""
    first = verdict("trade-off", "refuted", "300 steps")
    first = replace(
        first, untestable_reason="Both arms made 300 updates: 'fewer updates' is not tested here."
    )
    second = verdict("trade-off", "supported", "38,400 samples")
    third = verdict("comparison", "inconclusive", "5 seconds", blocked=True)
    dropped = Leg(
        "train_time",
        "lower",
        "inconclusive",
        (),
        dropped_because="equal by design at equal seconds",
    )
    third = replace(
        third, judgement=replace(third.judgement, legs=(dropped, *third.judgement.legs))
    )
    return HypothesisReport(
        "H1", "High batch: faster, but less accurate", "trade-off",
        "batch_size 4 -> 128: train_time lower, accuracy lower", "updates", "depends on the budget",
        (first, second, third), ("H4 claims the opposite: at equal steps the data favour H4.",),
        ("You saw 0.51 and 0.78: same direction as ours, at equal steps.",),
    )  # fmt: skip


def report(provisional: str = "") -> StudyReport:
    """A whole study: a trade-off over three budgets, a comparison and a trend."""
    return StudyReport(
        study="sample", title="A sample",
        facts=("10 paired seeds", "Fashion-MNIST test", "accuracy matters from 1 point"),
        hypotheses=(
            depends_report(),
            hypothesis_report("comparison", "no meaningful effect", id="H5"),
            hypothesis_report("trend", "supported", id="width"),
        ),
        main_caveat="Learning rate was not tuned per arm.",
        next_step="Tune the learning rate per arm (tune: in the study file).",
        provisional=provisional, planned=80, analysed=78,
        history=("Look 1: H5 was inconclusive at 10 seeds.",),
    )  # fmt: skip


def final_table(hypotheses: tuple[HypothesisReport, ...]) -> pd.DataFrame:
    """One row per arm and seed, in agreement with nothing but the arms."""
    rows = []
    arms = {a.path: a for h in hypotheses for v in h.verdicts for a in v.arms}
    for position, (path, a) in enumerate(arms.items()):
        noise = draws(0.0, 0.006, len(SEEDS), path)
        for seed in SEEDS:
            accuracy = 0.70 + 0.02 * position + noise[seed]
            rows.append({
                "path": path, "seed": seed, "status": "finished", "failed": False,
                "steps": a.steps, "samples": a.samples, "epochs": a.epochs,
                "parameters": a.parameters, "test_accuracy": accuracy,
                "test_error": 1 - accuracy, "test_loss": 1 - accuracy,
                "validation_accuracy": accuracy, "validation_loss": 1 - accuracy,
                "train_seconds": a.steps * 0.001 * (1 + 0.1 * abs(noise[seed])),
            })  # fmt: skip
    return pd.DataFrame(rows)


def curves_table(final: pd.DataFrame, points: int = 20) -> pd.DataFrame:
    """Saturating validation curves that end at the final table's accuracy."""
    rows = []
    for run in final.to_dict("records"):
        for k in range(1, points + 1):
            share = k / points
            rows.append({
                "path": run["path"], "seed": run["seed"], "step": round(run["steps"] * share),
                "samples": round(run["samples"] * share), "epoch": run["epochs"] * share,
                "split": "validation_curve", "loss": 2 - share,
                "accuracy": run["test_accuracy"] * (1 - math.exp(-4 * share)),
                "train_seconds": run["train_seconds"] * share,
            })  # fmt: skip
    return pd.DataFrame(rows)


def exploration_table(sample: Study) -> pd.DataFrame:
    """Final rows of every cell of the sample study's grid."""
    exploration = sample.explorations[0]
    cells = [(w, d) for w in exploration.grid["width"] for d in exploration.grid["depth"]]
    arms = tuple(arm(f"width {w}, depth {d}", {"width": w, "depth": d}) for w, d in cells)
    fake = replace(hypothesis_report("comparison", "supported"), verdicts=())
    one = replace(verdict("comparison", "supported"), arms=arms)
    return final_table((replace(fake, verdicts=(one,)),))
