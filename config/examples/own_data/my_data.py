"""Data of one's own for HyperVerdict: see docs/own-data-and-models.md."""

import numpy as np


def bars(*, noise: float = 0.5, count: int = 600):
    """Images with a horizontal, a vertical or a diagonal bar, and noise.

    The arguments after the * are hyperparameters of the data. Images [N x height x width] and
    labels [N] are returned without parts, so the split is made by HyperVerdict.
    """
    random = np.random.default_rng(0)  # the same images whenever they are prepared
    side = 10
    labels = np.arange(count) % 3
    images = random.normal(0, noise, (count, side, side))
    for image, label in zip(images, labels, strict=True):
        at = random.integers(1, side - 1)
        if label == 0:
            image[at] += 1
        elif label == 1:
            image[:, at] += 1
        else:
            image += np.eye(side, k=int(random.integers(-2, 3)))
    return images.astype(np.float32), labels
