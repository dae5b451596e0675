"""A study's TensorBoard folder: short names, typed hyperparameters, how each session ended."""

import pytest
from hyperverdict.boards import FOLDER, write_boards
from hyperverdict.cli import main
from hyperverdict.design.plan import make_plan
from hyperverdict.study.smoke import load
from hyperverdict.training.run import train_configuration
from hyperverdict.words.safe import LONGEST_NAME, folder_name

STUDY = """
study: boards
data: digits
seeds: 2
baseline: {budget: 4 steps}
hypotheses:
  H1: {says: x, compare: {batch_size: {from: 8, to: 128}}, expect: {accuracy: higher}}
"""


def plan_of(folder, text=STUDY):
    file = folder / "study.yaml"
    file.write_text(text)
    return make_plan(load(file, folder))


@pytest.fixture(scope="module")
def shown(digits, tmp_path_factory):
    """The event files of a study, as TensorBoard reads them."""
    folder = tmp_path_factory.mktemp("boards")
    plan = plan_of(folder)
    for run in plan.all_runs:
        place = folder / run.folder
        train_configuration(run.configuration, run.seeds, digits, place, tensorboard=place / FOLDER)
    assert write_boards(plan, folder, folder / "s") == 4
    return folder, plan


def test_runs_have_short_names(shown):
    folder, _ = shown
    found = {str(f.relative_to(folder / "s" / FOLDER)) for f in (folder / "s").glob("*/*/*/")}
    assert found == {f"batch_size={size}/seed {seed}" for size in (8, 128) for seed in (0, 1)}


def test_numbers_are_numbers_and_sessions_have_ended(shown):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import api_pb2, metadata

    place = shown[0] / "s" / FOLDER / "batch_size=128" / "seed 1"
    content = EventAccumulator(str(place)).Reload().PluginTagToContent("hparams")
    start = metadata.parse_session_start_info_plugin_data(content[metadata.SESSION_START_INFO_TAG])
    assert start.hparams["batch_size"].number_value == 128
    assert start.hparams["held equal"].string_value == "steps"
    assert start.hparams["purpose"].string_value == "H1 at 4 steps"
    experiment = metadata.parse_experiment_plugin_data(content[metadata.EXPERIMENT_TAG])
    column = next(info for info in experiment.hparam_infos if info.name == "batch_size")
    assert column.type == api_pb2.DATA_TYPE_FLOAT64
    assert [value.number_value for value in column.domain_discrete.values] == [8, 128]
    end = metadata.parse_session_end_info_plugin_data(content[metadata.SESSION_END_INFO_TAG])
    assert end.status == api_pb2.STATUS_SUCCESS


def test_names_that_a_study_no_longer_has_are_removed_and_runs_stay(shown):
    folder, plan = shown
    fewer = plan_of(folder, STUDY.replace("from: 8", "from: 32"))
    assert write_boards(fewer, folder, folder / "s") == 2
    assert {f.name for f in (folder / "s" / FOLDER).iterdir()} == {"batch_size=128"}
    assert write_boards(plan, folder, folder / "s") == 4


@pytest.mark.parametrize("text", ["a/b", "..", "", "a\nb", "\x1b[31m", "\U0001f600", "x" * 5000])
def test_names_are_harmless_and_stay_apart(text):
    name = folder_name(text)
    assert "/" not in name
    assert name.isprintable()
    assert name.isascii()
    assert name.strip(". ")
    assert len(name) <= LONGEST_NAME
    assert name != folder_name(text + "!")


def test_a_missing_package_is_said_in_one_sentence(tmp_path, monkeypatch, capsys):
    import importlib.util

    plan_of(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert main(["watch", "study.yaml"]) == 1
    said = capsys.readouterr().err
    assert said == "hyperverdict: watch: TensorBoard is not installed; pip install tensorboard\n"
