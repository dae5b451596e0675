"""Judge claims on runs that came from anywhere: the same engine on somebody else's table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hyperverdict.claims.factors import combinations, make_arm
from hyperverdict.errors import UserError
from hyperverdict.foreign.arms import baseline_levels
from hyperverdict.foreign.exports import recognise
from hyperverdict.foreign.faults import Finding
from hyperverdict.foreign.levels import spelled
from hyperverdict.foreign.prepare import Prepared, absent_epochs, prepare
from hyperverdict.foreign.reading import Reading, read
from hyperverdict.foreign.replication import combinations_of, replicates
from hyperverdict.foreign.roles import assign
from hyperverdict.foreign.runs import Runs, read_runs_of
from hyperverdict.foreign.select import matching, select
from hyperverdict.foreign.study import Loaded, budgets_of, load, metrics_of, wanted_by
from hyperverdict.foreign.table import Table, table_of_frame
from hyperverdict.foreign.tables import final_rows, joined
from hyperverdict.foreign.units import refuse_sizes
from hyperverdict.foreign.wide import reshaped
from hyperverdict.ledger.record import reported_heads
from hyperverdict.outcomes.elsewhere import ClaimNotes, Elsewhere
from hyperverdict.outcomes.values import index_runs
from hyperverdict.records.collect import collect
from hyperverdict.records.curves import CURVE_COLUMNS
from hyperverdict.records.tables import Tables
from hyperverdict.study.load import read_study_file
from hyperverdict.study.model import Heatmap, Hypothesis, Study
from hyperverdict.study.structure import Source
from hyperverdict.verdicts.judge import report_of
from hyperverdict.verdicts.model import StudyReport
from hyperverdict.verdicts.question import JudgementInputs
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.metrics import Metric
from hyperverdict.vocabulary.vocabulary import BUDGET
from hyperverdict.words.numbers import count

COMMON = ("batch_size", "optimizer", "learning_rate")


@dataclass(frozen=True)
class TableJudgement:
    """What was judged: the study as read, its report, the rows it rests on, and the reading."""

    study: Study
    report: StudyReport
    tables: Tables
    reading: Reading


def judge_table(
    table: pd.DataFrame | Table,
    study: str | Path | Mapping[str, Any],
    ledger: Path | Callable[[str], Path] | None = None,
    report: Callable[[str], Path] | None = None,
) -> TableJudgement:
    """Judge a study's claims on a table of runs.

    Args:
        table: one row per run or per evaluation.
        study: a study file, or the content of one.
        ledger: file that counts the looks at the table, also as a function of the study's name;
            None: nothing guards against looking again and again.
        report: study's name -> the report that this judgement will replace.

    Raises UserError for a table or study that cannot be read, naming what and where.
    """
    raw, source = _content(study)
    cells = table if isinstance(table, Table) else reshaped(table_of_frame(table))
    runs, metrics = read_table(cells, raw, source)
    loaded = load(raw, source, runs)
    tops = {n: float(np.nanmax(s.values, initial=0.0)) for n, s in runs.scores.items()}
    refuse_sizes(loaded.study, frozenset(n for n, s in runs.scores.items() if s.percent), tops)
    return _Judging(runs, loaded, metrics).judged(ledger, report)


def _content(study: str | Path | Mapping[str, Any]) -> tuple[Mapping[str, Any], Source]:
    if isinstance(study, Mapping):
        return study, Source()
    return read_study_file(Path(study))


def read_table(
    table: Table, raw: Mapping[str, Any], source: Source
) -> tuple[Runs, tuple[Metric, ...]]:
    """The runs of a table in the light of a study, and the metrics that it claims about."""
    wanted, metrics = wanted_by(raw), metrics_of(raw, source)
    roles = assign(table, recognise(table), wanted)
    return read_runs_of(table, roles, wanted, metrics, budgets_of(raw)), metrics


@dataclass
class _Judging:
    """Turns runs into what one judgement reads; one object per judgement."""

    runs: Runs
    loaded: Loaded
    metrics: tuple[Metric, ...]

    def judged(
        self,
        ledger: Path | Callable[[str], Path] | None,
        report: Callable[[str], Path] | None,
    ) -> TableJudgement:
        self.unbudgeted: set[str] = set()
        self.notes: dict[tuple[str, str], ClaimNotes] = {}
        self.lines: dict[str, tuple[str, ...]] = {}
        self.finals: list[pd.DataFrame] = []
        self.curves: list[pd.DataFrame] = []
        study = self.loaded.study
        study = replace(
            study,
            hypotheses=tuple(map(self._hypothesis, study.hypotheses)),
            heatmaps=tuple(map(self._heatmap, study.heatmaps)),
        )
        tables = Tables(joined(self.finals, _no_runs()), joined(self.curves, _no_curves()))
        reading = read(self.runs, self._selected(), self.lines)
        inputs = JudgementInputs(
            study,
            index_runs(tables.final, tables.curves),
            elsewhere=self._elsewhere(reading),
            unbudgeted=frozenset(self.unbudgeted),
        )
        file = ledger(study.name) if callable(ledger) else ledger
        seen = reported_heads(report(study.name)) if file and report else ()
        return TableJudgement(study, report_of(inputs, file, seen), tables, reading)

    def _hypothesis(self, hypothesis: Hypothesis) -> Hypothesis:
        budgets = self._budgets(hypothesis)
        hypothesis = replace(hypothesis, at_equal=budgets)
        seeds: set[int] = set()
        for budget in hypothesis.budgets:
            if budget is None:
                continue
            arms = self.loaded.study.claimed_arms(hypothesis, budget)
            held = None if hypothesis.id in self.unbudgeted else budget
            try:
                found = prepare(self.runs, self.loaded, hypothesis, held, arms, self.metrics)
            except UserError as error:
                raise UserError(f"{hypothesis.id}: {error}") from None
            seeds |= found.seeds
            self._keep(hypothesis, held, found)
        return replace(hypothesis, seeds=tuple(sorted(seeds)))

    def _keep(self, hypothesis: Hypothesis, budget: Budget | None, found: Prepared) -> None:
        self.finals += found.finals
        self.curves += found.curves
        notes = found.notes
        epochs = getattr(hypothesis.claim, "epochs", ())
        if hypothesis.claim.reads == "epochs" and (absent := absent_epochs(epochs, found.curves)):
            finding: Finding = ("caveat", absent, "", 8.0)
            notes = replace(notes, findings={**notes.findings, "design": finding})
        self.notes[hypothesis.id, str(budget or "")] = notes
        at = f" at {budget}" if budget else ""
        self.lines[f"{hypothesis.id}{at} rests on"] = found.lines

    def _budgets(self, hypothesis: Hypothesis) -> tuple[Budget, ...]:
        """The stated budgets; else what all runs have in common, else none."""
        if self.loaded.states_budget.get(hypothesis.id, True):
            return hypothesis.at_equal
        common = None if BUDGET in self._varied(hypothesis) else common_length(self.runs)
        if common is not None:
            return (common,)
        self.unbudgeted.add(hypothesis.id)
        return hypothesis.at_equal[:1]

    def _varied(self, hypothesis: Hypothesis) -> set[str]:
        arms = self.loaded.study.claimed_arms(hypothesis, hypothesis.at_equal[0])
        return {name for arm in arms for name in arm.levels}

    def _heatmap(self, heatmap: Heatmap) -> Heatmap:
        """Rows for every cell of a grid, under the path that its figure looks for."""
        baseline = self.loaded.study.baseline
        base = baseline_levels(self.runs, self.loaded)
        cells = combinations_of(self.runs, self.runs.varying)
        seeds: set[int] = set()
        for levels in combinations(heatmap.grid):
            arm = make_arm(baseline, levels, heatmap.budget)
            arm = replace(arm, elsewhere=arm.configuration.path)
            chosen = select(self.runs, {**base, **levels}, heatmap.budget)
            found = replicates(chosen, self.runs.seed, cells)
            if len(found.seeds):
                self.finals.append(final_rows(self.runs, arm, found, self.metrics, ()))
                seeds |= set(map(int, found.seeds))
        return replace(heatmap, seeds=tuple(sorted(seeds)))

    def _selected(self) -> tuple[str, ...]:
        """What the study's baseline selects, and what it states that no column holds."""
        base = baseline_levels(self.runs, self.loaded)
        lines = []
        if base:
            n = int(matching(self.runs, base).sum())
            named = ", ".join(f"{name} {spelled(level)}" for name, level in base.items())
            lines.append(
                f"The study selects {count(n, 'run')}: {named}, where a claim does not vary it."
            )
        if self.loaded.trusted:
            lines.append(self._trust())
        return tuple(lines)

    def _trust(self) -> str:
        stated = ", ".join(self.loaded.trusted)
        return f"No column holds what the study states, so it is taken on trust: {stated}."

    def _elsewhere(self, reading: Reading) -> Elsewhere:
        scores = self.runs.scores
        settings = [c for c in self.runs.roles.of("factor") if c.name in self.runs.varying]
        best = [s.column for s in scores.values() if s.column.score and s.column.score.is_best]
        trusted = (self._trust(),) if self.loaded.trusted else ()
        return Elsewhere(
            export=self.runs.roles.export.name,
            metric_columns={name: s.column.theirs for name, s in scores.items()},
            maximum=best[0].theirs if best else "",
            settings=tuple(c.name for c in settings if c.is_declared),
            others=tuple(c.name for c in settings if not c.is_declared),
            unrecorded=tuple(
                n for n in COMMON if n not in self.runs.levels and n not in self._trusted()
            ),
            seeded=self.runs.seeded,
            notes=(*self.runs.notes, *trusted),
            claims=self.notes,
            reading=reading.sections,
        )

    def _trusted(self) -> frozenset[str]:
        return frozenset(self.loaded.study.baseline.settings)


def common_length(runs: Runs) -> Budget | None:
    """The length that all runs which ended have in common, None where they differ."""
    ended = np.isin(runs.state, ["finished", ""])
    rows = runs.last[ended]
    for unit in ("steps", "epochs", "samples"):
        if unit in runs.progress.amounts and unit not in runs.progress.unsure:
            amounts = np.unique(runs.progress.amounts[unit][rows])
            if len(amounts) == 1 and amounts[0] >= 1 and float(amounts[0]).is_integer():
                return Budget(unit, int(amounts[0]))
    return None


def _no_runs() -> pd.DataFrame:
    return collect((), Path()).final


def _no_curves() -> pd.DataFrame:
    return pd.DataFrame(columns=list(CURVE_COLUMNS))
