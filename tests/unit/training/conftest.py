from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hyperverdict.training.data import prepare
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.vocabulary.configuration import Configuration, configure

Make = Callable[..., Configuration]


@pytest.fixture(scope="session")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the prepared digits."""
    folder = tmp_path_factory.mktemp("prepared") / "digits"
    prepare("digits", folder.parent, folder)
    return folder


@pytest.fixture(scope="session")
def tiny() -> Make:
    """Makes small configurations on digits: 40 steps unless said otherwise."""

    def make(steps: int = 40, **settings: object) -> Configuration:
        return configure(
            {"data": "digits", "hidden_units": [16], "batch_size": 32, **settings},
            Budget("steps", steps),
        )

    return make


@pytest.fixture(autouse=True)
def _denormals_as_before():
    """Training flushes denormals to zero for its whole process; other tests need them."""
    import torch

    yield
    torch.set_flush_denormal(False)
