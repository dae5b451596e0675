"""What TensorBoard reads, as bytes of its event files."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from typing import Any

from hyperverdict.runs.curves import Point

Value = bool | float | str
# Columns with more values than this are described by their range, or not at all: each seed's file
# holds the description.
MOST_LEVELS = 50


def experiment(sessions: Iterable[Mapping[str, Value]], metrics: Iterable[str]) -> bytes:
    """A record of a file: the columns of the HParams view, each with its type and values.

    Args:
        sessions: the values of every run.
        metrics: tags of the scores beside them.
    """
    from tensorboard.plugins.hparams import summary_v2 as api  # type: ignore[import-untyped]

    found: dict[str, set[Value]] = {}
    for values in sessions:
        for name, value in values.items():
            found.setdefault(name, set()).add(value)
    columns = [api.HParam(name, _domain(levels)) for name, levels in found.items()]
    summary = api.hparams_config_pb(
        columns, [api.Metric(name) for name in metrics], time_created_secs=0
    )
    return _record(_event(summary))


def _domain(levels: set[Value]) -> Any:
    from tensorboard.plugins.hparams import summary_v2 as api

    if len(levels) <= MOST_LEVELS:
        return api.Discrete(sorted(levels))
    numbers = [level for level in levels if not isinstance(level, str)]
    # Without a domain a column is text.
    return api.RealInterval(min(numbers), max(numbers)) if numbers else None


def session(columns: bytes, values: Mapping[str, Value], group: str, started: float) -> bytes:
    """A file with a run's values.

    Args:
        columns: the record of `experiment`.
        group: the name that the seeds of a configuration share.
        started: when the training began, in seconds since 1970.
    """
    from tensorboard.plugins.hparams import summary_v2 as api

    summary = api.hparams_pb(dict(values), trial_id=group, start_time_secs=started)
    return header(started) + columns + _record(_event(summary, started))


def end(finished: bool, ended: float) -> bytes:
    """A file that says how a run ended."""
    # The plugin's `summary` module imports tensorflow; these do not.
    from tensorboard.compat.proto.summary_pb2 import Summary  # type: ignore[import-untyped]
    from tensorboard.plugins.hparams import (
        api_pb2,
        metadata,
        plugin_data_pb2,
    )

    status = api_pb2.STATUS_SUCCESS if finished else api_pb2.STATUS_FAILURE
    info = plugin_data_pb2.SessionEndInfo(status=status, end_time_secs=ended)
    summary = Summary()
    summary.value.add(
        tag=metadata.SESSION_END_INFO_TAG,
        metadata=metadata.create_summary_metadata(
            plugin_data_pb2.HParamsPluginData(session_end_info=info)
        ),
        tensor=metadata.NULL_TENSOR,
    )
    return header(ended) + _record(_event(summary, ended))


def scalars(points: Iterable[Point], started: float) -> bytes:
    """A file of curves.

    Args:
        started: when the training began, in seconds since 1970.
    """
    from tensorboard.compat.proto.summary_pb2 import Summary

    parts = [header(started)]
    for point in points:
        summary = Summary()
        summary.value.add(tag=point.name, simple_value=point.value)
        parts.append(_record(_event(summary, started + point.seconds, point.step)))
    return b"".join(parts)


def header(moment: float) -> bytes:
    """The first record of every file."""
    from tensorboard.compat.proto.event_pb2 import Event  # type: ignore[import-untyped]

    return _record(Event(wall_time=moment, file_version="brain.Event:2"))


def _event(summary: Any, moment: float = 0.0, step: int = 0) -> Any:
    from tensorboard.compat.proto.event_pb2 import Event

    return Event(wall_time=moment, step=step, summary=summary)


def _record(event: Any) -> bytes:
    """An event as it stands in a file."""
    from tensorboard.summary.writer.record_writer import (  # type: ignore[import-untyped]
        RecordWriter,
    )

    buffer = io.BytesIO()
    RecordWriter(buffer).write(event.SerializeToString())
    return buffer.getvalue()
