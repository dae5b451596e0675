"""Does the claim reach past what was run?"""

from __future__ import annotations

from dataclasses import replace

from hyperverdict.checks import scope

from tests.unit.checks.contexts import claim_context, look, with_rows
from tests.unit.verdicts.synthetic import DEPTH, context_of, one_claim, run_all


def test_mixed_fidelities(depth_context):
    assert look(scope.mixed_fidelities, depth_context) is None
    context = with_rows(depth_context, 0, epochs=[1.0, 1.0, 1.0, 9.0, 9.0, 9.0])
    assert (
        look(scope.mixed_fidelities, context).sentence == "Depth 2 mixes runs of 1 and of 9 epochs."
    )


def test_the_best_level_at_the_edge(tmp_path):
    context = claim_context(tmp_path, "trend: {width: [16, 64, 256]}", more="shape: on_average")
    assert "a trend needs four" in look(scope.past_the_levels, context).sentence
    wide = one_claim(tmp_path, "trend: {width: [16, 64, 256, 1024]}", more="shape: on_average")
    context = context_of(wide, run_all(wide, tmp_path / "runs"), "H")
    assert "nothing is known above 1,024" in look(scope.past_the_levels, context).sentence


def test_what_the_test_images_resolve(tmp_path):
    context = claim_context(tmp_path, DEPTH)
    assert look(scope.below_resolution, context) is None
    (contrast,) = context.image_errors
    check = look(scope.below_resolution, replace(context, image_errors={contrast: 0.02}))
    assert check.sentence == "360 test images are too few to show a difference of 1 point reliably."


def test_no_size_of_nothing_is_below_the_resolution(tmp_path):
    """A decided "not higher" sought no size, however tiny its estimate is."""
    study = one_claim(tmp_path, DEPTH, expect="accuracy: not_higher")

    def score(configuration, seed):
        return 0.8 - 1e-4 * (len(configuration["hidden_units"]) == 3)

    context = context_of(study, run_all(study, tmp_path / "runs", score), "H")
    assert context.judgement.evidence == "supported"
    assert look(scope.below_resolution, context) is None


def test_larger_networks(tmp_path):
    context = claim_context(tmp_path, "compare: {width: {from: 64, to: 256}}")
    assert (
        look(scope.larger_networks, context).sentence
        == "Width also changes the number of parameters, by up to 4 times."
    )
