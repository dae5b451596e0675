"""Changed studies: all that are shipped, changed where their schema and its words say."""

from __future__ import annotations

import copy
import random
from pathlib import Path

import pytest
import yaml
from hyperverdict.design.plan import make_plan
from hyperverdict.opening import open_invocation
from hyperverdict.study.load import load_study
from hyperverdict.study.structure import study_schema
from hyperverdict.telling import print_plan
from hypothesis import example, given
from hypothesis import strategies as st

from tests.fuzz.hostile import values
from tests.fuzz.limits import answer, examples
from tests.unit.study.test_sizes import WRONG

CONFIG = Path(__file__).parents[2] / "config"
SHIPPED = sorted(
    file
    for file in CONFIG.rglob("*.yaml")
    if "study:" in file.read_text() and "profiles" not in file.parts
)


def keys_of(node: object) -> set[str]:
    """Every key that a schema names, at any depth."""
    if isinstance(node, dict):
        own = set(node.get("properties", {})) if isinstance(node.get("properties"), dict) else set()
        return own.union(*(keys_of(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*map(keys_of, node))
    return set()


KEYS = sorted(keys_of(study_schema()))
CONTENT = {file: yaml.safe_load(file.read_text()) for file in SHIPPED}
# Parts of studies, to be put where others stand.
PARTS = [part for content in CONTENT.values() for part in content.values()]
PARTS += [h for content in CONTENT.values() for h in (content.get("hypotheses") or {}).values()]


def places(node: object, here: tuple = ()) -> list[tuple]:
    """Where the values of a study stand."""
    found = [here] if here else []
    if isinstance(node, dict):
        items = list(node.items())
    else:
        items = list(enumerate(node)) if isinstance(node, list) else []
    return found + [place for key, value in items for place in places(value, (*here, key))]


def parent_of(content: object, place: tuple):
    for key in place[:-1]:
        content = content[key]
    return content


@st.composite
def changed_studies(draw) -> tuple[Path, str]:
    """A shipped study with one to four changes of its values, keys or text."""
    file = draw(st.sampled_from(SHIPPED))
    content = copy.deepcopy(CONTENT[file])
    for _ in range(draw(st.integers(1, 3))):
        known = places(content)
        if not known:
            break
        place = draw(st.sampled_from(known))
        parent, key = parent_of(content, place), place[-1]
        how = draw(st.sampled_from(["value", "value", "part", "delete", "rename", "add", "repeat"]))
        if how == "value":
            parent[key] = draw(values)
        elif how == "part":
            parent[key] = copy.deepcopy(draw(st.sampled_from(PARTS)))
        elif how == "delete":
            del parent[key]
        elif how == "repeat":
            parent[key] = [parent[key]] * draw(st.integers(0, 3))
        elif isinstance(parent, dict):
            value = parent.pop(key) if how == "rename" else draw(values)
            parent[draw(st.sampled_from(KEYS))] = value
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    if draw(st.integers(0, 4)) == 0:
        source = random.Random(draw(st.integers(0, 2**32)))
        start = source.randrange(len(text))
        text = text[:start] + source.choice("[]{}:&*!|>-#\t\"'%@`,x0\n") + text[start + 1 :]
    return file, text


def in_examples(function):
    """With the failures of earlier versions as the first examples."""
    for text, _ in WRONG.values():
        function = example((SHIPPED[0], text))(function)
    return function


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("studies")


@in_examples
@examples(0.15)
@given(changed_studies())
def test_a_changed_study_is_read_or_refused(folder, changed):
    file, text = changed
    # Modules lie beside the study.
    place = folder / f"{file.parent.name}"
    if not place.exists():
        place.mkdir()
        for module in file.parent.glob("*.py"):
            (place / module.name).write_text(module.read_text())
    study = place / "study.yaml"
    study.write_text(text, encoding="utf-8", errors="surrogatepass")

    def read():
        found = load_study(study, runs=folder / "results/runs")
        plan = make_plan(found)
        assert len(plan.runs) >= 0

    answer(read)


@examples(0.01)
@given(changed_studies())
def test_a_changed_study_is_planned_or_refused(folder, changed):
    """All that a dry-run asks of it."""
    _, text = changed
    study = folder / "planned.yaml"
    study.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        patched.setattr("hyperverdict.telling.say_at_once", str)
        patched.setattr("hyperverdict.opening.tell", str)
        answer(lambda: print_plan(open_invocation([study], {}, main=True), asked_for=True))


def test_the_studies_themselves_are_read(folder):
    assert len(SHIPPED) >= 10
    for file in SHIPPED:
        # Their data have to be prepared first.
        if file.parent.name != "own_data":
            load_study(file, runs=folder / "results/runs")
