"""A folder of runs: one metrics file each, with its settings in a file or in the folder's name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from hyperverdict.errors import UserError
from hyperverdict.foreign import names
from hyperverdict.foreign.literals import TOO_LONG, parse_json, parse_yaml
from hyperverdict.foreign.table import Table, flat, joined, with_constants
from hyperverdict.words.numbers import count

MOST_FILES = 50_000
MOST_SETTINGS = 2_000
MOST_SETTINGS_BYTES = 10_000_000
DATA = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".gz", ".bz2", ".xz")
# Names of metrics files, the likeliest first; Ray writes progress.csv and result.json alike.
METRICS = (
    "progress", "trainer_state", "metrics", "results", "result", "history", "training_history",
    "train_history", "log", "logs", "training_log", "train_log", "training", "scores", "evaluation",
    "eval", "all_results", "eval_results", "test_results", "wandb-summary", "summary", "final",
)  # fmt: skip
SETTINGS = (
    "config", "params", "hparams", "hyperparameters", "hyper_parameters", "args", "arguments",
    "settings", "options", "cfg", "opt", "flags", "train_config", "training_args", "run_config",
)  # fmt: skip
# Files of tools beside a run that are neither its metrics nor its settings.
OTHERS = frozenset(
    {"run", "info", "hydra", "overrides", "wandb-metadata", "requirements", "tokenizer", "vocab"}
    | {"tokenizer_config", "special_tokens_map", "dataset_info", "experiment_state"}
)
_SCALARS = re.compile(r"run-(.*)-tag-(.*)")
_PAIR = re.compile(r"([A-Za-z][\w.]*?)=(.*?)(?=_[A-Za-z][\w.]*=|[,&;\s]|$)")
_SEED = re.compile(r"(?:^|[_\-.])seed[_\-]?(\d+)(?=$|[_\-.])")
_RAY_PREFIX = re.compile(r"^.*_\d+_(?=[A-Za-z])")
_RAY_DATE = re.compile(r"_\d{4}-\d\d-\d\d[_-].*$")

ReadFile = Callable[[Path], Table]


def read_folder(folder: Path, read_file: ReadFile) -> Table:
    """All runs below a folder as one table, whose column `run` names their folders or files.

    Raises UserError that says what was found instead.
    """
    files = _files(folder)
    chosen = _metrics_files(files, folder)
    if not chosen:
        kinds = sorted({file.suffix or file.name for file in files})
        raise UserError(
            f"{folder} holds no run that can be read: {count(len(files), 'file')} "
            f"({', '.join(kinds[:8]) or 'none'}), none of them a metrics file such as metrics.csv"
        )
    given: dict[Path, dict[str, Any]] = {}
    tables, names = [], []
    for file in chosen:
        name, settings = _run_of(file, folder, given)
        tables.append(_with_run(scalars_of(read_file(file), file), name, settings))
        names.append(str(file.relative_to(folder)))
    found = joined(tables, names)
    left = len([f for f in files if _is_data(f)]) - len(chosen)
    notes = [f"{count(len(chosen), 'metrics file')} below {folder} were read."]
    if left:
        notes.append(f"{count(left, 'other data file')} beside them were not.")
    return replace(found, notes=(*found.notes, *notes))


def _files(folder: Path) -> list[Path]:
    found: list[Path] = []
    for file in folder.rglob("*"):
        hidden = any(p.startswith(".") and p != ".hydra" for p in file.relative_to(folder).parts)
        if hidden or not file.is_file():
            continue
        found.append(file)
        if len(found) > MOST_FILES:
            raise UserError(f"{folder} holds more than {MOST_FILES:,} files")
    return sorted(found)


def _stem(file: Path) -> str:
    return file.name.partition(".")[0].lower()


def _is_data(file: Path) -> bool:
    if file.parent.name == ".hydra" or _stem(file) in (*SETTINGS, *OTHERS):
        return False
    return file.suffix.lower() in DATA


def _metrics_files(files: Iterable[Path], folder: Path) -> list[Path]:
    """The metrics file of every run, or all files where each is a run of its own."""
    of_folder: dict[Path, list[Path]] = {}
    for file in files:
        if _is_data(file):
            of_folder.setdefault(file.parent, []).append(file)
    chosen: list[Path] = []
    for parent, candidates in of_folder.items():
        known = [file for file in candidates if _stem(file) in METRICS]
        if known and (parent != folder or len(of_folder) == 1):
            chosen.append(min(known, key=lambda file: METRICS.index(_stem(file))))
        elif not known:
            chosen += candidates
    return chosen


def _run_of(
    file: Path, root: Path, given: dict[Path, dict[str, Any]]
) -> tuple[str, dict[str, Any]]:
    """(name of a run, its settings): from files beside and above it, else from its path."""
    alone = _stem(file) in METRICS
    place = file.parent if alone and file.parent != root else file.with_name(_bare(file))
    relative = place.relative_to(root)
    settings: dict[str, Any] = {}
    named: dict[str, Any] = {}
    folder = root
    for part in (None, *relative.parts):
        folder = folder / part if part is not None else root
        if part is not None:
            named |= settings_in_name(part)
        if folder not in given:
            given[folder] = _settings_files(folder) if folder.is_dir() else {}
        settings |= given[folder]
    last = {key.rpartition(".")[2] for key in settings}
    settings |= {k: v for k, v in named.items() if k not in settings and k not in last}
    return str(relative), settings


def _bare(file: Path) -> str:
    """A file's name without the suffixes of its format: lr=0.1.csv.gz is lr=0.1."""
    name = file.name
    while name.lower().endswith(DATA):
        name = name.rpartition(".")[0]
    return name


def settings_in_name(name: str) -> dict[str, str]:
    """Settings that the name of a folder or file spells: lr=0.1,seed=0; seed_3."""
    scalars = _SCALARS.fullmatch(name)
    name = scalars.group(1) if scalars else name
    found = {}
    for key, value in _PAIR.findall(name.replace("+", "")):
        found[_setting(_RAY_PREFIX.sub("", key))] = _RAY_DATE.sub("", value)
    seed = _SEED.search(name)
    if seed and "seed" not in found:
        found["seed"] = seed.group(1)
    return found


def _setting(key: str) -> str:
    """The setting in a name: runs_lr is lr, batch_size is batch_size."""
    ends = [key[place + 1 :] for place, letter in enumerate(key) if letter == "_"]
    return next((end for end in [key, *ends] if names.role_of(names.clean(end))), key)


def _settings_files(folder: Path) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for place in (folder, folder / ".hydra"):
        for file in sorted(place.glob("*")) if place.is_dir() else ():
            if _stem(file) in SETTINGS and file.suffix in (".json", ".yaml", ".yml"):
                settings |= read_settings(file)
    return settings


def read_settings(file: Path) -> dict[str, Any]:
    """The settings in a JSON or YAML file, as one level; UserError where it cannot be read."""
    try:
        if file.stat().st_size > MOST_SETTINGS_BYTES:
            raise UserError(f"{file} is too large for a file of settings")
        text = file.read_text(encoding="utf-8", errors="replace")
        raw = parse_json(text) if file.suffix == ".json" else parse_yaml(text)
    except (OSError, ValueError, yaml.YAMLError, RecursionError) as error:
        raise UserError(f"{file} holds no settings that can be read ({error})") from None
    if not isinstance(raw, dict):
        return {}
    values = {k: _unwrapped(v) for k, v in raw.items() if not str(k).startswith(("wandb", "_"))}
    settings = {key: _short(value) for key, value in flat(values).items()}
    if len(settings) > MOST_SETTINGS:
        raise UserError(f"{file} holds {len(settings):,} settings, more than {MOST_SETTINGS:,}")
    return settings


def _unwrapped(value: Any) -> Any:
    """What W&B's config.yaml wraps: {value: 0.1, desc: null} is 0.1."""
    if isinstance(value, dict) and "value" in value and value.keys() <= {"value", "desc"}:
        return value["value"]
    return value


def _short(value: Any) -> Any:
    """A setting; a list of very many items, also nested ones, is no setting but a text."""
    left, items = [value], 0
    while left:
        item = left.pop()
        items += 1
        if items > MOST_SETTINGS:
            return TOO_LONG
        if isinstance(item, (list, dict)):
            left += item if isinstance(item, list) else item.values()
    return value


def scalars_of(table: Table, file: Path) -> Table:
    """TensorBoard's export of one curve, under the run and tag that its file's name says."""
    if {name.lower() for name in table.columns} != {"wall time", "step", "value"}:
        return table
    named = _SCALARS.fullmatch(_bare(file))
    run, tag = named.groups() if named else (file.parent.name, _bare(file))
    return with_constants(table, {"run": run, "tag": tag}, settings=False)


def _with_run(table: Table, name: str, settings: Mapping[str, Any]) -> Table:
    taken = {f"config.{k}" if k in table.columns else k: v for k, v in settings.items()}
    table = with_constants(table, taken, settings=True)
    if "run" in table.columns:
        return table
    return replace(with_constants(table, {"run": name}, settings=False), run="run")
