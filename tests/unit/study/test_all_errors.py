"""All errors of a study file are shown at once, each once, each with its line."""

from __future__ import annotations

import pytest
from hyperverdict.claims.model import UnanswerableError
from hyperverdict.errors import MOST_ERRORS, UserError, combined
from hyperverdict.study.load import load_study, read_study_file

GOOD = """study: s
data: digits
seeds: 5
baseline: {width: 64, depth: 2, budget: 300 steps}
metrics:
  accuracy: {matters_from: 0.01}
hypotheses:
  H1:
    says: Big batches are worse.
    compare: {batch_size: {from: 4, to: 128}}
    expect: {accuracy: lower}
    at_equal: [300 steps, 10 epochs]
  H2:
    says: Deeper is better.
    trend: {depth: [1, 2, 3]}
    shape: every_step
    expect: {accuracy: higher}
explore:
  size: {grid: {width: [16, 32], depth: [1, 2]}}
"""


@pytest.fixture
def errors(tmp_path):
    """The messages for a file of GOOD with some texts replaced, without the file's name."""

    def load(*changes: tuple[str, str]) -> list[str]:
        text = GOOD
        for old, new in changes:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        file = tmp_path / "study.yaml"
        file.write_text(text)
        with pytest.raises(UserError) as caught:
            load_study(file)
        message = str(caught.value)
        head, *rest = message.splitlines()
        if not rest:
            return [message.removeprefix(f"{file}, ")]
        assert head == f"{file}: {len(rest)} errors"
        return [line.strip() for line in rest]

    return load


def test_structure_and_meaning_are_told_together_by_line(errors):
    found = errors(
        ("data: digits", "data: digit"),
        ("seeds: 5", "sedes: 5"),
        ("width: 64", "width: wide"),
        ("says: Big", "sayz: Big"),
        ("{from: 4, to: 128}", "{from: 4, to: -1}"),
        ("10 epochs", "10 ages"),
        ("trend: {depth", "trend: {dept"),
        ("grid: {width: [16, 32]", "grid: {width: [16, 16]"),
    )
    assert [text.partition(":")[0] for text in found] == [
        "line 2, data",
        "line 3, sedes",
        "line 4, baseline.width",
        "line 9, hypotheses.H1.sayz",
        "line 10, hypotheses.H1",
        "line 12, hypotheses.H1.at_equal.1",
        "line 15, hypotheses.H2",
        "line 19, explore.size.grid.width",
    ]


def test_one_error_reads_as_ever(errors):
    assert errors(("seeds: 5", "seeds: five")) == [
        "line 3, seeds: 'five' must be a whole number (number of seeds)"
    ]


# What is wrong, and the one place that is named for it.
ALONE = {
    "an unknown data set": ("data: digits", "data: digit", "line 2, data"),
    "a misspelled key that is required": ("data: digits", "dta: digits", "line 2, dta"),
    "a missing data set": ("data: digits\n", "", "line 1"),
    "seeds that arms share": ("seeds: 5", "seeds: [1, 1]", "line 3, seeds"),
    "a baseline that is no mapping": (
        "{width: 64, depth: 2, budget: 300 steps}",
        "[width]",
        "line 4, baseline",
    ),
    "a level of the baseline": ("depth: 2,", "depth: -2,", "line 4, baseline.depth"),
    "the budget": ("budget: 300 steps", "budget: 300 stops", "line 4, baseline.budget"),
    "a metric that claims use": ("0.01}", "1}", "line 6, metrics.accuracy"),
    "metrics that are no mapping": (
        "metrics:\n  accuracy: {matters_from: 0.01}",
        "metrics: accuracy",
        "line 5, metrics",
    ),
    "a misspelled key of a hypothesis": ("says: Deeper", "sayz: Deeper", "hypotheses.H2.sayz"),
    "another word for a key that is required": ("says: Deeper", "claim: Deeper", "H2.claim"),
    "another word for the data set": ("data: digits", "dataset: digits", "line 2, dataset"),
    "a misspelled verb": ("trend:", "tredn:", "hypotheses.H2.tredn"),
    "a misspelled key beside a verb": ("shape:", "shpe:", "hypotheses.H2.shpe"),
    "a misspelled key of a factor": ("{from: 4", "{form: 4", "compare.batch_size.form"),
    "a hypothesis that is text": (
        "H1:\n    says: Big batches are worse.\n    compare: {batch_size: {from: 4, to: 128}}\n"
        "    expect: {accuracy: lower}\n    at_equal: [300 steps, 10 epochs]",
        "H1: Big batches are worse.",
        "line 8, hypotheses.H1",
    ),
    "levels of a trend": ("[1, 2, 3]", "[1, 3, 2]", "line 15, hypotheses.H2"),
    "a word that is no direction": ("higher", "hihger", "hypotheses.H2.expect.accuracy"),
    "a heatmap without a grid": ("grid:", "grd:", "explore.size.grd"),
    "no look at the seeds": ("seeds: 5", "seeds: 5\nlooks: [5, 6, 6]", "line 4, looks"),
    "looks that are text": ("seeds: 5", "seeds: 5\nlooks: five", "line 4, looks"),
    "quick that is a word": ("seeds: 5", "seeds: 5\nlooks: [9]\nquick: yes", "line 5, quick"),
    "a key given twice": ("seeds: 5", "seeds: 5\nseeds: 6", "in lines 3 and 4"),
}


@pytest.mark.parametrize("name", ALONE)
def test_one_slip_is_one_error(errors, name):
    old, new, place = ALONE[name]
    (found,) = errors((old, new))
    assert place in found


def test_what_yaml_allows_and_a_study_cannot_mean_is_told_with_the_rest(errors):
    found = errors(("seeds: 5", "seeds: 5\nseeds: 6"), ("64", ".inf"), ("says: Big", "sayz: Big"))
    assert [text.split(":")[0] for text in found] == [
        "line 4",
        "line 5",
        "line 10, hypotheses.H1.sayz",
    ]
    assert "'seeds' is given twice, in lines 3 and 4" in found[0]


def test_a_wrong_line_of_expect_does_not_hide_the_next(errors):
    found = errors(("{accuracy: lower}", "{accuracy: lowr, los: lower}"))
    assert [text.partition(":")[0] for text in found] == [
        "line 11, hypotheses.H1.expect.accuracy",
        "line 11, hypotheses.H1.expect.los",
    ]


def test_names_of_factors_are_read_where_their_levels_are_wrong(errors):
    found = errors(("batch_size: {from: 4, to: 128}", "batch_sise: [4, 128]"))
    assert [text.partition(":")[0] for text in found] == [
        "line 10, hypotheses.H1.compare.batch_sise",
        "line 10, hypotheses.H1.compare",
    ]
    assert "'batch_size'" in found[1]


def test_a_size_in_another_form_does_not_hide_that_its_metric_is_unknown(errors):
    found = errors(("accuracy: {matters_from: 0.01}", "acc: 1%"))
    assert found == [
        "line 6, metrics.acc: '1%' must be a mapping; write acc: {matters_from: 0.01}",
        "line 6, metrics.acc: no run records the metric 'acc': write accuracy",
    ]


def test_claims_that_no_design_answers_stay_unanswerable(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text(GOOD.replace("seeds: 5", "seeds: 1"))
    with pytest.raises(UnanswerableError, match=r"study\.yaml: 2 errors\n  line 8.*\n  line 13"):
        load_study(file)


def test_the_structure_of_a_study_for_a_table_is_told_at_once(tmp_path):
    file = tmp_path / "study.yaml"
    file.write_text(GOOD.replace("seeds: 5", "sedes: 5").replace("says: Big", "sayz: Big"))
    with pytest.raises(UserError, match=r"2 errors\n  line 3, sedes.*\n  line 9"):
        read_study_file(file)


def test_errors_are_listed_once_by_line_and_a_single_one_stays_itself():
    first, second = UserError("f, line 9: a", line=9, within="line 9: a"), UserError("b", line=2)
    again = UserError("f, line 9: a", line=9, within="line 9: a")
    assert combined([first, again], "f") is not None
    assert str(combined([first, again], "f")) == "f, line 9: a"
    assert str(combined([first, second, again], "f")) == "f: 2 errors\n  b\n  line 9: a"
    assert str(combined([first, second])) == "2 errors\n  b\n  line 9: a"


def test_one_mistake_made_a_thousand_times_fills_no_screen():
    errors = [UserError(f"f, line {n}: a", line=n, within=f"line {n}: a") for n in range(1, 1001)]
    lines = str(combined(errors, "f")).splitlines()
    assert lines[0] == "f: 1,000 errors"
    assert lines[1 : MOST_ERRORS + 1] == [f"  line {n}: a" for n in range(1, MOST_ERRORS + 1)]
    assert lines[MOST_ERRORS + 1 :] == [f"  and {1000 - MOST_ERRORS} more"]
