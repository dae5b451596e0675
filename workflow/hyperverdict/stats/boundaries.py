"""Calibrated boundaries of registered looks.

Written by benchmarks/evidence/calibrate_boundaries.py (10,000,000 draws, seed 20260101).
For each schedule and each of `ALPHAS` the nominal alphas of the looks after the first, as shares of
alpha. The first look's nominal alpha is what its spending rule gives it.
"""

from __future__ import annotations

ALPHAS: tuple[float, ...] = (
    0.002,
    0.005,
    0.01,
    0.0125,
    0.016666666666666666,
    0.025,
    0.05,
    0.1,
    0.2,
)

RATIOS: dict[tuple[tuple[int, ...], str], tuple[tuple[float, ...], ...]] = {
    ((10, 20), "even"): (
        (0.5504,),
        (0.5655,),
        (0.5814,),
        (0.5866,),
        (0.5970,),
        (0.6109,),
        (0.6422,),
        (0.6821,),
        (0.7333,),
    ),
    ((10, 20), "front_loaded"): (
        (0.2434,),
        (0.2581,),
        (0.2729,),
        (0.2781,),
        (0.2867,),
        (0.3010,),
        (0.3300,),
        (0.3729,),
        (0.4306,),
    ),
    ((5, 10, 20), "pocock"): (
        (
            0.2781,
            0.4083,
        ),
        (
            0.2832,
            0.4199,
        ),
        (
            0.2902,
            0.4304,
        ),
        (
            0.2921,
            0.4342,
        ),
        (
            0.2985,
            0.4410,
        ),
        (
            0.3065,
            0.4554,
        ),
        (
            0.3214,
            0.4823,
        ),
        (
            0.3449,
            0.5213,
        ),
        (
            0.3749,
            0.5782,
        ),
    ),
    ((5, 10, 20), "obrien_fleming"): (
        (
            0.0068,
            1.0038,
        ),
        (
            0.0150,
            0.9895,
        ),
        (
            0.0273,
            0.9806,
        ),
        (
            0.0335,
            0.9778,
        ),
        (
            0.0426,
            0.9714,
        ),
        (
            0.0609,
            0.9625,
        ),
        (
            0.1102,
            0.9373,
        ),
        (
            0.1926,
            0.8975,
        ),
        (
            0.3168,
            0.8306,
        ),
    ),
}
