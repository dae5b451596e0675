"""The table of verdicts for a paper."""

from __future__ import annotations

from hyperverdict.figures.data import judged_legs, leg_unit
from hyperverdict.study.model import Study
from hyperverdict.verdicts.model import StudyReport, Verdict
from hyperverdict.words import effects

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "−": r"$-$",
    "∞": r"$\infty$",
    "×": r"$\times$",
    "→": r"$\to$",
    "±": r"$\pm$",
    "“": "``",
    "”": "''",
    "’": "'",
}


def escape(text: str) -> str:
    """Text that LaTeX prints as it stands."""
    return "".join(_SPECIAL.get(character, character) for character in text)


def verdict_table(report: StudyReport, study: Study) -> str:
    """A ``table`` environment, one row per hypothesis and budget; needs booktabs and array."""
    rows = []
    for hypothesis in report.hypotheses:
        for position, verdict in enumerate(hypothesis.verdicts):
            name = hypothesis.id if position == 0 else ""
            cells = (name, verdict.budget, *_numbers(verdict, study), verdict.headline)
            rows.append(" & ".join(escape(cell) for cell in cells) + r" \\")
    body = "\n    ".join(rows)
    caption = escape(f"Verdicts of the study {report.study} ({'; '.join(report.facts)}).")
    return rf"""% needs \usepackage{{booktabs,array}}
\begin{{table}}
  \centering
  \caption{{{caption}}}
  \small
  \begin{{tabular}}{{@{{}}llr
    >{{\raggedright\arraybackslash}}p{{.26\linewidth}}
    >{{\raggedright\arraybackslash}}p{{.26\linewidth}}
    >{{\raggedright\arraybackslash}}p{{.15\linewidth}}@{{}}}}
    \toprule
    & Budget & $n$ & Effect & Interval & Verdict \\
    \midrule
    {body}
    \bottomrule
  \end{{tabular}}
\end{{table}}
"""


def _numbers(verdict: Verdict, study: Study) -> tuple[str, str, str]:
    """n, effect and interval of the effects that decide, joined where there are several legs."""
    told = []
    for leg in judged_legs(verdict):
        effect = effects.deciding_effect(leg)
        if effect is None:
            continue
        unit = leg_unit(leg, verdict.judgement.kind, study)
        said = effects.tell(effect, unit)
        what = effects.subject(effect, unit, verdict.judgement.kind)
        told.append((str(effect.n), f"{what} {said.change}", said.interval))
    if not told:
        return "", "; ".join(verdict.judgement.notes[:1]), ""
    n = "/".join(dict.fromkeys(entry[0] for entry in told))
    return n, "; ".join(entry[1] for entry in told), "; ".join(entry[2] for entry in told)
