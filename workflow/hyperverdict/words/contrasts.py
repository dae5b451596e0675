"""Effects under the names that people use: the claim's own words instead of the engine's."""

from __future__ import annotations

from dataclasses import replace

from hyperverdict.claims.model import Effect, Judgement

# How the claim types name contrasts that are no difference of two arms.
FITTED = "fitted change from "
EFFECT_WITH = "effect with "
_SHARES = "share of these - share of than"
_YES_NO = "effect in yes - effect in no"


def shown(effect: Effect, judgement: Judgement) -> Effect:
    """The effect under the name that readers see; its numbers are untouched.

    Groups and contexts get their factors' names, and a context is told once, not in both arms.
    """
    if effect.name == _SHARES:
        groups = judgement.facts.get("ranges", {})
        names = [" and ".join(groups.get(key, ())) for key in ("these", "than")]
        return _between(effect, "", *names)
    if effect.name == _YES_NO:
        names = [" and ".join(judgement.facts.get(key, ())) for key in ("yes", "no")]
        return _between(effect, EFFECT_WITH, *names)
    if effect.name.startswith("(") and "effects_by_context" in judgement.facts:
        contexts = list(judgement.facts["effects_by_context"].get(effect.metric, ()))
        if len(contexts) == 2:
            return _between(effect, EFFECT_WITH, contexts[1], contexts[0])
    if effect.context:
        return replace(effect, name=_without_context(effect.name, effect.context))
    return effect


def shown_name(effect: Effect, judgement: Judgement) -> str:
    """The name with its context in brackets, where it has one."""
    named = shown(effect, judgement)
    return f"{named.name} ({named.context})" if named.context else named.name


def _without_context(name: str, context: str) -> str:
    """Labels such as ``depth 3, width 16`` without the parts that the context already says."""
    told = set(context.split(", "))
    sides = []
    for side in name.split(" - "):
        kept = [part for part in side.split(", ") if part not in told]
        sides.append(", ".join(kept) or side)
    return " - ".join(sides)


def _between(effect: Effect, start: str, to: str, other: str) -> Effect:
    if not to or not other:
        return effect
    return replace(effect, name=f"{start}{to} - {start}{other}")
