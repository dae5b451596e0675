"""`summary.pdf`: the whole study on one page, as plain values; the template only lays them out."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from hyperverdict.outcomes.arms import ArmSummary
from hyperverdict.report import opening, overview, page
from hyperverdict.report.badges import Badge
from hyperverdict.report.legs import answer
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport, StudyReport, Verdict
from hyperverdict.words.isolation import guarded
from hyperverdict.words.numbers import digits, upper

# Arms whose amounts differ by less than this are equal: the last batch of a pass may be cut.
EQUAL = 1.1
# Lines of the smallest type on a page.
MOST_LINES = 110
CUT = " … (in full in the report)"


class Density(NamedTuple):
    """How much of a study one page holds; the first that fits is taken.

    Attributes:
        style: a class of the style sheet.
        rows: a row per budget with its picture; else one line a claim.
        numbers: the effects' numbers below their pictures.
        answers: a sentence on each claim.
        listed: each claim has a line; else claims are counted by verdict.
        words: characters of a claim; note: characters of caveat, next step, facts and scope.
    """

    style: str
    rows: bool
    numbers: bool
    answers: bool
    listed: bool
    words: int
    note: int

    @property
    def is_whole(self) -> bool:
        """Whether it leaves nothing out, apart from what it cuts."""
        return self.rows and self.numbers and self.answers


_ALL = 10_000
DENSITIES = (
    Density("normal", True, True, True, True, _ALL, _ALL),
    Density("small", True, True, True, True, _ALL, _ALL),
    Density("small", True, True, True, True, 150, 900),
    Density("tiny", True, True, True, True, 150, 700),
    Density("tiny", True, False, True, True, 110, 700),
    Density("small", False, False, True, True, 110, 700),
    Density("tiny", False, False, True, True, 110, 500),
    Density("small", False, False, False, True, 80, 500),
    Density("tiny", False, False, False, True, 80, 400),
    Density("small", False, False, False, False, 80, 400),
    Density("small", False, False, False, False, 40, 160),
)


class Row(NamedTuple):
    """One budget of a claim; `ratio` is what differs between the arms although it is held equal."""

    shown: overview.Row
    ratio: str


class Claim(NamedTuple):
    """One hypothesis: what it says, what came out in a sentence or two, its budgets."""

    id: str
    says: str
    badge: Badge
    answer: str
    note: str
    rows: tuple[Row, ...]


class Tally(NamedTuple):
    """How many claims have one verdict, and which."""

    badge: Badge
    ids: tuple[str, ...]


class Summary(NamedTuple):
    """The whole page.

    Attributes:
        text: name -> sentence: notice, opening, caveat, next, facts, scope.
        tallies: claims by verdict.
        place: where the full report is; ledger: its last line, "" without one.
    """

    title: str
    text: Mapping[str, str]
    axes: tuple[overview.Axis, ...]
    level: str
    claims: tuple[Claim, ...]
    tallies: tuple[Tally, ...]
    place: str
    ledger: str

    def least_lines(self, density: Density) -> int:
        """Lines that it takes at least: a density that needs more than a page need not be tried."""
        if not density.listed:
            return 0
        rows = sum(len(claim.rows) for claim in self.claims) if density.rows else 0
        return len(self.claims) * (1 + density.answers) + rows * (1 + density.numbers)

    def shortened(self, density: Density) -> Summary:
        """With sentences as long as a density allows; what is cut says so."""
        claims = (
            claim._replace(
                says=cut(claim.says, density.words),
                answer=cut(claim.answer, 2 * density.words),
                note=cut(claim.note, density.words),
            )
            for claim in self.claims
        )
        return self._replace(
            title=cut(self.title, density.note),
            text={name: cut(text, density.note) for name, text in self.text.items()},
            claims=tuple(claims),
        )


def cut(text: str, most: int) -> str:
    """A text of at most so many characters, or its beginning and that it goes on elsewhere."""
    if len(text) <= most:
        return text
    kept = text[: max(most - len(CUT), most // 2)]
    return (kept.rpartition(" ")[0] or kept) + CUT


def summary(report: StudyReport, study: Study, place: str) -> Summary:
    """The summary of a study.

    Args:
        place: the folder of the full report, as readers find it.
    """
    picture = overview.overview(report)
    notice = f"{opening.notice(study)}: {report.provisional}" if report.provisional else ""
    return Summary(
        title=report.title or report.study,
        text=MappingProxyType(
            {
                "notice": notice,
                "opening": opening.opening(report, study)
                or "Heatmaps only: this study claims nothing.",
                "caveat": report.main_caveat,
                "next": report.next_step,
                "facts": opening.facts_line(report),
                "scope": " ".join(page.common_scope(report)),
            }
        ),
        axes=picture.axes,
        level=picture.level,
        claims=tuple(
            _claim(hypothesis, group, study)
            for hypothesis, group in zip(report.hypotheses, picture.groups, strict=True)
        ),
        tallies=_tallies(picture.groups),
        place=place,
        ledger=f"line {report.ledger.line}, {report.ledger.hash[:12]}" if report.ledger else "",
    )


def _claim(report: HypothesisReport, group: overview.Group, study: Study) -> Claim:
    rows = zip(report.verdicts, group.rows, strict=True)
    return Claim(
        id=group.id,
        says=group.says,
        badge=group.badge,
        answer=guarded(report.id, lambda: answer(report, study), str),
        note=group.note,
        rows=tuple(Row(row, _ratio(verdict)) for verdict, row in rows),
    )


def _ratio(verdict: Verdict) -> str:
    """What the last arm has more or less of than the first: "30 × the samples"; "" where equal."""
    if len(verdict.arms) != 2 or not verdict.held_budget:
        return ""
    first, last = verdict.arms
    amounts = {"steps": _steps, "samples": _samples}
    said = {name: _times(amount(first), amount(last)) for name, amount in amounts.items()}
    return ", ".join(f"{times} the {name}" for name, times in said.items() if times)


def _steps(arm: ArmSummary) -> float:
    return float(arm.steps or 0)


def _samples(arm: ArmSummary) -> float:
    return float(arm.samples or 0)


def _times(first: float, last: float) -> str:
    """ "32 ×" or "1/32 of"; "" where both are about equal or one is not known."""
    if not first or not last or abs(math.log(last / first)) < math.log(EQUAL):
        return ""
    return f"{digits(last / first, 2)} ×" if last > first else f"1/{digits(first / last, 2)} of"


def _tallies(groups: Sequence[overview.Group]) -> tuple[Tally, ...]:
    """Claims by their verdict, the most frequent first."""
    counted: dict[Badge, list[str]] = {}
    for group in groups:
        counted.setdefault(group.badge._replace(text=upper(group.badge.text)), []).append(group.id)
    ordered = sorted(counted.items(), key=lambda entry: -len(entry[1]))
    return tuple(Tally(badge, tuple(ids)) for badge, ids in ordered)
