"""Studies with a training of the user's own: what they declare, and what is refused."""

import json
import re
from pathlib import Path

import pytest
from hyperverdict.errors import UserError
from hyperverdict.runs.declaration import read_declaration, write_declaration
from hyperverdict.study.load import load_study
from hyperverdict.vocabulary.configuration import parse_path, path_pattern
from hyperverdict.vocabulary.training import filled, pieces

STUDY = """\
study: heads
seeds: 5
looks: [5]
train:
  command: python train.py --lr {learning_rate} --heads {heads} --epochs {epochs} --seed {seed} --out {metrics}
  code: [train.py]
hyperparameters:
  heads: {default: 4, allowed: [1, 2, 4, 8]}
  learning_rate: {default: 1e-3}
baseline: {heads: 4, budget: 5 epochs}
metrics:
  bleu: {from: eval/bleu, better: higher, matters_from: 0.5}
hypotheses:
  heads_help:
    says: Eight heads translate better than four.
    compare: {heads: {from: 4, to: 8}}
    expect: {bleu: higher}
"""


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def study(text=STUDY):
    Path("study.yaml").write_text(text)
    return load_study(Path("study.yaml"))


def arm_paths(loaded):
    (hypothesis,) = loaded.hypotheses
    arms = loaded.claimed_arms(hypothesis, hypothesis.budgets[0])
    return [arm.configuration.path for arm in arms]


def test_the_folder_of_a_run_spells_the_training_and_its_hyperparameters():
    assert arm_paths(study()) == [
        "train~heads/heads~4/learning_rate~0.001/epochs~5",
        "train~heads/heads~8/learning_rate~0.001/epochs~5",
    ]


def test_a_path_reads_back_and_another_spelling_is_refused_with_the_canonical_one():
    vocabulary = study().vocabulary
    path = "train~heads/heads~8/learning_rate~0.001/epochs~5"
    assert parse_path(path, vocabulary).path == path
    with pytest.raises(UserError, match=re.escape(f"ask for {path!r}")):
        parse_path("train~heads/heads~8/learning_rate~1e-3/epochs~5", vocabulary)


def test_every_hyperparameter_is_a_wildcard():
    assert path_pattern(study().vocabulary) == (
        "train~{train,[^/~]+}/heads~{heads,[^/~]+}/learning_rate~{learning_rate,[^/~]+}"
        "{extras,(/[A-Za-z][A-Za-z0-9_]*~[^/~]+)*}/{budget,(epochs)~[0-9]+}"
    )


def test_a_metric_is_what_the_study_says_of_it():
    metric = study().metrics["bleu"]
    assert (metric.better, metric.matters_from, metric.validation) == ("higher", 0.5, "")
    assert study().vocabulary.training.scores == {"bleu": "eval/bleu"}


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("--lr {learning_rate}", "--lr {learning_rat}", "line 5, train.command: {learning_rat} is "
         "neither declared under `hyperparameters:` nor the unit of a budget that the study "
         "states; did you mean 'learning_rate'?"),
        ("--lr {learning_rate} ", "", "the command has no {learning_rate}"),
        ("--seed {seed} ", "", "has no {seed}"),
        (" --out {metrics}", "", "has no {metrics}"),
        ("{epochs}", "{steps}", "unknown kind 'epochs'"),
        (" --epochs {epochs}", "", "has no {epochs}"),
        ("--epochs {epochs}", "--epochs {epochs} --steps {steps}", "use one unit"),
        ("python train.py", "cd x && python train.py", "'&&' is for a shell"),
        ("python train.py", "python $HOME/train.py", "no shell replaces variables"),
        ("python train.py", "CUDA=0 python train.py", "write env CUDA=0 before the program"),
        ("{seed}", "{seed", "is not a placeholder"),
        ("  code: [train.py]\n", "", "train.code: is missing"),
        ("budget: 5 epochs", "x: 1", "unknown hyperparameter 'x'"),
        ("{default: 4, allowed: [1, 2, 4, 8]}", "{allowed: [4]}", "key 'default' is missing"),
        ("to: 8}", "to: 16}", "16 is not allowed; allowed: 1, 2, 4, 8"),
        ("heads: {default", "seed: {default", "'seed' has a meaning of its own"),
        ("expect: {bleu", "expect: {blue", "no run records the metric 'blue'; did you mean 'bleu'"),
        ("  command:", "  call: a:b\n  command:", "by `command` or by `call`"),
    ],
)  # fmt: skip
def test_what_cannot_be_run_as_written_is_refused_before_anything_starts(old, new, message):
    assert old in STUDY
    with pytest.raises(UserError, match=re.escape(message)):
        study(STUDY.replace(old, new))


def test_a_budget_is_required_in_the_unit_of_the_command():
    with pytest.raises(UserError, match=re.escape("baseline.budget: is missing")):
        study(STUDY.replace(", budget: 5 epochs", ""))


def test_a_training_that_is_not_told_its_length_has_one_whole_training_as_budget():
    text = STUDY.replace(" --epochs {epochs}", "").replace(", budget: 5 epochs", "")
    assert arm_paths(study(text))[0].endswith("/trainings~1")


def test_any_unit_may_be_a_budget():
    text = STUDY.replace("--epochs {epochs}", "--n {trees}").replace("5 epochs", "100 trees")
    assert arm_paths(study(text))[0].endswith("/trees~100")


def declared(loaded):
    training = loaded.vocabulary.training
    rows = loaded.vocabulary.hyperparameters
    defaults = {name: row.default for name, row in rows.items() if name != "train"}
    file = Path("results/runs/train~heads/training.json")
    write_declaration(file, defaults, training.stated)
    return file


def test_a_hyperparameter_declared_later_changes_no_path_at_its_default():
    before = arm_paths(study())
    declared(study())
    later = STUDY.replace("--seed", "--dropout {dropout} --seed").replace(
        "  learning_rate:", "  dropout: {default: 0.1}\n  learning_rate:"
    )
    assert arm_paths(study(later)) == before
    other = later.replace("baseline: {", "baseline: {dropout: 0.2, ")
    assert arm_paths(study(other))[0] == (
        "train~heads/heads~4/learning_rate~0.001/dropout~0.2/epochs~5"
    )


def test_another_default_for_the_same_name_is_refused_naming_both():
    file = declared(study())
    with pytest.raises(UserError, match=r"learning_rate.*0\.01.*0\.001") as refusal:
        study(STUDY.replace("{default: 1e-3}", "{default: 1e-2}"))
    assert str(file) in str(refusal.value)


def test_the_order_of_the_first_run_stays():
    declared(study())
    swapped = STUDY.replace(
        "  heads: {default: 4, allowed: [1, 2, 4, 8]}\n  learning_rate: {default: 1e-3}\n",
        "  learning_rate: {default: 1e-3}\n  heads: {default: 4, allowed: [1, 2, 4, 8]}\n",
    )
    assert arm_paths(study(swapped)) == arm_paths(study())


def test_a_declaration_says_how_runs_are_made_and_the_job_reads_it_back():
    file = declared(study())
    stated = read_declaration(file).study
    json.dumps(stated)
    from hyperverdict.study.own import own_vocabulary
    from hyperverdict.study.structure import Source

    again = own_vocabulary(dict(stated), Source())
    assert again.training == study().vocabulary.training


def test_a_damaged_declaration_is_named():
    file = declared(study())
    file.write_text("{")
    with pytest.raises(UserError, match=r"training\.json is damaged"):
        study()


def test_tuning_needs_a_validation_score():
    text = STUDY + "    tune: {learning_rate: [1e-3, 1e-2]}\n"
    with pytest.raises(UserError, match="no metric has one; add validation"):
        study(text)
    assert study(text.replace("eval/bleu,", "eval/bleu, validation: dev/bleu,"))


def test_keys_of_an_own_training_without_one_are_refused():
    with pytest.raises(UserError, match="hyperparameters: is for a training of your own"):
        study("study: a\ndata: digits\nhyperparameters: {x: {default: 1}}\n")


def test_a_placeholder_is_filled_inside_a_word_and_braces_can_be_written():
    assert pieces("--a={x}{{y}}") == [("", "--a="), ("x", ""), ("", "{y}")]
    assert filled(["--a={x}", "{f}", "{x}"], {"x": ("1 2",), "f": ()}) == ["--a=1 2", "1 2"]
