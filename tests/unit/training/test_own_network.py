"""Networks of the user's own: how they are called, and what goes wrong as one message."""

from __future__ import annotations

import sys

import pytest
import torch
from hyperverdict.errors import UserError
from hyperverdict.training.code import code_checksum_of, own_names
from hyperverdict.training.network import build_network, describe_network
from hyperverdict.training.own_network import try_network
from hyperverdict.training.run import train_configuration
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import configure
from hyperverdict.vocabulary.users import Users
from hyperverdict.vocabulary.vocabulary import Vocabulary
from torch import Generator, nn

SHAPE, CLASSES = (1, 8, 8), 10
MODULE = """
import torch
from torch import nn
import own_blocks

def net(shape, classes, *, filters=4, dropout=0.0, rate=1.0):
    assert type(rate) is float and type(filters) is int
    return nn.Sequential(own_blocks.conv(shape[0], filters), nn.ReLU(), nn.Dropout(dropout),
                         nn.Flatten(), nn.Linear(filters * 36, classes))

def old(configuration, shape, classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(64, configuration["hidden_units"][0]),
                         nn.Linear(configuration["hidden_units"][0], classes))

class Net(nn.Module):
    def __init__(self, shape, classes, *, width):
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, width), nn.Linear(width, classes))
    def forward(self, images):
        return self.layers(images)

def lazy(shape, classes):
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(8), nn.BatchNorm1d(8), nn.Linear(8, classes))

def text(shape, classes): return "x"
def raises(shape, classes):
    return own_blocks.broken()
def wrong_size(shape, classes): return nn.Sequential(nn.Flatten(), nn.Linear(7, classes))
def wrong_classes(shape, classes): return nn.Sequential(nn.Flatten(), nn.Linear(64, classes + 1))
def pair(shape, classes): return Forward(lambda images: (images, images))
def fixed(shape, classes): return Forward(lambda images: torch.zeros(len(images), classes))
def detached(shape, classes):
    layer = nn.Linear(64, classes)
    return Forward(lambda images: layer(images.flatten(1)).detach(), layer)
def integers(shape, classes):
    layer = nn.Linear(64, classes)
    return Forward(lambda images: layer(images.flatten(1)).long(), layer)
def fails_later(shape, classes):
    layer = nn.Linear(64, classes)
    def forward(images):
        if len(images) > 2:
            raise ValueError("too many")
        return layer(images.flatten(1))
    return Forward(forward, layer)
def one_row(shape, classes):
    layer = nn.Linear(64, classes)
    def forward(images):
        out = layer(images.flatten(1))
        return out if len(images) == 2 else out[:1]
    return Forward(forward, layer)
def leaves(shape, classes):
    layer = nn.Linear(64, classes)
    def forward(images):
        if len(images) > 2:
            raise SystemExit(0)
        return layer(images.flatten(1))
    return Forward(forward, layer)

class Forward(nn.Module):
    def __init__(self, function, *layers):
        super().__init__()
        self.function, self.layers = function, nn.ModuleList(layers)
    def forward(self, images):
        return self.function(images)
"""
BLOCKS = """
from torch import nn
def conv(channels, filters): return nn.Conv2d(channels, filters, 3)
def broken():
    raise RuntimeError("no such block")
"""


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Makes configurations whose models lie in a folder of their own."""
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "own_nets.py").write_text(MODULE)
    (folder / "own_blocks.py").write_text(BLOCKS)
    for name in ("own_nets", "own_blocks"):
        sys.modules.pop(name, None)

    def make(model, **settings):
        known = Vocabulary(users=Users((folder,))).knowing([f"own_nets:{model}"])
        settings = {"model": f"own_nets:{model}", "data": "digits", **settings}
        return configure({"batch_size": 32, **settings}, Budget("steps", 10), known)

    return make


def build(configuration, seed=0):
    return build_network(configuration, SHAPE, CLASSES, Generator().manual_seed(seed))


def test_a_model_gets_the_hyperparameters_that_it_takes(own):
    network = build(own("net", filters=6, dropout=0.25))
    assert (network[0].out_channels, network[2].p) == (6, 0.25)
    assert build(own("old", hidden_units=[7]))[1].out_features == 7
    assert build(own("Net", width=5, depth=1)).layers[1].out_features == 5


def test_the_same_seed_initialises_alike_and_no_other_state_changes(own):
    configuration = own("net")
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    one, two, other = build(configuration, 1), build(configuration, 1), build(configuration, 2)
    assert torch.equal(torch.rand(2), expected)
    assert torch.equal(one[0].weight, two[0].weight)
    assert not torch.equal(one[0].weight, other[0].weight)


def test_lazy_layers_are_initialised_before_training(own):
    one, two = build(own("lazy")), build(own("lazy"))
    assert one[1].weight.shape == (8, 64)
    assert torch.equal(one[1].weight, two[1].weight)
    assert one.training
    assert one[2].num_batches_tracked == 0


def test_parameters_and_operations_are_counted(own):
    parameters, flops = describe_network(own("net"), SHAPE, CLASSES)
    assert parameters == 4 * 9 + 4 + 144 * 10 + 10
    assert flops == 2 * (4 * 9 * 36 + 144 * 10)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("text", r"\(.*own_nets.py, line 25\) must return a torch.nn.Module, and returned str"),
        ("raises", r"': .*own_blocks.py, line 5: RuntimeError: no such block"),
        (
            "wrong_size",
            r"': defined in .*line 28: RuntimeError: mat1 and mat2 shapes cannot be multiplied",
        ),
        ("wrong_classes", r"to logits \[2 x 10\], and its output is \[2 x 11\]"),
        ("pair", "one tensor, and its output is a tuple"),
        ("fixed", "has no parameters that train"),
        ("detached", "does not depend on its parameters"),
        ("integers", "must give logits as floats, and its output is torch.int64"),
    ],
)
def test_what_would_fail_in_training_is_one_message(own, model, message):
    with pytest.raises(UserError, match=f"^model 'own_nets:{model}.*{message}"):
        try_network(own(model), SHAPE, CLASSES)


def test_an_error_in_training_names_the_users_line_and_nothing_is_recorded(own, digits, tmp_path):
    with pytest.raises(UserError, match=r"own_nets.py, line 42: ValueError: too many"):
        train_configuration(own("fails_later"), [0], digits, tmp_path / "run")
    assert not (tmp_path / "run/record.json").exists()


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (
            "one_row",
            r"must map images \[32 x 1 x 8 x 8\] to logits \[32 x 10\], and its output is \[1",
        ),
        ("leaves", "line [0-9]+: SystemExit: exit 0"),
    ],
)
def test_what_fails_on_whole_batches_only_is_one_message(own, digits, tmp_path, model, message):
    try_network(own(model), SHAPE, CLASSES)
    with pytest.raises(UserError, match=message):
        train_configuration(own(model), [0], digits, tmp_path / "run")
    assert not (tmp_path / "run/record.json").exists()


def test_a_level_that_does_not_fit_the_images_is_said(own, digits, tmp_path):
    with pytest.raises(UserError, match=r"model 'own_nets:net.*RuntimeError: mat1 and mat2"):
        train_configuration(own("net"), [0], wider(digits, tmp_path), tmp_path / "run")


def wider(digits, tmp_path):
    """Prepared data with images of another size."""
    import numpy as np
    from hyperverdict.training.data import prepare

    (tmp_path / "wide_data.py").write_text(
        "import numpy as np\ndef load(): return np.zeros((40, 1, 9, 9)), np.arange(40) % 10\n"
    )
    assert np.load(digits / "images.npy").shape[1:] == SHAPE
    prepare("wide_data:load", tmp_path, tmp_path / "wide", Users((tmp_path,)))
    return tmp_path / "wide"


def test_a_run_records_the_checksum_of_its_code(own, digits, tmp_path):
    configuration = own("net")
    record = train_configuration(configuration, [0], digits, tmp_path / "run")
    assert record.code_checksum == code_checksum_of(configuration) != ""
    blocks = tmp_path / "study/own_blocks.py"
    blocks.write_text(blocks.read_text() + "\n# edited\n")
    assert code_checksum_of(configuration) != record.code_checksum
    with pytest.raises(UserError, match=r"other code"):
        train_configuration(configuration, [0, 1], digits, tmp_path / "run")


def test_ours_have_no_code_of_the_users(tiny, digits, tmp_path):
    assert code_checksum_of(tiny()) == ""
    assert own_names(tiny()) == ()
    assert train_configuration(tiny(4), [0], digits, tmp_path).code_checksum == ""


def test_the_code_of_a_data_function_counts_too(tmp_path):
    for name in ("nets_a", "nets_b", "sets_a"):
        (tmp_path / f"{name}.py").write_text(
            "def f(*, noise=0.1): ...\n" if name == "sets_a" else "def f(shape, classes): ...\n"
        )
    users = Users((tmp_path,), {"noisy": {"call": "sets_a:f", "noise": 1}})
    known = Vocabulary(users=users)

    def made(model, data):
        known_here = known.knowing([model], [data])
        return configure({"model": model, "data": data}, Budget("steps", 1), known_here)

    assert own_names(made("nets_a:f", "noisy")) == ("nets_a:f", "sets_a:f")
    sums = [
        code_checksum_of(made(model, data))
        for model in ("mlp", "nets_a:f", "nets_b:f")
        for data in ("digits", "noisy")
    ]
    assert len(set(sums)) == 6


def test_modules_of_another_study_are_not_mixed_up(tmp_path):
    for folder, width in (("one", 3), ("two", 4)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "same_name.py").write_text(
            "from torch import nn\n"
            f"def f(shape, classes): return nn.Sequential(nn.Flatten(), nn.Linear(64, {width}))\n"
        )
        users = Users((tmp_path / folder,))
        known = Vocabulary(users=users).knowing(["same_name:f"])
        network = build(configure({"model": "same_name:f"}, Budget("steps", 1), known))
        assert isinstance(network, nn.Module)
        assert network[1].out_features == width


def test_a_module_named_like_one_of_pythons_is_refused(tmp_path):
    (tmp_path / "json.py").write_text("def f(shape, classes): ...\n")
    known = Vocabulary(users=Users((tmp_path,))).knowing(["json:f"])
    with pytest.raises(UserError, match=r"another module is named json, too.*rename"):
        build(configure({"model": "json:f"}, Budget("steps", 1), known))
