"""The executor plugins are distributions that others can install, read and test without this repository."""

import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PLUGINS = sorted(path.parent for path in (ROOT / "workflow/executor").glob("*/pyproject.toml"))
LINK = re.compile(r"\]\(([^)\s]+)\)")
BUILD = (
    "import sys; from setuptools import build_meta as backend; folder = sys.argv[1]; "
    "backend.build_sdist(folder); backend.build_wheel(folder)"
)
each = pytest.mark.parametrize("folder", PLUGINS, ids=lambda folder: folder.name)


def project(folder):
    return tomllib.loads((folder / "pyproject.toml").read_text())["project"]


def package(folder):
    return project(folder)["name"].replace("-", "_")


@pytest.fixture(scope="module", params=PLUGINS, ids=lambda folder: folder.name)
def built(request, tmp_path_factory):
    """The plugin's folder and the names and metadata of its sdist and wheel."""
    made = tmp_path_factory.mktemp("built")
    copy = made / "source"
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    shutil.copytree(request.param, copy, ignore=ignored)
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(made)],
        cwd=copy, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Deprecat" not in done.stdout + done.stderr
    [sdist], [wheel] = made.glob("*.tar.gz"), made.glob("*.whl")
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        [metadata] = [n for n in names if n.endswith(".dist-info/METADATA")]
        facts = message_from_bytes(archive.read(metadata))
    return request.param, inside, names, facts


def test_there_is_one_distribution_for_each_plugin():
    assert [folder.name for folder in PLUGINS] == ["jobstep", "submitit"]
    assert {package(folder) for folder in PLUGINS} == {
        "snakemake_executor_plugin_submitit", "snakemake_executor_plugin_submitit_jobstep",
    }  # fmt: skip


@each
def test_each_has_its_licence_and_a_changelog_of_its_version(folder):
    assert (folder / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    version = project(folder)["version"]
    assert f"\n## {version}" in (folder / "CHANGELOG.md").read_text()
    assert (folder / "docs/intro.md").read_text().strip()
    # The catalog puts these pages below a heading of its own.
    assert not re.search(r"^#{1,2} ", (folder / "docs/further.md").read_text(), re.MULTILINE)


@each
def test_no_page_links_to_a_file(folder):
    for page in folder.rglob("*.md"):
        links = LINK.findall(page.read_text())
        # The pages are shown in a catalog and an index, without the files beside them.
        assert [link for link in links if not link.startswith(("https://", "#"))] == [], page


@each
def test_no_file_reaches_out_of_its_folder(folder):
    for file in [*folder.rglob("*.py"), *folder.rglob("*.md"), folder / "pyproject.toml"]:
        text = file.read_text()
        assert "hyperverdict" not in text.replace("The HyperVerdict authors", "").lower(), file
        assert "../" not in text, file
        assert not re.search(r"^(from|import) tests\b", text, re.MULTILINE), file


def test_the_source_distribution_holds_all_that_is_in_the_folder(built):
    folder, inside, _names, _facts = built
    tracked = {
        str(path.relative_to(folder))
        for path in folder.rglob("*")
        if path.is_file() and not {"__pycache__", ".pytest_cache"} & set(path.parts)
        and ".egg-info" not in str(path)
    }  # fmt: skip
    assert tracked <= inside
    assert {"LICENSE", "CHANGELOG.md", "README.md", "docs/intro.md", "docs/further.md"} <= inside
    assert any(re.fullmatch(r"tests/test_\w+\.py", name) for name in inside)


def test_the_wheel_holds_the_package_alone_and_says_what_it_is(built):
    folder, _inside, names, facts = built
    tops = {name.partition("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == {package(folder)}
    assert f"{package(folder)}/py.typed" in names
    assert facts["License-Expression"] == "MIT"
    assert facts["License-File"] == "LICENSE"
    assert facts["Author"]
    assert facts["Keywords"].startswith("snakemake,plugin,executor")
    assert {"Intended Audience :: Science/Research", "Topic :: Scientific/Engineering"} <= set(
        facts.get_all("Classifier")
    )


def test_the_cluster_plugin_needs_the_one_for_the_nodes_in_the_version_beside_it():
    versions = {project(folder)["name"]: project(folder)["version"] for folder in PLUGINS}
    needs = project(ROOT / "workflow/executor/submitit")["dependencies"]
    [need] = [line for line in needs if "jobstep" in line]
    name, bounds = re.fullmatch(r"([\w-]+)>=([\d.,<]+)", need).groups()
    least, most = (tuple(map(int, bound.split("."))) for bound in bounds.split(",<"))
    assert least <= tuple(map(int, versions[name].split("."))) < most
