"""The runs of a study as figures read them: grouped once, and every arm with its own look."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from hyperverdict.figures import palette
from hyperverdict.outcomes.arms import ArmSummary
from hyperverdict.outcomes.values import RunIndex, index_runs
from hyperverdict.verdicts.model import HypothesisReport

if TYPE_CHECKING:
    import pandas as pd

    from hyperverdict.records.tables import Tables

DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1, 1.5)), (0, (5, 1.5, 1, 1.5)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "h")


class ArmLook(NamedTuple):
    """How an arm looks in a whole study: colour as ``#rrggbb``, dashes and marker.

    Attributes:
        variable: the CSS variable of its colour, ``--arm-1``.
    """

    variable: str
    color: str
    dash: Any
    marker: str


class Runs:
    """The runs and arms of a study.

    Attributes:
        final, curves: the tables, as collected.
    """

    def __init__(self, tables: Tables, reports: Iterable[HypothesisReport] = ()) -> None:
        """Index the tables when they are first asked for; `reports` are all of the study."""
        self.final: pd.DataFrame = tables.final
        self.curves: pd.DataFrame = tables.curves
        self._looks = arm_looks(reports)

    @cached_property
    def _index(self) -> RunIndex:
        return index_runs(self.final, self.curves)

    def rows(self, arm: ArmSummary) -> pd.DataFrame:
        """The arm's rows of the final table, on its own seeds."""
        return self._index.rows(arm.path, arm.seeds)

    def curve(self, arm: ArmSummary) -> pd.DataFrame:
        """The arm's rows of the curves table, on its own seeds."""
        return self._index.curve(arm.path, arm.seeds)

    def look(self, report: HypothesisReport, label: str) -> ArmLook:
        """How one arm of a hypothesis looks."""
        if (report.id, label) not in self._looks:
            self._looks = {**arm_looks([report]), **self._looks}
        return self._looks[report.id, label]


def arm_looks(reports: Iterable[HypothesisReport]) -> dict[tuple[str, str], ArmLook]:
    """(hypothesis, label of an arm) -> its look.

    The same configuration looks the same in every hypothesis; arms of one hypothesis differ in
    colour up to eight, then also in dashes and marker.
    """
    arms = {report.id: dict(_identities(report)) for report in reports}
    beside: dict[str, list[str]] = {}
    for hypothesis, labels in arms.items():
        for identity in labels.values():
            beside.setdefault(identity, []).append(hypothesis)
    used: dict[str, Counter[int]] = {hypothesis: Counter() for hypothesis in arms}
    chosen: dict[str, ArmLook] = {}
    in_all: Counter[int] = Counter()
    for identity, hypotheses in beside.items():
        colors = range(len(palette.ARMS))
        taken = {c: sum(used[h][c] for h in hypotheses) for c in colors}
        color = min(colors, key=lambda c: (taken[c], in_all[c], c))
        variant = max(used[h][color] for h in hypotheses)
        for hypothesis in hypotheses:
            used[hypothesis][color] += 1
        in_all[color] += 1
        chosen[identity] = _look(color, variant)
    return {
        (hypothesis, label): chosen[identity]
        for hypothesis, labels in arms.items()
        for label, identity in labels.items()
    }


def arm_colors(reports: Iterable[HypothesisReport]) -> dict[str, dict[str, str]]:
    """hypothesis -> label of an arm -> the CSS variable of its colour: ``--arm-1``."""
    found: dict[str, dict[str, str]] = {}
    for (hypothesis, label), look in arm_looks(reports).items():
        found.setdefault(hypothesis, {})[label] = look.variable
    return found


def _look(color: int, variant: int) -> ArmLook:
    """Dashes and markers differ from colour to colour too, for grey print."""
    return ArmLook(
        palette.ARMS[color],
        palette.light(palette.ARMS[color]),
        DASHES[(color + variant) % len(DASHES)],
        MARKERS[(color + variant) % len(MARKERS)],
    )


def _identities(report: HypothesisReport) -> Iterator[tuple[str, str]]:
    """Label -> what the arm is in any hypothesis: its configuration without the budget.

    Tuned arms, runs from elsewhere, and arms that differ in their budget are known by their label.
    """
    arms: Mapping[str, ArmSummary] = {
        arm.label: arm for verdict in reversed(report.verdicts) for arm in verdict.arms
    }
    ordered = dict.fromkeys(arm.label for verdict in report.verdicts for arm in verdict.arms)
    paths = {label: arms[label].path.rpartition("/")[0] for label in ordered}
    shared = Counter(paths.values())
    for label, path in paths.items():
        own = arms[label].is_ours and not arms[label].tuned and shared[path] == 1
        yield label, path if own else f"{report.id if arms[label].tuned else ''} {label}"
