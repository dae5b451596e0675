"""The format of verdicts.json, version 1, as types; docs/verdicts.md describes it.

`schema()` gives their JSON schema, which is kept in workflow/schemas/verdicts.schema.json. JSON has
no nan or infinity; the texts "NaN", "Infinity" and "-Infinity" stand for them.

The `budget` of a verdict whose `budget_varies` was not held equal: it is the question's key and
nothing more, and the report's `conclusions` name no budget then.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, PlainSerializer, TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from hyperverdict.checks.model import CheckResult
from hyperverdict.claims.model import Failures
from hyperverdict.effects.contrast import Kind
from hyperverdict.effects.effect import Evidence
from hyperverdict.effects.wins import OpenRate, Win
from hyperverdict.ledger.chain import Head
from hyperverdict.stats.decision import Claim as Direction
from hyperverdict.verdicts.model import (
    ArmSummary,
    Correction,
    NextLook,
    NoiseShare,
    Pick,
    SensitivityLine,
)
from hyperverdict.vocabulary.metrics import Better

FORMAT = 1
SPECIAL = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def _to_plain(value: Any) -> Any:
    """Content of any type: special numbers become texts."""
    if isinstance(value, Mapping):
        return {key: _to_plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_to_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def _from_plain(value: Any) -> Any:
    """The inverse of `_to_plain`."""
    if isinstance(value, Mapping):
        return {key: _from_plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_from_plain(item) for item in value]
    return SPECIAL.get(value, value) if isinstance(value, str) else value


Facts = Annotated[
    Mapping[str, Any],
    PlainSerializer(_to_plain, return_type=dict[str, Any]),
    AfterValidator(_from_plain),
]


@dataclass(frozen=True)
class MetricEntry:
    """A measured quantity.

    Attributes:
        name: as studies write it.
        title: as sentences write it.
        unit: "fraction", "nats", "seconds", any other unit, or "" for plain numbers.
        better: which direction is better; null when nobody has said.
        matters_from: smallest effect of interest, in the unit, or a ratio above 1 when `ratio`.
        ratio: effects are ratios, to / start.
        final: column of the final table that is reported.
        validation: column of the final table with the score on the validation set, or "".
        best: column of the final table with the best score on the validation curve, or "".
        curve: column of the curves table, or "".
        equal_at: kinds of budget that make it equal in all arms.
        complement_of: the metric whose columns hold 1 - its values, or "".
    """

    name: str
    title: str
    unit: str
    better: Better | None
    matters_from: float | None
    ratio: bool
    final: str
    validation: str
    best: str
    curve: str
    equal_at: tuple[str, ...]
    complement_of: str


@dataclass(frozen=True)
class ExpectationEntry:
    """One part of a claim, and the evidence on it.

    Attributes:
        metric: name in the document's `metrics`.
        direction: what is claimed of the effects.
        matters_from: smallest effect of interest, in the metric's unit, or a ratio above 1.
        own_size: the claim states this size itself; else it is the metric's.
        between: (low, high) of a claim on size; null for a claim on direction.
        share_of_variance: the part is about shares of variance.
        evidence: on this part.
        grade: how large the effect is proven to be, or "".
        dropped_because: why it was not judged at this budget, or "".
    """

    metric: str
    direction: Direction
    matters_from: float
    own_size: bool
    between: tuple[float, float] | None
    share_of_variance: bool
    evidence: Evidence
    grade: str
    dropped_because: str


@dataclass(frozen=True)
class EffectEntry:
    """One measured effect, in the metric's unit; ratios for ratio metrics.

    Attributes:
        expectation: position in the verdict's `expectations`.
        metric: name in the document's `metrics`.
        contrast: how `start` and `to` are to be read; the effect is to - start, or to / start.
        arms: labels of the arms behind it, as in the verdict's `arms`.
        start, to: names of the two sides, for people.
        context: the context it was measured in, for people, or "".
        change: what its effects are effects of (interaction, conditional), or "".
        direction: what is claimed of this effect.
        interval: at level 1 - alpha.
        equivalence_interval: at level 1 - 2 one_sided_alpha; inside (-delta, delta) proves that
            nothing that matters is there.
        anytime_interval: confidence sequence, which stays valid however often anybody looks; null
            where there is none.
        alpha: two-sided, after corrections.
        one_sided_alpha: of each side of the equivalence interval: `alpha`, but in a family that is
            judged by max-t; null stands for `alpha`.
        n: seeds behind it.
        paired: the arms share their seeds, all of them.
        delta: the size that matters.
        sd: of the contrast per seed, unpaired of one run of each arm; on the log scale for ratio
            metrics.
        standard_error: of the estimate; on the log scale for ratio metrics.
        df: degrees of freedom.
        p: two-sided, of no effect.
        p_equivalence: of an effect that matters, against equivalence within delta.
        sign_flip_p: of the exact sign-flip test.
        correlation: between the two arms over seeds.
        per_seed: (seed, contrast); empty when unpaired.
        seeds_needed: (low, high) to settle an open effect.
        between: sizes claimed, or null.
        failures_decide: inconclusive because what the finished runs show does not hold with the
            failed ones ranked worst.
        pairs: seeds that its arms share and finished: `n` when paired, 0 when unpaired, between
            when some seeds match and others do not.
        image_error: standard error for new test images, or null.
        win: the probability that one new run of `to` beats one of `start`; null for what is no
            difference of two arms.
    """

    expectation: int
    metric: str
    contrast: Kind
    arms: tuple[str, ...]
    start: tuple[str, ...]
    to: tuple[str, ...]
    context: str
    change: str
    direction: Direction
    evidence: Evidence
    grade: str
    estimate: float
    interval: tuple[float, float]
    equivalence_interval: tuple[float, float]
    anytime_interval: tuple[float, float] | None
    alpha: float
    one_sided_alpha: float | None
    n: int
    paired: bool
    delta: float
    sd: float
    standard_error: float
    df: float
    t: float
    p: float
    p_equivalence: float
    sign_flip_p: float | None
    correlation: float | None
    per_seed: tuple[tuple[int, float], ...]
    seeds_needed: tuple[int, int] | None
    between: tuple[float, float] | None
    failures_decide: bool
    pairs: int
    image_error: float | None
    win: Win | None


@dataclass(frozen=True)
class VerdictEntry:
    """One hypothesis at one budget.

    Attributes:
        budget: as text, "" for a claim without one.
        budget_varies: the training length is what the claim varies.
        evidence: what the numbers say; `headline` is what may be concluded from them.
        grade: how large the effect is proven to be, or "".
        blocking: ids of the checks that keep the evidence from being a verdict.
        kind: the claim's type at this budget.
        uncorrected: the evidence without the correction for the primary family; null when
            exploratory.
        replicate: what `n` of its effects counts: "seed", or what stands for one in a table.
        sequential: a confidence sequence took the place of its t intervals.
        correction: of a primary verdict: "Bonferroni" or "max-t"; "" for an exploratory one.
        closed: its looks have used all of alpha, so that seeds added later are not judged.
        anytime_evidence: what the confidence sequences alone would give, however often anybody
            looks; null where nothing was measured.
        registered: "registered", "post hoc" or "" without a ledger.
        noise: share of each source of randomness, where the hypothesis asks for it.
        variation: what would narrow the intervals, and what to expect of a new data set.
        checks: all checks: those that fired first, the gravest first.
        open_rate: the rate of rare collapse that its runs leave open; null where no mean of trained
            runs decides.
        sensitivity: what other ways of judging say.
        next_look: how many seeds would settle it; null where nothing is open.
        scope: sentences on what the verdict covers.
        untestable_reason: why the stated reason cannot be tested here, or "".
        failures: runs that ended without a result; empty when none did.
        notes: further sentences that belong to the findings.
        facts: numbers of the claim's type.
    """

    budget: str
    budget_varies: bool
    evidence: Evidence
    grade: str
    headline: str
    blocking: tuple[str, ...]
    kind: str
    uncorrected: Evidence | None
    replicate: str
    sequential: bool
    correction: Correction
    closed: bool
    anytime_evidence: Evidence | None
    registered: str
    noise: tuple[NoiseShare, ...]
    variation: tuple[str, ...]
    expectations: tuple[ExpectationEntry, ...]
    effects: tuple[EffectEntry, ...]
    checks: tuple[CheckResult, ...]
    arms: tuple[ArmSummary, ...]
    open_rate: OpenRate | None
    sensitivity: tuple[SensitivityLine, ...]
    next_look: NextLook | None
    scope: tuple[str, ...]
    untestable_reason: str
    failures: tuple[Failures, ...]
    notes: tuple[str, ...]
    facts: Facts


@dataclass(frozen=True)
class HypothesisEntry:
    """One hypothesis over its budgets.

    Attributes:
        says: the claim in the user's own words.
        kind: the claim's type.
        claim: the claim in canonical words.
        because: the reason given, or "".
        primary: it belongs to the primary family.
        headline: the common verdict, or "depends on the budget".
        conclusions: (headline, budgets) of every distinct headline.
        failed_because: the error that kept it from being judged, or "".
        opposing: sentences on hypotheses that claim the opposite.
        prior: sentences that set the earlier finding beside ours.
    """

    id: str
    says: str
    kind: str
    claim: str
    because: str
    primary: bool
    headline: str
    conclusions: tuple[tuple[str, tuple[str, ...]], ...]
    failed_because: str
    opposing: tuple[str, ...]
    prior: tuple[str, ...]
    verdicts: tuple[VerdictEntry, ...]


@dataclass(frozen=True)
class Document:
    """The verdicts of a study.

    Attributes:
        format: version of this format.
        study: the study's name.
        title: the study's title.
        facts: what holds for the whole study, in words.
        metrics: everything known of each metric, by name.
        main_caveat: the gravest thing to know, or "".
        next_step: what to do next.
        provisional: why the verdicts are not final, or "".
        planned, analysed: runs (configuration and seed).
        trained_elsewhere: the runs come from a table that was not trained here.
        history: what the ledger says of earlier verdicts.
        reading: how a table from elsewhere was read, as (heading, sentences).
        picks: the best of every heatmap and what tuning chose.
        ledger: number and hash of the ledger's last line; null without one.
        changes: what changed since the last report that said something else.
        since: when that was judged (UTC); "" where there is none.
        file_checksum: SHA-256 of the file with zeros in place of its 64 digits.
    """

    format: Literal[1]
    study: str
    title: str
    facts: tuple[str, ...]
    metrics: Mapping[str, MetricEntry]
    hypotheses: tuple[HypothesisEntry, ...]
    main_caveat: str
    next_step: str
    provisional: str
    planned: int
    analysed: int
    trained_elsewhere: bool
    history: tuple[str, ...]
    reading: tuple[tuple[str, tuple[str, ...]], ...]
    picks: tuple[Pick, ...] = ()
    ledger: Head | None = None
    changes: tuple[str, ...] = ()
    since: str = ""
    file_checksum: str = ""

    __pydantic_config__ = ConfigDict(ser_json_inf_nan="strings", extra="forbid")


@cache
def adapter() -> TypeAdapter[Document]:
    """Reads and writes documents, and knows their schema."""
    return TypeAdapter(Document)


class _Schema(GenerateJsonSchema):
    """Numbers may be special, and attributes are described by the docstrings of their classes."""

    def float_schema(self, schema: Any) -> JsonSchemaValue:
        """A number, or the text of one that JSON lacks."""
        return {"anyOf": [super().float_schema(schema), {"enum": list(SPECIAL)}]}

    def field_title_should_be_set(self, schema: Any) -> bool:
        """The name says it."""
        return False


def schema() -> dict[str, Any]:
    """The JSON schema of the document."""
    made = adapter().json_schema(mode="serialization", schema_generator=_Schema)
    for part in (made, *made["$defs"].values()):
        _describe(part)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "HyperVerdict verdicts",
    }


def _describe(part: dict[str, Any]) -> None:
    """Move a docstring's attributes to the properties that they describe."""
    summary, _, attributes = part["description"].partition("\n\nAttributes:\n")
    part["description"] = " ".join(summary.split())
    entries: list[str] = []
    for line in attributes.splitlines():
        if line.startswith("        ") and entries:
            entries[-1] += f" {line.strip()}"
        elif line.strip():
            entries.append(line.strip())
    for entry in entries:
        names, _, text = entry.partition(": ")
        for name in names.split(", "):
            if name in part["properties"]:
                part["properties"][name] = {"description": text, **part["properties"][name]}
