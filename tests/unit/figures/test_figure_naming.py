from dataclasses import replace

import pytest
from hyperverdict.claims.model import Judgement
from hyperverdict.figures import style
from hyperverdict.words.contrasts import shown, shown_name

from tests.unit.report import samples


def judged(kind, **facts):
    return Judgement(kind, "supported", "", (), facts=facts)


def effect(name, context=""):
    return replace(samples.effect(name, "supported"), context=context)


@pytest.mark.parametrize(
    ("name", "context", "expected"),
    [
        ("depth 3, width 16 - depth 2, width 16", "width 16", "depth 3 - depth 2"),
        ("width 16, depth 3 - width 16, depth 2", "width 16", "depth 3 - depth 2"),
        ("depth 3 - depth 2", "", "depth 3 - depth 2"),
        ("a, b 1 - a, b 1", "a, b 1", "a, b 1 - a, b 1"),
    ],
)
def test_a_context_is_told_once(name, context, expected):
    assert shown(effect(name, context), judged("universal")).name == expected


def test_a_shown_name_carries_its_context():
    told = shown_name(
        effect("depth 3, width 16 - depth 2, width 16", "width 16"), judged("universal")
    )
    assert told == "depth 3 - depth 2 (width 16)"


def test_importance_names_the_factors_of_both_groups():
    ranges = {"these": {"optimizer": ["sgd"], "learning_rate": ["0.1"]}, "than": {"width": ["1"]}}
    named = shown(effect("share of these - share of than"), judged("importance", ranges=ranges))
    assert named.name == "optimizer and learning_rate - width"


def test_conditional_and_interaction_name_their_contexts():
    both = judged("conditional", yes=["data a", "data b"], no=["data c"])
    named = shown(effect("effect in yes - effect in no"), both)
    assert named.name == "effect with data a and data b - effect with data c"
    contexts = {"accuracy": {"width 16": {}, "width 256": {}}}
    inner = effect("(d 3, width 256 - d 2, width 256) - (d 3, width 16 - d 2, width 16)")
    named = shown(inner, judged("interaction", effects_by_context=contexts))
    assert named.name == "effect with width 256 - effect with width 16"


def test_names_stay_when_the_facts_are_missing():
    for name in (
        "share of these - share of than",
        "effect in yes - effect in no",
        "(a - b) - (c - d)",
    ):
        assert shown(effect(name), judged("importance")).name == name


def test_long_labels_become_levels_under_their_factors():
    title, labels = style.by_factor(["learning_rate 0.1, depth 1", "learning_rate 0.2, depth 2"])
    assert (title, labels) == ("learning rate, depth", ["0.1, 1", "0.2, 2"])
    assert style.by_factor(["tpe", "grid search"]) == ("", ["tpe", "grid search"])
    assert style.by_factor(["width 1", "depth 1"])[0] == ""


def test_labels_stand_beside_only_when_few_and_short():
    assert style.fits_beside(["width 16", "width 64"])
    assert not style.fits_beside([f"width {w}" for w in range(9)])
    assert not style.fits_beside(["optimizer adam, learning_rate 0.001"])


def test_labels_stay_inside_the_axes():
    moved = style.spread([0.95, 0.97, 0.98], 0.1, 0.0, 1.0)
    assert max(moved) <= 1.0 + 1e-9
    assert sorted(moved)[1] - sorted(moved)[0] >= 0.1 - 1e-9
