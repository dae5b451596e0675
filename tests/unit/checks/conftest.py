from __future__ import annotations

import pytest

from tests.unit.checks.contexts import claim_context


@pytest.fixture
def depth_context(tmp_path):
    """A context in which nothing is wrong but the untuned learning rate."""
    return claim_context(tmp_path)
