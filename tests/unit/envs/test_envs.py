"""The conda environments agree with the pinned requirements."""

import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
# conda-forge's name -> the index' name, where they differ.
RENAMED = {"matplotlib-base": "matplotlib"}
UNPINNED = {"python", "pip"}


def pinned() -> dict[str, str]:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    pairs = [line.split("==") for line in lines if line and not line.startswith("#")]
    return {name.lower().replace("_", "-"): version for name, version in pairs}


def packages(env: Path) -> dict[str, str]:
    content = yaml.safe_load(env.read_text())
    plain = [d for d in content["dependencies"] if isinstance(d, str)]
    nested = [p for d in content["dependencies"] if isinstance(d, dict) for p in d["pip"]]
    pairs = [re.split(r"==?", entry, maxsplit=1) for entry in plain + nested]
    return {pair[0].lower(): pair[1] if len(pair) > 1 else "" for pair in pairs}


@pytest.mark.parametrize("env", sorted((ROOT / "envs").glob("*.yaml")), ids=lambda p: p.stem)
def test_environment_agrees_with_requirements(env):
    wanted = pinned()
    found = {RENAMED.get(n, n): v for n, v in packages(env).items() if n not in UNPINNED}
    assert found
    assert found == {name: wanted[name] for name in found}


def test_requirements_are_exact_and_hold_no_address():
    for line in (ROOT / "requirements.txt").read_text().splitlines():
        assert line.startswith("#") or re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.!+]+", line), line


def test_every_environment_installs_the_package():
    for env in (ROOT / "envs").glob("*.yaml"):
        assert "pip install --no-deps" in env.with_suffix(".post-deploy.sh").read_text()
