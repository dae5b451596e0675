"""Augmentation: random changes of the training images, drawn anew for each batch.

All draws come from one generator, whose state belongs into the checkpoint: a resumed run sees the
images that an uninterrupted one would have seen. The changes are torchvision.transforms.v2's. Flip
and crop are written here for whole batches: that takes a fifth of the time, or less, that one image
after another takes, and spares a job the import of torchvision.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Generator, Tensor
from torch.nn import functional

from hyperverdict.errors import UserError
from hyperverdict.training.dataset import Dataset
from hyperverdict.vocabulary.configuration import Configuration

# Images [N x C x H x W] as stored, and the generator -> images of the same shape.
Change = Callable[[Tensor, Generator], Tensor]

# A crop moves an image by up to an eighth of its side: 4 of 32 pixels (He et al. 2016, 4.2).
_CROP_SHARE = 8
_BRIGHTEST = 255


class Augmentation:
    """The changes of a configuration in their order, with their random state."""

    def __init__(self, changes: tuple[Change, ...], generator: Generator) -> None:
        self._changes, self._generator = changes, generator

    def __call__(self, images: Tensor) -> Tensor:
        """Changed images [N x C x H x W], as stored or float32; those given stay as they are."""
        for change in self._changes:
            images = change(images, self._generator)
        return images

    def state_dict(self) -> dict[str, Tensor]:
        """The state of the generator."""
        return {"generator": self._generator.get_state()}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Inverse of `state_dict`."""
        self._generator.set_state(state["generator"].cpu())


def make_augmentation(
    configuration: Configuration, data: Dataset, generator: Generator
) -> Augmentation | None:
    """What a configuration changes in training images; None for nothing.

    Args:
        generator: a CPU generator of its own, so that the draws are the same on every device.

    Raises UserError for images that cannot be changed so; `check_images` has looked at their shape.
    """
    changes = tuple(_CHANGES[name](data) for name in configuration["augmentation"])
    return Augmentation(changes, generator) if changes else None


def flip(images: Tensor, generator: Generator) -> Tensor:
    """Each image mirrored, left to right, with probability 1/2."""
    chosen = (torch.rand(len(images), generator=generator) < 0.5).to(images.device)
    return torch.where(chosen[:, None, None, None], images.flip(-1), images)


def crop(images: Tensor, generator: Generator) -> Tensor:
    """Each image moved by up to an eighth of its sides (rounded up), the rest filled with 0.

    Padded on all sides, then cut to its size at a place of its own.
    """
    count, _, *sides = images.shape
    margins = [-(-side // _CROP_SHARE) for side in sides]
    (height, width), (above, left) = sides, margins
    padded = functional.pad(images, (left, left, above, above))
    places = [torch.randint(2 * m + 1, (count, 1), generator=generator) for m in margins]
    rows, columns = (
        (place + torch.arange(side)).to(images.device)
        for place, side in zip(places, (height, width), strict=True)
    )
    numbers = torch.arange(count, device=images.device)
    return padded[numbers[:, None, None], :, rows[:, :, None], columns[:, None, :]].movedim(-1, 1)


class _TrivialAugment:
    """One operation of random strength for each image (Müller and Hutter 2021), torchvision's.

    The operations count on images from 0 to 255. Darker ones (digits end at 16) are brightened by a
    whole factor before, and darkened by it after.
    """

    def __init__(self, data: Dataset) -> None:
        images = data.train.images
        if images.dtype != torch.uint8:
            raise UserError(
                "augmentation: trivial_augment needs images of whole numbers from 0 to 255 "
                f"(uint8), and these are {str(images.dtype).removeprefix('torch.')}; store them "
                "so, or use flip or crop"
            )
        from torchvision.transforms import v2  # costs seconds to import, so only here

        self._change = v2.TrivialAugmentWide()
        self._factor = max(1, _BRIGHTEST // max(1, int(images.max())))

    def __call__(self, images: Tensor, generator: Generator) -> Tensor:
        seed = int(torch.randint(2**62, (), generator=generator))
        with torch.random.fork_rng(devices=[]):
            # Not torch.manual_seed, which would also start a GPU's generator, its dropout, again.
            torch.default_generator.manual_seed(seed)
            changed = torch.stack([self._change(image) for image in images * self._factor])
        return changed if self._factor == 1 else changed / self._factor


_CHANGES: dict[str, Callable[[Dataset], Change]] = {
    "flip": lambda data: flip,
    "crop": lambda data: crop,
    "trivial_augment": _TrivialAugment,
}
