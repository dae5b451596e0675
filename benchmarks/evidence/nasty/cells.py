"""What every judge's command does: its options, and the cells of all settings one by one."""

from __future__ import annotations

import argparse
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from nasty.settings import SETTINGS, Setting
from nasty.studies import Study, right_direction, wrong


def options(about: str | None, confirm: int) -> argparse.Namespace:
    """The options of a judge's command; what libraries warn of is not shown.

    Args:
        confirm: default of --confirm.
    """
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--studies", type=int, default=1000)
    parser.add_argument("--confirm", type=int, default=confirm)
    parser.add_argument("--only", nargs="*")
    warnings.filterwarnings("ignore")
    logging.disable(logging.CRITICAL)
    return parser.parse_args()


def cells(args: argparse.Namespace) -> Iterator[tuple[Setting, int, str, list[Study]]]:
    """(setting, column, key of the cell, its studies)."""
    for setting in SETTINGS:
        if args.only and setting.id not in args.only:
            continue
        for column in range(len(setting.sizes)):
            for truth in setting.truths:
                studies = setting.studies(column, truth, args.studies)
                yield setting, column, f"{setting.id}/{column}/{truth}", studies


def rates(
    studies: list[Study], verdicts: list[str], kept: dict[str, float] | None = None
) -> dict[str, float]:
    """Shares of studies with wrong verdicts and right directions.

    Args:
        kept: verdict -> the share of it that stands.
    """
    weights = [(kept or {}).get(v, 1.0) for v in verdicts]
    judged = list(zip(studies, verdicts, weights, strict=True))
    return {
        "wrong": float(np.mean([w * wrong(v, s.theta) for s, v, w in judged])),
        "found": float(np.mean([w * right_direction(v, s.theta) for s, v, w in judged])),
    }
