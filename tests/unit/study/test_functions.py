"""Functions of the user's own as a study reads them: what their signature declares, nothing imported."""

import textwrap

import pytest
from hyperverdict.errors import UserError
from hyperverdict.study.load import load_study
from hyperverdict.vocabulary.configuration import parse_path

STUDY = """
study: own
train: {{call: "mytask:train"}}
seeds: 2
{further}
baseline: {{{baseline}}}
metrics: {{score: {{better: higher, matters_from: 0.1}}}}
hypotheses:
  H1:
    says: More is better.
    compare: {{{compare}}}
    expect: {{score: higher}}
"""


@pytest.fixture
def study(tmp_path, monkeypatch):
    """Reads a study with a function; its module lies beside it."""
    monkeypatch.chdir(tmp_path)

    def read(function, baseline="budget: 3 epochs", compare="heads: {from: 1, to: 2}", further=""):
        text = f"raise SystemExit('imported')\n{textwrap.dedent(function)}\n"
        (tmp_path / "mytask.py").write_text(text)
        file = tmp_path / "study.yaml"
        file.write_text(STUDY.format(baseline=baseline, compare=compare, further=further))
        return load_study(file)

    return read


def test_keyword_only_arguments_are_the_hyperparameters(study):
    rows = study(
        """
        from typing import Literal, Optional
        def train(seed, epochs, log, *, heads=4, rate: float = 1, name: Literal["a", "b"] = "a",
                  fast=False, clip: float | None = None, drop: Optional[float] = 0.5,
                  layers: list[int] = [64, 32], betas=(0.9, 0.99), _own=object()): ...
        """
    ).vocabulary.hyperparameters
    assert {name: (row.kind, row.default) for name, row in rows.items() if name != "train"} == {
        "heads": ("whole", 4),
        "rate": ("number", 1),
        "name": ("text", "a"),
        "fast": ("boolean", False),
        "clip": ("number", None),
        "drop": ("number", 0.5),
        "layers": ("wholes", (64, 32)),
        "betas": ("numbers", (0.9, 0.99)),
    }
    assert rows["drop"].read(None) is None
    with pytest.raises(UserError, match="whole number"):
        rows["layers"].read([1.5])
    with pytest.raises(UserError, match="allowed: a, b"):
        rows["name"].read("x")


def test_every_level_is_spelled_in_the_path_and_read_from_it(study):
    found = study(
        "def train(*, seed, epochs, heads=4, clip: float | None = 0.5, rates=[0.5]): ...",
        baseline="budget: 3 epochs, rates: [0.5, 1e-5, -3], clip: null",
    )
    arm = found.claimed_arms(found.hypotheses[0], found.budget)[0].configuration
    assert arm.path == "train~own/heads~1/clip~%none/rates~0.5,1e-05,-3/epochs~3"
    assert parse_path(arm.path, found.vocabulary) == arm
    assert (arm["rates"], arm["clip"]) == ((0.5, 1e-5, -3), None)


def test_the_study_may_refine_what_the_function_declares(study):
    further = "hyperparameters: {heads: {title: attention heads, allowed: [1, 2, 4]}}"
    row = study("def train(*, seed, epochs, heads=4): ...", further=further).vocabulary
    assert row.hyperparameters["heads"].description == "attention heads"
    assert row.hyperparameters["heads"].allowed == "1, 2, 4"


def test_further_arguments_are_those_that_the_study_declares(study):
    further = "hyperparameters: {heads: {default: 4}}"
    found = study("def train(*, seed, epochs, **further): ...", further=further)
    assert found.vocabulary.training.arguments == ("heads",)


@pytest.mark.parametrize(
    ("function", "options", "said"),
    [
        ("def train(*, epochs, heads=4): ...", {}, "line 2: has no argument 'seed'"),
        ("def train(*, seed, heads=4): ...", {}, "has no argument 'epochs': the study states"),
        ("def train(*, seed, epochs, steps=3, heads=4): ...", {}, "in epochs and steps: keep one"),
        ("def train(seed, epochs, heads=4): ...", {}, "'heads' must be keyword-only"),
        ("def train(*, seed, epochs, heads): ...", {}, "heads has no default"),
        ("def train(*, seed, epochs, heads=None): ...", {}, "does not say its kind; annotate"),
        ("def train(*, seed, epochs, heads=f()): ...", {}, "which only running the code would"),
        ("def train(*, seed, epochs, heads: dict = 4): ...", {}, "annotated as dict; allowed"),
        ("def train(*, seed, epochs, budget=4): ...", {}, "'budget' has a meaning of its own"),
        ("def trane(*, seed, epochs): ...", {}, "no 'train'; did you mean 'trane'"),
        ("from json import dumps as train", {}, "only running the module would tell"),
        ("def train(*, seed, epochs, heads=4): ...", {"baseline": ""}, "is missing: how long"),
        (
            "def train(*, seed, epochs, heads=4): ...",
            {"further": "hyperparameters: {heds: {title: x}}"},
            "no keyword-only argument 'heds'.*did you mean 'heads'",
        ),
        (
            "def train(*, seed, epochs, heads=4): ...",
            {"further": "hyperparameters: {heads: {default: 5}}"},
            "heads.default: the function itself says this",
        ),
    ],
)
def test_what_a_function_may_not_be_is_said(study, function, options, said):
    with pytest.raises(UserError, match=said):
        study(function, **options)


def test_a_default_that_changed_after_the_first_run_is_refused(study, tmp_path):
    from hyperverdict.runs.declaration import declaration_file, write_declaration

    function = "def train(*, seed, epochs, heads=4, layers=(3, 2)): ..."
    training = study(function).vocabulary.training
    write_declaration(declaration_file("own"), {"heads": 4, "layers": (3, 2)}, training.stated)
    study(function)
    with pytest.raises(UserError, match=r"default 5.*default 4"):
        study(function.replace("heads=4", "heads=5"))
    later = study(function.replace("heads=4", "heads=4, rate=0.5")).vocabulary
    assert not later.hyperparameters["rate"].core
