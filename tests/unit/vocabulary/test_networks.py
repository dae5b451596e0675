"""Which images a network takes, and which hyperparameters do nothing with it."""

from __future__ import annotations

import pytest
from hyperverdict.errors import UserError
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Baseline, configure, parse_path
from hyperverdict.vocabulary.networks import check_images, network_size

STEPS = Budget("steps", 300)


def made(**settings):
    return configure({"data": "digits", **settings}, STEPS)


def test_a_linear_model_has_a_path_of_its_own_and_is_depth_0():
    linear = made(hidden_units=[])
    assert "/hidden_units~none/" in linear.path
    assert parse_path(linear.path) == linear
    assert made(hidden_units="none") == made(depth=0) == made(width=64, depth=0) == linear
    assert network_size(linear, (1, 8, 8), 10) == (650, 1280)


def test_depth_goes_to_0_and_back():
    baseline = Baseline({"data": "digits", "width": 64, "depth": 2})
    assert baseline.configure({"depth": 0}, STEPS)["hidden_units"] == ()
    listed = Baseline({"data": "digits", "hidden_units": (64, 64)})
    assert listed.configure({"depth": 0}, STEPS)["hidden_units"] == ()
    linear = Baseline({"data": "digits", "hidden_units": ()})
    assert linear.configure({"width": 8, "depth": 2}, STEPS)["hidden_units"] == (8, 8)
    with pytest.raises(UserError, match=r"depth cannot vary from hidden_units \[\]"):
        linear.configure({"depth": 2}, STEPS)


@pytest.mark.parametrize(("settings", "inert"), [
    ({}, {"momentum", "blocks", "channels", "kernel", "pooling", "normalisation"}),
    ({"hidden_units": []}, {"activation", "dropout", "blocks"}),
    ({"model": "cnn"}, {"hidden_units", "momentum"}),
    ({"model": "resnet18"}, {"hidden_units", "activation", "dropout", "blocks", "pooling"}),
    ({"model": "mine:net", "hidden_units": []}, {"momentum", "blocks"}),
])  # fmt: skip
def test_what_does_nothing_beside_the_model(settings, inert):
    configuration = made(**settings)
    assert inert <= set(configuration.inert)
    acting = {"hidden_units", "activation", "dropout", "blocks", "learning_rate"} - inert
    assert not acting & set(configuration.inert)


@pytest.mark.parametrize(("settings", "handles"), [
    ({"model": "cnn"}, {"width", "depth"}),
    ({"model": "resnet18"}, {"width", "depth"}),
    ({"hidden_units": []}, {"width"}),
    ({}, set()),
    ({"model": "mine:net"}, set()),
])  # fmt: skip
def test_the_handles_on_the_layers_do_nothing_either(settings, handles):
    configuration = made(**settings)
    assert {name for name in ("width", "depth") if configuration.is_inert(name)} == handles
    assert not configuration.is_inert("budget")


@pytest.mark.parametrize(("settings", "message"), [
    ({"blocks": 4}, r"blocks: 4 blocks of cnn halve images of 8 x 8 pixels too often; use 3 or fewer"),
    ({"kernel": 4}, r"kernel: 4 must be an odd number from 1 to 15; did you mean 3\?"),
    ({"kernel": 17}, r"did you mean 15\?"),
    ({"kernel": 2.5}, r"did you mean 3\?"),
    ({"pooling": "avg"}, "pooling: 'avg' is not allowed"),
    ({"normalisation": "batchnorm"}, "did you mean 'batch'"),
    ({"channels": 0}, "channels: 0 must be a whole number from 1 to 4096"),
])  # fmt: skip
def test_what_cannot_be_is_refused(settings, message):
    with pytest.raises(UserError, match=message):
        made(model="cnn", **settings)


@pytest.mark.parametrize(("shape", "blocks"), [((1, 3, 28), 1), ((1, 7, 7), 2), ((3, 32, 32), 5)])
def test_pooling_stops_at_one_pixel(shape, blocks):
    check_images(made(model="cnn", blocks=1) if blocks == 1 else made(model="cnn"), shape, 100)
    deep = {"model": "cnn", "blocks": blocks + 1, "channels": 1, "data": "mine:load"}
    with pytest.raises(UserError, match=f"use {blocks} or fewer"):
        check_images(made(**deep), shape, 100)
    check_images(made(**{**deep, "blocks": blocks}), shape, 100)


def test_a_last_batch_of_one_image_of_one_pixel_has_no_spread():
    deep = {"model": "cnn", "normalisation": "batch", "pooling": "stride", "blocks": 3}
    with pytest.raises(UserError, match="last batch of a pass over 1,079 images holds 1 image"):
        made(**deep, batch_size=2)
    with pytest.raises(UserError, match="use another batch_size"):
        made(model="resnet18", batch_size=1)
    made(**deep, batch_size=3)  # the last batch holds 2
    made(**{**deep, "normalisation": "group"}, batch_size=2)
    made(**{**deep, "pooling": "max"}, batch_size=2)  # normalised at 2 x 2 pixels


@pytest.mark.parametrize(("augmentation", "shape", "message"), [
    ("flip", (64,), "flip needs images of channels x height x width, and one image here is 64"),
    (["flip", "crop"], (8, 8), "flip, crop needs images"),
    ("trivial_augment", (2, 8, 8), "needs images of 1 or 3 channels, not 2; use flip or crop"),
])  # fmt: skip
def test_images_that_cannot_be_augmented_are_refused(augmentation, shape, message):
    with pytest.raises(UserError, match=message):
        check_images(made(augmentation=augmentation), shape, 100)
    check_images(made(), shape, 100)
    check_images(made(augmentation=["flip", "crop", "trivial_augment"]), (3, 8, 8), 100)
