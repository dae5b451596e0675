"""Keys of a study file that stand in the wrong place or have another name elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hyperverdict.errors import TYPING_ERROR, match, nearest
from hyperverdict.study.flow import flow_text, length_text
from hyperverdict.study.strict_yaml import Place
from hyperverdict.vocabulary.aliases import clean, is_seed, length_unit, own_name
from hyperverdict.vocabulary.metrics import BETTER, RECORDED
from hyperverdict.vocabulary.vocabulary import BUDGET

TOP, HYPOTHESIS, HEATMAP, METRIC, LINE = "top", "hypothesis", "heatmap", "metric", "line"
TRAINING, DECLARED = "training", "declared"

_HOMES = {
    TOP: "it belongs at the top level of the file",
    HYPOTHESIS: "it belongs under a hypothesis",
    HEATMAP: "it belongs under a heatmap of explore",
    METRIC: "it belongs under metrics, as in metrics: {accuracy: {matters_from: 0.01}}",
    LINE: "it belongs in a line of expect, as in expect: {accuracy: {is: higher}}",
    TRAINING: "it belongs under train",
    DECLARED: "it belongs under hyperparameters, as in hyperparameters: {heads: {default: 4}}",
}
# Key -> the kind of its entries, the key that each of them has, what to do without an id.
_ENTRIES = {
    "hypotheses": (HYPOTHESIS, "says", "give the hypothesis an id such as H1, and indent it below"),
    "explore": (HEATMAP, "grid", "give the heatmap an id such as size, and indent it below"),
    "metrics": (METRIC, "", "name the metric, as in accuracy: {matters_from: 0.01}"),
}
_SIZE = (
    "it belongs under metrics, as in metrics: {accuracy: {matters_from: 0.01}}, or in a line of "
    "expect, as in expect: {accuracy: {is: higher, matters_from: 0.01}}"
)
# Key -> words that people use for it.
_SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "study": ("name", "id", "experiment", "project", "study_name"),
    "title": ("heading", "report_title"),
    "hypotheses": ("hypothesis", "claim", "claims", "tests"),
    "baseline": (
        "base", "default", "defaults", "common", "config", "settings", "parameters", "params",
        "setup", "fixed", "hparams", "hyperparams", "hyperparameters", "model_params",
    ),
    "metrics": ("metric", "measure", "measures", "scores"),
    "explore": ("heatmap", "heatmaps", "grids", "plots", "exploration"),
    "says": ("claim", "statement", "text", "description", "hypothesis", "say", "claims", "title"),
    "because": ("why", "reason", "since"),
    "saw": ("found", "prior", "previously", "observed", "seen", "earlier"),
    "at_equal": ("equal", "at", "equal_at", "held_equal", "budget", "budgets"),
    "expect": ("expects", "expected", "expectation", "predict", "prediction", "then"),
    "matters_from": (
        "sesoi", "min_effect", "threshold", "delta", "margin", "smallest_effect", "matters",
        "minimum", "min_delta", "effect_size", "by", "size", "at_least",
    ),
    "better": ("direction", "goal", "mode", "objective"),
    "compare": ("vs", "versus", "comparison", "contrast", "change", "vary", "from_to"),
    "primary": ("main",),
    "tune": ("tuning", "tuned"),
    "grid": ("levels", "over", "sweep"),
    "alpha": ("significance", "significance_level", "p_value"),
    "is": ("direction",),
}  # fmt: skip


@dataclass(frozen=True)
class Keys:
    """Which keys a study file has, and where.

    Attributes:
        schema: the whole schema of a study file.
        settings: what may stand under baseline, besides the budget.
    """

    schema: Mapping[str, Any]
    settings: tuple[str, ...]

    def at(self, kind: str) -> Iterable[str]:
        """The keys of one kind of place."""
        definitions, top = self.schema["$defs"], self.schema["properties"]
        found: Mapping[str, Iterable[str]] = {
            TOP: top,
            HYPOTHESIS: definitions["hypothesis"]["properties"],
            HEATMAP: definitions["exploration"]["properties"],
            METRIC: top["metrics"]["additionalProperties"]["properties"],
            TRAINING: top["train"]["properties"],
            DECLARED: top["hyperparameters"]["additionalProperties"]["properties"],
        }
        return found.get(kind, ())

    def advice(self, place: Place, key: str, value: Any, allowed: Iterable[str]) -> str:
        """What to write for a key that is not allowed at a place, as the end of a sentence.

        Args:
            place: of the mapping that has the key.
            allowed: the keys that it may have.
        """
        known = tuple(allowed)
        near = match(key, known, TYPING_ERROR)
        kind = kind_of(place)
        # `dataset: digits` is no `data_sets`, which holds definitions.
        holds = self.schema["properties"].get(near, {}).get("type") if kind == TOP else None
        if near and (holds != "object" or isinstance(value, Mapping)):
            return f"; did you mean {near!r}?"
        text = (
            _out_of_place(kind, value)
            or self._of_runs(kind, key, value, known)
            or self._elsewhere(kind, key, value)
            or self._synonym(kind, key, known)
        )
        return f": {text}" if text else self._nearest(kind, key, known)

    def _nearest(self, kind: str, key: str, known: tuple[str, ...]) -> str:
        """The nearest key that is allowed here, else that of another place."""
        if not match(key, known):
            for home, text in _HOMES.items():
                near = match(key, self.at(home), TYPING_ERROR)
                if near and home != kind:
                    return f"; did you mean {near!r}? {text.capitalize()}"
        return f"; {nearest(key, known)}"

    def misplaced_entries(self, raw: Mapping[str, Any]) -> Iterator[tuple[Place, str]]:
        """Keys that stand where an id or the name of a metric is wanted: (place, what to do).

        Of several that stand there together only the first has words.
        """
        top = set(self.at(TOP))
        for key, (kind, sign, what) in _ENTRIES.items():
            entries, own = raw.get(key), set(self.at(kind))
            words = f"stands directly below {key}; {what}"
            for name, value in entries.items() if isinstance(entries, dict) else ():
                signs = {sign} if sign else own
                if isinstance(value, dict) and value.keys() & signs:
                    continue
                if name in own:
                    yield (key, name), words
                    words = ""
                elif name in top:
                    yield (key, name), f"stands below {key}; indent it less: {_HOMES[TOP]}"

    def too_deep(self, place: Place) -> str:
        """What to write for a key of a hypothesis that stands in another of its keys."""
        own = set(self.at(HYPOTHESIS))
        if kind_of(place[:2]) != HYPOTHESIS or len(place) != 4 or place[3] not in own:
            return ""
        return f"{place[3]!r} belongs beside {place[2]}, not in it"

    def _of_runs(self, kind: str, key: str, value: Any, known: tuple[str, ...]) -> str:
        """Lengths, seeds and hyperparameters."""
        is_length = own_name(key, (BUDGET,)) == BUDGET
        if kind in (TOP, HYPOTHESIS, HEATMAP) and (length_unit(key) or is_length):
            return _length(kind, key, value)
        if is_seed(key):
            return "write seeds" if "seeds" in known else "write seeds at the top level of the file"
        if own_name(key, ("data",)) and kind in (TOP, HYPOTHESIS):
            vary = "; a claim may vary it, as in compare: {data: {from: A, to: B}}"
            return "write data" if kind == TOP else f"{_HOMES[TOP]}{vary}"
        name = own_name(key, self.settings, value)
        if not name or kind not in (TOP, HYPOTHESIS, HEATMAP):
            return ""
        if kind == HYPOTHESIS and isinstance(value, dict):
            return f"it belongs below a verb, as in compare: {{{name}: {flow_text(value)}}}"
        if kind == HYPOTHESIS:
            return (
                f"what all arms share stands under baseline ({name}: {flow_text(value)}), what the "
                f"claim varies under its verb, as in compare: {{{name}: {{from: A, to: B}}}}"
            )
        if kind == HEATMAP:
            levels = value if isinstance(value, list) else [value]
            return f"write grid: {{{name}: {flow_text(levels)}}}"
        return f"write it under baseline, as in baseline: {{{name}: {flow_text(value)}}}"

    def _elsewhere(self, kind: str, key: str, value: Any) -> str:
        """A key that another place of the file has, and a metric."""
        if kind == HYPOTHESIS and key in ("metric", "metrics", *RECORDED, *BETTER):
            return f"write expect: {{{_expected(key, value)}}}"
        if kind == TOP and key in (*RECORDED, *BETTER):
            return f"write it under metrics, as in metrics: {{{key}: {{matters_from: SIZE}}}}"
        if key in ("from", "to") and kind == HYPOTHESIS:
            return "it belongs below a verb, as in compare: {batch_size: {from: 4, to: 128}}"
        if kind == LINE and key in ("higher", "lower", "not_higher", "not_lower"):
            size = value if isinstance(value, (int, float)) else 0.01
            return f"write is: {key}, matters_from: {flow_text(size)}"
        if key == "matters_from":
            return _SIZE
        if key in ("is", "higher_by", "lower_by") and kind != LINE:
            return _HOMES[LINE]
        homes = (home for home in _HOMES if key in self.at(home) and home != kind)
        return next((_HOMES[home] for home in homes), "")

    def _synonym(self, kind: str, key: str, known: tuple[str, ...]) -> str:
        """Another word for a key that is allowed here, or else in another place."""
        here = synonym(key, known)
        if here:
            return f"write {here}"
        meant = (ours for ours, words in _SYNONYMS.items() if clean(key) in words)
        found = ((ours, home) for ours in meant for home in _HOMES if ours in self.at(home))
        return next((f"write {ours}; {_HOMES[home]}" for ours, home in found if home != kind), "")


def synonym(key: str, known: Iterable[str]) -> str:
    """The known key that people use another word for, "" for none."""
    names = set(known)
    meant = (ours for ours, words in _SYNONYMS.items() if clean(key) in words)
    return next((ours for ours in meant if ours in names), "")


def kind_of(place: Place) -> str:
    """What kind of mapping stands at a place, "" for those in which nothing is misplaced."""
    if not place:
        return TOP
    kinds = {("hypotheses", 2): HYPOTHESIS, ("explore", 2): HEATMAP, ("metrics", 2): METRIC}
    kinds |= {("train", 1): TRAINING, ("hyperparameters", 2): DECLARED}
    if place[0] == "hypotheses" and len(place) == 4 and place[2] == "expect":
        return LINE
    return kinds.get((str(place[0]), len(place)), "")


def advice_in_baseline(key: str, value: Any, settings: Iterable[str], kinds: Sequence[str]) -> str:
    """What to write for a key under baseline that is no hyperparameter; "" where nobody knows.

    Args:
        kinds: the units that a budget may have.
    """
    unit = next((kind for kind in kinds if key in (kind, kind.removesuffix("s"))), length_unit(key))
    if own_name(key, settings, value):
        return ""
    if unit or own_name(key, (BUDGET,)):
        return f"write budget: {length_text(unit, value)}"
    if is_seed(key):
        how = f"seeds: {value}" if isinstance(value, int) and clean(key) != "seed" else "seeds: 10"
        return f"seeds stand at the top level of the file, as in {how}"
    return ""


def _length(kind: str, key: str, value: Any) -> str:
    """Where the length of the training stands."""
    unit = length_unit(key)
    if kind == HYPOTHESIS and isinstance(value, str) and ".." in value and unit == "epochs":
        return f"write each: {{epoch: {value}}}"
    values = value if isinstance(value, list) else [value]
    if kind == HYPOTHESIS:
        return f"write at_equal: [{', '.join(length_text(unit, one) for one in values)}]"
    text = length_text(unit, values[0] if values else None)
    return f"write budget: {text}{' under baseline' if kind == TOP else ''}"


def _out_of_place(kind: str, value: Any) -> str:
    """A whole hypothesis or heatmap at the wrong depth."""
    if not isinstance(value, dict):
        return ""
    if "says" in value and kind in (TOP, HYPOTHESIS):
        how = "indent it below hypotheses" if kind == TOP else "indent it like the other hypotheses"
        return f"it looks like a hypothesis; {how}"
    return "it looks like a heatmap; indent it below explore" if "grid" in value else ""


def _expected(key: str, value: Any) -> str:
    """A line of expect for a metric that a hypothesis names in another way."""
    named = value if isinstance(value, str) and value in (*RECORDED, *BETTER) else "accuracy"
    metric = named if key in ("metric", "metrics") else key
    stated = value if value in ("higher", "lower", "not_higher", "not_lower") else None
    return f"{metric}: {stated or better(metric)}"


def better(metric: str) -> str:
    """The better direction of a metric, "higher" where nobody knows."""
    row = RECORDED.get(metric)
    return (row.better if row else BETTER.get(metric)) or "higher"
