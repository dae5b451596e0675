"""Writes the generated pages and tables again; with --check, names those that are out of date.

``make docs`` runs it. Pages: docs/checks.md, both schemas in workflow/schemas. Tables in
config/README.md: those between ``<!-- generated: NAME -->`` and ``<!-- end -->``.
"""

import json
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from hyperverdict.checks.page import page as checks_page
from hyperverdict.study.structure import study_schema
from hyperverdict.verdicts.format import schema as verdicts_schema
from hyperverdict.vocabulary.datasets import DATASETS
from hyperverdict.vocabulary.hyperparameters import HYPERPARAMETERS
from hyperverdict.vocabulary.metrics import RECORDED, Metric
from hyperverdict.vocabulary.vocabulary import OURS

ROOT = Path(__file__).parents[1]
NONE = "–"


def hyperparameters() -> str:
    """One row per hyperparameter but the data set."""
    rows = [
        (f"`{name}`", row.description, row.unit, row.allowed, f"`{OURS.show(name, row.default)}`")
        for name, row in HYPERPARAMETERS.items()
        if name != "data"
    ]
    return _table(("key", "what it is", "unit", "allowed", "default"), rows)


def metrics() -> str:
    """One row per metric that training runs record."""
    rows = [(f"`{m.name}`", m.unit, m.better or "", _size(m)) for m in RECORDED.values()]
    return _table(("metric", "unit", "better", "smallest effect of interest"), rows)


def _size(metric: Metric) -> str:
    if metric.matters_from is None:
        return "none; state it in `metrics`"
    return f"{metric.matters_from:.2f}x" if metric.ratio else f"{metric.matters_from:g}"


def data_sets() -> str:
    """One row per data set that is known by name."""
    rows = [
        (f"`{name}`", facts.title, f"{len(facts.class_counts)}", *map("{:,}".format, facts.sizes()))
        for name, facts in DATASETS.items()
    ]
    return _table(("name", "data set", "classes", "training", "validation", "test images"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (head, ["---"] * len(head), *([cell or NONE for cell in row] for row in rows))
    return "".join(f"| {' | '.join(line)} |\n" for line in lines).replace("| --- ", "|---")


TABLES: dict[str, Callable[[], str]] = {
    "hyperparameters": hyperparameters,
    "metrics": metrics,
    "data sets": data_sets,
}


def with_tables(text: str) -> str:
    """A page with its generated tables as they should be."""
    block = re.compile(r"(<!-- generated: (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)
    return block.sub(lambda m: f"{m[1]}\n{TABLES[m[2]]()}\n{m[3]}", text)


def generated() -> dict[Path, str]:
    """Every generated file with the content that it should have."""
    readme = ROOT / "config/README.md"
    schemas = ROOT / "workflow/schemas"
    return {
        readme: with_tables(readme.read_text()),
        ROOT / "docs/checks.md": checks_page(),
        schemas / "study.schema.json": json.dumps(study_schema(), indent=2) + "\n",
        schemas / "verdicts.schema.json": json.dumps(verdicts_schema(), indent=2) + "\n",
    }


def outdated() -> list[Path]:
    """The files that are not as they should be."""
    return [f for f, text in generated().items() if not f.exists() or f.read_text() != text]


def main() -> int:
    """Write what is out of date, or only name it."""
    contents, files = generated(), outdated()
    for file in files:
        print(file.relative_to(ROOT))
    if "--check" in sys.argv[1:]:
        return bool(files)
    for file in files:
        file.write_text(contents[file])
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
