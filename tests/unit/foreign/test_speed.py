"""Large tables are judged in seconds."""

from __future__ import annotations

import time

import numpy as np
import pandas as pd

from tests.unit.foreign.asking import judge, two_batches


def test_a_hundred_thousand_rows_take_seconds(tmp_path):
    random = np.random.default_rng(0)
    batch, width, seed, epoch = np.meshgrid(
        [4, 16, 64, 128, 256], [16, 64, 256, 1024], range(100), range(1, 51), indexing="ij"
    )
    table = pd.DataFrame(
        {
            "batch_size": batch.ravel(),
            "width": width.ravel(),
            "seed": seed.ravel(),
            "epoch": epoch.ravel(),
        }
    )
    gained = (1 - 0.5 ** table["epoch"]) * (0.6 + 0.01 * np.log2(table["width"]))
    table["accuracy"] = gained + random.normal(0, 0.005, len(table))
    assert len(table) == 100_000
    text = """
study: big
data: fashion_mnist
hypotheses:
  wide: {says: w, trend: {width: [16, 64, 256, 1024]}, shape: every_step,
         expect: {accuracy: higher}, at_equal: [50 epochs, 5 epochs]}
  small: {says: b, compare: {batch_size: {from: 256, to: 4}}, expect: {accuracy: higher},
          at_equal: [50 epochs]}
  every: {says: e, trend: {width: [16, 64, 256, 1024]}, in_every: {batch_size: [4, 16, 64, 128]},
          shape: every_step, expect: {accuracy: higher}, at_equal: [50 epochs]}
"""
    start = time.process_time()
    judged = judge(tmp_path, table, text)
    assert time.process_time() - start < 10
    assert [h.headline for h in judged.report.hypotheses] == [
        "supported",
        "no meaningful effect",
        "supported",
    ]


def test_four_thousand_columns_take_seconds(tmp_path):
    random = np.random.default_rng(0)
    table = two_batches(seeds=50)
    wide = {f"config.c{i}": i % 7 for i in range(2000)}
    wide |= {f"m{i}_loss": random.normal(size=len(table)) for i in range(1500)}
    wide |= {f"unknown{i}": random.normal(size=len(table)) for i in range(500)}
    table = pd.concat([table, pd.DataFrame(wide, index=table.index)], axis=1)
    start = time.process_time()
    judged = judge(tmp_path, table)
    assert time.process_time() - start < 10
    assert judged.report.hypotheses[0].headline == "supported"
