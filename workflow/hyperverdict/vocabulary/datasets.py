"""Facts of the data sets that need no file: classes, sizes of the fixed split, image shape.

The split is stratified: of every class the same share goes to validation (and to test, where the
data set has no test part of its own), rounded per class, so that sizes are known before any
file is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from hyperverdict.runs.sealed import read_json

# Where prepared data are: a folder for each, with facts.json.
PREPARED = Path("resources/prepared")
FACTS_FILE = "facts.json"
PARTS = ("train", "validation", "test")


@dataclass(frozen=True)
class DatasetFacts:
    """What is known of a data set without opening it.

    Attributes:
        class_counts: images per class in the published training part.
        test_counts: images per class in the published test part; None where it has none.
        validation_share: share of every class of the training part held out for validation.
        test_share: the same for the test part when `test_counts` is None.
        shape: channels, height, width; or the number of features.
        part_counts: images per class in train, validation and test where the split is known image
            by image, as of prepared data; None where it follows from the shares.
    """

    title: str
    class_counts: tuple[int, ...]
    test_counts: tuple[int, ...] | None
    validation_share: float
    test_share: float
    shape: tuple[int, ...]
    part_counts: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]] | None = None

    def sizes(self, classes: tuple[int, ...] = ()) -> tuple[int, int, int]:
        """Train, validation and test size of the chosen classes (all when empty)."""
        chosen = classes or tuple(range(len(self.class_counts)))
        if self.part_counts is not None:
            train, validation, test = (
                sum(counts[c] for c in chosen) for counts in self.part_counts
            )
            return train, validation, test
        validation = sum(round(self.class_counts[c] * self.validation_share) for c in chosen)
        if self.test_counts is None:
            test = sum(round(self.class_counts[c] * self.test_share) for c in chosen)
            return sum(self.class_counts[c] for c in chosen) - validation - test, validation, test
        test = sum(self.test_counts[c] for c in chosen)
        return sum(self.class_counts[c] for c in chosen) - validation, validation, test


MNIST_COUNTS = (5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949)
MNIST_TEST = (980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)

DATASETS: dict[str, DatasetFacts] = {
    "digits": DatasetFacts(
        "scikit-learn's digits",
        (178, 182, 177, 183, 181, 182, 181, 179, 174, 180),
        None,
        0.2,
        0.2,
        (1, 8, 8),
    ),
    "fashion_mnist": DatasetFacts(
        "Fashion-MNIST", (6000,) * 10, (1000,) * 10, 1 / 6, 0.0, (1, 28, 28)
    ),
    "mnist": DatasetFacts("MNIST", MNIST_COUNTS, MNIST_TEST, 1 / 6, 0.0, (1, 28, 28)),
    "kmnist": DatasetFacts("Kuzushiji-MNIST", (6000,) * 10, (1000,) * 10, 1 / 6, 0.0, (1, 28, 28)),
    "cifar10": DatasetFacts("CIFAR-10", (5000,) * 10, (1000,) * 10, 0.1, 0.0, (3, 32, 32)),
    "cifar100": DatasetFacts("CIFAR-100", (500,) * 100, (100,) * 100, 0.1, 0.0, (3, 32, 32)),
}


def prepared_facts(name: str, prepared: Path = PREPARED) -> DatasetFacts | None:
    """The facts of data that are known only once they are prepared; None before."""
    file = prepared / name / FACTS_FILE
    try:
        return _read_facts(file, file.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


@lru_cache(maxsize=256)
def _read_facts(file: Path, _changed_ns: int) -> DatasetFacts:
    facts = read_json(file)
    train, validation, test = (_counts(facts["class_counts"][part]) for part in PARTS)
    every = tuple(map(sum, zip(train, validation, test, strict=True)))
    shape = tuple(map(int, facts["shape"]))
    title = str(facts.get("title") or facts["data"])
    return DatasetFacts(title, every, None, 0.0, 0.0, shape, (train, validation, test))


def _counts(raw: Sequence[Any]) -> tuple[int, ...]:
    return tuple(map(int, raw))
