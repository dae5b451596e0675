"""The figure of the effects: what was measured, in the form of the claim, and the effects."""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType

from hyperverdict.claims.model import FigureForm
from hyperverdict.figures import forest, growth, levels, lines, scores, shares, winners
from hyperverdict.figures.data import effects_text, hypothesis_of
from hyperverdict.figures.drawn import Drawn, Panel, Values, nothing
from hyperverdict.figures.runs import Runs
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import HypothesisReport

# What stands beside the effects, by the form that the claim asks for.
FORMS: Mapping[FigureForm, ModuleType] = {
    "scores": scores,
    "levels": levels,
    "lines": lines,
    "shares": shares,
    "winners": winners,
    "counts": growth,
}
COLUMNS = ("part", "budget", "metric", "name", "seed", "value", "low", "high")


def draw(report: HypothesisReport, study: Study, runs: Runs) -> Drawn:
    """The measurements in the form of the claim, then the effects on each metric."""
    claim = hypothesis_of(report, study).claim
    form = FORMS[claim.figure]
    panels: dict[str, Panel] = {}
    if (first := form.part(report, study, runs)) is not None:
        panels["data"] = first
    named = dict.fromkeys(expectation.metric.name for expectation in claim.expect)
    claims_size = False
    for number, name in enumerate(named, 1):
        info = forest.effects_info(report, name)
        if info is not None:
            panels[f"effect{number}"] = forest.effect_panel(info)
            claims_size |= any(line.effect.between for line in info.lines)
    if not panels:
        return nothing(f"{report.id}: no run that measures it has finished yet.")
    has_effects = any(key.startswith("effect") for key in panels)
    captions = (
        form.caption(report, study, runs) if first is not None else "",
        forest.CAPTION if has_effects else "",
        forest.CLAIMED if claims_size else "",
    )
    rows = [*form.values(report, study, runs), *forest.effect_values(report)]
    caption = " ".join(filter(None, captions))
    return Drawn("", caption, effects_text(report), panels, Values(COLUMNS, tuple(rows)))
