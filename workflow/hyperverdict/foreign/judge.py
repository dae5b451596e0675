"""Judge claims on runs that came from anywhere: the same engine on somebody else's table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from hyperverdict.claims import type_of
from hyperverdict.claims.learning_curve import points
from hyperverdict.claims.model import Arm, UnanswerableError
from hyperverdict.design.plan import exploration_cells
from hyperverdict.errors import UserError
from hyperverdict.foreign.identity import PROGRESS
from hyperverdict.foreign.recognise import clean_name, is_maximum
from hyperverdict.foreign.runs import ForeignRuns, foreign_runs
from hyperverdict.foreign.select import Matcher, Selection, select
from hyperverdict.outcomes.questions import budgets_judged, named_elsewhere
from hyperverdict.outcomes.values import EPOCH_TOLERANCE, index_runs
from hyperverdict.records.collect import CURVE_COLUMNS, Tables
from hyperverdict.study.file import load_study
from hyperverdict.study.model import Exploration, Hypothesis, Study
from hyperverdict.study.strict_yaml import read_yaml
from hyperverdict.verdicts.judge import Material, report_of
from hyperverdict.verdicts.model import StudyReport
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.datasets import DATASETS, DatasetFacts
from hyperverdict.vocabulary.hyperparameters import declared
from hyperverdict.words.counting import listed

# Where nothing tells the size of a training set; it only names configurations apart.
UNKNOWN_TRAIN_SIZE = 1_000_000
# Levels that a sentence lists.
MOST_SHOWN = 5


@dataclass(frozen=True)
class TableJudgement:
    """What was judged: the study as read, its report, and the rows it rests on in our columns."""

    study: Study
    report: StudyReport
    tables: Tables


def judge_table(
    table: pd.DataFrame,
    study: str | Path | Study,
    *,
    columns: Mapping[str, str] | None = None,
    budget_stated: bool = True,
) -> TableJudgement:
    """Judge a study's claims on a table of runs.

    Args:
        table: one row per run or per evaluation.
        study: a study file, or a study made in code.
        columns: our name -> the table's, on top of the study's own `columns:`.
        budget_stated: for a study made in code: whether its budgets were stated by the user.

    Raises UserError for a table or study that cannot be read, naming what and where.
    """
    with judged_elsewhere(table, study, columns):
        read = study if isinstance(study, Study) else _load(Path(study))
        mapped = {**read.columns, **(columns or {})}
        stated = _stated(study) if not isinstance(study, Study) else {"*": budget_stated}
        runs = foreign_runs(table, mapped, _metrics(read), _factors(read))
        prepared = _Preparation(read, runs, stated).prepare()
        report = report_of(prepared.material)
        return TableJudgement(prepared.material.study, report, prepared.tables)


@contextmanager
def judged_elsewhere(
    table: pd.DataFrame, study: str | Path | Study, columns: Mapping[str, str] | None = None
) -> Iterator[None]:
    """While this lasts, the table's columns are hyperparameters and its data set is known."""
    names = {clean_name(str(column)) for column in table.columns} | set(columns or {})
    if isinstance(study, Study):
        data, names = str(study.baseline.get("data", "")), names | set(study.columns)
        names |= {factor for hypothesis in study.hypotheses for factor in _named(hypothesis.terms)}
    else:
        raw, _ = read_yaml(Path(study))
        raw = raw if isinstance(raw, dict) else {}
        data, mapped = str(raw.get("data", "")), raw.get("columns")
        names |= set(map(str, mapped)) if isinstance(mapped, dict) else set()
    results = {"accuracy", "error", "loss", "seed", "run", "status", "split", *PROGRESS}
    with ExitStack() as stack:
        stack.enter_context(declared(sorted(names - results)))
        stack.enter_context(_known_data(data))
        yield


def _named(terms: Any) -> Iterator[str]:
    if isinstance(terms, Mapping):
        for key, value in terms.items():
            yield str(key)
            yield from _named(value)


@contextmanager
def _known_data(data: str) -> Iterator[None]:
    if not data or data in DATASETS:
        yield
        return
    DATASETS[data] = DatasetFacts(data, (UNKNOWN_TRAIN_SIZE,), None, 0.0, 0.0, (1, 1, 1))
    try:
        yield
    finally:
        del DATASETS[data]


def _load(file: Path) -> Study:
    return load_study(file, recorded=None, refuse_unanswerable=False)


def _stated(file: str | Path) -> dict[str, bool]:
    """Hypothesis id -> whether the study file states a budget for it; "*" for all."""
    raw, _ = read_yaml(Path(file))
    baseline = raw.get("baseline") or {}
    stated = {"*": "budget" in baseline}
    for id_, hypothesis in (raw.get("hypotheses") or {}).items():
        stated[str(id_)] = stated["*"] or "at_equal" in hypothesis
    return stated


def _metrics(study: Study) -> list[str]:
    claimed = [e.metric for h in study.hypotheses for e in h.expect]
    return list(dict.fromkeys([*claimed, *(e.metric for e in study.explorations)]))


def _factors(study: Study) -> list[str]:
    """Hyperparameters that the arms of any hypothesis vary."""
    names: dict[str, None] = {}
    for hypothesis in study.hypotheses:
        for budget in budgets_judged(hypothesis):
            for arm in _arms(study, hypothesis, budget):
                names.update(dict.fromkeys((*arm.context, *arm.settings)))
    names.update(dict.fromkeys(name for e in study.explorations for name in e.grid))
    return [name for name in names if name != "budget"]


def _arms(study: Study, hypothesis: Hypothesis, budget: Budget | None) -> tuple[Arm, ...]:
    if budget is None:
        return ()
    return type_of(hypothesis).arms(hypothesis, study, budget)


@dataclass(frozen=True)
class _Prepared:
    material: Material
    tables: Tables


@dataclass
class _Preparation:
    """Turns a table into the material of a judgement; one object per judgement."""

    study: Study
    runs: ForeignRuns
    stated: Mapping[str, bool]

    def prepare(self) -> _Prepared:
        self.matcher = Matcher(self.runs, tuple(_metrics(self.study)))
        self.selected: dict[str, Selection] = {}
        self.notes: dict[str, list[str]] = {}
        self.faults: dict[str, list[str]] = {}
        self.lost: dict[str, list[str]] = {}
        self.tuned: dict[str, tuple[str, ...]] = {}
        self.unbudgeted: set[str] = set()
        hypotheses = tuple(self._hypothesis(h) for h in self.study.hypotheses)
        explorations = tuple(self._exploration(e) for e in self.study.explorations)
        study = replace(self.study, hypotheses=hypotheses, explorations=explorations)
        finals = [s.final for s in self.selected.values() if len(s.final)]
        curves = [s.curves for s in self.selected.values() if len(s.curves)]
        tables = Tables(
            pd.concat(finals, ignore_index=True) if finals else _empty_final(),
            pd.concat(curves, ignore_index=True)
            if curves
            else pd.DataFrame(columns=list(CURVE_COLUMNS)),
        )
        material = Material(
            study,
            index_runs(tables.final, tables.curves),
            source=self._source(),
            unbudgeted=frozenset(self.unbudgeted),
        )
        return _Prepared(material, tables)

    def _hypothesis(self, hypothesis: Hypothesis) -> Hypothesis:
        budgets = self._budgets(hypothesis)
        self.tuned[hypothesis.id] = tuple(hypothesis.tune)
        hypothesis = replace(hypothesis, tune={}, at_equal=budgets or hypothesis.at_equal)
        seeds: set[int] = set()
        for budget in budgets_judged(hypothesis):
            stated = None if hypothesis.id in self.unbudgeted else budget
            for arm in _arms(self.study, hypothesis, budget):
                seeds |= self._arm(hypothesis, arm, stated)
        hypothesis = replace(hypothesis, seeds=tuple(sorted(seeds)))
        self._check_design(hypothesis)
        return hypothesis

    def _arm(self, hypothesis: Hypothesis, arm: Arm, budget: Budget | None) -> set[int]:
        arm = named_elsewhere(arm, hypothesis, budget)
        found = select(self.matcher, self.study.baseline, arm, budget)
        self.selected[arm.runs_path] = found
        if found.off_budget:
            self._fault(hypothesis, f"{arm.label} {found.off_budget}.")
        if found.averaged:
            self._note(hypothesis, f"{arm.label}: averaged over {found.averaged}.")
        if found.lost:
            self.lost.setdefault(hypothesis.id, []).append(f"{found.lost} of {arm.label} are lost")
        if not len(found.final):
            self._fault(hypothesis, self._no_rows(arm))
        elif "each" in hypothesis.terms and (absent := _absent_epochs(hypothesis, found.curves)):
            self._fault(hypothesis, absent)
        return {int(seed) for seed in found.final["seed"]} if len(found.final) else set()

    def _exploration(self, exploration: Exploration) -> Exploration:
        """Rows for every cell of a grid, under the path that its figure looks for."""
        seeds: set[int] = set()
        for levels, configuration in exploration_cells(exploration, self.study):
            cell = dict(zip(exploration.grid, levels, strict=True))
            arm = Arm(str(cell), cell, configuration)
            found = select(self.matcher, self.study.baseline, arm, exploration.budget)
            self.selected[arm.runs_path] = found
            seeds |= set(found.final["seed"]) if len(found.final) else set()
        return replace(exploration, seeds=tuple(sorted(map(int, seeds))))

    def _no_rows(self, arm: Arm) -> str:
        for name in (*arm.settings, *arm.context):
            level = {**arm.context, **arm.settings}[name]
            if name in self.matcher.rows and not self.matcher.ended.mask({name: level}).any():
                held = ", ".join(map(str, self.matcher.ended.of(name)))
                return f"No row of the table is {arm.label}: its {name} is {held}."
        fixed = {k: v for k, v in self.study.baseline.items() if k in self.matcher.rows}
        shown = ", ".join(f"{name} {value}" for name, value in fixed.items())
        also = f" with the baseline's {shown}" if shown else ""
        return f"No row of the table is {arm.label}{also}."

    def _budgets(self, hypothesis: Hypothesis) -> tuple[Budget, ...]:
        """The stated budgets; else what all rows have in common, else none."""
        rows = self.matcher.rows
        if self.stated.get(hypothesis.id, self.stated.get("*", True)):
            if not any(kind in rows for kind in PROGRESS):
                self._fault(
                    hypothesis,
                    "Nothing in the table says how long each run trained: "
                    "the budget is taken on trust.",
                )
            return hypothesis.at_equal
        ended = rows.drop_duplicates("run", keep="last")
        for kind in PROGRESS:
            if kind in rows and ended[kind].nunique() == 1 and ended[kind].iloc[0] >= 1:
                return (Budget(kind, int(ended[kind].iloc[0])),)  # type: ignore[arg-type]
        if not any(kind in rows for kind in PROGRESS):
            self._fault(
                hypothesis,
                "Nothing in the table says how long each run trained, and no budget is stated.",
            )
        self.unbudgeted.add(hypothesis.id)
        return hypothesis.at_equal[:1]

    def _check_design(self, hypothesis: Hypothesis) -> None:
        try:
            type_of(hypothesis).check(hypothesis, self.study)
        except UnanswerableError as caveat:
            self._fault(hypothesis, str(caveat))
        except UserError as error:
            raise UserError(f"{hypothesis.id}: {error}") from None

    def _note(self, hypothesis: Hypothesis, sentence: str) -> None:
        self.notes.setdefault(hypothesis.id, []).append(sentence)

    def _fault(self, hypothesis: Hypothesis, sentence: str) -> None:
        self.faults.setdefault(hypothesis.id, []).append(sentence)

    def _source(self) -> dict[str, Any]:
        columns = self.runs.columns
        reported = [columns[m] for m in _metrics(self.study) if m in columns]
        return {
            "export": self.runs.recognised.export,
            "columns": {m: columns[m] for m in _metrics(self.study) if m in columns},
            "column": reported[0] if reported else "",
            "maximum": next((column for column in reported if is_maximum(column)), ""),
            "hyperparameters": self.runs.hyperparameters,
            "others": self.runs.others,
            "unrecorded": tuple(
                name
                for name in ("batch_size", "optimizer", "learning_rate")
                if name not in self.matcher.rows
            ),
            "notes": self.runs.notes,
            "own_notes": self.notes,
            "faults": self.faults,
            "lost": self.lost,
            "tuned": self.tuned,
        }


def _absent_epochs(hypothesis: Hypothesis, curves: pd.DataFrame) -> str:
    """The claimed epochs that a table of evaluations lacks, in words; "" when it has them all."""
    recorded = curves["epoch"].dropna()
    present = sorted({round(e) for e in recorded if abs(e - round(e)) < EPOCH_TOLERANCE})
    absent = [epoch for epoch in points(hypothesis.terms["each"]) if epoch not in present]
    if not absent:
        return ""
    shown = [*present[:MOST_SHOWN], *(["..."] if len(present) > MOST_SHOWN else [])]
    return f"The table has no epoch {listed(absent)}; it has {listed(shown) or 'none'}."


def _empty_final() -> pd.DataFrame:
    from hyperverdict.records.collect import collect

    return collect((), Path()).final
