"""Values, names and texts that no author of a study or a table meant."""

from __future__ import annotations

from hypothesis import strategies as st

WORDS = (
    "", " ", "-", "~", "nan", "inf", "-inf", "1e400", "1e-400", "0", "-0", "1__0", "-1_", "0x10",
    "9" * 30, "1..3", "1..1000000000", "16x1000", "1e3", "true", "null", "none", "..", "../..", "/",
    "/etc/passwd", "os:system", "a:b:c", "a" * 300, "\x00", "\x1b[31m", "\ud800", "$\\bad$", "=1+1",
    "{width}", "{", "é", "\u202e", "5 epochs", "300 steps", "1e30 steps", "-3 steps", "0 steps",
    "digits", "fashion_mnist", "relu", "higher", "lower", "accuracy", "width", "train_time", "H1",
    "1.10x", "1e300x", "0x", "<b>", "a\nb", "%s", "*", "&a", "!!python/object:os.system",
)  # fmt: skip
NUMBERS = (
    0, 1, -1, 2, 3, 10, 255, 65536, 2**31, 2**63, 2**64, -(2**63), 10**30, 0.0, -0.0, 0.5, 1.5,
    1e-300, 1e300, float("inf"), float("-inf"), float("nan"),
)  # fmt: skip
scalars = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from(NUMBERS),
    st.booleans(),
    st.none(),
    st.text(max_size=20),
    st.integers(-(10**6), 10**6),
    st.floats(),
)
texts = st.one_of(
    st.sampled_from(WORDS),
    st.text(max_size=60),
    st.text(st.characters(codec=None, categories=None), max_size=60),
    st.lists(st.sampled_from(WORDS), max_size=6).map("".join),
)
values = st.recursive(
    scalars,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(WORDS), st.text(max_size=8)), inner, max_size=4),
    ),
    max_leaves=8,
)
