"""Calibrate the boundaries of registered looks; writes workflow/hyperverdict/stats/boundaries.py.

    python benchmarks/evidence/calibrate_boundaries.py [--draws 20000000] [--check]

About 2 minutes on one core. With --check nothing is written: a smaller simulation under another
seed prints what each stored schedule spends in all, beside its alpha.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import hyperverdict.stats.sequential as sequential
import numpy as np

ALPHAS = (0.002, 0.005, 0.01, 0.0125, 0.05 / 3, 0.025, 0.05, 0.1, 0.2)
SCHEDULES: tuple[tuple[tuple[int, ...], sequential.Spending], ...] = (
    ((10, 20), "even"),
    ((10, 20), "front_loaded"),
    ((5, 10, 20), "pocock"),
    ((5, 10, 20), "obrien_fleming"),
)
BLOCK = 2_000_000
TARGET = Path(sequential.__file__).with_name("boundaries.py")

HEAD = '''"""Calibrated boundaries of registered looks.

Written by benchmarks/evidence/calibrate_boundaries.py ({draws:,} draws, seed {seed}).
For each schedule and each of `ALPHAS` the nominal alphas of the looks after the first, as shares of
alpha. The first look's nominal alpha is what its spending rule gives it.
"""

from __future__ import annotations

'''


def p_values(looks: tuple[int, ...], draws: int, seed: int) -> list[np.ndarray]:
    random = np.random.default_rng(seed)
    blocks = [
        [p.astype(np.float32) for p in sequential.null_p_values(looks, BLOCK, random)]
        for _ in range(max(1, draws // BLOCK))
    ]
    return [np.concatenate(column) for column in zip(*blocks, strict=True)]


def ratios(p: list[np.ndarray], looks: tuple[int, ...], spending: sequential.Spending) -> list:
    rows = []
    for alpha in ALPHAS:
        cumulative = sequential.spent_by(looks, spending, alpha)
        rows.append([a / alpha for a in sequential.calibrate(p, cumulative)[1:]])
    return rows


def write(draws: int, seed: int) -> None:
    lines = [HEAD.format(draws=draws, seed=seed)]
    lines.append(f"ALPHAS: tuple[float, ...] = {ALPHAS!r}\n\n")
    lines.append("RATIOS: dict[tuple[tuple[int, ...], str], tuple[tuple[float, ...], ...]] = {\n")
    cache: dict[tuple[int, ...], list[np.ndarray]] = {}
    for looks, spending in SCHEDULES:
        cache = {looks: cache.get(looks) or p_values(looks, draws, seed)}
        lines.append(f'    ({looks!r}, "{spending}"): (\n')
        for row in ratios(cache[looks], looks, spending):
            lines.append(f"        ({', '.join(f'{r:.4f}' for r in row)},),\n".replace(",,", ","))
        lines.append("    ),\n")
    lines.append("}\n")
    TARGET.write_text("".join(lines))


def check(draws: int, seed: int) -> None:
    for looks, spending in SCHEDULES:
        p = p_values(looks, draws, seed)
        for alpha in ALPHAS:
            nominal = sequential.nominal_alphas(looks, spending, alpha)
            spent = np.any([q <= a for q, a in zip(p, nominal, strict=True)], axis=0).mean()
            print(f"{looks} {spending}: alpha {alpha:.4f}, spent {spent:.5f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--draws", type=int, default=20_000_000)
    parser.add_argument("--seed", type=int, default=sequential.CALIBRATION_SEED)
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    if args.check:
        check(min(args.draws, 2_000_000), args.seed + 1)
    else:
        write(args.draws, args.seed)


if __name__ == "__main__":
    main()
