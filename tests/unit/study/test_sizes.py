"""Study files of a size that nobody means: refused with file, line and limit, and at once."""

import time

import pytest
from hyperverdict.errors import UserError
from hyperverdict.study.load import load_study
from hyperverdict.study.strict_yaml import MAXIMUM_BYTES

BASE = """study: sizes
data: digits
seeds: 2
baseline: {width: 8, depth: 1, budget: 40 steps}
metrics: {accuracy: {matters_from: 0.01}}
hypotheses:
  H1: {says: x, compare: {width: {from: 8, to: 16}}, expect: {accuracy: higher}}
"""
LEVELS = ", ".join(map(str, range(1, 1000)))
SECONDS = 5


def changed(old, new):
    assert old in BASE
    return BASE.replace(old, new)


def bomb():
    """Nine aliases of nine aliases of ..."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for name, before in zip("bcdefghi", "abcdefgh", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]")
    return "\n".join([*lines, BASE])


WRONG = {
    "two underscores": (
        changed("seeds: 2", "seeds: 1__0"),
        "line 3: 1__0 is not a number; write 1",
    ),
    "an underscore last": (
        changed("from: 8", "from: -1_"),
        "line 7: -1_ is not a number; write -1",
    ),
    "of a budget": (changed("40 steps", "4__0 steps"), "'4__0' is not a number"),
    "thirty digits": (changed("from: 8", f"from: {'9' * 30}"), "whole numbers go up to 9,223,372"),
    "of four hundred digits": (
        changed("expect:", f"saw: {{accuracy: {{from: {'1' * 400}, to: 0.5}}}}, expect:"),
        "111... is too large",
    ),
    "a tiny size": (changed("0.01", "1e-300"), "1e-300 is out of range"),
    "a huge ratio": (
        changed("accuracy: {matters_from: 0.01}", "train_time: {matters_from: 1e300x}"),
        "'1e300x' is out of range",
    ),
    "a tiny text": (changed("matters_from: 0.01", "matters_from: '1e-300'"), "is out of range"),
    "an endless budget": (changed("40 steps", "1e30 steps"), "at most 1,000,000,000,000 steps"),
    "brackets": (changed("says: x", f"says: {'[' * 500}{']' * 500}"), "line 7: values lie more"),
    "fewer brackets": (changed("says: x", f"says: {'[' * 60}{']' * 60}"), "line 7: values lie"),
    "an alias of itself": (f"{BASE}more: &a [*a]\n", "line 8: an alias refers to the value"),
    "aliases of aliases": (bomb(), "more than 100,000 keys and entries"),
    "a long text": (changed("says: x", f"says: {'x' * 100_000}"), "a text of 100,000 characters"),
    "a grid": (
        f"{BASE}explore:\n  g: {{grid: {{width: [{LEVELS}], batch_size: [{LEVELS}]}}}}\n",
        "line 9, explore.g.grid: 999 levels of width and 999 of batch_size are 998,001 comb",
    ),
    "a claim's grid": (
        changed(
            "compare: {width: {from: 8, to: 16}}, expect: {accuracy: higher}",
            f"matters_more: {{these: {{width: [{LEVELS}]}}, than: {{batch_size: [{LEVELS}]}}}}, "
            "expect: {accuracy: {share_of_variance: higher}}",
        ),
        "line 7, hypotheses.H1: 999 levels of width and 999 of batch_size are 998,001",
    ),
    "comments": (BASE + f"# {'y' * 998}\n" * (MAXIMUM_BYTES // 1000 + 1), "is longer than 2 MB"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_size_that_nobody_means_is_refused_at_once(case, tmp_path):
    text, said = WRONG[case]
    file = tmp_path / "study.yaml"
    file.write_text(text)
    began = time.process_time()
    with pytest.raises(UserError) as caught:
        load_study(file)
    assert time.process_time() - began < SECONDS
    assert str(file) in str(caught.value)
    assert said in str(caught.value)
    assert len(str(caught.value)) < 1_000


def test_a_file_without_end_is_not_read_to_its_end():
    with pytest.raises(UserError, match="is longer than 2 MB"):
        load_study("/dev/zero")


def test_a_name_that_no_file_can_have():
    with pytest.raises(UserError, match="is not the name of a file"):
        load_study("study\0.yaml")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("40 steps", "1_000 steps"),
        ("from: 8", "from: 1_0"),
        ("seeds: 2", "seeds: 0x3"),
        ("0.01", "1e-3"),
        ("0.01", "0.000_1"),
        ("says: x", f"says: {'x' * 5_000}"),
        ("says: x", f"says: {BASE.splitlines()[0]!r}"),
    ],
)
def test_numbers_as_people_write_them_are_read(old, new, tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text(changed(old, new))
    assert load_study(file).hypotheses
