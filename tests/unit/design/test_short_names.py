"""Names that say what varies in a study, for the terminal and TensorBoard."""

from pathlib import Path

import pytest
from hyperverdict.design.plan import make_plan
from hyperverdict.design.short_names import ShortNames
from hyperverdict.study.smoke import load

ROOT = Path(__file__).parents[3]
SHIPPED = sorted([
    ROOT / "config/config.yaml",
    *(ROOT / "config/studies").glob("*.yaml"),
    *(ROOT / "config/examples").glob("[abfl]*/study.yaml"),
])  # fmt: skip


def plan_of(tmp_path, text):
    file = tmp_path / "study.yaml"
    file.write_text(f"study: s\ndata: digits\nseeds: 3\nbaseline: {{budget: 10 steps}}\n{text}")
    return make_plan(load(file, tmp_path))


def names(plan):
    short = ShortNames.of(plan)
    return [short.name(run.configuration) for run in plan.all_runs]


@pytest.mark.parametrize("file", SHIPPED, ids=lambda f: str(f.relative_to(ROOT / "config")))
def test_names_of_a_study_are_all_different_and_short(file, tmp_path):
    plan = make_plan(load(file, tmp_path))
    for runs in (plan.runs, plan.tuning):
        found = [ShortNames.of(plan).name(run.configuration) for run in runs.values()]
        assert len(set(found)) == len(found)
        assert all(0 < len(name) <= 70 for name in found), found


def test_a_name_says_what_varies_and_nothing_else(tmp_path):
    plan = plan_of(
        tmp_path,
        "hypotheses:\n  H1: {says: x, compare: {batch_size: {from: 4, to: 64}}, expect: {accuracy: lower}}\n",
    )
    assert sorted(names(plan)) == ["batch_size=4", "batch_size=64"]


def test_width_and_depth_stand_for_layers_and_the_budget_is_written_as_people_do(tmp_path):
    plan = plan_of(
        tmp_path,
        "explore:\n  h: {grid: {width: [8, 16], depth: [1, 2]}}\n"
        "  i: {grid: {batch_size: [32, 64]}, budget: 20 steps}\n",
    )
    found = names(plan)
    assert "width=8, depth=1" in found
    assert any(name.endswith("20 steps") for name in found)
    assert "hidden_units" not in "".join(found)


def test_the_baseline_is_called_so_where_much_varies(tmp_path):
    plan = plan_of(
        tmp_path,
        "hypotheses:\n"
        "  H1: {says: x, compare: {batch_size: {from: 64, to: 4}}, expect: {accuracy: lower}}\n"
        "  H2: {says: x, compare: {optimizer: {from: adam, to: sgd}}, expect: {accuracy: lower}}\n"
        "  H3: {says: x, compare: {dropout: {from: 0, to: 0.5}}, expect: {accuracy: lower}}\n",
    )
    assert sorted(names(plan)) == ["baseline", "batch_size=4", "dropout=0.5", "optimizer=sgd"]


def test_a_configuration_asked_for_by_hand_has_a_name_of_its_own(tmp_path):
    plan = plan_of(
        tmp_path,
        "hypotheses:\n  H1: {says: x, compare: {batch_size: {from: 4, to: 64}}, expect: {accuracy: lower}}\n",
    )
    other = plan.study.baseline.configure({"dropout": 0.5, "batch_size": 4}, plan.study.budget)
    assert ShortNames.of(plan).name(other) == "dropout=0.5, batch_size=4"


def test_layers_of_unequal_width_are_spelled_out(tmp_path):
    plan = plan_of(
        tmp_path,
        "explore:\n  h: {grid: {hidden_units: [[64, 32], [32, 32]], batch_size: [4, 8]}}\n",
    )
    assert any(name.startswith("hidden_units=64-32") for name in names(plan))
