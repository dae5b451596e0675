"""Augmentation: what it does to images, and that a seed decides it whatever happens around it."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from hyperverdict.errors import UserError
from hyperverdict.training.augmentation import crop, flip, make_augmentation
from hyperverdict.training.dataset import load_for
from hyperverdict.training.evaluation import evaluate
from hyperverdict.training.loop import SeedRun, set_up_torch
from torch import Generator

IMAGES = torch.arange(1, 1 + 200 * 3 * 9 * 12, dtype=torch.int32).reshape(200, 3, 9, 12)
RED = (torch.rand(6, 3, 32, 32, generator=Generator().manual_seed(0)) * 255).to(torch.uint8)


def generator(seed=0):
    return Generator().manual_seed(seed)


def test_about_half_of_the_images_are_flipped_as_torchvision_does():
    from torchvision.transforms.v2.functional import horizontal_flip

    before = IMAGES.clone()
    changed = flip(IMAGES, generator())
    flipped = [not torch.equal(a, b) for a, b in zip(changed, IMAGES, strict=True)]
    for image, original, other in zip(changed, IMAGES, flipped, strict=True):
        assert torch.equal(image, horizontal_flip(original) if other else original)
    assert 80 < sum(flipped) < 120
    assert torch.equal(IMAGES, before)


def test_each_image_is_cut_at_a_place_of_its_own_as_torchvision_does():
    from torchvision.transforms.v2 import functional

    changed = crop(IMAGES, generator())
    places = []
    for image, original in zip(changed, IMAGES, strict=True):
        padded = functional.pad(original, [2, 2])  # an eighth of 9 and of 12, rounded up
        found = [
            (top, left)
            for top in range(5)
            for left in range(5)
            if torch.equal(image, functional.crop(padded, top, left, 9, 12))
        ]
        assert len(found) == 1
        places += found
    assert len(set(places)) == 25
    for axis in (0, 1):
        assert {place[axis] for place in places} == {0, 1, 2, 3, 4}


@pytest.mark.parametrize(("side", "margin"), [(8, 1), (28, 4), (32, 4), (33, 5)])
def test_a_crop_moves_by_an_eighth(side, margin):
    image = torch.ones(100, 1, side, side)
    # How many rows at the top are filled, in the image that was moved down most.
    empty = (crop(image, generator())[:, 0, :, side // 2] == 0).int().cumprod(1).sum(1)
    assert empty.max() == margin


@pytest.mark.parametrize("names", [["flip"], ["crop"], ["flip", "crop"], ["trivial_augment"]])
def test_the_generator_alone_decides_and_dropout_does_not_notice(digits, tiny, names):
    data = load_for(tiny(), digits)
    images = data.train.images[:16]

    def changed(seed):
        augment = make_augmentation(tiny(augmentation=names), data, generator(seed))
        return [augment(images) for _ in range(2)]

    state = torch.get_rng_state()
    first, second = changed(0)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(99)
    assert torch.equal(second, changed(0)[1])
    assert not torch.equal(first, second)
    assert not torch.equal(first, changed(1)[0])
    assert first.shape == images.shape


def test_trivial_augment_draws_for_each_image_and_keeps_the_range(digits, tiny):
    data = load_for(tiny(), digits)
    augment = make_augmentation(tiny(augmentation="trivial_augment"), data, generator())
    one = data.train.images[:1].repeat(64, 1, 1, 1)
    changed = augment(one)
    assert len({tuple(image.flatten().tolist()) for image in changed}) > 20
    # Digits end at 16: operations meet them brightened to 240, and they come back darkened.
    assert 0 <= changed.min() <= changed.max() <= 255 / 15
    assert changed.float().mean().item() == pytest.approx(one.float().mean().item(), rel=0.5)


def test_bright_images_stay_whole_numbers(digits, tiny):
    data = load_for(tiny(), digits)
    bright = replace(data, train=replace(data.train, images=RED), shape=(3, 32, 32))
    augment = make_augmentation(tiny(augmentation="trivial_augment"), bright, generator())
    assert augment(RED).dtype == torch.uint8


def test_trivial_augment_of_other_numbers_is_refused(digits, tiny):
    data = load_for(tiny(), digits)
    floats = replace(data, train=replace(data.train, images=data.train.images / 16))
    with pytest.raises(UserError, match=r"\(uint8\), and these are float32"):
        make_augmentation(tiny(augmentation="trivial_augment"), floats, generator())
    assert make_augmentation(tiny(augmentation=["flip", "crop"]), floats, generator()) is not None


def test_flat_features_are_refused_where_their_shape_is_first_known(digits, tiny):
    data = load_for(tiny(), digits)
    with pytest.raises(UserError, match="augmentation: flip needs images of channels x height"):
        SeedRun(tiny(augmentation="flip"), 0, replace(data, shape=(64,)), 5)


def test_training_images_alone_are_changed(digits, tiny):
    set_up_torch("cpu")
    configuration = tiny(40, augmentation=["flip", "crop"])
    run = SeedRun(configuration, 0, load_for(configuration, digits), 40)
    before = run._data.train.images.clone()
    run.train_until(lambda: False)
    run.evaluate_curve()
    assert torch.equal(run._data.train.images, before)
    plain = SeedRun(tiny(40), 0, load_for(configuration, digits), 40)
    plain.network.load_state_dict(run.network.state_dict())
    score = evaluate(plain.network, plain._data, plain._data.validation, run._curve_images)
    assert score.loss == run.rows[-1]["loss"]
    plain.take_step()
    assert not torch.equal(next(run.network.parameters()), next(plain.network.parameters()))


def test_nothing_is_made_where_nothing_is_changed(digits, tiny):
    configuration = tiny(augmentation="none")
    run = SeedRun(configuration, 0, load_for(configuration, digits), 5)
    assert run._augmentation is None
    assert run.state_dict()["augmentation"] is None
