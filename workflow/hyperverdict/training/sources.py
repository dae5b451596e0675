"""Where images come from: scikit-learn, idx files, torchvision.

Every source gives `Published` data; a source that fails is named in one UserError, and nothing is
ever substituted. `READERS`, at the end, has one row for each data set of vocabulary/datasets.py.
"""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hyperverdict.errors import UserError, first_line, nearest
from hyperverdict.training.arrays import Array, Part

DEBIAN_FOLDER = Path("/usr/share/datasets/fashion-mnist")

# md5 of the unpacked files: Debian's archives are recompressed, so that of a .gz says nothing.
FASHION_MNIST_MD5 = {
    "train-images-idx3-ubyte": "f4a8712d7a061bf5bd6d2ca38dc4d50a",
    "train-labels-idx1-ubyte": "9018921c3c673c538a1fc5bad174d6f9",
    "t10k-images-idx3-ubyte": "8181f5470baa50b63fa0f6fddb340f0a",
    "t10k-labels-idx1-ubyte": "15d484375f8d13e6eb1aabb0c3f46965",
}


# More than the largest of them holds; what goes on beyond has a wrong checksum.
_MOST_IDX_BYTES = 50_000_000


@dataclass(frozen=True)
class Published:
    """A data set as its source publishes it.

    Attributes:
        validation, test: None where the source has no such part.
        source: where it came from, in words.
        class_names: names of the classes in the order of their labels; empty where they have none.
    """

    train: Part
    validation: Part | None
    test: Part | None
    source: str
    class_names: tuple[str, ...] = ()


def read_published(data: str, resources: Path) -> Published:
    """A data set from the first source that has it; UserError when none has."""
    if data not in READERS:
        raise UserError(f"unknown data set {data!r}; {nearest(data, READERS)}")
    return READERS[data](resources)


def _digits(_resources: Path) -> Published:
    import sklearn
    from sklearn.datasets import load_digits

    bunch = load_digits()
    images = bunch.images.astype(np.uint8)[:, None]
    part = Part(images, bunch.target.astype(np.int64))
    return Published(part, None, None, f"scikit-learn {sklearn.__version__}")


def _fashion_mnist(resources: Path) -> Published:
    places = {
        "resources": [resources / "FashionMNIST" / "raw", resources / "fashion-mnist"],
        "Debian package dataset-fashion-mnist": [DEBIAN_FOLDER],
    }
    for source, folders in places.items():
        for folder in folders:
            if any(_idx_file(folder, name) for name in FASHION_MNIST_MD5):
                return _idx_folder(folder, source)
    _download_fashion_mnist(resources)
    return _idx_folder(resources / "FashionMNIST" / "raw", "torchvision download")


def _idx_file(folder: Path, name: str) -> Path | None:
    candidates = (folder / name, folder / f"{name}.gz")
    return next((path for path in candidates if path.is_file()), None)


def _idx_folder(folder: Path, source: str) -> Published:
    arrays = {name: _idx_array(folder, name, md5) for name, md5 in FASHION_MNIST_MD5.items()}
    train_images, train_labels, test_images, test_labels = arrays.values()
    return Published(
        Part(train_images[:, None], train_labels.astype(np.int64)),
        None,
        Part(test_images[:, None], test_labels.astype(np.int64)),
        source,
    )


def _idx_array(folder: Path, name: str, md5: str) -> Array:
    path = _idx_file(folder, name)
    if path is None:
        raise UserError(
            f"data set fashion_mnist: {folder} holds no {name} (nor {name}.gz); "
            "complete the four files there or remove the folder's other ones"
        )
    try:
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            content = file.read(_MOST_IDX_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise UserError(f"data file {path} is truncated or not a gzip file: {error}") from error
    found = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if found != md5:
        raise UserError(
            f"data file {path} has a wrong checksum (unpacked md5 {found}, expected {md5}): "
            "it is damaged, truncated or another file; replace it"
        )
    return read_idx(content)


def read_idx(content: bytes) -> Array:
    """The array in an unpacked idx file of unsigned bytes.

    The format: two zero bytes, the type (8), the number of axes, each axis as a big-endian 32-bit
    length, then the values. Raises UserError when the content does not fit.
    """
    if len(content) < 4 or content[:3] != b"\x00\x00\x08":
        raise UserError("not an idx file of unsigned bytes")
    axes = content[3]
    shape = np.frombuffer(content, ">u4", count=axes, offset=4).astype(int)
    values = np.frombuffer(content, np.uint8, offset=4 + 4 * axes)
    if values.size != shape.prod():
        raise UserError(f"idx file holds {values.size} values, its header says {shape.prod()}")
    return values.reshape(shape)


def _download_fashion_mnist(resources: Path) -> None:
    try:
        _torchvision_set("FashionMNIST", resources, train=True)
        _torchvision_set("FashionMNIST", resources, train=False)
    except Exception as error:
        raise UserError(
            "data set fashion_mnist was not found. Put its four idx files (.gz or unpacked) into "
            f"{resources / 'fashion-mnist'}/, or install Debian's package (apt-get install "
            "dataset-fashion-mnist), or allow torchvision's download, which failed: "
            f"{first_line(error)}"
        ) from error


def _torchvision(kind: str) -> Callable[[Path], Published]:
    """The reader of one of torchvision's data sets, by the name of its class."""

    def read(resources: Path) -> Published:
        try:
            train = _torchvision_set(kind, resources, train=True)
            test = _torchvision_set(kind, resources, train=False)
            source = f"torchvision ({resources.name}/)"
            return Published(_as_part(train), None, _as_part(test), source)
        except Exception as error:
            raise UserError(
                f"torchvision's {kind} could not be read ({first_line(error)}). Put its files "
                f"where torchvision expects them ({resources / kind}/raw/ for the MNIST family, "
                f"{resources}/ for CIFAR), or allow torchvision's download"
            ) from error

    return read


def _torchvision_set(kind: str, resources: Path, *, train: bool) -> Any:
    import torchvision  # costs seconds to import, so only here

    resources.mkdir(parents=True, exist_ok=True)
    return getattr(torchvision.datasets, kind)(root=str(resources), train=train, download=True)


def _as_part(dataset: Any) -> Part:
    """Images as [N x C x H x W]: the MNIST family has no channel axis, CIFAR it last."""
    images, labels = np.asarray(dataset.data), np.asarray(dataset.targets, np.int64)
    images = images[:, None] if images.ndim == 3 else images.transpose(0, 3, 1, 2)
    return Part(np.ascontiguousarray(images), labels)


READERS: Mapping[str, Callable[[Path], Published]] = {
    "digits": _digits,
    "fashion_mnist": _fashion_mnist,
    "mnist": _torchvision("MNIST"),
    "kmnist": _torchvision("KMNIST"),
    "cifar10": _torchvision("CIFAR10"),
    "cifar100": _torchvision("CIFAR100"),
}
