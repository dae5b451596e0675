"""Options that are found in a program's source and help text, and what they are for."""

from __future__ import annotations

import ast

import pytest
from hyperverdict.draft.options import options_of, options_of_help
from hyperverdict.draft.roles import role_of, unit_of

CLICK = """
@click.command()
@click.option("--rate", default=0.1)
@click.option("--kind", "kind_", type=click.Choice(["a", "b"]), default="a")
@click.option("--fast/--no-fast", default=True)
def main(rate, kind_, fast): pass
"""
TYPER = """
@app.command()
def main(rate: float = 0.1, n_trees: int = typer.Option(20, "--trees"), fast: bool = False,
         name: Annotated[str, typer.Option(help="x")] = "a"): pass
"""
FIRE = """
def main(rate=0.1, n_trees: int = 20): pass
fire.Fire(main)
"""


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (CLICK, {"--rate": 0.1, "--kind": "a", "--no-fast": False}),
        (TYPER, {"--rate": 0.1, "--trees": 20, "--fast": False, "--name": "a"}),
        (FIRE, {"--rate": 0.1, "--n_trees": 20}),
    ],
)
def test_options_of_click_typer_and_fire(source, expected):
    assert {o.flag: o.default for o in options_of(ast.parse(source))} == expected


def test_options_of_a_help_text():
    text = (
        "usage: x [-h] [--lr LR]\n\noptions:\n  -h, --help  show this\n"
        "  --lr LR, -l LR        step size (default: 0.01)\n  --amp                 mixed\n"
        "  --opt {adam,sgd}      which [default: adam]\n"
    )
    found = {o.flag: (o.default, o.choices, o.style) for o in options_of_help(text)}
    assert found == {
        "--lr": (0.01, (), "value"),
        "--amp": (False, (), "true"),
        "--opt": ("adam", ("adam", "sgd"), "value"),
    }


@pytest.mark.parametrize(
    ("name", "role"),
    [
        ("seed", "seed"), ("random_state", "seed"), ("max_steps", "length"), ("n_estimators", "length"),
        ("warmup_epochs", "setting"), ("eval_steps", "setting"), ("log_dir", "metrics"), ("lr", "setting"),
        ("num_workers", "quiet"), ("device", "device"), ("train_file", "data"), ("batch_size", "setting"),
    ],
)  # fmt: skip
def test_roles(name, role):
    assert role_of(name) == role


def test_units():
    assert [unit_of(n) for n in ("epochs", "num_boost_round", "max-iters", "steps_per_epoch")] == [
        "epochs", "rounds", "iterations", ""
    ]  # fmt: skip
