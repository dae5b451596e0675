from __future__ import annotations

import pytest
import torch
from hyperverdict.errors import UserError
from hyperverdict.training import network as network_module
from hyperverdict.training.network import (
    build_network,
    count_parameters,
    describe_network,
    forward_flops,
)
from hyperverdict.vocabulary.hyperparameters import ACTIVATIONS as ALLOWED
from hyperverdict.vocabulary.hyperparameters import INITIALISATIONS
from torch import Generator

SHAPE, CLASSES = (1, 8, 8), 10


def build(configuration, seed=0):
    return build_network(configuration, SHAPE, CLASSES, Generator().manual_seed(seed))


@pytest.mark.parametrize("units", [[], [16], [16, 32], [8, 8, 8]])
def test_the_arithmetic_agrees_with_the_network(tiny, units):
    configuration = tiny(hidden_units=units)
    network = build(configuration)
    parameters, flops = describe_network(configuration, SHAPE, CLASSES)
    assert parameters == count_parameters(network)
    assert flops == forward_flops(network, SHAPE)


def test_layers_in_order(tiny):
    network = build(tiny(hidden_units=[16, 8], dropout=0.25, activation="tanh"))
    names = [type(layer).__name__.strip("_") for layer in network]
    hidden = ["Linear", "Tanh", "Dropout"]
    assert names == ["Flatten", *hidden, *hidden, "Linear"]
    assert network[3].p == 0.25
    assert network(torch.zeros(3, *SHAPE)).shape == (3, CLASSES)


def test_a_linear_model_is_one_layer(tiny):
    network = build(tiny(hidden_units=[], dropout=0.5, activation="tanh"))
    assert [type(layer).__name__.strip("_") for layer in network] == ["Flatten", "Linear"]


def test_initialisation_is_torchs_own_distribution(tiny):
    ours = build(tiny(hidden_units=[400]))[1]
    torch.manual_seed(0)
    torchs = torch.nn.Linear(64, 400)
    for mine, its in zip(ours.parameters(), torchs.parameters(), strict=True):
        assert mine.abs().max().item() == pytest.approx(its.abs().max().item(), rel=0.01)
        assert mine.std().item() == pytest.approx(its.std().item(), rel=0.1)


def test_initialisation_depends_on_the_generator_alone(tiny):
    torch.manual_seed(1)
    first = build(tiny())[1].weight
    torch.manual_seed(2)
    assert torch.equal(first, build(tiny())[1].weight)
    assert not torch.equal(first, build(tiny(), seed=1)[1].weight)


def spreads(kind, network):
    """Standard deviation of each weight, times the root of what its law is scaled by."""
    for layer in network.modules():
        if hasattr(layer, "weight"):
            out, fan_in = layer.weight.flatten(1).shape
            fan_out = out * layer.weight[0, 0].numel()
            scale = fan_in / 2 if "kaiming" in kind else (fan_in + fan_out) / 2
            yield layer.weight.std().item() * scale**0.5


@pytest.mark.parametrize("kind", [k for k in INITIALISATIONS if k != "default"])
@pytest.mark.parametrize("settings", [
    {"hidden_units": [200, 300]}, {"model": "cnn", "channels": 64}, {"model": "users_model:convolution"},
])  # fmt: skip
def test_initial_weights_follow_their_law_and_the_generator_alone(
    users_module, tiny, kind, settings
):
    configuration = tiny(initialisation=kind, **settings)
    network = build(configuration)
    if kind == "orthogonal":
        rows = network[1 if "hidden_units" in settings else 0].weight.flatten(1)
        square = rows.T @ rows if len(rows) > len(rows.T) else rows @ rows.T
        assert torch.allclose(square, torch.eye(len(square)), atol=1e-5)
    elif "users" not in settings.get("model", ""):
        assert list(spreads(kind, network)) == pytest.approx([1.0] * 3, rel=0.1)
    assert all(not layer.bias.any() for layer in network.modules() if hasattr(layer, "bias"))
    torch.manual_seed(5)
    for mine, again in zip(network.parameters(), build(configuration).parameters(), strict=True):
        assert torch.equal(mine, again)
    assert not torch.equal(next(network.parameters()), next(build(configuration, 1).parameters()))


def test_every_allowed_name_exists():
    assert {"default", *network_module._INITIALISATIONS} == set(INITIALISATIONS)
    assert set(network_module.ACTIVATIONS) == set(ALLOWED)


USERS_MODULE = """
from torch import nn

def convolution(configuration, shape, classes):
    channels = configuration["hidden_units"][0]
    return nn.Sequential(
        nn.Conv2d(shape[0], channels, 3), nn.ReLU(), nn.Flatten(), nn.Linear(channels * 36, classes)
    )

def text(configuration, shape, classes):
    return "no network"
"""


@pytest.fixture
def users_module(tmp_path, monkeypatch):
    (tmp_path / "users_model.py").write_text(USERS_MODULE)
    monkeypatch.chdir(tmp_path)


def test_a_users_own_model(users_module, tiny):
    configuration = tiny(model="users_model:convolution")
    state = torch.get_rng_state()
    network = build(configuration)
    assert torch.equal(torch.get_rng_state(), state)
    assert torch.equal(network[0].weight, build(configuration)[0].weight)
    parameters, flops = describe_network(configuration, SHAPE, CLASSES)
    assert parameters == 16 * 9 + 16 + 16 * 36 * 10 + 10
    assert flops == 2 * (16 * 9 * 36 + 16 * 36 * 10)


def test_a_wrong_model_is_one_clear_message(users_module, tiny):
    with pytest.raises(UserError, match=r"model: 'cnnn' is not allowed; did you mean 'cnn'\?"):
        tiny(model="cnnn")
    with pytest.raises(UserError, match=r"must return a torch.nn.Module, and returned str"):
        build(tiny(model="users_model:text"))
