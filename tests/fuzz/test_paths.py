"""Paths asked for by hand: a file that a job makes, or one message."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hyperverdict.opening import open_invocation
from hyperverdict.vocabulary.configuration import parse_path
from hypothesis import example, given
from hypothesis import strategies as st

from tests.fuzz.hostile import WORDS, texts
from tests.fuzz.limits import answer, examples
from tests.workflow.conftest import STUDY
from tests.workflow.test_paths_by_hand import REFUSED


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("paths")
    (folder / "study.yaml").write_text(STUDY)
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        yield open_invocation(["study.yaml"], {}, main=True)


@pytest.fixture(scope="module")
def pattern(run):
    """What Snakemake makes of the wildcards of a run's folder."""
    return re.compile(re.sub(r"\{\w+,(.*?)\}(?=/|\{|$)", r"(?:\1)", run.configuration_pattern))


KNOWN = (
    "data~digits/model~mlp/hidden_units~16x1/activation~relu/dropout~0/batch_size~32/optimizer~adam"
    "/learning_rate~0.001/schedule~constant/weight_decay~0/steps~40"
)
FOLDERS = (
    "results", "results/runs", "results/tuning", "results/studies", "results/studies/tiny",
    "results/timing", "results/timing/contrasts", "results/timing/configurations",
    "results/timing/devices", "results/smoke", "resources/prepared", "..", ".", "/", "",
)  # fmt: skip
FILES = (
    "metrics.parquet", "record.json", "timing.json", "facts.json", "report.html", "training.json",
    "tuning/H1.json", "", "/", "/.", "/..",
)  # fmt: skip


@st.composite
def asked(draw) -> str:
    """A path of ours with parts exchanged, repeated, left out or replaced."""
    parts = KNOWN.split("/")
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(parts) - 1))
        name, mark, value = parts[at].partition("~")
        word = draw(st.one_of(st.sampled_from(WORDS), texts))
        parts[at] = draw(
            st.sampled_from(
                [f"{name}{mark}{word}", f"{word}{mark}{value}", word, parts[0], f"{parts[at]}/.."]
            )
        )
    below = draw(st.one_of(st.just("/".join(parts)), texts, st.sampled_from(WORDS)))
    return "/".join([draw(st.sampled_from(FOLDERS)), below, draw(st.sampled_from(FILES))])


def in_examples(function):
    for target in (*REFUSED, *WORDS, f"results/runs/{KNOWN}", "results/runs/" + "a~b/" * 2000):
        function = example(target)(function)
    return function


@in_examples
@examples(0.25)
@given(asked())
def test_a_path_is_a_file_to_make_or_refused(run, target):
    file = answer(lambda: run.file_target(target))
    if file is not None and "\0" not in target:
        # Asking again for what is made changes nothing.
        assert answer(lambda: run.file_target(file)) == file


@examples(0.1)
@given(asked())
def test_a_run_is_spelled_one_way(run, pattern, target):
    path = target.removeprefix("results/runs/").rpartition("/")[0]
    found = answer(lambda: parse_path(path, run.study.vocabulary))
    if found is not None:
        assert found.path == path.strip("/")
        assert len(max(Path(found.path).parts, key=len).encode()) <= 255
    answer(lambda: pattern.fullmatch(path))
