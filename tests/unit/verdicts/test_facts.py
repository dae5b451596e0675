"""What is said of a whole study: its seeds are those of its hypotheses."""

from __future__ import annotations

import pytest
from hyperverdict.study.load import load_study
from hyperverdict.verdicts.facts import study_facts

STUDY = """
study: s
data: digits
seeds: 5
baseline: {width: 8, depth: 1, budget: 20 steps}
hypotheses:
  H1:
    says: Dropout is worse.
    compare: {dropout: {from: 0, to: 0.5}}
    expect: {accuracy: lower}
    seeds: ONE
  H2:
    says: More layers are better.
    compare: {depth: {from: 1, to: 2}}
    expect: {accuracy: higher}
    seeds: TWO
  H3:
    says: Configurations grow exponentially.
    combinations: {width: 5, depth: 4}
    grows: exponentially
"""


@pytest.mark.parametrize(
    ("one", "two", "said"),
    [
        ("5", "5", "5 seeds (0 to 4)"),
        ("10", "10", "10 seeds (0 to 9)"),
        ("10", "5", "5 or 10 seeds, as each hypothesis states"),
        ("[0, 1, 2]", "[3, 4, 5]", "3 seeds, as each hypothesis states"),
    ],
)
def test_the_seeds_are_those_that_the_hypotheses_state(tmp_path, one, two, said):
    file = tmp_path / "s.yaml"
    file.write_text(STUDY.replace("ONE", one).replace("TWO", two))
    assert study_facts(load_study(file), trained_here=True)[0] == said
