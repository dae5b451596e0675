"""A judged study whose runs were trained, and what MLflow holds of it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hyperverdict.design.plan import Plan, make_plan
from hyperverdict.exporting.destination import mlflow_client, read_destination
from hyperverdict.exporting.study import export_or_say
from hyperverdict.pipeline import collect_runs, judge
from hyperverdict.runs.sealed import json_bytes, read_json
from hyperverdict.study.smoke import load
from hyperverdict.training.run import train_configuration

from tests.unit.training.conftest import _denormals_as_before, digits  # noqa: F401

STUDY = """
study: exported
data: digits
seeds: 3
baseline: {budget: 4 steps}
hypotheses:
  H1: {says: x, compare: {batch_size: {from: 8, to: 128}}, expect: {accuracy: higher}}
  H2: {says: y, compare: {learning_rate: {from: 1e-3, to: 1e-2}}, expect: {accuracy: higher}}
"""


@dataclass
class Exports:
    """A project folder with a study's runs and verdicts, and a folder of MLflow's."""

    results: Path
    store: Path

    @property
    def folder(self) -> Path:
        return self.results / "studies/exported"

    def plan(self, text: str = STUDY) -> Plan:
        file = self.results / "study.yaml"
        file.write_text(text)
        return make_plan(load(file, self.results))

    def judge(self, text: str = STUDY) -> Plan:
        plan = self.plan(text)
        collect_runs(
            plan.study, {"runs": plan.runs, "tuning": plan.tuning}, self.results, self.folder
        )
        judge(plan.study, self.folder, [])
        return plan

    def export(self, text: str = STUDY) -> dict[str, Any]:
        study = self.judge(text).study
        return dict(
            export_or_say(study, read_destination(str(self.store)), self.results, self.folder)
        )

    def shown_all(self, experiment: str) -> list[Any]:
        """The runs of an experiment in MLflow."""
        with mlflow_client(read_destination(str(self.store))) as client:
            found = client.get_experiment_by_name(experiment)
            return list(client.search_runs([found.experiment_id]))

    def shown(self) -> dict[str, Any]:
        """What MLflow holds of the study: the tag that names a run -> the run."""
        runs = self.shown_all("exported")
        by_id = {run.data.tags["hyperverdict.id"]: run for run in runs}
        assert len(by_id) == len(runs), "a run is there twice"
        return by_id

    def history(self, run: Any, metric: str) -> list[Any]:
        with mlflow_client(read_destination(str(self.store))) as client:
            return list(client.get_metric_history(run.info.run_id, metric))

    def artifacts(self, run: Any) -> set[str]:
        with mlflow_client(read_destination(str(self.store))) as client:
            return {file.path for file in client.list_artifacts(run.info.run_id)}

    def set_seed(self, run: str, seed: int, **changes: object) -> None:
        """Change how a seed ended, in its record."""
        file = self.results / run / "record.json"
        record = read_json(file)
        record["seeds"][str(seed)] |= changes
        file.write_bytes(json_bytes(record))


@pytest.fixture(scope="session")
def _trained(digits, tmp_path_factory):  # noqa: F811
    folder = tmp_path_factory.mktemp("trained")
    exports = Exports(folder, folder / "unused")
    for run in exports.plan().all_runs:
        train_configuration(run.configuration, run.seeds, digits, folder / run.folder)
    return folder


@pytest.fixture
def exports(_trained, tmp_path) -> Exports:
    shutil.copytree(_trained, tmp_path / "results")
    return Exports(tmp_path / "results", tmp_path / "store")
