"""Values and shorthands that the tests of judging share."""

from __future__ import annotations

from .asking import COMPARE, ask, make_hypothesis

NAN = float("nan")
ACCURACY = {"accuracy": "higher"}
NOISE = [0.001, -0.001, 0.002, -0.002, 0.0, 0.001, -0.001, 0.0]
UP = [0.03 + x for x in NOISE]
DOWN = [-0.03 + x for x in NOISE]
FLAT = NOISE
UNCLEAR = [0.03, -0.03] * 4


def arm_values(per_arm):
    return [list(map(float, values)) for values in per_arm]


def compared(values, expect=None, **more):
    return ask(make_hypothesis(COMPARE, expect or ACCURACY), {"accuracy": values}, **more)


def effect_of(judgement, leg=0, effect=0):
    return judgement.legs[leg].effects[effect]
