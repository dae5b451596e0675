"""What an addition costs: worked examples on a copy of the package, by the files edited by hand.

docs/contributing.md gives the recipes. Each example is added to a copy, used from a fresh Python,
and the files that differ from the original are counted. Generated files (`make docs`) do not count.
"""

from __future__ import annotations

import filecmp
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.additions import NO_EFFECT, STUDY

ROOT = Path(__file__).parents[2]
PARTS = ("workflow", "docs")


@pytest.fixture
def copy(tmp_path):
    for part in PARTS:
        ignored = shutil.ignore_patterns("__pycache__", "*.egg-info", "images", "executor")
        shutil.copytree(ROOT / part, tmp_path / part, ignore=ignored)
    return tmp_path


def add(copy: Path, file: str, text: str) -> None:
    path = copy / file
    assert not path.exists()
    path.write_text(text)


def edit(copy: Path, file: str, old: str, new: str) -> None:
    path = copy / file
    text = path.read_text()
    assert text.count(old) == 1, f"{file} has {text.count(old)} times {old!r}"
    path.write_text(text.replace(old, new))


def touched(copy: Path) -> set[str]:
    files = {p.relative_to(copy).as_posix() for part in PARTS for p in (copy / part).rglob("*.*")}
    return {
        name
        for name in files
        if "__pycache__" not in name
        and not ((ROOT / name).exists() and filecmp.cmp(copy / name, ROOT / name, shallow=False))
    }


def use(copy: Path, code: str) -> str:
    """What code prints that runs on the copy."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=copy,
        capture_output=True,
        text=True,
        env={"PYTHONPATH": str(copy / "workflow"), "PATH": "/usr/bin:/bin", "MPLBACKEND": "agg"},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def aim(kind: str) -> int:
    """The number of files that the recipe in docs/contributing.md promises."""
    [number] = re.findall(rf"### {kind}: (\d+) files?", (ROOT / "docs/contributing.md").read_text())
    return int(number)


def test_a_claim_type(copy):
    add(copy, "workflow/hyperverdict/claims/no_effect.py", NO_EFFECT)
    init = "workflow/hyperverdict/claims/__init__.py"
    edit(copy, init, "    Optimum,\n)", "    Optimum,\n    NoEffect,\n)")
    edit(
        copy, init, "from hyperverdict.claims.optimum import Optimum",
        "from hyperverdict.claims.no_effect import NoEffect\nfrom hyperverdict.claims.optimum import Optimum",
    )  # fmt: skip
    edit(
        copy,
        "docs/claims.md",
        "## Trend\n",
        "## No effect\n\n    no_effect_of: {...}\n\n## Trend\n",
    )
    printed = use(
        copy,
        STUDY
        + '''
study, h, judgement = judge("""
study: s
data: digits
hypotheses:
  H:
    says: It does not matter.
    no_effect_of: {batch_size: {from: 4, to: 128}}
    expect: {accuracy: higher}
""", [[0.9, 0.91, 0.92, 0.9, 0.91], [0.9001, 0.9102, 0.9198, 0.9, 0.9101]])
from hyperverdict.claims.wording import meaning, effects_summary
from hyperverdict.study.structure import study_schema
print(h.claim.kind, judgement.evidence, "|", meaning(h.claim, judgement, "at 300 steps"))
print(h.claim.topic, "|", h.claim.terms_text, "|", effects_summary(judgement))
print("no_effect_of" in study_schema()["$defs"]["hypothesis"]["properties"])
''',
    )
    assert "no effect supported | There is no effect that matters at 300 steps." in printed
    assert "no effect of batch size | batch size 4 → 128" in printed
    assert printed.strip().endswith("True")
    assert len(touched(copy)) == aim("A claim type") == 3


def test_a_check(copy):
    leaks = "workflow/hyperverdict/checks/leaks.py"
    edit(
        copy, leaks, "CHECKS: tuple[Check, ...] = (",
        '''@check(
    "caveat",
    title="Seeds are even",
    explains="Whether all seeds are even numbers.",
    remedy="Use even seeds.",
)
def odd_seeds(context: CheckContext) -> Found:
    """Odd seeds."""
    odd = [seed for seed in context.question.seeds if seed % 2]
    return caveat(f"{len(odd)} seeds are odd.", 1) if odd else None


CHECKS: tuple[Check, ...] = (odd_seeds, ''',
    )  # fmt: skip
    edit(
        copy,
        leaks,
        "import NOT_APPLICABLE, Check, Found, blocks, check",
        "import NOT_APPLICABLE, Check, Found, blocks, caveat, check",
    )
    printed = use(
        copy,
        """
from types import SimpleNamespace
from hyperverdict.checks import CHECKS
from hyperverdict.checks.model import run
from hyperverdict.checks.page import page
odd = next(c for c in CHECKS if c.id == "odd_seeds")
for seeds in ((0, 1, 2), (0, 2)):
    notes = SimpleNamespace(findings={})
    context = SimpleNamespace(question=SimpleNamespace(seeds=seeds), notes=notes)
    result = run(odd, context)
    print(result.status, result.sentence)
print("odd_seeds" in page())
""",
    )
    assert printed.split("\n")[:3] == ["fired 1 seeds are odd.", "passed ", "True"]
    # The recipe counts the check's tests as its second file.
    assert len(touched(copy)) == 1
    assert aim("A check") == 2


def test_a_figure(copy):
    add(
        copy, "workflow/hyperverdict/figures/counts.py",
        '''"""How many seeds each verdict rests on."""

from __future__ import annotations

from matplotlib.figure import Figure

from hyperverdict.figures.drawn import Drawn, Panel, Values


def counts_info(report):
    """Seeds per budget."""
    return tuple(len(arm.seeds) for v in report.verdicts for arm in v.arms)


def draw(report, study, runs) -> Drawn:
    """A bar per arm."""
    figure, info = Figure(), counts_info(report)
    figure.subplots().bar(*zip(*enumerate(info), strict=True))
    values = Values(("seeds",), tuple((n,) for n in info))
    return Drawn("Seeds", "Seeds of each arm.", f"Seeds: {info}.", {"": Panel(figure)}, values)
''',
    )  # fmt: skip
    edit(
        copy, "workflow/hyperverdict/figures/__init__.py", '    FigureKind("cost", "Score against cost"),',
        '    FigureKind("cost", "Score against cost"),\n    FigureKind("counts", "Seeds"),',
    )  # fmt: skip
    add(copy, "workflow/report/counts.rst", "Seeds of each arm.\n")
    printed = use(
        copy,
        STUDY
        + '''
study, h, judgement = judge("""
study: s
data: digits
hypotheses:
  H: {says: s, compare: {batch_size: {from: 4, to: 128}}, expect: {accuracy: higher}}
""", [[0.9, 0.91, 0.92], [0.9, 0.92, 0.93]])
from types import SimpleNamespace as N
from hyperverdict import figures
report = N(id="H", verdicts=(N(arms=(N(seeds=(0, 1)), N(seeds=(0, 1, 2)))),))
[file] = [f for f in figures.expected(study) if f.kind.name == "counts"]
drawn = file.kind.module.draw(report, study, None)
print(file.key, drawn.text)
print(drawn.panels[""].figure.axes[0].patches[1].get_height())
''',
    )
    assert printed.split("\n")[:2] == ["H.counts Seeds: (2, 3).", "3"]
    assert len(touched(copy)) == aim("A figure") == 3
    # The rules and the page take figures from the table.
    named = [p for p in (ROOT / "workflow").rglob("*") if p.suffix in (".smk", ".j2")]
    assert not [p for p in named if re.search(r"effect\.svg|curves\.svg|\.heatmap", p.read_text())]


def test_a_hyperparameter(copy):
    table = "workflow/hyperverdict/vocabulary/hyperparameters.py"
    edit(
        copy, table, '    Hyperparameter("classes"',
        '    Hyperparameter("epsilon", "", "denominator of adam", "above 0", 1e-8, False, _real(0, 1, open_low=True), number_text, {"optimizer": frozenset({"adam"})}),\n'
        '    Hyperparameter("classes"',
    )  # fmt: skip
    optimizers = copy / "workflow/hyperverdict/training/optimizers.py"
    text = optimizers.read_text()
    old = '(optim.Adam, {"fused": True, "betas": _betas(c)})'
    assert text.count(old) == 1
    text = text.replace(old, old.replace("})", ', "eps": c["epsilon"]})'))
    optimizers.write_text(text)
    printed = use(
        copy,
        STUDY
        + '''
import torch
from hyperverdict.training.optimizers import make_optimizer
from hyperverdict.vocabulary.configuration import configure, parse_path
from hyperverdict.vocabulary.budget import Budget
old = configure({"data": "digits"}, Budget("steps", 1))
new = configure({"data": "digits", "epsilon": 1e-6}, Budget("steps", 1))
print("epsilon" in old.path, new.path.split("/")[-2], parse_path(new.path) == new)
print(make_optimizer(new, [torch.nn.Parameter(torch.zeros(1))]).defaults["eps"])
from hyperverdict.records.collect import hyperparameter_cells
print(hyperparameter_cells(new)["epsilon"])
study, h, judgement = judge("""
study: s
data: digits
hypotheses:
  H: {says: s, compare: {epsilon: {from: 1e-8, to: 1e-6}}, expect: {accuracy: higher}}
""", [[0.9, 0.91, 0.92], [0.9, 0.92, 0.93]])
print(h.claim.terms_text)
''',
    )
    assert printed.split("\n")[:4] == [
        "False epsilon~1e-06 True", "1e-06", "1e-06", "epsilon 1e-08 → 1e-06",
    ]  # fmt: skip
    assert len(touched(copy)) == aim("A hyperparameter") == 2


def test_a_data_set(copy):
    edit(
        copy, "workflow/hyperverdict/vocabulary/datasets.py", '    "mnist": DatasetFacts(',
        '    "stripes": DatasetFacts("Stripes", (20, 20), None, 0.2, 0.2, (1, 4, 4)),\n    "mnist": DatasetFacts(',
    )  # fmt: skip
    sources = "workflow/hyperverdict/training/sources.py"
    edit(
        copy, sources, "READERS: Mapping",
        '''def _stripes(_resources: Path) -> Published:
    labels = np.arange(40) % 2
    images = np.zeros((40, 1, 4, 4), np.uint8)
    images[labels == 1, :, ::2] = 255
    return Published(Part(images, labels), None, None, "made here")


READERS: Mapping''',
    )  # fmt: skip
    edit(
        copy, sources, '    "digits": _digits,', '    "digits": _digits,\n    "stripes": _stripes,'
    )
    printed = use(
        copy,
        STUDY
        + '''
from hyperverdict.training.data import prepare
from hyperverdict.training.run import train_configuration
from hyperverdict.vocabulary.configuration import configure
from hyperverdict.vocabulary.budget import Budget
facts = prepare("stripes", Path("resources"), Path("prepared"))
c = configure({"data": "stripes", "width": 4, "depth": 1, "batch_size": 8}, Budget("epochs", 2))
train_configuration(c, (0,), prepared=Path("prepared"), folder=Path("run"), device="cpu", log=Path("log"))
print(c.budget, Path("run/metrics.parquet").exists())
study, h, judgement = judge("""
study: s
data: stripes
hypotheses:
  H: {says: s, compare: {batch_size: {from: 4, to: 8}}, expect: {accuracy: higher}}
""", [[0.9, 0.91, 0.92], [0.9, 0.92, 0.93]])
print(study.vocabulary.facts("stripes").title)
''',
    )
    assert printed.split("\n")[:2] == ["6 steps True", "Stripes"]
    assert {t for t in touched(copy) if t.startswith("workflow")} == {
        "workflow/hyperverdict/vocabulary/datasets.py", sources,
    }  # fmt: skip
    assert len(touched(copy)) == aim("A data set") == 2


def test_a_recorded_metric(copy):
    edit(
        copy, "workflow/hyperverdict/vocabulary/metrics.py", '        _recorded("loss",',
        '        _recorded("zero_rate", "share of class 0", FRACTION, "lower", matters_from=0.02,\n'
        "                  score=lambda predicted, true: float((predicted == 0).mean())),\n"
        '        _recorded("loss",',
    )  # fmt: skip
    printed = use(
        copy,
        '''
from pathlib import Path
from hyperverdict.training.data import prepare
from hyperverdict.training.run import train_configuration
from hyperverdict.records.collect import collect
from hyperverdict.records.tables import write_tables
from hyperverdict.vocabulary.configuration import configure
from hyperverdict.vocabulary.budget import Budget
from hyperverdict.study.load import load_study
from hyperverdict.verdicts.judge import judge_study
prepare("digits", Path("resources"), Path("prepared"))
study_file = Path("study.yaml")
study_file.write_text("""
study: s
data: digits
seeds: 2
baseline: {width: 4, depth: 1, budget: 20 steps}
hypotheses:
  H: {says: s, compare: {batch_size: {from: 4, to: 8}}, expect: {zero_rate: lower}}
""")
study = load_study(study_file)
arms = study.claimed_arms(study.hypotheses[0], study.budget)
for arm in arms:
    c = arm.configuration
    train_configuration(c, (0, 1), prepared=Path("prepared"), folder=Path("runs") / c.path, device="cpu", log=Path("log"))
tables = collect([a.configuration for a in arms], Path("runs"))
print(sorted(c for c in tables.final if "zero_rate" in c), "zero_rate" in tables.curves)
report = judge_study(study, tables.final, tables.curves)
effect = report.hypotheses[0].verdicts[0].judgement.effects[0]
print(report.hypotheses[0].claim, effect.n, 0 <= abs(effect.estimate) <= 1)
''',
    )
    lines = printed.split("\n")
    assert (
        lines[0] == "['best_validation_zero_rate', 'test_zero_rate', 'validation_zero_rate'] True"
    )
    assert lines[1] == "batch size 4 → 8: share of class 0 lower 2 True"
    assert len(touched(copy)) == aim("A recorded metric") == 1
