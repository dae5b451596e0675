"""One row a metric: where its values are, how it is shown, what a study may say of it."""

import pytest
from hyperverdict.errors import UserError
from hyperverdict.vocabulary.metrics import RECORDED, read_metric, unrecorded, with_size


def test_what_our_training_records():
    assert set(RECORDED) == {"accuracy", "error", "loss", "train_time"}
    error = RECORDED["error"]
    assert error.final == "test_error"
    # 1 - accuracy on every split but the test set's.
    assert (error.validation, error.best, error.curve, error.complement_of) == (
        "validation_accuracy", "best_validation_accuracy", "accuracy", "accuracy",
    )  # fmt: skip
    assert [m.name for m in RECORDED.values() if m.is_fraction] == ["accuracy", "error"]
    assert [m.name for m in RECORDED.values() if m.is_time] == ["train_time"]


def test_every_recorded_metric_says_which_direction_is_better():
    assert {m.name: m.better for m in RECORDED.values()} == {
        "accuracy": "higher", "error": "lower", "loss": "lower", "train_time": "lower",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "better"),
    [("bleu", "higher"), ("cross_entropy", "lower"), ("quality_time", None), ("lossless", None)],
)
def test_only_whole_names_say_which_direction_is_better(name, better):
    """The last word of a name is a guess: `quality_time` may well be better when higher."""
    assert unrecorded(name).better == better


def test_a_study_describes_its_own_metric():
    metric = read_metric(
        "quality_time",
        {"better": "higher", "unit": "fraction", "title": "quality", "matters_from": 0.02},
        maker="table",
    )
    assert (metric.better, metric.is_fraction, metric.title) == ("higher", True, "quality")
    assert metric.matters_from == 0.02


def test_a_metric_that_no_run_records_is_refused_with_the_nearest():
    with pytest.raises(UserError, match="no run records the metric 'acuracy'; did you mean"):
        read_metric("acuracy", {"matters_from": 0.01}, maker="loop")


@pytest.mark.parametrize(
    ("name", "size", "words"),
    [
        ("accuracy", 1, "write one point as 0.01"),
        ("accuracy", 0, "must be above 0"),
        ("loss", "0.9x", "above 1"),
        ("train_time", 0.5, "judged as ratios"),
        ("loss", "much", "not a number"),
    ],
)
def test_sizes_that_cannot_matter(name, size, words):
    with pytest.raises(UserError, match=words):
        with_size(RECORDED[name], size)


def test_a_ratio_makes_a_metric_be_judged_as_one():
    loss = with_size(RECORDED["loss"], "1.2x")
    assert (loss.ratio, loss.matters_from, loss.neutral) == (True, 1.2, 1.0)
