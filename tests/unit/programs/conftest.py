import pytest

from tests.unit.programs.helpers import Called, Own


@pytest.fixture
def own(tmp_path, monkeypatch) -> Own:
    """A training of the user's own, its folder the working one."""
    monkeypatch.chdir(tmp_path)
    return Own(tmp_path)


@pytest.fixture
def called(tmp_path, monkeypatch) -> Called:
    """A training by a function, its folder the working one."""
    monkeypatch.chdir(tmp_path)
    return Called(tmp_path)
