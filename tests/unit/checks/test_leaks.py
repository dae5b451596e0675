"""Was the choice made on what then scores it?"""

from __future__ import annotations

from dataclasses import replace

from hyperverdict.checks import leaks
from hyperverdict.outcomes.elsewhere import Elsewhere

from tests.unit.checks.contexts import look, tuned


def test_tuning_on_the_seeds_that_are_scored(depth_context):
    trials = {"depth 2": 3, "depth 3": 3}
    assert look(leaks.tuned_on_evaluation_seeds, tuned(depth_context, 1e-3, trials)) is None
    shared = tuned(depth_context, 1e-3, trials, seeds=(4, 5, 6))
    leak = look(leaks.tuned_on_evaluation_seeds, shared)
    assert (leak.level, leak.headline) == ("blocks", "leak")
    assert "seeds 4 and 5" in leak.sentence


def test_the_test_set_chose(depth_context):
    assert look(leaks.selected_on_reported_split, depth_context) is None
    context = replace(depth_context, elsewhere=Elsewhere(maximum="best_test_acc"))
    assert look(leaks.selected_on_reported_split, context).level == "blocks"
