"""Names and texts that MLflow takes: harmless, and apart from each other."""

import pytest
from hyperverdict.exporting.runs import LONGEST_NAME, cut, safe_key
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("accuracy/test", "accuracy/test"),
        ("batch size 64 − batch size 8", "batch size 64 - batch size 8"),
        ("depth 1 → 2", "depth 1 to 2"),
    ],
)
def test_plain_names_stay_readable(name, shown):
    assert safe_key(name) == shown


@given(st.text(min_size=1, max_size=400))
def test_any_name_is_one_that_mlflow_takes(name):
    from mlflow.utils.validation import _validate_metric_name, _validate_param_name

    key = safe_key(name)
    _validate_metric_name(key)
    _validate_param_name(key)
    assert len(key) <= LONGEST_NAME


@pytest.mark.parametrize("name", ["a;b", "..", "/etc", "a//b", "a\nb", "\x1b[31m", "ü", "x" * 999])
def test_names_that_had_to_be_changed_stay_apart(name):
    assert safe_key(name) != safe_key(f"{name};")
    assert safe_key(name).isascii()


def test_long_texts_are_cut_where_it_shows():
    assert cut("x" * 10, 10) == "x" * 10
    assert cut("x" * 11, 10) == "x" * 7 + "..."
