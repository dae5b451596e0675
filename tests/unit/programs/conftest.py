import pytest

from tests.unit.programs.helpers import Own


@pytest.fixture
def own(tmp_path, monkeypatch) -> Own:
    """A training of the user's own, its folder the working one."""
    monkeypatch.chdir(tmp_path)
    return Own(tmp_path)
