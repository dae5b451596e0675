"""Study files: what is read, and one clear message for everything that is wrong."""

import textwrap

import pytest
from hyperverdict.errors import UserError
from hyperverdict.study.load import load_study
from hyperverdict.study.structure import study_schema
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.vocabulary import of_columns

GOOD = """
study: s
data: digits
seeds: 5
baseline: {width: 64, depth: 2, learning_rate: 1e-3, budget: 300 steps}
metrics:
  accuracy: {matters_from: 0.01}
hypotheses:
  H1:
    says: Big batches are worse.
    compare: {batch_size: {from: 4, to: 128}}
    expect: {accuracy: lower}
    at_equal: [300 steps, 38_400 samples]
"""


@pytest.fixture
def load(tmp_path):
    def write_and_load(text):
        path = tmp_path / "study.yaml"
        path.write_text(textwrap.dedent(text))
        return load_study(path)

    return write_and_load


def test_a_study_is_read(load):
    study = load(GOOD)
    (hypothesis,) = study.hypotheses
    assert study.seeds == (0, 1, 2, 3, 4)
    assert hypothesis.at_equal == (Budget("steps", 300), Budget("samples", 38400))
    assert hypothesis.claim.expect[0].direction == "lower"
    assert study.baseline.settings["learning_rate"] == 1e-3
    assert study.metrics["train_time"].ratio


@pytest.mark.parametrize("seeds", ["4.0", "4e0", "[0, 1.0, 2, 3]"])
def test_whole_numbers_may_be_written_with_a_point(load, seeds):
    assert load(change("seeds: 5", f"seeds: {seeds}")).seeds == (0, 1, 2, 3)


def test_a_study_without_hypotheses_is_fine(load):
    study = load("study: s\ndata: digits\nexplore:\n  e: {grid: {width: [8, 16]}}\n")
    assert study.hypotheses == ()
    assert study.heatmaps[0].seeds == (0, 1, 2)


def change(old, new):
    assert old in GOOD
    return GOOD.replace(old, new)


BAD = {
    "unknown key": (change("seeds: 5", "sedes: 5"), ["sedes", "'seeds'", "line 4"]),
    "unknown hypothesis key": (change("says:", "sayz:"), ["sayz", "'says'", "H1"]),
    "unknown hyperparameter": (
        change("learning_rate", "learnig_rate"),
        ["learnig_rate", "'learning_rate'"],
    ),
    "unknown compared hyperparameter": (
        change("batch_size: {from", "batchsize: {from"),
        ["batchsize", "'batch_size'", "H1"],
    ),
    "wrong type": (change("seeds: 5", "seeds: five"), ["seeds", "five", "line 4"]),
    "value out of range": (change("width: 64", "width: 0"), ["width", "0", "baseline"]),
    "word for a number": (change("width: 64", "width: wide"), ["width", "wide"]),
    "unknown choice": (
        change("width: 64", "optimizer: adamm"),
        ["adamm", "'adam'"],
    ),
    "level out of range": (change("to: 128", "to: -1"), ["batch_size", "-1", "H1"]),
    "arms are one configuration": (change("to: 128", "to: 4"), ["H1", "4"]),
    "two spellings, one configuration": (
        change("batch_size: {from: 4, to: 128}", "learning_rate: {from: 1e-3, to: 0.001}"),
        ["H1", "0.001"],
    ),
    "level listed twice": (
        change("compare: {batch_size: {from: 4, to: 128}}", "trend: {learning_rate: [1e-4, 1e-3, 0.001, 1]}\n    shape: every_step"),
        ["H1", "learning_rate", "0.001"],
    ),
    "level of a grid listed twice": (
        GOOD + "explore:\n  e: {grid: {learning_rate: [1e-3, 0.001]}}\n",
        ["explore.e", "0.001"],
    ),
    "hypothesis id twice": (
        GOOD + GOOD[GOOD.index("  H1:") :],
        ["'H1'", "lines 9 and 14"],
    ),
    "key twice": (change("seeds: 5", "seeds: 5\nseeds: 6"), ["'seeds'", "lines 4 and 5"]),
    "faster at equal seconds": (
        change("expect: {accuracy: lower}\n    at_equal: [300 steps, 38_400 samples]",
               "expect: {train_time: lower}\n    at_equal: [5 seconds]"),
        ["train_time", "seconds"],
    ),
    "budget of 0": (change("300 steps,", "0 steps,"), ["0 steps", "at_equal"]),
    "budget not whole": (change("300 steps,", "2.5 epochs,"), ["2.5 epochs", "whole"]),
    "budget of an unknown kind": (change("300 steps,", "300 stepps,"), ["stepps", "'steps'"]),
    "budget given twice": (change("38_400 samples", "300 steps"), ["300 steps", "twice"]),
    "unknown data set": (change("data: digits", "data: digit"), ["'digit'", "'digits'", "line 3"]),
    "unrecorded metric": (change("{accuracy: lower}", "{acuracy: lower}"), ["acuracy", "'accuracy'"]),
    "metric without a size": (change("{accuracy: lower}", "{loss: lower}"), ["loss", "matters_from"]),
    "unknown direction": (change("{accuracy: lower}", "{accuracy: less}"), ["less", "lower"]),
    "yaml that does not parse": (change("seeds: 5", "seeds: [5"), ["line 5", "YAML"]),
    "empty file": ("", ["study"]),
    "no verb": (change("    compare: {batch_size: {from: 4, to: 128}}\n", ""), ["H1", "compare"]),
    "one seed": (change("seeds: 5", "seeds: 1"), ["H1"]),
    "one point as 1": (change("matters_from: 0.01", "matters_from: 1"), ["fraction", "0.01"]),
    "more images than there are": (
        change("batch_size: {from: 4, to: 128}", "train_samples: {from: 500, to: 50000}"),
        ["train_samples", "50000", "1079"],
    ),
    "classes that are not there": (
        change("batch_size: {from: 4, to: 128}", "classes: {from: [0, 1], to: [0, 77]}"),
        ["classes", "77", "0 to 9"],
    ),
    "seeds that are no look": (GOOD + "looks: [10, 20]\n", ["H1", "5 seeds", "[10, 20]"]),
    "looks that fall": (GOOD + "looks: [10, 5]\n", ["looks", "rise"]),
    "size that never matters": (change("matters_from: 0.01", "matters_from: 0"), ["0"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_one_message(load, name):
    text, words = BAD[name]
    with pytest.raises(UserError) as error:
        load(text)
    message = str(error.value)
    assert "study.yaml" in message
    assert all(word in message for word in words), message
    assert len(message.splitlines()) == 1, message


def test_every_key_of_the_schema_is_described():
    def walk(schema, place):
        for key, value in schema.get("properties", {}).items():
            described = "description" in value or "$ref" in value
            assert described, f"{place}.{key} has no description"
            walk(value, f"{place}.{key}")

    schema = study_schema()
    walk(schema, "study")
    for name, definition in schema["$defs"].items():
        walk(definition, name)


def test_missing_file(tmp_path):
    with pytest.raises(UserError, match=r"none\.yaml"):
        load_study(tmp_path / "none.yaml")


def test_what_a_design_cannot_answer_is_refused_before_training_only(tmp_path):
    path, elsewhere = (
        tmp_path / "study.yaml",
        of_columns(["batch_size", "width", "depth", "learning_rate"]),
    )
    path.write_text(change("seeds: 5", "seeds: 1"))
    with pytest.raises(UserError, match="H1"):
        load_study(path)
    assert load_study(path, vocabulary=elsewhere).seeds == (0,)
    path.write_text(change("to: 128", "to: 4"))
    with pytest.raises(UserError, match="one configuration"):
        load_study(path, vocabulary=elsewhere)


def test_a_claim_cannot_tune_what_it_varies(load):
    with pytest.raises(UserError, match=r"tune.*batch_size"):
        load(GOOD + "    tune: {batch_size: [8, 16]}\n")


def test_replicates_is_read_as_seeds_with_a_note_and_never_beside_it(load):
    study = load(
        GOOD + "    replicates: 3\nexplore:\n  e: {grid: {width: [8, 16]}, replicates: 2}\n"
    )
    assert study.hypotheses[0].seeds == (0, 1, 2)
    assert study.heatmaps[0].seeds == (0, 1)
    assert len(study.notes) == 2
    assert "line 14, hypotheses.H1.replicates: is read as seeds" in study.notes[0]
    with pytest.raises(UserError, match="older name of seeds"):
        load(GOOD + "    replicates: 3\n    seeds: 3\n")


def test_seeds_of_one_hypothesis(load):
    study = load(GOOD + "    seeds: [7, 9]\n")
    assert study.hypotheses[0].seeds == (7, 9)
    assert study.notes == ()


def test_a_size_of_one_leg_replaces_the_metrics(load):
    leg = "expect: {accuracy: {is: lower, matters_from: 0.02}}"
    [expectation] = load(change("expect: {accuracy: lower}", leg)).hypotheses[0].claim.expect
    assert (expectation.matters_from, expectation.own_size) == (0.02, True)
    assert expectation.metric.matters_from == 0.01
    with pytest.raises(UserError, match="write both alike"):
        load(change("expect: {accuracy: lower}", leg.replace("0.02", "1.2x")))


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("expect: {accuracy: lower}", "expect: {accuracy: lower}\n    saw: {acuracy: {from: 1}}",
         ["hypotheses.H1.saw.acuracy", "'accuracy'"]),
        ("expect: {accuracy: lower}", "expect: {accuracy: {is: lower, lower_by: [0, 1]}}",
         ["is and lower_by cannot be claimed at once"]),
        ("width: 64,", "width: 64, momentum: 0.5,",
         ["baseline.momentum", "has an effect only with optimizer sgd_momentum"]),
        ("{batch_size: {from: 4, to: 128}}",
         "{batch_size: {from: 4, to: 128}, momentum: {from: 0, to: 0.5}}",
         ["momentum has an effect only with"]),
        ("matters_from: 0.01", "matters_from: 0.01, unit: points", ["unit of accuracy is fraction, not points"]),
        ("compare: {batch_size: {from: 4, to: 128}}",
         "compare: {budget: {from: 10 steps, to: 20 steps}}", ["leave at_equal out"]),
        ("compare: {batch_size: {from: 4, to: 128}}",
         "trend: {train_samples: [100, 500, all]}\n    shape: every_step", ["no place in the order"]),
        ("compare: {batch_size: {from: 4, to: 128}}",
         "trend: {budget: [10 steps, 1 epoch, 100 steps]}\n    shape: every_step",
         ["mix epochs and steps"]),
    ],
)  # fmt: skip
def test_what_would_mislead_is_refused_before_training(load, old, new, words):
    with pytest.raises(UserError) as error:
        load(change(old, new))
    assert all(word in str(error.value) for word in words), error.value


def test_all_training_images_are_called_so(load):
    study = load(change("batch_size: {from: 4, to: 128}", "train_samples: {from: 100, to: all}"))
    _, second = study.claimed_arms(study.hypotheses[0], study.budget)
    assert (second.title, second.label) == ("train samples all", "train_samples 0")
    assert study.hypotheses[0].claim.terms_text == "train samples 100 → all"
