"""TensorBoard of one study: its runs under short names, hyperparameters with types.

Runs are shared by studies. A study's folder therefore holds, for every seed, a link to each event
file of the run and a file of its own with the HParams session. TensorBoard reads the files of a
folder in the order of their names and keeps the first session it finds, so ours comes first.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from hyperverdict.design.plan import Plan, PlannedRun
from hyperverdict.design.short_names import ShortNames
from hyperverdict.errors import UserError
from hyperverdict.runs.files import write_atomic
from hyperverdict.runs.layout import read_record
from hyperverdict.vocabulary.configuration import LAYERS
from hyperverdict.words.safe import folder_name, tensorboard

FOLDER = "tensorboard"
REFRESH_SECONDS = 15
_SESSION, _END = "events.out.tfevents.0000000000.study", "events.out.tfevents.9999999999.end"
_METRICS = tuple(
    f"{name}/{split}" for split in ("test", "validation") for name in ("accuracy", "loss")
)
Value = bool | float | str


def hyperparameters(run: PlannedRun) -> dict[str, Value]:
    """What the HParams view sorts and filters by: numbers as numbers, the rest as text."""
    configuration = run.configuration
    values: dict[str, Value] = {}
    for name, level in configuration.levels:
        if name == LAYERS and configuration.vocabulary.handles and len(set(level)) == 1:
            values |= {"width": float(level[0]), "depth": float(len(level))}
        elif isinstance(level, bool):
            values[name] = level
        elif isinstance(level, (int, float)):
            values[name] = float(level)
        else:
            values[name] = configuration.vocabulary.spell(name, level)
    kind, _, amount = configuration.budget.slug.partition("~")
    values |= {"held equal": kind, "budget": str(configuration.budget)}
    with contextlib.suppress(ValueError):
        values["budget amount"] = float(amount)
    purposes = ", ".join(run.purposes)
    values |= {"purpose": purposes, "tuning": run.tuning}
    return {
        tensorboard(name): tensorboard(value) if isinstance(value, str) else value
        for name, value in values.items()
    }


def write_boards(plan: Plan, results: Path, folder: Path) -> int:
    """Bring a study's TensorBoard folder up to date; the number of seeds in it.

    Args:
        folder: of the study; its subfolder `FOLDER` is written.
    """
    names = ShortNames.of(plan)
    values = _of_one_type({run.folder: hyperparameters(run) for run in plan.all_runs})
    experiment = _experiment(values.values())
    seeds, places = 0, set()
    for run in plan.all_runs:
        shown = folder_name(names.name(run.configuration))
        place = folder / FOLDER / (f"tuning, {shown}" if run.tuning else shown)
        record = read_record(results / run.folder)
        for seed in run.seeds:
            events = sorted((results / run.folder / FOLDER / f"seed~{seed}").glob("*tfevents*"))
            if not events:
                continue
            seeds += 1
            places.add(place)
            ended = record.seeds.get(str(seed)) if record else None
            _write_seed(
                place / f"seed {seed}",
                events,
                experiment + _session(values[run.folder], place.name),
                "" if ended is None else ended.status,
            )
    for old in set((folder / FOLDER).glob("*/")) - places:
        # Of a name or run that the study no longer has; the runs themselves are elsewhere.
        if any(old.glob(f"*/{_SESSION}")):
            shutil.rmtree(old)
    return seeds


def _of_one_type(runs: dict[str, dict[str, Value]]) -> dict[str, dict[str, Value]]:
    """The values with text for hyperparameters that are a number in one run and text in another."""
    types: dict[str, set[type]] = {}
    for values in runs.values():
        for name, value in values.items():
            types.setdefault(name, set()).add(type(value))
    return {
        run: {n: v if len(types[n]) == 1 else str(v) for n, v in values.items()}
        for run, values in runs.items()
    }


def _write_seed(place: Path, events: Iterable[Path], session: bytes, status: str) -> None:
    place.mkdir(parents=True, exist_ok=True)
    for file in events:
        link, target = place / file.name, os.path.relpath(file, place)
        if not link.is_symlink():
            link.symlink_to(target)
    ours = place / _SESSION
    if not ours.exists() or ours.read_bytes() != session:
        write_atomic(ours, session, lasting=False)
    if status and not (place / _END).exists():
        write_atomic(place / _END, _end(status), lasting=False)


def _experiment(sessions: Iterable[Mapping[str, Value]]) -> bytes:
    """The columns of the HParams view, each with its type and values."""
    from tensorboard.plugins.hparams import summary_v2 as api  # type: ignore[import-untyped]

    found: dict[str, set[Value]] = {}
    for values in sessions:
        for name, value in values.items():
            found.setdefault(name, set()).add(value)
    hparams = [api.HParam(name, api.Discrete(sorted(levels))) for name, levels in found.items()]
    return _record(_header()) + _record(
        _event(api.hparams_config_pb(hparams, [api.Metric(name) for name in _METRICS]))
    )


def _session(values: Mapping[str, Value], group: str) -> bytes:
    from tensorboard.plugins.hparams import summary_v2 as api

    return _record(_event(api.hparams_pb(dict(values), trial_id=group, start_time_secs=0)))


def _end(status: str) -> bytes:
    # The plugin's `summary` module imports tensorflow; these do not.
    from tensorboard.compat.proto.summary_pb2 import Summary  # type: ignore[import-untyped]
    from tensorboard.plugins.hparams import (
        api_pb2,
        metadata,
        plugin_data_pb2,
    )

    ended = api_pb2.STATUS_SUCCESS if status == "finished" else api_pb2.STATUS_FAILURE
    summary = Summary()
    summary.value.add(
        tag=metadata.SESSION_END_INFO_TAG,
        metadata=metadata.create_summary_metadata(
            plugin_data_pb2.HParamsPluginData(
                session_end_info=plugin_data_pb2.SessionEndInfo(status=ended)
            )
        ),
        tensor=metadata.NULL_TENSOR,
    )
    return _record(_header()) + _record(_event(summary))


def _header() -> Any:
    from tensorboard.compat.proto.event_pb2 import Event  # type: ignore[import-untyped]

    return Event(wall_time=0, file_version="brain.Event:2")


def _event(summary: Any) -> Any:
    from tensorboard.compat.proto.event_pb2 import Event

    return Event(wall_time=0, step=0, summary=summary)


def _record(event: Any) -> bytes:
    """An event as it stands in a file."""
    from tensorboard.summary.writer.record_writer import (  # type: ignore[import-untyped]
        RecordWriter,
    )

    buffer = io.BytesIO()
    RecordWriter(buffer).write(event.SerializeToString())
    return buffer.getvalue()


def watch(plan: Plan, results: Path, folder: Path, port: int | None = None) -> None:
    """Show a study in TensorBoard on this machine until it is stopped; new runs appear."""
    program = _program()
    write_boards(plan, results, folder)
    (folder / FOLDER).mkdir(parents=True, exist_ok=True)
    options = ["--logdir", str(folder / FOLDER), "--host", "127.0.0.1"]
    options += ["--port", str(port)] if port is not None else []
    shown = subprocess.Popen([*program, *options])
    try:
        while shown.poll() is None:
            time.sleep(REFRESH_SECONDS)
            write_boards(plan, results, folder)
    except KeyboardInterrupt:
        pass
    finally:
        shown.terminate()
        shown.wait()


def _program() -> tuple[str, ...]:
    from importlib.util import find_spec

    if find_spec("tensorboard") is None:
        raise UserError("watch: TensorBoard is not installed; pip install tensorboard")
    return (sys.executable, "-m", "tensorboard.main")
