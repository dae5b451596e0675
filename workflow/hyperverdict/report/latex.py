"""The table of verdicts for a paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from hyperverdict.claims.wording import change_text, deciding_effect
from hyperverdict.figures.data import budget_name
from hyperverdict.verdicts.model import HypothesisReport, StudyReport, Verdict
from hyperverdict.words.effects import effect_text
from hyperverdict.words.isolation import guarded
from hyperverdict.words.safe import latex

if TYPE_CHECKING:
    from pandas.io.formats.style import Styler

_WIDE = r">{\raggedright\arraybackslash}p{%s\linewidth}"
_COLUMNS = "@{}llr" + "".join(_WIDE % width for width in (".28", ".24", ".15")) + "@{}"


def verdict_table(report: StudyReport) -> str:
    """A ``table`` environment, one row per hypothesis and budget; needs booktabs and array."""
    rows = [row for h in report.hypotheses for row in _guarded_rows(h)]
    rows += [
        (h.id, "", "", h.failed_because, "", h.headline)
        for h in report.hypotheses
        if h.failed_because
    ]
    styler = _styler(rows, ("", "Training", "n", "Effect", "Interval", "Verdict"))
    table = styler.to_latex(
        hrules=True,
        column_format=_COLUMNS,
        caption=latex(f"Verdicts of the study {report.study} ({'; '.join(report.facts)})."),
        position_float="centering",
    )
    return f"% needs \\usepackage{{booktabs,array}}\n{table}"


def _guarded_rows(report: HypothesisReport) -> list[tuple[str, ...]]:
    return guarded(
        report.id,
        lambda: _rows(report),
        lambda problem: [(report.id, "", "", problem, "", report.headline)],
    )


def _rows(report: HypothesisReport) -> list[tuple[str, ...]]:
    """One row per budget; the first names the hypothesis."""
    return [
        ("" if i else report.id, budget_name(verdict), *_numbers(verdict), verdict.headline)
        for i, verdict in enumerate(report.verdicts)
    ]


def _styler(rows: Sequence[tuple[str, ...]], columns: tuple[str, ...]) -> Styler:
    import pandas as pd

    cells = [tuple(map(latex, row)) for row in rows]
    return pd.DataFrame(cells, columns=list(columns)).style.hide(axis="index")


def _numbers(verdict: Verdict) -> tuple[str, str, str]:
    """n, effect and interval of the effects that decide, joined where there are several legs."""
    legs = map(deciding_effect, verdict.judgement.judged_legs)
    effects = [effect for effect in legs if effect is not None]
    if not effects:
        return "", next(iter(verdict.judgement.notes), ""), ""
    return (
        "/".join(dict.fromkeys(str(effect.n) for effect in effects)),
        "; ".join(map(change_text, effects)),
        "; ".join(effect_text(effect).whole_interval for effect in effects if effect.is_measured),
    )
