"""A study's TensorBoard folder: short names, typed hyperparameters, how each session ended."""

import json
import shutil
import subprocess
import sys
import time

import pytest
from hyperverdict import boards as boards_module
from hyperverdict import event_files
from hyperverdict.boards import FOLDER, Boards, write_boards
from hyperverdict.cli import main
from hyperverdict.design.plan import make_plan
from hyperverdict.runs.sealed import json_bytes
from hyperverdict.study.smoke import load
from hyperverdict.training.run import train_configuration
from hyperverdict.words.safe import LONGEST_NAME, folder_name

from tests.unit.words.test_safe import HOSTILE, controls

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


def hparams_of(place):
    """(experiment, session start, session end or None) as TensorBoard reads them."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import metadata

    content = EventAccumulator(str(place)).Reload().PluginTagToContent("hparams")
    end = content.get(metadata.SESSION_END_INFO_TAG)
    return (
        metadata.parse_experiment_plugin_data(content[metadata.EXPERIMENT_TAG]),
        metadata.parse_session_start_info_plugin_data(content[metadata.SESSION_START_INFO_TAG]),
        metadata.parse_session_end_info_plugin_data(end) if end else None,
    )


def curve_of(place, tag):
    """(step, value) of a curve as TensorBoard reads it."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    found = EventAccumulator(str(place)).Reload()
    return [(event.step, event.value) for event in found.Scalars(tag)]


def test_numbers_are_numbers_and_sessions_have_ended(shown):
    from tensorboard.plugins.hparams import api_pb2

    experiment, start, end = hparams_of(shown[0] / "s" / FOLDER / "batch_size=128" / "seed 1")
    assert start.hparams["batch_size"].number_value == 128
    assert start.hparams["held equal"].string_value == "steps"
    assert start.hparams["purpose"].string_value == "H1 at 4 steps"
    column = next(info for info in experiment.hparam_infos if info.name == "batch_size")
    assert column.type == api_pb2.DATA_TYPE_FLOAT64
    assert [value.number_value for value in column.domain_discrete.values] == [8, 128]
    assert end.status == api_pb2.STATUS_SUCCESS
    now = time.time()
    assert now - 600 < start.start_time_secs <= now
    assert start.start_time_secs <= end.end_time_secs + 1 <= now + 1


def test_only_what_differs_is_a_column(shown):
    experiment, start, _ = hparams_of(shown[0] / "s" / FOLDER / "batch_size=128" / "seed 1")
    named = {info.name for info in experiment.hparam_infos}
    assert named == {"batch_size", "held equal", "budget", "purpose"} == set(start.hparams)
    from hyperverdict.boards import _columns

    runs = {"a": {"x": 1.0, "y": "b"}, "b": {"x": 1.0, "y": 2.0}, "c": {"x": 1.0, "z": True}}
    assert _columns(runs) == {"a": {"y": "b"}, "b": {"y": "2.0"}, "c": {"z": True}}


@pytest.mark.parametrize("levels", [[float(n) for n in range(60)], [f"t{n}" for n in range(60)]])
def test_columns_of_many_values_keep_their_type(levels):
    few = event_files.experiment(({"x": level} for level in levels[:50]), ())
    many = event_files.experiment(({"x": level} for level in levels), ())
    assert len(many) < len(few)
    # Without a domain, TensorBoard takes a column for text.
    assert (event_files._domain(set(levels)) is None) == isinstance(levels[0], str)


@pytest.fixture
def changing(shown, tmp_path):
    """A copy of the runs that a test may change, its boards, and the folder of one run."""
    folder, plan = shown
    for run in plan.all_runs:
        shutil.copytree(folder / run.folder, tmp_path / run.folder)
    run = next(r for r in plan.all_runs if r.configuration["batch_size"] == 128)
    return Boards(tmp_path, tmp_path / "s"), plan, tmp_path / run.folder


def set_status(source, seed, status):
    """Change how a seed ended, in the run's record; None for one that has not ended."""
    record = json.loads((source / "record.json").read_text())
    if status is None:
        del record["seeds"][str(seed)]
    else:
        record["seeds"][str(seed)] |= {"status": status}
    (source / "record.json").write_bytes(json_bytes(record))


def test_failed_seeds_are_failed_until_they_are_trained_again(changing):
    from tensorboard.plugins.hparams import api_pb2

    boards, plan, source = changing
    place = boards.folder / FOLDER / "batch_size=128/seed 1"
    for status, shown in (
        ("diverged", api_pb2.STATUS_FAILURE),
        ("finished", api_pb2.STATUS_SUCCESS),
        ("failed", api_pb2.STATUS_FAILURE),
        ("out_of_memory", api_pb2.STATUS_FAILURE),
    ):
        set_status(source, 1, status)
        assert boards.write(plan) == 4
        assert hparams_of(place)[2].status == shown
    set_status(source, 1, None)
    assert boards.write(plan) == 4, "it trains, and its curves are there"
    assert hparams_of(place)[2] is None


def test_files_that_come_later_are_shown(changing):
    boards, plan, source = changing
    events = source / FOLDER / "seed~0"
    kept = source / "kept"
    shutil.move(events, kept)
    set_status(source, 0, None)
    place = boards.folder / FOLDER / "batch_size=128/seed 0"
    assert boards.write(plan) == 3
    assert not place.exists()
    events.mkdir()
    [file] = kept.iterdir()
    shutil.move(file, events / file.name)
    assert boards.write(plan) == 4
    assert len(curve_of(place, "loss/validation_curve")) == 4
    shutil.copy(events / file.name, events / f"{file.name}.later")
    boards.write(plan)
    assert (place / f"{file.name}.later").is_symlink()
    (events / f"{file.name}.later").unlink()
    boards.write(plan)
    assert not (place / f"{file.name}.later").is_symlink()


def test_what_has_not_changed_is_not_written_again(changing, monkeypatch):
    boards, plan, source = changing
    assert boards.write(plan) == 4
    read = []
    whole = boards_module.read_record
    monkeypatch.setattr(boards_module, "read_record", lambda f: read.append(f) or whole(f))
    assert boards.write(plan) == 4
    assert not read
    set_status(source, 0, "failed")
    assert boards.write(plan) == 4
    assert read == [source]


def test_without_event_files_the_curves_come_from_the_runs_table(changing):
    boards, plan, source = changing
    boards.write(plan)
    place = boards.folder / FOLDER / "batch_size=128/seed 1"
    tags = ("loss/validation_curve", "accuracy/test", "loss/train")
    own = {tag: curve_of(place, tag) for tag in tags}
    shutil.rmtree(source / FOLDER)
    assert boards.write(plan) == 4
    for tag, points in own.items():
        assert curve_of(place, tag) == points, tag
    start = hparams_of(place)[1]
    assert time.time() - 600 < start.start_time_secs <= time.time()


def test_seeds_that_the_study_no_longer_wants_are_removed(changing):
    boards, _, _ = changing
    assert boards.write(plan_of(boards.results)) == 4
    fewer = plan_of(boards.results, STUDY.replace("seeds: 2", "seeds: 3"))
    assert boards.write(fewer) == 4
    extra = boards.folder / FOLDER / "batch_size=8/seed 7"
    shutil.copytree(extra.with_name("seed 0"), extra, symlinks=True)
    set_status(boards.results / plan_of(boards.results).all_runs[0].folder, 0, "finished")
    Boards(boards.results, boards.folder).write(fewer)
    assert not extra.exists()


def test_tensorboard_may_open_as_many_files_as_the_system_allows():
    code = (
        "import resource as r; most = r.getrlimit(r.RLIMIT_NOFILE)[1]; "
        "r.setrlimit(r.RLIMIT_NOFILE, (64, most)); "
        "from hyperverdict.boards import allow_open_files; "
        "assert allow_open_files() >= most > 64; assert r.getrlimit(r.RLIMIT_NOFILE)[0] == most"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


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


OWN = """
study: own
train: {command: "python train.py --net {net} --seed {seed} --metrics {metrics}", code: [train.py]}
hyperparameters: {net: {default: plain}}
seeds: 6
metrics: {accuracy: {matters_from: 0.01}}
hypotheses:
  H1:
    says: x
    compare: {net: {from: plain, to: LEVEL}}
    expect: {accuracy: higher}
"""


@pytest.mark.parametrize("name", [n for n in HOSTILE if n not in ("surrogates", "empty")])
def test_any_level_is_text_in_tensorboard(name, tmp_path, monkeypatch):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams import metadata

    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.py").write_text("")
    level = "".join(c for c in HOSTILE[name] if c != "\0")[:60]
    plan = plan_of(tmp_path, OWN.replace("LEVEL", json.dumps(level, ensure_ascii=True)))
    for run in plan.all_runs:
        events = tmp_path / run.folder / FOLDER / "seed~0" / "events.out.tfevents.1.host"
        events.parent.mkdir(parents=True)
        events.write_bytes(b"")
    assert write_boards(plan, tmp_path, tmp_path / "s") == 2
    places = [f for f in (tmp_path / "s" / FOLDER).glob("*/*") if f.is_dir()]
    assert len(places) == 2
    for place in places:
        assert place.parent.name.isascii()
        assert place.parent.name.isprintable()
        content = EventAccumulator(str(place)).Reload().PluginTagToContent("hparams")
        start = metadata.parse_session_start_info_plugin_data(
            content[metadata.SESSION_START_INFO_TAG]
        )
        for key, value in start.hparams.items():
            assert not controls(f"{key}{value.string_value}", but="")
