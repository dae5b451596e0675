"""Tables made from a known truth, and disguised as people's tables are.

A truth is a list of runs with the score of each at every length; from it follows what is right at
each budget. A disguise changes how the runs are written down, or hides some of them in ways after
which a verdict must be the right one, a block, or a refusal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

# An optimizer without a tuned learning rate is always blocked, so none is here.
FACTORS = (
    ("learning_rate", (0.001, 0.01), ("lr", "learning_rate", "init_lr", "optimizer.lr")),
    ("batch_size", (64, 512), ("batch_size", "bs", "Batch Size", "batchsize")),
    ("dropout", (0.0, 0.5), ("dropout", "dropout_rate", "p_drop")),
    ("activation", ("relu", "gelu"), ("activation", "act", "model.activation")),
    ("use_aug", (False, True), ("use_aug", "aug.enabled")),
    ("num_heads", (4, 8), ("num_heads", "model.num_heads")),
    ("hidden_units", ("[64, 64]", "[256, 256]"), ("hidden_units", "hidden_layer_sizes")),
    ("backbone", ("vit", "resnet - small; v2"), ("backbone", "net")),
)
LENGTHS = {"epochs": (5, 10, 20), "steps": (1000, 5000, 10000)}
UNITS = {"epochs": ("epoch", "epochs"), "steps": ("step", "global_step", "steps", "iteration")}
SIZE = 0.01


@dataclass
class Truth:
    """Runs as they really are.

    Attributes:
        runs: one row a run: factor, seed, other settings.
        scores: (run, length) -> score, growing with the length.
        lengths: all lengths at which runs were scored, rising.
        right: length -> headlines of which one must come out, where anything is concluded.
    """

    factor: str
    levels: tuple
    unit: str
    lengths: tuple[int, ...]
    runs: pd.DataFrame
    scores: dict[tuple[int, int], float]
    direction: str
    baseline: dict[str, object] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    must_not_conclude: bool = False

    def right(self, length: int, alive: set[int] | None = None) -> set[str]:
        """What the finished runs of the selected settings show, paired by seed or not."""
        rows = self.runs
        for name, level in self.baseline.items():
            rows = rows[rows[name] == level]
        by_arm = []
        for level in self.levels:
            arm = rows[[value == level for value in rows[self.factor]]]
            values: dict[int, list[float]] = {}
            for run, seed in zip(arm.index, arm["seed"], strict=True):
                if alive is None or run in alive:
                    values.setdefault(seed, []).append(self.scores[run, length])
            by_arm.append({seed: float(np.mean(v)) for seed, v in values.items()})
        common = sorted(by_arm[0].keys() & by_arm[1].keys())
        paired = np.array([by_arm[1][s] - by_arm[0][s] for s in common])
        welch = [list(arm.values()) for arm in by_arm]
        return {conclude(paired, self.direction), conclude_welch(*welch, self.direction)}


def conclude(differences: np.ndarray, direction: str) -> str:
    n = len(differences)
    if n < 2:
        return "inconclusive"
    mean, se = differences.mean(), differences.std(ddof=1) / math.sqrt(n)
    return _headline(mean, se, n - 1, direction)


def conclude_welch(a, b, direction: str) -> str:
    if min(len(a), len(b)) < 2:
        return "inconclusive"
    va, vb = np.var(a, ddof=1) / len(a), np.var(b, ddof=1) / len(b)
    df = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1) + 1e-300)
    return _headline(np.mean(b) - np.mean(a), math.sqrt(va + vb), df, direction)


def _headline(mean: float, se: float, df: float, direction: str) -> str:
    wide, narrow = (stats.t.ppf(p, df) * se for p in (0.975, 0.95))
    if abs(mean) + narrow < SIZE:
        return "no meaningful effect"
    if abs(mean) > wide:
        return "supported" if (mean > 0) == (direction == "higher") else "refuted"
    return "inconclusive"


def truth(random: np.random.Generator) -> Truth:
    """A comparison of two levels over seeds, with or without a further setting."""
    factor, levels, spellings = FACTORS[random.integers(len(FACTORS))]
    unit = ("epochs", "steps")[random.integers(2)]
    lengths = LENGTHS[unit][: random.integers(1, 4)]
    effects = {n: float(random.choice([-0.04, -0.015, 0, 0.001, 0.015, 0.04])) for n in lengths}
    further = ("none", "grid", "baseline", "constant")[random.integers(4)]
    others = {"none": [None], "constant": [0.9], "grid": [0.0, 0.9], "baseline": [0.0, 0.9]}[
        further
    ]
    n_seeds, noise = int(random.integers(4, 9)), float(random.choice([0.002, 0.006]))
    of_seed = random.normal(0, 0.01, n_seeds)
    rows, scores = [], {}
    for arm, level in enumerate(levels):
        for seed in range(n_seeds):
            for other in others:
                row = {factor: level, "seed": seed}
                if other is not None:
                    row["momentum"] = other
                run = len(rows)
                rows.append(row)
                for at, length in enumerate(lengths):
                    # With the other level of the baseline's setting the effect is turned round.
                    turned = -1 if further == "baseline" and other == 0.0 else 1
                    scores[run, length] = float(
                        0.6 + 0.1 * at + of_seed[seed] + random.normal(0, noise)
                        + 0.01 * (other or 0) + arm * turned * effects[length]
                    )  # fmt: skip
    made = Truth(
        factor, levels, unit, lengths, pd.DataFrame(rows), scores,
        ("higher", "lower")[random.integers(2)],
        names={factor: str(random.choice(spellings))},
    )  # fmt: skip
    if further == "baseline":
        made.baseline["momentum"] = 0.9
    return made


@dataclass
class Disguised:
    """A table with the study beside it, and what may be concluded: length -> headlines."""

    table: pd.DataFrame
    study: dict
    allowed: dict[int, set[str]]
    notes: list[str]


def disguise(made: Truth, random: np.random.Generator) -> Disguised:
    """The truth as a table, written down in one of the ways of people."""
    logged = bool(random.integers(2))
    with_ids, with_seeds = bool(random.integers(2)), random.random() < 0.8
    notes: list[str] = []
    alive, states = set(made.runs.index), {run: "finished" for run in made.runs.index}
    reached = {run: made.lengths[-1] for run in made.runs.index}
    _harm(made, random, alive, states, reached, notes)
    rows = _logged(made, reached) if logged else _summaries(made, reached)
    table = pd.DataFrame(rows)
    table["state"] = table["_run"].map(states)
    ended = [states[run] == "failed" for run in table["_run"]]
    if with_seeds and not logged:
        _copy(made, table, random, notes, alive)
    table.loc[ended, "score"] = np.nan
    if logged and random.random() < 0.3:
        table = _resumed(table, random, with_ids, notes)
    if random.random() < 0.3:
        table = pd.concat([table, table.sample(frac=0.3, random_state=int(random.integers(1e6)))])
        notes.append("duplicated")
    table = table.reset_index(drop=True)
    _confound(made, table, random, notes)
    if not with_seeds:
        table = table.drop(columns="seed")
        notes.append("no seeds")
    elif random.random() < 0.05:
        table["seed"] = 42
        notes.append("one seed number")
    table["piece"] = table.get("piece", "")
    ids = table["_run"].map(lambda run: f"r{run * 7919 % 1000:03d}") + table["piece"]
    if not logged and random.random() < 0.5:
        # Runs of several lengths, each trained on its own.
        ids += "-" + table[made.unit].astype(str)
    if with_ids and random.random() < 0.15:
        again = (
            table.sample(frac=0.4, random_state=int(random.integers(1e6))) if not logged else table
        )
        ids = pd.concat([ids, ids[again.index] + "-copy"], ignore_index=True)
        table = pd.concat([table, again], ignore_index=True)
        notes.append("copies under other ids")
    # Without seeds and ids nothing tells a log's runs apart but their order.
    if with_ids or (logged and not with_seeds) or ("duplicated" in notes and not with_seeds):
        table["run_id"] = ids
    table = table.drop(columns=["_run", "piece"])
    if not any(state != "finished" for state in states.values()) and random.random() < 0.7:
        table = table.drop(columns="state")
    elif random.random() < 0.3:
        words = {"finished": "COMPLETED", "failed": "FAILED", "stopped": "CANCELLED by 1001"}
        table["state"] = table["state"].map(lambda state: words.get(state, state.upper()))
    table, study = _named(made, table, random, notes)
    if made.unit == "epochs" and logged and random.random() < 0.3:
        unit = next(c for c in table.columns if c.rpartition("/")[2] in UNITS["epochs"])
        table[unit] -= 1
        if random.random() < 0.5:
            study["columns"] = {"epochs": f"{unit} + 1"}
        notes.append("from zero")
    if logged and random.random() < 0.2:
        unit = next(c for c in table.columns if c in (*UNITS["epochs"], *UNITS["steps"]))
        train = table[[c for c in table.columns if "cc" not in c]].assign(train_acc=0.9)
        table = pd.concat([table, train])
        notes.append("rows of training beside those of validation")
    if len(made.lengths) == 1 and random.random() < 0.3:
        del study["hypotheses"]["H"]["at_equal"]
        notes.append("no budget stated")
    if random.random() < 0.7 and "resumed" not in notes:
        table = table.sample(frac=1, random_state=int(random.integers(1e6)))
        notes.append("shuffled")
    # What a run scored at a length before it was stopped is no less true.
    scored = {run for run in made.runs.index if states[run] != "failed"}
    allowed = {
        length: set() if made.must_not_conclude else made.right(length, alive)
        | made.right(length, {r for r in scored if reached[r] >= length})
        for length in made.lengths
    }  # fmt: skip
    return Disguised(table.reset_index(drop=True), study, allowed, notes)


def _harm(made, random, alive, states, reached, notes) -> None:
    """Runs of one arm fail or are stopped, some of them for their bad scores; or end early."""
    kind = random.choice(["none", "none", "none", "failed", "stopped", "short", "running"])
    if kind == "none":
        return
    notes.append(str(kind))
    level = made.levels[random.integers(2)]
    runs = [
        r
        for r, value in zip(made.runs.index, made.runs[made.factor], strict=True)
        if value == level
    ]
    # The worst runs go, which makes their arm look better than it is.
    runs.sort(key=lambda run: made.scores[run, made.lengths[-1]])
    for run in runs[: max(1, int(len(runs) * float(random.choice([0.15, 0.5]))))]:
        alive.discard(run)
        if kind == "short" and len(made.lengths) > 1:
            reached[run] = made.lengths[0]
        else:
            states[run] = {"short": "stopped", "running": "running"}.get(str(kind), str(kind))
    made.notes.append(f"{kind} {level}")


def _summaries(made: Truth, reached) -> list[dict]:
    """One row a run and length: runs of several lengths, each of its own."""
    return [
        {**made.runs.loc[run].to_dict(), "_run": run, made.unit: length,
         "score": made.scores[run, length]}
        for run in made.runs.index
        for length in made.lengths
        if length <= reached[run]
    ]  # fmt: skip


def _logged(made: Truth, reached) -> list[dict]:
    """A row for every evaluation, between the lengths too."""
    rows = []
    for run in made.runs.index:
        before, score_before = 0, 0.1
        for length in made.lengths:
            if length > reached[run]:
                break
            for step in range(1, 6):
                at = before + (length - before) * step / 5
                if at != round(at):
                    continue
                score = score_before + (made.scores[run, length] - score_before) * step / 5
                rows.append({**made.runs.loc[run].to_dict(), "_run": run, made.unit: int(at),
                             "score": score, "train_loss": 1 / at})  # fmt: skip
            before, score_before = length, made.scores[run, length]
    return rows


def _resumed(table, random, with_ids, notes):
    """Half of the runs stop in the middle and go on, an evaluation made twice or not."""
    parts = []
    for run, rows in table.groupby("_run", sort=False):
        rows = rows.copy()
        if run % 2 and len(rows) > 4:
            cut = len(rows) // 2
            again = int(random.integers(2))
            second = rows.iloc[cut - again :].copy()
            if again:
                rows.iloc[cut - 1, rows.columns.get_loc("score")] += 0.001
            if with_ids:
                second["piece"] = "b"
            parts += [rows.iloc[:cut], second]
        else:
            parts.append(rows)
    notes.append("resumed")
    found = pd.concat(parts)
    if "piece" in found:
        found["piece"] = found["piece"].fillna("")
    return found


def _copy(made, table, random, notes, alive) -> None:
    """Some runs of an arm hold the score of another: copies, which are no replication."""
    if random.random() > 0.08:
        return
    runs = [r for r in table["_run"].unique() if made.runs.loc[r, made.factor] == made.levels[0]]
    longest = max(runs, key=lambda run: (table["_run"] == run).sum())
    copied = [longest, *runs[: len(runs) // 2 + 1]]
    for run in copied:
        for length in made.lengths:
            made.scores[run, length] = made.scores[longest, length]
    rows = zip(table["_run"], table[made.unit], table["score"], strict=True)
    table["score"] = [
        score if math.isnan(score) else made.scores[run, length] for run, length, score in rows
    ]
    judged = made.runs.loc[[r for r in set(copied) if r in alive]]
    for name, level in made.baseline.items():
        judged = judged[judged[name] == level]
    made.must_not_conclude |= judged["seed"].nunique() > 1
    notes.append("copied scores")


def _confound(made, table, random, notes) -> None:
    """Further columns: remarks, costs, or a setting that goes with the arms."""
    first = table[made.factor].map(lambda value: value == made.levels[0])
    kind = random.choice(["none", "none", "cost", "note", "other", "partly"])
    if kind == "cost":
        table["runtime"] = np.where(first, 100, 200) + random.random(len(table))
        table["gpu_name"] = "A100"
    elif kind == "note":
        table["notes"] = np.where(first, "first try", "second try")
    elif kind in ("other", "partly"):
        name = str(random.choice(["augment", "warmup", "weight_decay", "ema"]))
        goes = ~first if kind == "other" else ~first & (table["seed"] > 1)
        table[name] = np.where(goes, 1, 0)
        made.must_not_conclude = True
    notes.append(str(kind))


def _named(made, table, random, notes):
    """Columns under other names, in the prefixes of an export; the study that goes with them."""
    factor = made.names[made.factor]
    metric = str(random.choice(["test_acc", "test/accuracy", "Test Accuracy", "final_acc"]))
    unit = str(random.choice(UNITS[made.unit]))
    rename = {made.factor: factor, "score": metric, made.unit: unit}
    percent = random.random() < 0.2
    if percent:
        table["score"] = table["score"] * 100
    export = str(random.choice(["plain", "plain", "wandb", "mlflow", "ray"]))
    settings = [c for c in (factor, "seed", "momentum", "augment", "warmup", "weight_decay", "ema")]
    table = table.rename(columns=rename)
    if export == "wandb":
        prefix = {c: f"config.{c}" for c in settings} | {metric: f"summary.{metric}"}
        table = table.rename(columns={**prefix, "run_id": "id", "state": "State"})
    elif export == "mlflow":
        prefix = {c: f"params.{c}" for c in settings} | {metric: f"metrics.{metric}"}
        table = table.rename(columns={**prefix, "state": "status"})
    elif export == "ray":
        prefix = {c: f"config/{c}" for c in settings}
        table = table.rename(columns={**prefix, "run_id": "trial_id", "state": "status"})
    if random.random() < 0.3:
        table = table.astype({c: str for c in table.columns if c.endswith(factor)})
    elif made.factor in ("learning_rate", "dropout") and random.random() < 0.5:
        column = next(c for c in table.columns if c.endswith(factor))
        table[column] = table[column].astype(np.float32).astype(float)
        notes.append("single precision")
    columns = list(table.columns)
    random.shuffle(columns)
    notes += [export, *(["percent"] if percent else [])]
    said = made.factor if random.random() < 0.5 else factor
    levels = [level for level in made.levels]
    study = {
        "study": "disguised",
        "data": "",
        "hypotheses": {
            "H": {
                "says": "The second level is better.",
                "compare": {said: {"from": levels[0], "to": levels[1]}},
                "expect": {"accuracy": made.direction},
                "at_equal": [f"{length} {made.unit}" for length in made.lengths],
            }
        },
    }
    if made.baseline:
        study["baseline"] = dict(made.baseline)
    return table[columns], study
