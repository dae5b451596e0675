"""Keeps a study's experiment in MLflow up to date: what is there already is updated.

A run is found by a tag of ours. What cannot change in MLflow (params, values of metrics) is
compared by a checksum; a run that was trained again takes the place of the earlier one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeVar

from hyperverdict.errors import UserError
from hyperverdict.exporting.destination import Destination, missing_package, mlflow_client, reason
from hyperverdict.exporting.runs import PREFIX, ExportedRun, Measured
from hyperverdict.exporting.summary import OF_CLAIMS, Summary

ID, CONTENT, IN_STUDY = f"{PREFIX}id", f"{PREFIX}content", f"{PREFIX}in_study"
SUMMARY_ID = "summary"
RUN_NAME, PARENT = "mlflow.runName", "mlflow.parentRunId"
PAGE = 1000
# MLflow's limits for one request.
METRICS_AT_ONCE, PARAMS_AT_ONCE, TAGS_AT_ONCE = 800, 100, 100
T = TypeVar("T")


@dataclass(frozen=True)
class Exported:
    """What an export has done.

    Attributes:
        experiment, experiment_id: where the runs are.
        runs: those of the study that are there now; `new` of them were not there before, or were
            trained again since.
    """

    experiment: str
    experiment_id: str
    runs: int
    new: int


def experiment_name(study: str, smoke: bool) -> str:
    """The experiment of a study: its name, or the one that MLflow's own setting gives.

    A smoke run has an experiment of its own.
    """
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or study
    return f"{name} (smoke)" if smoke else name


def export(
    destination: Destination,
    experiment: str,
    study: str,
    runs: Iterable[ExportedRun],
    summary: Summary,
) -> Exported:
    """Bring a study's experiment up to date.

    Raises UserError, in one line, whatever goes wrong in MLflow; what was written until then stays
    and is completed by the next export.
    """
    missing = missing_package(destination)
    if missing:
        raise UserError(missing)
    with mlflow_client(destination) as client:
        try:
            return _Experiment.open(client, experiment, study).update(runs, summary)
        except UserError:
            raise
        except Exception as error:
            raise UserError(f"{destination.given}: {reason(error)}") from error


@dataclass(frozen=True)
class _Experiment:
    """An experiment and the runs of the study that it holds, by our tag."""

    client: Any
    name: str
    id: str
    study: str
    known: dict[str, Any]

    @classmethod
    def open(cls, client: Any, name: str, study: str) -> _Experiment:
        found = client.get_experiment_by_name(name)
        if found is None:
            identity = client.create_experiment(name)
        else:
            identity = found.experiment_id
            if found.lifecycle_stage == "deleted":
                client.restore_experiment(identity)
        known: dict[str, Any] = {}
        for run in _all_runs(client, identity):
            tags = run.data.tags
            if ID not in tags or tags.get(f"{PREFIX}study") != study:
                continue
            if tags[ID] in known:
                # Of two exports at a time.
                client.delete_run(run.info.run_id)
            else:
                known[tags[ID]] = run
        return cls(client, name, identity, study, known)

    def update(self, runs: Iterable[ExportedRun], summary: Summary) -> Exported:
        above = self._summary(summary)
        present, new = {SUMMARY_ID}, 0
        for run in runs:
            present.add(run.id)
            new += self._run(run, above)
        for left in self.known.keys() - present:
            self._tag(self.known[left], {IN_STUDY: "no"})
        # Files last: they may go to a store of their own.
        for file in summary.files:
            folder = os.path.dirname(file) or None
            self.client.log_artifact(above, str(summary.folder / file), folder)
        return Exported(self.name, self.id, len(present) - 1, new)

    def _summary(self, summary: Summary) -> str:
        """Write the run above all others; its id."""
        names = {metric.name for metric in summary.metrics}
        known = self.known.get(SUMMARY_ID)
        if known is not None and not known.data.metrics.keys() <= names:
            # An effect that the study no longer has would stay for good.
            self.client.delete_run(known.info.run_id)
            known = None
        tags = {**summary.tags, IN_STUDY: "yes", RUN_NAME: summary.name}
        if known is None:
            started = min((metric.at for metric in summary.metrics), default=None)
            identity = self._create(SUMMARY_ID, summary.name, started)
            values: Mapping[str, float] = {}
            self._log(identity, tags=tags)
        else:
            identity, values = known.info.run_id, known.data.metrics
            self._tag(known, tags)
            for left in known.data.tags.keys() - tags.keys():
                # Of a claim that the study no longer has; MLflow's own tags and the user's stay.
                if left.startswith(OF_CLAIMS):
                    self.client.delete_tag(identity, left)
        changed = [metric for metric in summary.metrics if values.get(metric.name) != metric.value]
        self._log(identity, metrics=changed)
        if known is None or known.info.status != "FINISHED":
            self.client.set_terminated(identity, "FINISHED")
        return str(identity)

    def _run(self, run: ExportedRun, above: str) -> bool:
        """Write one run; whether it was not there before, as it is now."""
        tags = {**run.tags, IN_STUDY: "yes", PARENT: above, RUN_NAME: run.name}
        known = self.known.get(run.id)
        if known is not None and _is_whole(known, run):
            self._tag(known, tags)
            return False
        if known is not None:
            self.client.delete_run(known.info.run_id)
        identity = self._create(run.id, run.name, run.started or None)
        tags = {**tags, CONTENT: run.content}
        self._log(identity, params=run.params, metrics=run.metrics, tags=tags)
        self.client.set_terminated(identity, run.status, run.ended or None)
        return True

    def _create(self, ours: str, name: str, started: int | None) -> str:
        tags = {ID: ours, f"{PREFIX}study": self.study}
        run = self.client.create_run(self.id, start_time=started, tags=tags, run_name=name)
        return str(run.info.run_id)

    def _tag(self, run: Any, tags: Mapping[str, str]) -> None:
        """Set the tags of a run that are not as they should be."""
        known = run.data.tags
        self._log(run.info.run_id, tags={n: v for n, v in tags.items() if known.get(n) != v})

    def _log(
        self,
        identity: str,
        *,
        params: Mapping[str, str] | None = None,
        metrics: Sequence[Measured] = (),
        tags: Mapping[str, str] | None = None,
    ) -> None:
        from mlflow.entities import (  # type: ignore[import-not-found,unused-ignore]
            Metric,
            Param,
            RunTag,
        )

        # One request where it can be, and tags last: one of them says that all else is there.
        numbers = list(_batches(metrics, METRICS_AT_ONCE))
        texts = list(_batches((params or {}).items(), PARAMS_AT_ONCE))
        notes = list(_batches((tags or {}).items(), TAGS_AT_ONCE))
        size = max(len(numbers), len(texts), len(notes))
        for these, some, those in zip(
            *(_at_the_end(batches, size) for batches in (numbers, texts, notes)), strict=True
        ):
            self.client.log_batch(
                identity,
                metrics=[Metric(m.name, m.value, m.at, m.step) for m in these],
                params=[Param(*pair) for pair in some],
                tags=[RunTag(*pair) for pair in those],
            )


def _is_whole(known: Any, run: ExportedRun) -> bool:
    """Whether MLflow holds a run as it is now, and not what an interrupted export left."""
    written = known.data.tags.get(CONTENT) == run.content
    return bool(written and known.info.status == run.status)


def _all_runs(client: Any, experiment: str) -> Iterator[Any]:
    token: str | None = None
    while True:
        page = client.search_runs([experiment], max_results=PAGE, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    remaining = iter(items)
    while batch := list(islice(remaining, size)):
        yield batch


def _at_the_end(batches: list[list[T]], size: int) -> list[list[T]]:
    """The batches after empty ones, `size` in all."""
    return [*([] for _ in range(size - len(batches))), *batches]
