"""The convolutional networks: their layers, their numbers, and that a seed decides them."""

from __future__ import annotations

import pytest
import torch
from hyperverdict.errors import UserError
from hyperverdict.training import loop
from hyperverdict.training.dataset import load_for
from hyperverdict.training.evaluation import curve_images, evaluate
from hyperverdict.training.network import (
    build_network,
    count_parameters,
    describe_network,
    forward_flops,
)
from hyperverdict.vocabulary.hyperparameters import NORMALISATIONS, POOLINGS
from torch import Generator, nn

RGB = (3, 13, 10)


def build(configuration, shape=RGB, classes=7, seed=0):
    return build_network(configuration, shape, classes, Generator().manual_seed(seed))


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("normalisation", NORMALISATIONS)
@pytest.mark.parametrize(("blocks", "kernel"), [(1, 1), (2, 3), (3, 5)])
def test_the_arithmetic_agrees_with_cnn(tiny, pooling, normalisation, blocks, kernel):
    configuration = tiny(
        model="cnn", pooling=pooling, normalisation=normalisation, blocks=blocks, kernel=kernel,
        channels=6,
    )  # fmt: skip
    network = build(configuration)
    assert describe_network(configuration, RGB, 7) == (
        count_parameters(network),
        forward_flops(network, RGB),
    )
    assert network(torch.zeros(2, *RGB)).shape == (2, 7)


@pytest.mark.parametrize("shape", [(1, 8, 8), (3, 32, 32), (2, 9, 5)])
def test_the_arithmetic_agrees_with_resnet18(tiny, shape):
    configuration = tiny(model="resnet18")
    network = build(configuration, shape)
    assert describe_network(configuration, shape, 7) == (
        count_parameters(network),
        forward_flops(network, shape),
    )
    # No pixel is skipped before the first stage.
    assert network.conv1.stride == (1, 1)
    assert isinstance(network.maxpool, nn.Identity)


def test_the_layers_of_cnn_in_order(tiny):
    configuration = tiny(
        model="cnn", normalisation="batch", dropout=0.25, activation="gelu", pooling="average"
    )
    layers = list(build(configuration))
    block = ["Conv2d", "BatchNorm2d", "GELU", "AvgPool2d", "Dropout"]
    assert [type(layer).__name__ for layer in layers] == [*block, *block, "Flatten", "Linear"]
    assert [layer.out_channels for layer in layers if isinstance(layer, nn.Conv2d)] == [32, 64]
    assert layers[0].bias is None
    assert layers[4].p == 0.25


def test_stride_takes_the_place_of_pooling(tiny):
    layers = list(build(tiny(model="cnn", pooling="stride", blocks=1)))
    assert [type(layer).__name__ for layer in layers] == ["Conv2d", "ReLU", "Flatten", "Linear"]
    assert layers[0].stride == (2, 2)
    assert layers[0].bias is not None


@pytest.mark.parametrize(("channels", "groups"), [(32, 8), (16, 4), (8, 2), (6, 1), (40, 2)])
def test_groups_hold_at_least_four_channels(tiny, channels, groups):
    configuration = tiny(model="cnn", normalisation="group", channels=channels, blocks=1)
    assert build(configuration)[1].num_groups == groups


@pytest.mark.parametrize("model", ["cnn", "resnet18"])
def test_the_generator_alone_decides_the_weights(tiny, model):
    def weights(seed):
        return torch.cat(
            [p.detach().flatten() for p in build(tiny(model=model), seed=seed).parameters()]
        )

    torch.manual_seed(1)
    state = torch.get_rng_state()
    first = weights(0)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    assert torch.equal(first, weights(0))
    assert not torch.equal(first, weights(1))


def test_the_stem_of_resnet18_is_initialised_as_torchvision_does(tiny):
    weight = build(tiny(model="resnet18"), (3, 32, 32)).conv1.weight
    # Kaiming's normal over the fan out: 64 channels of 3 x 3.
    assert weight.std().item() == pytest.approx((2 / (64 * 9)) ** 0.5, rel=0.05)


def run_of(configuration, digits, steps=60):
    loop.set_up_torch("cpu")
    run = loop.SeedRun(configuration, 0, load_for(configuration, digits), steps)
    while not run.done:
        run.train_until(lambda: False)
        run.evaluate_curve()
    run.finish()
    return run


# Of TRAINING_VERSION 1, like the golden numbers in test_loop.py.
GOLDEN = {(20, "train"): 1.310029, (60, "test"): 0.294884}


def test_cnn_trains_and_its_numbers_stay(digits, tiny):
    settings = {"model": "cnn", "channels": 8, "normalisation": "batch", "dropout": 0.1}
    run = run_of(tiny(60, **settings, learning_rate=0.01), digits)
    losses = {(row["step"], row["split"]): row["loss"] for row in run.rows}
    assert run.rows[-1]["accuracy"] > 0.8
    assert {key: losses[key] for key in GOLDEN} == pytest.approx(GOLDEN, abs=1e-3)
    # Running means, not those of the batch: a score does not depend on its neighbours.
    data = run._data
    few = evaluate(run.network, data, data.test, 3, convolutional=True)
    many = evaluate(run.network, data, data.test, convolutional=True)
    assert torch.equal(few.correct, many.correct[:3])
    assert many.loss == run.rows[-1]["loss"]


@pytest.mark.parametrize("settings", [
    {"model": "cnn", "pooling": "average", "normalisation": "group"},
    {"model": "cnn", "pooling": "stride", "normalisation": "layer", "kernel": 5},
    {"model": "resnet18", "learning_rate": 1e-4},
    {"hidden_units": [], "learning_rate": 0.01},
])  # fmt: skip
def test_the_others_train(digits, tiny, settings):
    steps = 10 if settings.get("model") == "resnet18" else 40
    run = run_of(tiny(steps, **{"channels": 8, "learning_rate": 0.01} | settings), digits, steps)
    curve = [row["loss"] for row in run.rows if row["split"] == "train"]
    assert min(curve[1:]) < 0.8 * curve[0]


def test_images_that_do_not_fit_are_refused_where_their_shape_is_first_known(digits, tiny):
    data = load_for(tiny(), digits)
    flat = type(data)(**{**vars(data), "shape": (64,)})
    for model in ("cnn", "resnet18"):
        with pytest.raises(UserError, match=r"channels x height x width.*use model mlp"):
            loop.SeedRun(tiny(model=model), 0, flat, 5)


def test_a_curve_of_a_convolutional_network_costs_under_a_tenth_too():
    points, steps, batch_size = 25, 300, 4
    images = curve_images(steps, points, batch_size, 10_000, convolutional=True)
    assert 1 <= images * points < 0.1 * steps * 2 * batch_size
    assert images < curve_images(steps, points, batch_size, 10_000)
