"""Own data are prepared while a study is read: where their size is needed, or their source changed."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest
from hyperverdict.cli import main
from hyperverdict.errors import UserError
from hyperverdict.opening import open_invocation
from hyperverdict.preparing import Preparer, is_outdated, prepare_apart
from hyperverdict.training.plugins import users_code
from hyperverdict.vocabulary.users import Users

MODULE = """
import numpy as np
def load(*, noise=0.1):
    labels = np.arange(40) % 2
    print("loading")
    return np.full((40, 1, 4, 4), noise) + labels[:, None, None, None], labels
def fails():
    raise ValueError("no such file")
def dies():
    import os
    os._exit(3)
def wanders():
    import os
    os.chdir("/")
    return load()
def wanders_and_fails():
    import os
    os.chdir("/")
    raise ValueError("no such file")
def lingers():
    import threading, time
    print("starts a thread")
    threading.Thread(target=time.sleep, args=(3600,)).start()
    return load()
def closes():
    import sys
    data = load()
    sys.stdout.close()
    sys.stderr = None
    return data
"""
NETS = """
from torch import nn
def net(shape, classes, *, filters=2):
    return nn.Sequential(nn.Conv2d(shape[0], filters, 3), nn.Flatten(), nn.Linear(filters * 4, classes))
def wrong(shape, classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(3, classes))
def leaves(shape, classes):
    import os
    os._exit(0)
def huge(shape, classes):
    return nn.Sequential(nn.Flatten(), nn.Linear(10**9, 10**9), nn.Linear(10**9, classes))
"""
STUDY = """study: own
data: "own_sets_p:load"
seeds: 5
baseline: {width: 8, depth: 1, batch_size: 4, budget: BUDGET}
hypotheses:
  H:
    says: Noise is no good.
    compare: {noise: {from: 0.1, to: 0.2}}
    expect: {accuracy: lower}
"""


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own_sets_p.py").write_text(MODULE)
    (tmp_path / "own_nets_p.py").write_text(NETS)
    return tmp_path


def write(project, budget, old="", new=""):
    text = STUDY.replace("BUDGET", budget)
    assert old in text
    (project / "study.yaml").write_text(text.replace(old, new))


def prepared(project):
    return sorted(path.parent.name for path in project.glob("resources/prepared/*/facts.json"))


def test_nothing_is_prepared_early_for_a_budget_in_steps(project, capsys):
    write(project, "40 steps")
    open_invocation(["study.yaml"], {}, main=True)
    assert prepared(project) == []
    assert capsys.readouterr().err == ""


def test_data_whose_size_is_needed_are_prepared_and_it_is_said(project, capsys):
    write(project, "2 epochs")
    run = open_invocation(["study.yaml"], {}, main=True)
    assert prepared(project) == ["own_sets_p:load", "own_sets_p:load~noise~0.2"]
    said = capsys.readouterr().err
    assert said.count("its size is needed") == 2
    assert {r.configuration.budget.amount for r in run.plan.all_runs} == {2 * 24 // 4}
    assert (project / "logs/prepare_data/own_sets_p:load.log").read_text() == "loading\n"
    open_invocation(["study.yaml"], {}, main=True)
    assert capsys.readouterr().err == ""


def test_a_job_never_prepares_anything(project):
    write(project, "2 epochs")
    with pytest.raises(UserError, match=r"study.yaml, line 4.*is not known before it is prepared"):
        open_invocation(["study.yaml"], {}, main=False)


def test_an_error_in_the_function_is_one_message_with_its_line(project):
    write(project, "2 epochs", '"own_sets_p:load"', '"own_sets_p:fails"')
    text = (
        (project / "study.yaml")
        .read_text()
        .replace("noise", "width")
        .replace("0.1", "3")
        .replace("0.2", "4")
    )
    (project / "study.yaml").write_text(text)
    with pytest.raises(UserError, match=r"own_sets_p.py, line 8: ValueError: no such file"):
        open_invocation(["study.yaml"], {}, main=True)
    with pytest.raises(UserError, match=r"ended with exit code 3; see logs.*dies.log"):
        prepare_apart("own_sets_p:dies", Users((project,)))


@pytest.mark.parametrize("name", ["wanders", "lingers", "closes"])
def test_what_a_function_does_to_its_process_costs_nothing(project, name):
    prepare_apart(f"own_sets_p:{name}", Users((project,)), minutes=1)
    assert (project / f"resources/prepared/own_sets_p:{name}/facts.json").exists()
    if name == "lingers":
        log = project / f"logs/prepare_data/own_sets_p:{name}.log"
        assert log.read_text().startswith("starts a thread")


def wander(fails):
    with users_code("model", "own_nets_p:net"):
        os.chdir("/")
        if fails:
            raise ValueError("no such file")


def test_every_call_of_their_code_leaves_the_working_folder_as_it_was(project):
    wander(fails=False)
    assert Path.cwd() == project
    with pytest.raises(UserError):
        wander(fails=True)
    assert Path.cwd() == project


def test_an_error_after_a_change_of_the_folder_names_its_line(project):
    with pytest.raises(UserError, match=r"own_sets_p.py, line 19: ValueError: no such file"):
        prepare_apart("own_sets_p:wanders_and_fails", Users((project,)))


def test_a_copy_of_changed_code_is_prepared_again(project, capsys):
    write(project, "2 epochs")
    open_invocation(["study.yaml"], {}, main=True)
    module = project / "own_sets_p.py"
    module.write_text(MODULE.replace("np.arange(40) % 2", "np.arange(40) % 2 + 0"))
    capsys.readouterr()
    facts = project / "resources/prepared/own_sets_p:load/facts.json"
    before = json.loads(facts.read_text())
    open_invocation(["study.yaml"], {}, main=True)
    assert (
        "Preparing own_sets_p:load again: its code or files have changed."
        in capsys.readouterr().err
    )
    after = json.loads(facts.read_text())
    assert after["made_from"] != before["made_from"]
    assert after["checksum"] == before["checksum"]  # the same data all the same


def test_a_copy_outlives_its_source(project):
    np.savez("a.npz", x=np.zeros((20, 2)) + np.arange(20)[:, None], y=np.arange(20) % 2)
    users = Users((project,), {"a": {"npz": "a.npz"}})
    prepare_apart("a", users)
    assert not is_outdated("a", users)
    np.savez("a.npz", x=np.zeros((22, 2)) + np.arange(22)[:, None], y=np.arange(22) % 2)
    assert is_outdated("a", users)
    (project / "a.npz").unlink()
    assert not is_outdated("a", users)


def test_a_copy_of_another_source_does_not_stand_for_one_that_is_missing(project):
    from PIL import Image

    np.savez("a.npz", x=np.zeros((20, 2)) + np.arange(20)[:, None], y=np.arange(20) % 2)
    prepare_apart("a", Users((project,), {"a": {"npz": "a.npz"}}))
    for other in ({"npz": "b.npz"}, {"folder": "pictures"}):
        with pytest.raises(UserError, match=r"does not exist|no folder"):
            is_outdated("a", Users((project,), {"a": other}))

    for i in range(20):
        file = project / f"pictures/{'ab'[i % 2]}/{i}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((6, 6), i, np.uint8)).save(file)
    small = Users((project,), {"p": {"folder": "pictures", "size": 4}})
    prepare_apart("p", small)
    (project / "pictures").rename(project / "elsewhere")
    assert not is_outdated("p", small)
    with pytest.raises(UserError, match="pictures"):
        is_outdated("p", Users((project,), {"p": {"folder": "pictures", "size": 5}}))


def test_a_damaged_or_older_copy_is_outdated(project):
    users = Users((project,))
    prepare_apart("own_sets_p:load", users)
    facts = project / "resources/prepared/own_sets_p:load/facts.json"
    content = json.loads(facts.read_text())
    for text in ("{", json.dumps({k: v for k, v in content.items() if k != "made_from"})):
        facts.write_text(text)
        assert is_outdated("own_sets_p:load", users)
    said = []
    Preparer(said.append).meet("own_sets_p:load", users)
    assert said == ["Preparing own_sets_p:load again: its code or files have changed."]
    assert json.loads(facts.read_text()) == content


def test_check_loads_data_and_builds_models_once(project, capsys):
    write(project, "40 steps", "width: 8, depth: 1", 'model: "own_nets_p:net"')
    assert main(["check", "study.yaml"]) == 0
    said = capsys.readouterr().out
    assert (
        "own_sets_p:load~noise~0.2: 2 classes, 24 training, 8 validation and 8 test images of 1 x 4 x 4"
        in said
    )
    assert "own_nets_p:net with filters 2 on own_sets_p:load: 38 parameters" in said
    assert "study own, 1 hypothesis, 0 heatmaps; valid" in said


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ("own_nets_p:wrong", "own_nets_p.py, line 5: RuntimeError: mat1 and mat2"),
        ("own_nets_p:nte", "did you mean 'net'"),
        (
            "own_nets_p:leaves",
            "trying the models ended with exit code 0; see logs/check/models.log",
        ),
        ("own_nets_p:huge", "own_nets_p.py, line 11: RuntimeError"),
    ],
)
def test_check_finds_what_would_fail_in_training(project, capsys, model, message):
    write(project, "40 steps", "width: 8, depth: 1", f'model: "{model}"')
    assert main(["check", "study.yaml"]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert "Traceback" not in said


def test_check_finds_data_that_cannot_be_trained_on(project, capsys):
    module = project / "own_sets_p.py"
    module.write_text(MODULE.replace("% 2\n", "% 2 + 1\n", 1))
    write(project, "40 steps")
    assert main(["check", "study.yaml"]) == 1
    assert "labels are 1 to 2; they start at 0: use labels - 1" in capsys.readouterr().err
