"""What the first run of a user's training fixed: `training.json` in the folder of its runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hyperverdict.errors import UserError
from hyperverdict.runs.declared import Default
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.sealed import json_bytes, read_json

RUNS = Path("results/runs")
DECLARATION_FILE = "training.json"


@dataclass(frozen=True)
class Declaration:
    """A training as its first run froze it, and as a study states it now.

    Attributes:
        defaults: hyperparameter -> default, in the order of paths; never changed, only added to.
        core: hyperparameters that every path spells; the others only where they differ from their
            default.
        study: the part of a study file that says how runs are made, as plain values.
    """

    file: Path
    defaults: Mapping[str, Default]
    core: tuple[str, ...]
    study: Mapping[str, Any]


def declaration_file(name: str, runs: Path = RUNS) -> Path:
    """Where the declaration of a training is."""
    return runs / f"train~{name}" / DECLARATION_FILE


def read_declaration(file: Path) -> Declaration | None:
    """The declaration of a training; None before its first run.

    Raises UserError when the file cannot be read: the paths of its runs depend on it.
    """
    try:
        content = read_json(file)
        defaults, core, study = content["defaults"], content["core"], content["study"]
        return Declaration(file, dict(defaults), tuple(core), dict(study))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{file} is damaged ({error}); restore it from a backup, since the paths of the "
            "training's runs depend on it"
        ) from None


def write_declaration(
    file: Path, defaults: Mapping[str, Default], study: Mapping[str, Any]
) -> None:
    """Write or extend a declaration: the defaults that are there stay, new names are added."""
    known = read_declaration(file)
    kept = dict(known.defaults) if known else {}
    content = {
        "defaults": {**kept, **{name: d for name, d in defaults.items() if name not in kept}},
        "core": list(known.core if known else defaults),
        "study": study,
    }
    write_atomic(file, json_bytes(content))


def extend_declaration(
    file: Path, defaults: Mapping[str, Default], study: Mapping[str, Any]
) -> None:
    """Bring a declaration up to date with the study as it is now; where there is none, do nothing.

    Raises UserError when the file is damaged.
    """
    if read_declaration(file) is not None:
        write_declaration(file, defaults, study)
