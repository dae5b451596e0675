from __future__ import annotations

import pytest


@pytest.fixture
def place(tmp_path):
    (tmp_path / "results").mkdir()
    return tmp_path
