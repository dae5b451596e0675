"""Data flows one way: a module imports only from its left, and heavy packages stay where they belong."""

import ast
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "workflow/hyperverdict"
ORDER = [
    "errors", "runs", "vocabulary", "stats", "effects", "words", "claims", "study", "design",
    "training", "live", "records", "ledger", "outcomes", "checks", "verdicts", "foreign", "programs",
    "draft", "figures", "report", "exporting", "compare",
]  # fmt: skip
# Each package of ours may use only what is to its left; these may not even use all of that.
NOT = {
    "training": {"stats", "effects", "words", "claims", "study", "design"},
    "live": {"training"},
    "records": {"stats", "effects", "claims", "study", "training"},
    **{
        name: {"training"}
        for name in ("ledger", "outcomes", "checks", "verdicts", "figures", "report", "exporting")
    },
    "programs": {"stats", "effects", "claims", "design", "records", "ledger", "outcomes", "checks"},
    "draft": {"stats", "effects", "design", "records", "ledger", "outcomes", "checks", "verdicts"},
}
LIGHT = {"torch", "snakemake", "pandas"}
HEAVY = {"torch", "snakemake", "submitit"}
FORBIDDEN = {
    **dict.fromkeys(
        ("runs", "vocabulary", "stats", "effects", "words", "claims", "study", "design"), LIGHT
    ),
    "training": {"snakemake", "pandas", "seaborn", "submitit"},
    **dict.fromkeys(
        (
            "live",
            "records",
            "ledger",
            "outcomes",
            "checks",
            "verdicts",
            "foreign",
            "programs",
            "draft",
            "figures",
            "report",
            "exporting",
        ),
        HEAVY,
    ),
}


def imports(file: Path) -> set[str]:
    tree = ast.parse(file.read_text())
    names = {a.name for node in ast.walk(tree) if isinstance(node, ast.Import) for a in node.names}
    froms = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module]
    named = {
        f"{n.module}.{a.name}" if n.module == "hyperverdict" else n.module
        for n in froms
        for a in n.names
    }
    return names | named


def modules() -> list[Path]:
    return sorted(
        file
        for layer in ORDER
        for file in [*PACKAGE.glob(f"{layer}/**/*.py"), *PACKAGE.glob(f"{layer}.py")]
    )


def layer(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("file", modules(), ids=lambda f: str(f.relative_to(PACKAGE)))
def test_a_module_imports_only_from_its_left(file):
    here = layer(file)
    allowed = set(ORDER[: ORDER.index(here) + 1]) - NOT.get(here, set())
    used = {name.split(".")[1] for name in imports(file) if name.startswith("hyperverdict.")}
    assert used - {"__version__"} <= allowed, f"{file.name} of {here} imports {used - allowed}"
    heavy = {name.split(".")[0] for name in imports(file)} & FORBIDDEN.get(here, set())
    assert not heavy, f"{file.name} of {here} imports {heavy}"


def test_the_executor_plugins_know_nothing_of_us_and_we_nothing_of_them():
    plugins = (PACKAGE.parent / "executor").rglob("*.py")
    assert not [f for f in plugins if any(n.startswith("hyperverdict") for n in imports(f))]
    ours = PACKAGE.rglob("*.py")
    assert not [
        f
        for f in ours
        if any("executor_plugin" in n or n.startswith("submitit") for n in imports(f))
    ]


def test_reading_a_study_loads_nothing_heavy():
    import subprocess

    code = (
        "import sys; import hyperverdict.opening; "
        "print([m for m in ('torch', 'pandas', 'seaborn', 'scipy.stats', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
