"""A folder of images as a data set: one folder for each class."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hyperverdict.errors import UserError, first_line
from hyperverdict.training.arrays import Array, Part

# Names of the parts' folders.
PART_FOLDERS = {"train": "train", "validation": "validation", "val": "validation", "test": "test"}
SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
# What desktops leave behind.
_LITTER = frozenset({"thumbs.db", "desktop.ini", "__macosx"})
MAX_GIGABYTES = 4
_SHOWN = 3
# Modes of PIL that hold one channel of 8 bits, and those with more bits than one byte.
_GREY = frozenset({"1", "L"})
_DEEP = frozenset({"I", "F", "I;16", "I;16B", "I;16L", "I;16N"})


@dataclass(frozen=True)
class Listing:
    """The image files of a folder.

    Attributes:
        classes: names of the class folders; their positions are the labels.
        files: part -> class -> files; the part "" where the folder has no parts.
    """

    classes: tuple[str, ...]
    files: Mapping[str, Mapping[str, tuple[Path, ...]]]


def list_images(folder: Path) -> Listing:
    """The images of a folder ``FOLDER/CLASS/*`` or ``FOLDER/train/CLASS/*`` and so on.

    Classes are sorted by name; by number where all names are whole numbers.
    Raises UserError where a file or folder does not fit.
    """
    if not folder.is_dir():
        what = "is no folder" if folder.exists() else "does not exist"
        raise UserError(f"folder {folder} {what}")
    inner = _folders(folder)
    parts = {path: PART_FOLDERS[path.name] for path in inner if path.name in PART_FOLDERS}
    if not parts:
        files = {"": _classes(folder)}
    else:
        _check_part_folders(folder, inner, parts)
        files = {part: _classes(path) for path, part in parts.items()}
    first = files.get("train", files.get("", {}))
    classes = _sorted(first)
    for part, found in files.items():
        unknown = [name for name in found if name not in first]
        if unknown:
            raise UserError(
                f"folder {folder}: class {unknown[0]!r} is in {part}/ and not in train/"
            )
    if len(classes) < 2:
        raise UserError(
            f"folder {folder} holds one class ({classes[0]}); one folder for each of at least two "
            "classes is needed"
        )
    return Listing(classes, files)


def _check_part_folders(folder: Path, inner: Sequence[Path], parts: Mapping[Path, str]) -> None:
    others = [path.name for path in inner if path not in parts]
    if others:
        raise UserError(
            f"folder {folder} holds parts ({', '.join(p.name for p in parts)}) and also "
            f"{', '.join(others[:_SHOWN])}; put class folders into the parts, or rename them"
        )
    if len(set(parts.values())) != len(parts):
        raise UserError(f"folder {folder} holds val/ and validation/; keep one of them")
    if "train" not in parts.values():
        named = ", ".join(path.name for path in parts)
        raise UserError(f"folder {folder} holds {named}, and train/ is missing")


def _folders(folder: Path) -> list[Path]:
    return [path for path in _visible(folder) if path.is_dir()]


def _visible(folder: Path) -> list[Path]:
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise UserError(f"folder {folder} cannot be read: {error.strerror}") from None
    return [e for e in entries if not e.name.startswith(".") and e.name.lower() not in _LITTER]


def _classes(folder: Path) -> dict[str, tuple[Path, ...]]:
    """Class -> its files."""
    found = {path.name: _files(path) for path in _folders(folder)}
    if not found:
        loose = [path for path in _visible(folder) if path.suffix.lower() in SUFFIXES]
        what = "holds images, but no folders" if loose else "holds no folders"
        raise UserError(f"folder {folder} {what}; one folder for each class is needed")
    return found


def _files(folder: Path) -> tuple[Path, ...]:
    entries = _visible(folder)
    nested = [path.name for path in entries if path.is_dir()]
    if nested:
        raise UserError(
            f"folder {folder} holds folders ({', '.join(nested[:_SHOWN])}); the images of a class "
            "must lie in its folder directly"
        )
    strange = [path.name for path in entries if path.suffix.lower() not in SUFFIXES]
    if strange:
        raise UserError(
            f"folder {folder} holds {', '.join(strange[:_SHOWN])}, which {_is(strange)} no image; "
            f"allowed: {', '.join(SUFFIXES)}"
        )
    if not entries:
        raise UserError(f"folder {folder} holds no images; remove it, or add images of this class")
    return tuple(entries)


def _is(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _sorted(classes: Mapping[str, Any]) -> tuple[str, ...]:
    numbers = all(name.isascii() and name.isdigit() for name in classes)
    return tuple(sorted(classes, key=int) if numbers else sorted(classes))


def fingerprint(folder: Path) -> Iterator[str]:
    """What changes when a file of the folder does: names, sizes and times; reads no image."""
    for part, classes in list_images(folder).files.items():
        for name, files in classes.items():
            for file in files:
                state = file.stat()
                yield f"{part}/{name}/{file.name} {state.st_size} {state.st_mtime_ns}"


def read_images(folder: Path, size: int = 0) -> tuple[dict[str, Part], tuple[str, ...]]:
    """The images of a folder by part, as bytes with channels first, and the names of the classes.

    Args:
        size: pixels of a side: the shorter side is scaled to it, and the middle is kept; 0 for
            images that are all of one size.

    All images are grey where all files are, else all have three colours; transparency is dropped.
    Raises UserError naming files that cannot be read, and files of unequal size.
    """
    listing = list_images(folder)
    opened = [
        (file, *_look(file)) for by in listing.files.values() for fs in by.values() for file in fs
    ]
    _refuse_broken([(file, problem) for file, _, _, problem in opened if problem])
    if not size:
        _refuse_unequal([(file, shape) for file, shape, _, _ in opened])
    grey = all(is_grey for _, _, is_grey, _ in opened)
    width, height = (size, size) if size else opened[0][1]
    gigabytes = len(opened) * width * height * (1 if grey else 3) / 1e9
    if gigabytes > MAX_GIGABYTES:
        raise UserError(
            f"folder {folder}: {len(opened):,} images of {width} x {height} take "
            f"{gigabytes:.0f} GB, and a data set is held in memory, at most {MAX_GIGABYTES} GB of "
            "it; state a smaller size, such as size: 32"
        )
    parts = {part: _part(by, listing.classes, grey, size) for part, by in listing.files.items()}
    return parts, listing.classes


def _look(file: Path) -> tuple[tuple[int, int], bool, str]:
    """Width and height, whether it is grey, and what is wrong with it or ""."""
    from PIL import Image, ImageOps

    try:
        with Image.open(file) as image:
            if getattr(image, "n_frames", 1) > 1:
                return (0, 0), False, "holds several images"
            if image.mode in _DEEP:
                return (0, 0), False, "has more than 8 bits a channel; convert it to 8 bits"
            upright = ImageOps.exif_transpose(image)
            return upright.size, image.mode in _GREY, ""
    except Exception as error:
        return (0, 0), False, f"cannot be read as an image ({first_line(error)})"


def _refuse_broken(broken: Sequence[tuple[Path, str]]) -> None:
    if broken:
        shown = "; ".join(f"{file} {problem}" for file, problem in broken[:_SHOWN])
        more = f"; and {len(broken) - _SHOWN} more" if len(broken) > _SHOWN else ""
        raise UserError(f"{shown}{more}")


def _refuse_unequal(files: Sequence[tuple[Path, tuple[int, int]]]) -> None:
    first, shape = files[0]
    for file, other in files:
        if other != shape:
            raise UserError(
                f"images are of unequal size: {first} is {shape[0]} x {shape[1]}, {file} is "
                f"{other[0]} x {other[1]}; state one to resize them to, such as size: 32"
            )


def _part(
    by_class: Mapping[str, Sequence[Path]], classes: Sequence[str], grey: bool, size: int
) -> Part:
    images: list[Array] = []
    labels: list[int] = []
    broken: list[tuple[Path, str]] = []
    for label, name in enumerate(classes):
        for file in by_class.get(name, ()):
            try:
                images.append(_pixels(file, grey, size))
            except Exception as error:
                broken.append((file, f"cannot be read as an image ({first_line(error)})"))
            labels.append(label)
    _refuse_broken(broken)
    return Part(np.stack(images), np.asarray(labels, np.int64))


def _pixels(file: Path, grey: bool, size: int) -> Array:
    """Channels x height x width, as bytes."""
    from PIL import Image, ImageOps

    with Image.open(file) as opened:
        image = ImageOps.exif_transpose(opened).convert("L" if grey else "RGB")
        if size:
            image = ImageOps.fit(image, (size, size), Image.Resampling.BILINEAR)
        pixels = np.asarray(image, np.uint8)
    return pixels[None] if grey else pixels.transpose(2, 0, 1)
