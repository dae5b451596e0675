"""JSON-schema fragments (draft 2020-12) of keys that several claim types share."""

from __future__ import annotations

from typing import Any

LEVEL: dict[str, Any] = {
    "description": "a level of a hyperparameter, as people write it",
    "type": ["number", "string", "array", "boolean"],
}

LEVELS: dict[str, Any] = {
    "type": "array",
    "description": "levels of the factor, each once",
    "items": LEVEL,
    "minItems": 1,
}

GRID: dict[str, Any] = {
    "type": "object",
    "description": "factors (hyperparameters, width, depth or budget), each with its levels",
    "minProperties": 1,
    "additionalProperties": LEVELS,
}

COMPARE: dict[str, Any] = {
    "type": "object",
    "description": "factors, each with the levels of the two arms; several factors move together",
    "examples": [{"batch_size": {"from": 4, "to": 128}}],
    "minProperties": 1,
    "additionalProperties": {
        "type": "object",
        "description": "levels of one factor",
        "required": ["from", "to"],
        "additionalProperties": False,
        "properties": {
            "from": {**LEVEL, "description": "level of the first arm"},
            "to": {**LEVEL, "description": "level of the second arm; effects are to minus from"},
        },
    },
}

TREND: dict[str, Any] = {
    "type": "object",
    "description": "one factor with its levels from smallest to largest, at least 3",
    "examples": [{"depth": [1, 2, 3, 4]}],
    "minProperties": 1,
    "maxProperties": 1,
    "additionalProperties": {**LEVELS, "items": {"type": ["number", "string"]}},
}

SHAPE: dict[str, Any] = {
    "type": "string",
    "description": (
        "which trend is claimed: every_step (each step helps), never_worse (no step hurts and the "
        "last level beats the first), on_average (the fitted line rises); for a comparison in "
        "several contexts: every_step (each context) or never_worse"
    ),
    "enum": ["every_step", "never_worse", "on_average"],
}

IN_EVERY: dict[str, Any] = {
    **GRID,
    "description": "contexts in which the claim must hold: every combination of these levels",
    "examples": [{"depth": [1, 2, 3, 4]}],
}
