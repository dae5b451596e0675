"""How the studies of each kind are drawn: what is nasty about them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nasty.studies import (
    BASE,
    CHANCE,
    LEVELS,
    POINT,
    Arm,
    Floats,
    Study,
)

Draw = Callable[[tuple[int, int], float, np.random.Generator], Study]


def paired_noise(n: int, sd: float, random: np.random.Generator) -> tuple[Floats, Floats]:
    """Noise of two arms on the same seeds; differences have this SD, scores the same one.

    Half of each arm's variance is shared by its seed.
    """
    unit = sd / np.sqrt(2)
    shared = random.standard_normal(n)
    a, b = random.standard_normal((2, n))
    return unit * (shared + a), unit * (shared + b)


def two_arms(a: Floats, b: Floats, theta: float) -> Study:
    """Arms on the seeds 0, 1, ..."""
    seeds = np.arange(len(a))
    return Study({"A": Arm(seeds, a), "B": Arm(np.arange(len(b)), b)}, theta)


def diverging(share: float, sd: float = 2.0) -> Draw:
    """The runs of B that would score below this quantile diverge."""
    normal = np.random.default_rng(0).standard_normal(1_000_000)
    limit = sd * float(np.quantile(normal, share))

    def draw(sizes: tuple[int, int], theta: float, random: np.random.Generator) -> Study:
        a, b = paired_noise(sizes[0], sd, random)
        return two_arms(a, np.where(b < limit, np.nan, b + theta), theta)

    return draw


def harmless(share: float, sd: float = 1.0) -> Draw:
    """Every run of either arm fails with this probability, whatever it would score."""

    def draw(sizes: tuple[int, int], theta: float, random: np.random.Generator) -> Study:
        a, b = paired_noise(sizes[0], sd, random)
        failed = random.random((2, sizes[0])) < share
        return two_arms(
            np.where(failed[0], np.nan, a), np.where(failed[1], np.nan, b + theta), theta
        )

    return draw


def collapsing(share: float, sd: float = 0.5) -> Draw:
    """Each run of B ends at chance with this probability; `theta` is the effect on the others."""
    depth = (CHANCE - BASE) / POINT

    def draw(sizes: tuple[int, int], theta: float, random: np.random.Generator) -> Study:
        a, b = paired_noise(sizes[0], sd, random)
        collapsed = random.random(sizes[0]) < share
        b = np.where(collapsed, depth + 0.1 * b, b + theta)
        return two_arms(a, b, (1 - share) * theta + share * depth)

    return draw


def unequal(sizes: tuple[int, int], theta: float, random: np.random.Generator) -> Study:
    """Few noisy runs of A, many quiet ones of B, other seeds in each."""
    few, many = sizes
    a = random.standard_normal(few)
    b = theta + 0.25 * random.standard_normal(many)
    return Study({"A": Arm(np.arange(few), a), "B": Arm(100 + np.arange(many), b)}, theta)


def best_level(sizes: tuple[int, int], truth: float, random: np.random.Generator) -> Study:
    """40 levels on the same seeds; the claim compares the best of them with the first.

    With a true effect one level other than the first is better by it.
    """
    n, sd = sizes[0], 2.0
    unit = sd / np.sqrt(2)
    effects = np.zeros(LEVELS)
    effects[17] = truth
    scores = effects[:, None] + unit * (
        random.standard_normal(n) + random.standard_normal((LEVELS, n))
    )
    best = 1 + int(np.argmax(scores[1:].mean(axis=1)))
    seeds = np.arange(n)
    arms = {level_name(i): Arm(seeds, row) for i, row in enumerate(scores)}
    a, b = paired_noise(n, sd, random)
    theta = float(effects[best])
    first, picked = level_name(0), level_name(best)
    return Study(arms, theta, first, picked, fresh={first: a, picked: b + theta})


def level_name(i: int) -> str:
    """Names of the levels of `best_level`: A is the first."""
    return "A" if i == 0 else f"L{i:02d}"


def best_half(sizes: tuple[int, int], theta: float, random: np.random.Generator) -> Study:
    """All runs of A, and the best half of those of B."""
    n, kept = sizes
    a, b = paired_noise(n, 2.0, random)
    seeds = np.sort(np.argsort(-b)[:kept])
    return Study({"A": Arm(np.arange(n), a), "B": Arm(seeds, b[seeds] + theta)}, theta)


def growing(sizes: tuple[int, int], theta: float, random: np.random.Generator) -> Study:
    """30 seeds, in the order in which they finish."""
    a, b = paired_noise(sizes[0], 2.0, random)
    return two_arms(a, b + theta, theta)


def folded(sizes: tuple[int, int], theta: float, random: np.random.Generator) -> Study:
    """Seeds with 5 folds each; half of the variance of a difference is the seed's."""
    n, folds = sizes
    between, within = 1.4, 1.4
    shared = random.standard_normal((n, folds))
    b = (
        theta
        + between * random.standard_normal((n, 1))
        + within * random.standard_normal((n, folds))
    )
    table = {"A": shared, "B": shared + b}
    seeds = np.arange(n)
    arms = {arm: Arm(seeds, scores.mean(axis=1)) for arm, scores in table.items()}
    return Study(arms, theta, folds=table)


def skewed(sizes: tuple[int, int], theta: float, random: np.random.Generator) -> Study:
    """B has a long tail of bad runs: an exponential distribution, of mean `theta` and SD 1."""
    n = sizes[0]
    shared = 0.5 * random.standard_normal(n)
    a = shared + 0.25 * random.standard_normal(n)
    return two_arms(a, shared + theta + 1.0 - random.exponential(1.0, n), theta)


def heavy(sizes: tuple[int, int], theta: float, random: np.random.Generator) -> Study:
    """Student's t with 3 degrees of freedom in both arms; differences have SD 1."""
    n = sizes[0]
    scale = 1 / np.sqrt(2 * 3)
    a, b = scale * random.standard_t(3, (2, n))
    shared = 0.7 * random.standard_normal(n)
    return two_arms(shared + a, shared + b + theta, theta)


def rounded(sizes: tuple[int, int], theta: float, random: np.random.Generator) -> Study:
    """200 test images: scores come in steps of half a point, as large as the noise."""
    a, b = paired_noise(sizes[0], 0.5, random)
    return two_arms(np.round(2 * a) / 2, np.round(2 * (b + theta)) / 2, theta)
