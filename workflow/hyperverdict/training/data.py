"""Prepared data: a fixed split, written once, checked whenever it is read.

`images.npy` holds train, validation and test images in this order, `labels.npy` their labels and
`facts.json` their sizes, normalisation and checksums. Needs no torch.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from hyperverdict.errors import UserError
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.sealed import DamagedError, Seal, json_bytes, parse_json
from hyperverdict.training.arrays import Array, Part
from hyperverdict.training.own_data import made_from, read_own
from hyperverdict.training.sources import Published, read_published
from hyperverdict.vocabulary.datasets import DATASETS, FACTS_FILE, PARTS
from hyperverdict.vocabulary.users import Users, read_prepared_name

IMAGES_FILE, LABELS_FILE = "images.npy", "labels.npy"

# Of every class this share of the user's own images goes to a part that they do not give.
OWN_SHARE = 0.2

_AGAIN = "start the study again, and it is prepared again"

# One generator for every split ever made: changing it changes every data checksum.
_SPLIT_SEED = 20240229


def prepare(data: str, resources: Path, out: Path, users: Users | None = None) -> dict[str, Any]:
    """Read a data set from its first available source and write it to `out`; gives its facts.

    Args:
        data: the name of the prepared copy: of a data set, with the arguments of its function.
        users: where the user's own data sets are; None where only ours are asked for.

    Raises UserError when no source has it, a file is truncated or has a wrong checksum, and for
    data of the user's own that cannot be trained on.
    """
    users = users or Users()
    own, arguments = read_prepared_name(data, users)
    if own is None:
        published = read_published(data, resources)
        parts = split(data, published)
    else:
        published, parts = _own_parts(*read_own(own, arguments, users), f"data set {data!r}")
        made = made_from(data, users)
    images = np.concatenate([part.images for part in parts])
    labels = np.concatenate([part.labels for part in parts])
    written = {IMAGES_FILE: _npy(images), LABELS_FILE: _npy(labels)}
    for name, content in written.items():
        write_atomic(out / name, content)
    facts = _facts(data, published, parts, images, labels, written)
    if own is not None:
        facts["made_from"] = made
    write_atomic(out / FACTS_FILE, json_bytes(facts))
    return facts


def split(data: str, published: Published) -> tuple[Part, Part, Part]:
    """Train, validation and test part, stratified with the shares of vocabulary/datasets.py.

    Train and validation rows are in a fixed shuffled order, so that any prefix is a random subset.
    Raises UserError when a known data set does not have the published number of images per class.
    """
    facts = DATASETS[data]
    _require_counts(data, "training", published.train, facts.class_counts)
    if published.test is not None and facts.test_counts is not None:
        _require_counts(data, "test", published.test, facts.test_counts)
    return _split(published, facts.validation_share, facts.test_share)


def _split(
    published: Published, validation_share: float, test_share: float
) -> tuple[Part, Part, Part]:
    """The parts that are there, and of the others the share of every class of the training part."""
    # RandomState, not default_rng: numpy promises that its stream never changes.
    random = np.random.RandomState(_SPLIT_SEED)
    if published.validation is not None and published.test is not None:
        return (
            _shuffled(published.train, random),
            _shuffled(published.validation, random),
            published.test,
        )
    shares = (
        0.0 if published.validation else validation_share,
        0.0 if published.test else test_share,
    )
    rows = _stratified_rows(published.train.labels, shares, random)
    train, validation, held_out = (_take(published.train, part) for part in rows)
    if published.validation is not None:
        validation = _shuffled(published.validation, random)
    return train, validation, published.test or held_out


def _own_parts(
    parts: Mapping[str, Part], classes: tuple[str, ...], source: str, where: str
) -> tuple[Published, tuple[Part, Part, Part]]:
    """Parts of the user's own data, those that are missing taken from the training part."""
    train = parts.get("train") or parts[""]
    published = Published(train, parts.get("validation"), parts.get("test"), source, classes)
    given = _split(published, OWN_SHARE, OWN_SHARE)
    for name, part in zip(PARTS, given, strict=True):
        if not len(part.labels):
            raise UserError(
                f"{where}: the {name} part gets no image: no class has enough of them to take "
                f"{OWN_SHARE:.0%} away; give more images, or a {name} part"
            )
    return published, given


def _stratified_rows(
    labels: Array, shares: tuple[float, float], random: np.random.RandomState
) -> tuple[Array, Array, Array]:
    """Row numbers of train, validation and test: of every class the same rounded share."""
    train, validation, test = [], [], []
    # The rows of each class, ascending, without looking at all labels for each of them.
    ends = np.cumsum(np.bincount(labels))[:-1]
    for members in np.split(np.argsort(labels, kind="stable"), ends):
        rows = random.permutation(members)
        first = round(len(rows) * shares[0])
        second = first + round(len(rows) * shares[1])
        validation.append(rows[:first])
        test.append(rows[first:second])
        train.append(rows[second:])
    mixed = [random.permutation(np.concatenate(part)) for part in (train, validation, test)]
    return mixed[0], mixed[1], mixed[2]


def _take(part: Part, rows: Array) -> Part:
    return Part(part.images[rows], part.labels[rows])


def _shuffled(part: Part, random: np.random.RandomState) -> Part:
    return _take(part, random.permutation(len(part.labels)))


def _require_counts(data: str, name: str, part: Part, expected: tuple[int, ...]) -> None:
    found = tuple(int(n) for n in np.bincount(part.labels, minlength=len(expected)))
    if found != expected:
        raise UserError(
            f"data set {data}: its {name} part holds {sum(found)} images ({found} per class), "
            f"expected {sum(expected)} ({expected})"
        )


def _facts(
    data: str,
    published: Published,
    parts: tuple[Part, Part, Part],
    images: Array,
    labels: Array,
    written: Mapping[str, bytes],
) -> dict[str, Any]:
    mean, std = _moments(parts[0].images)
    classes = int(labels.max()) + 1
    checksums = {IMAGES_FILE: array_sha256(images), LABELS_FILE: array_sha256(labels)}
    return {
        "data": data,
        "source": published.source,
        "sizes": {name: len(part.labels) for name, part in zip(PARTS, parts, strict=True)},
        "classes": classes,
        "class_names": list(published.class_names),
        "class_counts": {
            name: np.bincount(part.labels, minlength=classes).tolist()
            for name, part in zip(PARTS, parts, strict=True)
        },
        "shape": list(images.shape[1:]),
        "mean": mean,
        "std": std,
        "sha256": checksums,
        "bytes": {name: len(content) for name, content in written.items()},
        "checksum": hashlib.sha256("".join(checksums.values()).encode()).hexdigest(),
    }


def _moments(images: Array) -> tuple[list[float], list[float]]:
    """Mean and standard deviation per channel (or feature) of images [N x C x ...]."""
    axes = (0, *range(2, images.ndim))
    count = images.size // images.shape[1]
    chunks = np.array_split(images, -(-len(images) // 4096))
    mean = sum(chunk.sum(axes, dtype=np.float64) for chunk in chunks) / count
    shape = (1, -1) + (1,) * (images.ndim - 2)
    centred = mean.reshape(shape)
    variance = sum(((chunk - centred) ** 2).sum(axes) for chunk in chunks) / count
    std = np.sqrt(variance)
    return mean.tolist(), np.where(std > 0, std, 1.0).tolist()


def _npy(array: Array) -> bytes:
    buffer = BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def array_sha256(array: Array) -> str:
    """SHA-256 over type, shape and values, so that it does not depend on numpy's file header."""
    digest = hashlib.sha256(f"{array.dtype.str}{array.shape}".encode())
    digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def check_prepared(folder: Path) -> dict[str, Any]:
    """The facts of a prepared data set; cheap: compares file sizes, reads no array.

    Raises UserError when a file is missing or truncated.
    """
    return _checked_facts(folder)[0]


def _checked_facts(folder: Path) -> tuple[dict[str, Any], Seal]:
    try:
        facts, seal = parse_json((folder / FACTS_FILE).read_bytes())
        expected: dict[str, int] = facts["bytes"]
        if set(expected) != {IMAGES_FILE, LABELS_FILE} or set(facts["sha256"]) != set(expected):
            raise DamagedError("it is not what prepared data hold")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"prepared data {folder / FACTS_FILE} is missing or unreadable: {error}; {_AGAIN}"
        ) from error
    for name, size in expected.items():
        path = folder / name
        found = path.stat().st_size if path.is_file() else None
        if found != size:
            what = (
                "is missing" if found is None else f"is truncated: {found} bytes, expected {size}"
            )
            raise UserError(f"prepared data {path} {what}; {_AGAIN}")
    return facts, seal


def read_arrays(folder: Path) -> tuple[dict[str, Any], Array, Array]:
    """Facts, images and labels, checksums verified; the images stay mapped, shared between jobs.

    Raises UserError naming the file that does not match.
    """
    facts, seal = _checked_facts(folder)
    arrays = []
    for name, expected in facts["sha256"].items():
        path = folder / name
        try:
            # Copy on write: torch wants writable memory, nothing is ever written.
            array = np.load(path, mmap_mode="c", allow_pickle=False)
            sound = array_sha256(array) == expected
        except (OSError, ValueError):
            sound = False
        if not sound:
            raise UserError(
                f"prepared data {path} does not match its checksum: it was changed or damaged; "
                f"{_AGAIN}"
            )
        arrays.append(array)
    images, labels = arrays
    if seal == "unsealed" and not _fit(facts, images, labels):
        raise UserError(
            f"prepared data {folder / FACTS_FILE} does not fit its images: it was changed or "
            f"damaged; {_AGAIN}"
        )
    return facts, images, labels


def _fit(facts: Mapping[str, Any], images: Array, labels: Array) -> bool:
    """Whether facts of an earlier version, which carry no checksum, are those of the arrays."""
    try:
        bounds = np.cumsum([0, *(facts["sizes"][name] for name in PARTS)])
        parts = tuple(
            Part(images[start:stop], labels[start:stop]) for start, stop in pairwise(bounds)
        )
        source = Published(parts[0], None, None, facts["source"], tuple(facts["class_names"]))
        written = {name: b"" for name in facts["bytes"]}
        made = _facts(facts["data"], source, parts, images, labels, written)  # type: ignore[arg-type]
        measured = made.keys() - {"bytes"}
        return bounds[-1] == len(images) and all(made[key] == facts[key] for key in measured)
    except (ValueError, KeyError, TypeError, IndexError):
        return False


def fault_of_prepared(folder: Path) -> str:
    """Why prepared data cannot be used, to stand after the folder's name; "" where they can.

    Reads all of them.
    """
    try:
        read_arrays(folder)
    except UserError as error:
        return str(error).removeprefix("prepared data ").removesuffix(f"; {_AGAIN}")
    return ""
