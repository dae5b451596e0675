"""The terms of a report: each is linked at its first use to a short glossary at the page's end."""

from __future__ import annotations

import re
from typing import NamedTuple

from markupsafe import Markup

from hyperverdict.words.safe import html as safe_html
from hyperverdict.words.safe import text as safe_text


class Term(NamedTuple):
    """A term, the words by which sentences use it (a regular expression), what it means."""

    name: str
    words: str
    meaning: str

    @property
    def anchor(self) -> str:
        """The id of its place in the glossary."""
        return f"term-{self.name.replace(' ', '-')}"


# In the order of docs/glossary.md, which explains each of them and more at greater length.
TERMS = (
    Term("arm", "arms?", "one side of a comparison: all runs at one level, such as batch size 4"),
    Term(
        "size that matters",
        "size that matters|smallest effects? of interest|too small to matter",
        "the smallest effect of interest. A smaller difference counts as none, even if it is "
        "certain",
    ),
    Term(
        "budget",
        "budgets?",
        "how long a run trains: steps, samples, epochs or seconds. A comparison holds one of them "
        "equal",
    ),
    Term(
        "seed",
        "seeds?",
        "the number that decides a run’s initial weights, the order of its samples and dropout. "
        "Arms are compared seed by seed, so what a seed brings to both arms cancels out",
    ),
    Term("diverged", "diverged", "the loss became infinite or undefined, so the run has no score"),
    Term(
        "collapse rate",
        "collapse rates?|failure rates?",
        "how often runs of an arm fail or end far worse than the others. Where none of 10 did, "
        "rates up to 26% are still possible, and no mean shows them",
    ),
    Term(
        "trimmed mean",
        "trimmed means?",
        "the mean without the highest and the lowest fifth of the values, so that a few unusual "
        "runs cannot decide it",
    ),
    Term("point", "points?", "a percentage point: from 70% to 71% accuracy is one point"),
    Term(
        "interval",
        "intervals?",
        "the effects that are compatible with the runs seen. Of 95% intervals, 95 in 100 contain "
        "the true effect",
    ),
    Term("null hypothesis", "null hypothesis", "the claim that there is no difference"),
    Term(
        "difference of two effects",
        "difference of two effects",
        "how much one effect changes with another hyperparameter; also called an interaction",
    ),
    Term(
        "share of the variance",
        "share of (?:the )?variance|shares of (?:the )?variance",
        "how much of the differences between all configurations of a grid a hyperparameter "
        "explains",
    ),
    Term("supported", "supported", "the interval lies on the side that the claim names"),
    Term(
        "refuted",
        "refuted",
        "the interval lies on the other side, or an effect that the claim needs is absent",
    ),
    Term(
        "no meaningful effect",
        "no meaningful effect",
        "any effect is smaller than the size that matters",
    ),
    Term(
        "inconclusive",
        "inconclusive|undecided",
        "the runs fit more than one answer. This says nothing about the claim: more runs or a "
        "better experiment are needed",
    ),
    Term("caveat", "caveats?", "a reason for care that does not block the verdict"),
    Term("scope", "scope", "the data, budget and settings for which the verdict holds"),
    Term(
        "fragile",
        "fragile",
        "a small change, such as leaving out one seed or run, changes the verdict",
    ),
    Term(
        "post hoc",
        "post hoc",
        "written down after the results existed. Such a claim can fit chance",
    ),
    Term("registered", "registered", "written down before the results existed"),
    Term(
        "look",
        "looks?",
        "judging a claim once on the runs that exist. Looking again after adding runs gives "
        "chance another try, which registered looks pay for in advance with wider intervals",
    ),
    Term(
        "primary",
        "primary",
        "marked as a main claim before results existed. Primary claims share the probability of "
        "a wrong verdict, so their intervals are wider",
    ),
    Term("exploratory", "exploratory", "not primary: judged on its own, without a correction"),
    Term(
        "provisional",
        "provisional",
        "judged while runs are missing, to see how things are going. It does not count as a look",
    ),
)


class Linker:
    """Writes sentences as HTML, in the order of the page: terms become links at their first use."""

    def __init__(self) -> None:
        self._unused = list(TERMS)

    def prose(self, text: object) -> Markup:
        """The text escaped, with terms that are new here as links."""
        return self._linked(safe_text(text))

    def advice(self, text: object) -> Markup:
        """The same of a sentence of ours that holds `commands` between backticks."""
        pieces = safe_text(text).split("`")
        html = [
            Markup("<code>{}</code>").format(piece) if position % 2 else self._linked(piece)
            for position, piece in enumerate(pieces)
        ]
        return Markup("").join(html)

    def _linked(self, text: str) -> Markup:
        html, rest = Markup(""), text
        while found := self._next(rest):
            term, start, end = found
            self._unused.remove(term)
            link = Markup('<a class="term" href="#{}">{}</a>').format(term.anchor, rest[start:end])
            html, rest = html + rest[:start] + link, rest[end:]
        return html + safe_html(rest)

    def _next(self, text: str) -> tuple[Term, int, int] | None:
        """The first term that is new, where it starts and ends; the longest of several."""
        found = [
            (match.start(), -match.end(), term)
            for term in self._unused
            if (match := re.search(rf"\b(?:{term.words})\b", text, re.IGNORECASE))
        ]
        if not found:
            return None
        start, end, term = min(found)
        return term, start, -end

    @property
    def used(self) -> list[Term]:
        """The terms that were linked, in the order of the glossary."""
        return [term for term in TERMS if term not in self._unused]
