"""Whatever slips into a study file, it is a valid study or one UserError with lines of the file."""

from __future__ import annotations

import copy
import random
import re
from pathlib import Path

import pytest
import yaml
from hyperverdict.errors import UserError
from hyperverdict.study.load import load_study
from hyperverdict.study.strict_yaml import read_yaml

OURS = """
study: s
title: A study
data: digits
seeds: 5
looks: [5, 10]
alpha: 0.05
quick: false
baseline: {width: 64, depth: 2, optimizer: adam, learning_rate: 1e-3, budget: 300 steps}
metrics:
  accuracy: {matters_from: 0.01}
  train_time: {matters_from: 1.10x}
hypotheses:
  H1:
    says: Big batches are worse.
    compare: {batch_size: {from: 4, to: 128}}
    expect: {accuracy: lower, train_time: {is: lower, matters_from: 1.2x}}
    at_equal: [300 steps, 10 epochs]
    because: updates
    saw: {accuracy: {from: 0.51, to: 0.78}}
    tune: {learning_rate: [1e-3, 1e-2]}
    seeds: [0, 1, 2, 3, 4]
    primary: true
  H2:
    says: Deeper is better.
    trend: {depth: [1, 2, 3]}
    in_every: {width: [16, 32, 64]}
    shape: every_step
    expect: {accuracy: higher}
  H3:
    says: Complex data need depth.
    compare: {depth: {from: 2, to: 3}}
    only_in: {classes: {yes: [[1, 3, 8]], no: [[0, 4, 6]]}}
    expect: {accuracy: higher}
  H4:
    says: The optimizer matters more.
    matters_more:
      these: {optimizer: [sgd, adam]}
      than: {width: [16, 64], budget: [100 steps, 300 steps]}
    expect: {accuracy: {share_of_variance: higher, matters_from: 0.05}}
  H5:
    says: Every epoch helps.
    each: {epoch: 1..5}
    expect: {accuracy: {higher_by: [0, 0.05]}}
  H6:
    says: They grow.
    combinations: {width: 4, depth: [1, 2, 3]}
    grows: exponentially
  H7:
    says: Random is better than a grid.
    search: random
    than: grid
    over: {width: [16, 64], depth: [1, 2, 3]}
    trials: 4
    expect: {accuracy: higher}
  H8:
    says: 32 is best.
    best: {batch_size: [4, 32, 128]}
    is: [32]
    expect: {accuracy: higher}
explore:
  size: {grid: {width: [16, 32], depth: [1, 2]}, metric: loss, budget: 2 epochs, seeds: 3}
"""
OWN = """
study: heads
seeds: 5
train:
  command: python train.py --lr {lr} --heads {heads} --epochs {epochs} --seed {seed} --out {metrics}
  code: [train.py]
hyperparameters:
  heads: {default: 4, allowed: [1, 2, 4, 8]}
  lr: {default: 1e-3, allowed: {from: 1e-5, to: 1}}
baseline: {heads: 4, budget: 5 epochs}
metrics:
  bleu: {from: eval/bleu, better: higher, matters_from: 0.5, validation: val_bleu}
hypotheses:
  heads_help:
    says: Eight heads translate better than four.
    compare: {heads: {from: 4, to: 8}}
    expect: {bleu: higher}
    tune: {lr: [1e-4, 1e-3]}
"""
VALUES = [None, True, -1, 0, 3, 2.5, 1e400, "", "x", "a: b", "0,5", "10%", [], [1], ["x", 2], {}]
VALUES += [{"a": 1}, {"from": 1, "to": 2}, [[1, 2], [3]], "300 steps", "1..5", "yes", "~", "H1"]
LETTERS = "abcdefghijklmnopqrstuvwxyz_0123456789 :-"


def places(content, above=()):
    """The places of all keys and entries."""
    entries = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in entries:
        yield (*above, key)
        if isinstance(value, (dict, list)):
            yield from places(value, (*above, key))


def inner(content, place):
    for key in place:
        content = content[key]
    return content


def drop(content, place, draw):
    del inner(content, place[:-1])[place[-1]]


def change_type(content, place, draw):
    inner(content, place[:-1])[place[-1]] = copy.deepcopy(draw.choice(VALUES))


def rename(content, place, draw):
    """A key with one letter changed, left out or added; the order stays."""
    holder = inner(content, place[:-1])
    if not isinstance(holder, dict):
        return
    word, at = str(place[-1]), draw.randrange(len(str(place[-1])) or 1)
    ends = [word[at + 1 :], word[at:], draw.choice(LETTERS) + word[at + 1 :]]
    new = word[:at] + draw.choice(ends)
    entries = list(holder.items())
    holder.clear()
    holder.update({new if key == place[-1] else key: value for key, value in entries})


def move_up(content, place, draw):
    value = inner(content, place[:-1])[place[-1]]
    above = inner(content, place[:-2])
    del inner(content, place[:-1])[place[-1]]
    above.append(value) if isinstance(above, list) else above.update({str(place[-1]): value})


def move_down(content, place, draw):
    holder = inner(content, place[:-1])
    value = holder[place[-1]]
    others = [
        x for x in (holder.values() if isinstance(holder, dict) else holder) if x is not value
    ]
    below = [other for other in others if isinstance(other, dict)]
    if below:
        del holder[place[-1]]
        draw.choice(below)[str(place[-1])] = value


SLIPS = [drop, change_type, rename, move_up, move_down]


def mutated(text, number):
    """The text of a study with one slip."""
    draw = random.Random(number)
    content = copy.deepcopy(text)
    place = draw.choice(list(places(content)))
    slips = [slip for slip in SLIPS if slip is not move_up or len(place) > 1]
    draw.choice(slips)(content, place, draw)
    style = draw.choice([None, False, True])
    return yaml.safe_dump(content, default_flow_style=style, sort_keys=False, width=80)


def refuse_what_is_no_message(file, text):
    """Load a file; fail for all but a study and a UserError that names lines of the file."""
    file.write_text(text)
    try:
        load_study(file)
    except UserError as error:
        message, length = str(error), len(text.splitlines())
    else:
        return ""
    head, *rest = message.splitlines()
    assert head.startswith(str(file)), message
    assert not rest or head == f"{file}: {len(rest)} errors", message
    for line in rest or [head]:
        numbers = [int(n) for n in re.findall(r"\blines? (\d+)", line)]
        assert numbers, line
        assert all(1 <= n <= max(length, 1) for n in numbers), line
    assert len(set(rest)) == len(rest), message
    return message


@pytest.fixture
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def read(text):
    Path("read.yaml").write_text(text)
    return read_yaml(Path("read.yaml"))[0]


@pytest.mark.parametrize("start", range(0, 240, 40))
def test_one_slip_anywhere_is_a_study_or_a_message(in_a_folder_of_its_own, start):
    studies = [read(text) for text in (OURS, OWN)]
    refused = 0
    for number in range(start, start + 40):
        text = mutated(studies[number % 4 == 0], number)
        refused += bool(refuse_what_is_no_message(Path("study.yaml"), text))
    assert refused > 20
