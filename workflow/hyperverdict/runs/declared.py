"""Defaults that were declared outside this package, frozen with the first run.

A hyperparameter of a user's model, data set or training appears in a run's path only where it
differs from its default. So a default must never change once runs exist: another one would give the
same folder another meaning. The first registration writes the defaults to a file; later studies are
compared with it.

The file is JSON: ``{"defaults": {name: default}}``, and whatever else its owner keeps there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hyperverdict.errors import UserError
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.sealed import DamagedError, json_bytes, read_json

# A number, a text, a boolean, or a tuple of them.
Default = Any

_KEY = "defaults"


def read_frozen(file: Path) -> dict[str, Default]:
    """The frozen defaults by name; none where the file does not exist yet.

    Raises UserError when the file is damaged.
    """
    defaults = _read(file).get(_KEY, {})
    if not isinstance(defaults, dict):
        raise UserError(f"{file} is damaged: its {_KEY} are no mapping; restore it from a backup")
    return {name: _level(default) for name, default in defaults.items()}


def check_frozen(file: Path, defaults: Mapping[str, Default]) -> None:
    """Refuse a default that differs from the frozen one of the same name.

    Raises UserError naming both and the file.
    """
    frozen = read_frozen(file)
    for name, default in defaults.items():
        if name in frozen and not _same(frozen[name], default):
            raise UserError(
                f"{name} has the default {_text(default)}, but its runs were trained with the "
                f"default {_text(frozen[name])} ({file}). A default may not change once runs "
                f"exist: restore {_text(frozen[name])}, and state {name}: {_text(default)} under "
                "`baseline`"
            )


def freeze(file: Path, defaults: Mapping[str, Default]) -> None:
    """Add the defaults of names that are new; those on file stay as they are.

    Raises UserError when the file is damaged.
    """
    frozen = read_frozen(file)
    new = {name: default for name, default in defaults.items() if name not in frozen}
    if new or not file.exists():
        content = {**_read(file), _KEY: {**frozen, **new}}
        write_atomic(file, json_bytes(content))


def _read(file: Path) -> dict[str, Any]:
    try:
        return read_json(file)
    except FileNotFoundError:
        return {}
    except DamagedError as error:
        raise UserError(f"{file} is damaged: {error}; restore it from a backup") from None
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error}; restore it from a backup") from None


def _level(value: Any) -> Default:
    """A default as it was before JSON made its tuples lists."""
    return tuple(map(_level, value)) if isinstance(value, list) else value


def _same(a: Default, b: Default) -> bool:
    """Whether two defaults are one level; True is not 1, but 1 is 1.0."""
    return bool(_level(a) == _level(b)) and isinstance(a, bool) == isinstance(b, bool)


def _text(default: Default) -> str:
    return json.dumps(default)
