"""Fractions and percentages: no silent factor of 100, both readings where a column may be either."""

from __future__ import annotations

import numpy as np
import pytest
from hyperverdict.errors import UserError

from tests.unit.foreign.asking import rows, study, verdict


def _errors(scale=1.0, effect=-0.07, **more):
    """Test errors around 0.6 (times the scale), lower by 0.07 in the second arm."""
    table = rows([1e-3, 1e-2], metric="test_error", effect=effect, epochs=20, **more)
    table["test_error"] = ((table["test_error"] - 0.2) * scale).round(5)
    return table


def _claim(metric="error", direction="lower", **more):
    return study({"lr": (1e-3, 1e-2)}, direction, metric, **more)


def _estimate(found):
    return found.judgement.effects[0].estimate


def test_errors_below_one_are_asked_about_with_both_readings():
    with pytest.raises(UserError) as refused:
        verdict(_errors(), _claim())
    said = str(refused.value)
    assert "columns: {error: test_error in fractions}" in said
    assert "columns: {error: test_error in percent}" in said
    fractions = verdict(_errors(), _claim(columns={"error": "test_error in fractions"}))
    percent = verdict(_errors(), _claim(columns={"error": "test_error in percent"}))
    assert _estimate(fractions) == pytest.approx(100 * _estimate(percent))
    assert (fractions.headline, percent.headline) == ("supported", "no meaningful effect")


def test_the_accuracy_of_a_claim_read_from_errors_is_asked_about_as_well():
    with pytest.raises(UserError, match=r"columns: \{error: test_error in percent\}"):
        verdict(_errors(), _claim("accuracy", "higher"))


@pytest.mark.parametrize(
    ("scale", "percent"), [(1, False), (0.1, False), (100, True)], ids=["beside", "low", "high"]
)
def test_what_the_table_shows_decides(scale, percent):
    """An accuracy in fractions beside it, an error too low for percent, one above 1."""
    beside = {"train_acc": lambda a, s: 0.97 + s / 1000} if scale == 1 else {}
    found = verdict(_errors(scale, **beside), _claim())
    assert _estimate(found) == pytest.approx(-0.07 * scale / (100 if percent else 1), abs=0.01)


def test_an_accuracy_in_percent_that_adds_up_to_100_decides():
    table = _errors()
    table["test_acc"] = 100 - table["test_error"]
    found = verdict(table, _claim())
    assert found.headline == "no meaningful effect"
    assert any("add up to 100" in sentence for sentence in found.scope)
    fractions = table.assign(test_acc=1 - table["test_error"])
    assert verdict(fractions, _claim()).headline == "supported"
    mixed = table.assign(test_acc=1 - table["test_error"] / 100)
    assert verdict(mixed, _claim()).headline == "no meaningful effect"


@pytest.mark.parametrize("beside", ["train_acc", "val_accuracy", "test_f1"])
def test_another_score_in_percent_makes_a_small_one_doubtful(beside):
    table = rows([1e-3, 1e-2], epochs=20, **{beside: lambda a, s: 91.5 + s / 10})
    table["test_acc"] = table["test_acc"] / 2
    with pytest.raises(UserError, match=f"column '{beside}' of the same table is in percent"):
        verdict(table, _claim("accuracy", "higher"))


def test_a_name_that_says_percent_and_scores_that_do_not_are_refused():
    table = rows([1e-3, 1e-2], metric="test_acc_percent", epochs=20)
    with pytest.raises(UserError, match="its name says percent"):
        verdict(table, _claim("accuracy", "higher"))
    said = _claim("accuracy", "higher", columns={"accuracy": "test_acc_percent in fractions"})
    assert verdict(table, said).headline == "supported"


@pytest.mark.parametrize("cell", ["80.5", "0.805"])
def test_numbers_with_and_without_percent_signs_are_refused(cell):
    table = rows([1e-3, 1e-2], epochs=20)
    table["test_acc"] = [f"{100 * x:.3f}%" for x in table["test_acc"]]
    assert verdict(table, _claim("accuracy", "higher")).headline == "supported"
    table.loc[3, "test_acc"] = cell
    with pytest.raises(UserError, match="with and without %"):
        verdict(table, _claim("accuracy", "higher"))


def test_said_fractions_above_one_are_refused():
    table = rows([1e-3, 1e-2], epochs=20)
    table["test_acc"] *= 100
    said = _claim("accuracy", "higher", columns={"accuracy": "test_acc in fractions"})
    with pytest.raises(UserError, match="above 1"):
        verdict(table, said)


def test_proportions_without_a_unit_are_not_mixed():
    table = rows([1e-3, 1e-2], metric="f1", epochs=20)
    claim = _claim("f1", "higher", metrics={"f1": {"matters_from": 0.01}})
    assert verdict(table, claim).headline == "supported"
    table.loc[table["lr"] == 1e-2, "f1"] *= 100
    with pytest.raises(UserError, match="holds fractions and percentages"):
        verdict(table, claim)


@pytest.mark.parametrize(
    ("metric", "scale", "size", "write"),
    [
        ("accuracy", 100, 0.15, "Write 0.0015 for 0.15 points"),
        ("accuracy", 100, 0.1, "Write 0.001 for 0.1 points"),
        ("accuracy", 1, 0.5, "write 0.5 points as 0.005"),
        ("f1", 1, 0.5, "Write 0.005 for 0.5 points"),
        ("f1", 100, 0.01, "Write 1 for 1 point, or"),
    ],
)
def test_a_size_in_the_other_unit_is_refused_with_what_to_write(metric, scale, size, write):
    table = rows([1e-3, 1e-2], metric=metric, epochs=20)
    table[metric] *= scale
    claim = _claim(metric, "higher", metrics={metric: {"matters_from": size}})
    with pytest.raises(UserError, match=write):
        verdict(table, claim)
    legs = _claim(metric, "higher", metrics={metric: {"matters_from": 0.01 if scale == 1 else 0.1}})
    legs["metrics"][metric]["matters_from"] = 0.01 if metric == "accuracy" or scale == 1 else 1
    assert verdict(table, legs).headline == "supported"
    legs["hypotheses"]["H1"]["expect"] = {metric: {"is": "higher", "matters_from": size}}
    with pytest.raises(UserError, match=write):
        verdict(table, legs)


def test_a_unit_that_the_study_states_is_not_asked_about():
    table = rows([1e-3, 1e-2], metric="f1", epochs=20)
    table["f1"] *= 100
    claim = _claim("f1", "higher", metrics={"f1": {"matters_from": 0.01, "unit": "points"}})
    assert verdict(table, claim).headline == "supported"


def test_what_is_not_claimed_is_never_shown_in_the_wrong_unit():
    table = rows([1e-3, 1e-2], metric="test_loss", epochs=20, test_error=lambda a, s: 0.6 + s / 50)
    claim = _claim("loss", "higher", metrics={"loss": {"matters_from": 0.01}})
    found = verdict(table, claim)
    assert "error" not in found.arms[0].means
    assert np.isfinite(found.arms[0].means["loss"])
