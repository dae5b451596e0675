from __future__ import annotations

import pytest
from hyperverdict.training.run import train_configuration


@pytest.fixture(scope="module")
def folder(digits, tiny, tmp_path_factory):
    """Event files of two configurations with two seeds each."""
    folder = tmp_path_factory.mktemp("tensorboard")
    for name, size in (("small", 32), ("large", 128)):
        run = folder / "runs" / name
        train_configuration(tiny(batch_size=size), [0, 1], digits, run, tensorboard=folder / name)
    return folder


def test_scalars_equal_the_metrics(folder):
    import pyarrow.parquet as pq
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    events = EventAccumulator(str(folder / "small" / "seed~1")).Reload()
    metrics = pq.read_table(folder / "runs" / "small" / "metrics.parquet").to_pylist()
    for split in ("train", "validation_curve", "validation", "test"):
        rows = [row for row in metrics if row["seed"] == 1 and row["split"] == split]
        scalars = events.Scalars(f"accuracy/{split}")
        assert [event.step for event in scalars] == [row["step"] for row in rows]
        expected = [pytest.approx(row["accuracy"]) for row in rows]
        assert [event.value for event in scalars] == expected


def test_the_hparams_view_groups_the_seeds_of_a_configuration(folder):
    from tensorboard.backend.event_processing import (
        data_provider,
        plugin_event_multiplexer,
    )
    from tensorboard.context import RequestContext
    from tensorboard.plugins import base_plugin
    from tensorboard.plugins.hparams import api_pb2, backend_context, list_session_groups

    multiplexer = plugin_event_multiplexer.EventMultiplexer()
    for name in ("small", "large"):
        multiplexer.AddRunsFromDirectory(str(folder / name), name)
    multiplexer.Reload()
    provider = data_provider.MultiplexerDataProvider(multiplexer, str(folder))
    context = backend_context.Context(base_plugin.TBContext(data_provider=provider))
    request = RequestContext()
    metadata = context.hparams_metadata(request, "")
    experiment = context.experiment_from_metadata(
        request, "", True, metadata, provider.list_hyperparameters(request, experiment_ids=[""])
    )
    wanted = api_pb2.ListSessionGroupsRequest(
        start_index=0,
        slice_size=100,
        include_metrics=True,
        allowed_statuses=[api_pb2.STATUS_UNKNOWN, api_pb2.STATUS_SUCCESS, api_pb2.STATUS_RUNNING],
    )
    groups = list_session_groups.Handler(request, context, "", wanted).run().session_groups
    assert sorted(len(group.sessions) for group in groups) == [2, 2]
    sizes = sorted(group.hparams["batch_size"].number_value for group in groups)
    assert sizes == [32, 128]
    assert "accuracy/test" in {info.name.tag for info in experiment.metric_infos}
