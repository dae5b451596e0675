"""What counts against a claim shares alpha; claims on sizes use all of it, one-sided.

Each case lies between the rule and a rule that is too generous or too strict: the interval at
1 - 2 alpha just inside (or beyond) a limit that the interval at 1 - alpha just reaches.
"""

from __future__ import annotations

import numpy as np
import pytest
from hyperverdict.stats.importance import importance
from hyperverdict.stats.intervals import one_sample, two_sided_p
from hyperverdict.stats.power import seeds_for_equivalence
from scipy import stats

from .asking import SHARE, ask, ask_curves, differences, make_hypothesis
from .judging import ACCURACY, compared, effect_of

DELTA = 0.01
N = 6
SHAPE = np.array([1.0, -1.0, 0.5, -0.5, 0.25, -0.25])


def half_width(alpha):
    """Of the two-sided t interval at 1 - alpha of values with SD 1."""
    return stats.t.ppf(1 - alpha / 2, N - 1) / N**0.5


def between(mean, reach, alpha, further):
    """Values [n] whose interval at 1 - alpha just stays within `reach` of their mean.

    The interval at 1 - further, which is longer, does not.
    """
    d = SHAPE - SHAPE.mean()
    d /= d.std(ddof=1)
    assert half_width(alpha) < half_width(further)
    return (mean + d * reach / ((half_width(alpha) + half_width(further)) / 2)).tolist()


def flat(alpha, further):
    """Negligible by the interval at 1 - alpha and not by that at 1 - further."""
    return between(0.0, DELTA, alpha, further)


SURE = [0.0001 * x for x in SHAPE]


def stairs(*steps):
    """Values of ordered arms [K][n] from their steps [K - 1][n]."""
    return np.cumsum([np.full(N, 0.5), *np.array(steps)], axis=0).tolist()


def universal(shape, *contexts):
    terms = {
        "trend": {"width": [16, 64, 256]},
        "in_every": {"depth": [1, 2, 3]},
        "shape": shape,
    }
    values = [arm for steps in contexts for arm in stairs(*steps)]
    return ask(make_hypothesis(terms, ACCURACY), {"accuracy": values}).evidence


UP = [0.05 + x for x in SURE]


@pytest.mark.parametrize(
    ("alpha", "further", "evidence"),
    [(0.1, 0.1 / 3, "inconclusive"), (0.1 / 3, 0.02, "refuted")],
    ids=["at alpha only", "at alpha over contexts"],
)
def test_an_average_over_the_range_is_negligible_at_alpha_over_contexts(alpha, further, evidence):
    # A trend over three levels changes by the sum of its steps.
    half = [x / 2 for x in flat(alpha, further)]
    assert universal("on_average", (UP, UP), (UP, UP), (half, half)) == evidence


def test_negligible_steps_in_one_context_need_alpha_over_contexts_and_steps():
    step = flat(0.1, 0.1 / 6)
    assert universal("every_step", (UP, UP), (UP, UP), (step, step)) == "inconclusive"


def trend(shape, *steps):
    terms = {"trend": {"width": [16, 64, 256]}, "shape": shape}
    return ask(make_hypothesis(terms, ACCURACY), {"accuracy": stairs(*steps)}).evidence


@pytest.mark.parametrize(
    ("alpha", "further", "evidence"),
    [(0.1, 0.05, "inconclusive"), (0.05, 0.02, "no meaningful effect")],
    ids=["at alpha only", "at half of alpha"],
)
def test_no_effect_has_half_of_alpha_beside_a_refutation(alpha, further, evidence):
    values = flat(alpha, further)
    half = [x / 2 for x in values]
    assert trend("never_worse", half, half) == evidence
    assert trend("every_step", values, values) == evidence
    hypothesis = make_hypothesis({"each": {"epoch": "1..3"}}, ACCURACY)
    curves = np.array(stairs(values, values)).T.tolist()
    assert ask_curves(hypothesis, {"accuracy": curves}).evidence == evidence


def test_no_trend_is_found_only_where_no_step_is_worse():
    unsure = [0.1 * x for x in SHAPE]
    assert trend("never_worse", unsure, [-x for x in unsure]) == "inconclusive"


def test_a_dip_refutes_never_worse_with_half_of_alpha():
    reach = 0.01
    for alpha, further, evidence in ((0.05, 0.025, "inconclusive"), (0.025, 0.01, "refuted")):
        dip = between(-DELTA - reach, reach, alpha, further)
        assert trend("never_worse", UP, dip) == evidence


def test_parts_of_a_trade_off_are_negligible_at_alpha_over_parts():
    terms = {"compare": {"batch_size": {"from": 4, "to": 128}}}
    both = {"accuracy": "higher", "loss": "lower"}
    for alpha, further, evidence in (
        (0.1, 0.05, "inconclusive"),
        (0.05, 0.02, "no meaningful effect"),
    ):
        values = differences(flat(alpha, further))
        judgement = ask(make_hypothesis(terms, both), {"accuracy": values, "loss": values})
        assert judgement.evidence == evidence
        assert any("stricter level" in n for n in judgement.notes) == (evidence == "inconclusive")


# Claims on sizes, with all of alpha for either answer


def test_not_lower_is_refuted_one_sided():
    beyond = between(-0.02, 0.01, 0.1, 0.05)
    assert compared(differences(beyond), {"accuracy": "not_lower"}).evidence == "refuted"
    unsure = between(-0.02, 0.01, 0.2, 0.1)
    assert compared(differences(unsure), {"accuracy": "not_lower"}).evidence == "inconclusive"


def test_a_range_is_planned_and_proven_by_two_one_sided_tests():
    expect = {"accuracy": {"higher_by": [0, 0.04]}}
    assert compared(differences(between(0.02, 0.02, 0.1, 0.05)), expect).evidence == "supported"
    judgement = compared(differences(between(0.02, 0.02, 0.2, 0.1)), expect)
    effect = effect_of(judgement)
    assert judgement.evidence == "inconclusive"
    assert effect.seeds_needed[0] == seeds_for_equivalence(effect.sd / 0.02, 0.05)
    # The p value is that of the claimed range: at its nearer end.
    t = 0.02 / (effect.sd / N**0.5)
    assert effect.p_equivalence == pytest.approx(stats.t.sf(t, N - 1))


def test_a_best_level_is_refuted_one_sided_at_alpha_over_the_others():
    def best(alpha, further):
        better = between(0.03, 0.02, alpha, further)
        terms = {"best": {"width": [16, 64, 256]}, "is": 64}
        values = [[0.4] * N, [0.5] * N, [0.5 + x for x in better]]
        return ask(make_hypothesis(terms, ACCURACY), {"accuracy": values}).evidence

    assert best(0.1 / 2, 0.05 / 2) == "refuted"
    assert best(0.1, 0.1 / 2) == "inconclusive"


# The plateau, from the last epoch backwards


def curves_of(*gains):
    """Curves [n][epochs] from the gains of each epoch [n]."""
    return np.array(stairs(*gains)).T.tolist()


def plateau(expect, *gains):
    hypothesis = make_hypothesis({"each": {"epoch": f"1..{len(gains) + 1}"}}, expect)
    judgement = ask_curves(hypothesis, {"accuracy": curves_of(*gains)})
    return dict(judgement.facts["plateaus"])["validation accuracy"]


def test_an_epoch_that_cannot_be_told_ends_the_search_for_a_plateau():
    noisy = (0.05 * SHAPE).tolist()
    # The noise of the third gain cancels in what remains from epoch 1, and not from epoch 3.
    assert plateau(ACCURACY, SURE, [-x for x in noisy], noisy) is None
    assert plateau(ACCURACY, UP, SURE, SURE) == 2


def test_a_curve_that_still_rises_has_no_plateau_when_it_may_not_fall():
    assert plateau({"accuracy": "not_lower"}, UP, UP) is None
    assert plateau({"accuracy": "not_lower"}, UP, SURE) == 2
    assert plateau({"accuracy": "lower"}, [-x for x in UP], SURE) == 2


# Importance: the direction from the explained variances, the size from the shares


def test_the_direction_of_importance_is_that_of_the_explained_variances():
    rng = np.random.default_rng(7)
    means = [w + 0.8 * d for w in (-1, 1) for d in (-1, 1)]
    cells = 0.5 + 0.05 * (np.array(means)[:, None] + 0.8 * rng.standard_normal((4, 8)))
    terms = {"matters_more": {"these": {"width": [16, 64]}, "than": {"depth": [1, 2]}}}
    judgement = ask(make_hypothesis(terms, {"accuracy": SHARE}), {"accuracy": cells.tolist()})
    effect = effect_of(judgement)
    found = importance(cells.T.reshape(8, 2, 2), [0], [1])
    assert effect.p == pytest.approx(two_sided_p(found.excess))
    assert effect.p != pytest.approx(two_sided_p(found.difference), rel=1e-3)
    assert effect.estimate == pytest.approx(found.difference.value)


@pytest.mark.parametrize(
    ("seed", "evidence", "said"),
    [
        (0, "inconclusive", "excludes 0, but the direction is open"),
        (70, "supported", "(p = 0.049). The interval of the difference in shares includes 0"),
    ],
)
def test_a_direction_that_the_shares_do_not_show_is_explained(seed, evidence, said):
    rng = np.random.default_rng(seed)
    noise = rng.choice([0.8, 1.5, 2.5])
    means = [w + 0.5 * d for w in (-1, 1) for d in (-1, 1)]
    cells = 0.5 + 0.05 * (np.array(means)[:, None] + noise * rng.standard_normal((4, 10)))
    terms = {"matters_more": {"these": {"width": [16, 64]}, "than": {"depth": [1, 2]}}}
    judgement = ask(make_hypothesis(terms, {"accuracy": SHARE}), {"accuracy": cells.tolist()})
    assert judgement.evidence == evidence
    assert said in judgement.notes[-1]


def test_the_excess_is_the_difference_of_explained_variances():
    """For two seeds' products: main effects a and b explain a^2 and b^2."""
    table = np.array([[[-3.0, -1.0], [1.0, 3.0]]] * 3)
    found = importance(table, [0], [1])
    assert found.excess == one_sample([4.0 - 1.0] * 3)
