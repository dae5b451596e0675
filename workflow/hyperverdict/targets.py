"""What may be asked for by hand: files that jobs make, and folders that stand for one of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

from hyperverdict.errors import UserError, match, nearest
from hyperverdict.options import RESULTS, SMOKE_RESULTS
from hyperverdict.runs.declaration import DECLARATION_FILE
from hyperverdict.runs.layout import METRICS_FILE, RECORD_FILE
from hyperverdict.vocabulary.datasets import FACTS_FILE

REPORT_FILE = "report.html"
TIMING_FILE = "timing.json"
KINDS = ("runs", "tuning")
Named = Callable[[str], object]


@dataclass(frozen=True)
class Names:
    """What the names in paths may be; the functions raise UserError for any other.

    Attributes:
        results, prepared: where results and prepared data of this invocation are.
        study: name of its study.
        run: the canonical path of a run from its path below runs/ or tuning/.
        timed: what is timed, by the folder below timing/ and the name of the timing.
        data: a data set, by the name of its prepared copy.
        tuned: ids of the hypotheses whose arms are tuned.
        training: name of the study's own training; "" for our loop.
    """

    results: Path
    prepared: Path
    study: str
    run: Callable[[str], str]
    timed: Callable[[str, str], object]
    data: Named
    tuned: Collection[str]
    training: str = ""


def file_target(target: str, names: Names) -> str:
    """The file to make for a target, relative to the working folder where it is below it.

    Args:
        target: what Snakemake was asked for: a file or a folder, and no rule.

    Raises UserError for a run that is not spelled canonically, for what belongs to another study,
    and for names of data sets, timings and tuned hypotheses that there are not.
    """
    if not target or "\0" in target:
        raise UserError(f"{target!r} is not a file's name")
    path = os.path.relpath(target)
    if path == os.pardir or path.startswith(f"{os.pardir}{os.sep}"):
        return target
    if Path(path).is_relative_to(names.prepared):
        return _prepared(path, names)
    if not Path(path).is_relative_to(names.results):
        return path
    kind, _, below = os.path.relpath(path, names.results).partition("/")
    if kind in KINDS:
        return _of_run(path, kind, below, names)
    if kind == "timing":
        return _of_timing(path, below, names)
    if kind == "studies" and below:
        return _of_study(target, path, below, names)
    if kind == Path(SMOKE_RESULTS).name and names.results.name == RESULTS:
        raise UserError(
            f"{target} belongs to smoke runs; add the options of one, such as "
            "--config steps=10 seeds=2"
        )
    return path


def _of_run(path: str, kind: str, below: str, names: Names) -> str:
    folder, _, name = below.rpartition("/")
    # Every part of a run's folder spells a setting; the files in it are named otherwise.
    if "~" in name:
        return f"{names.results}/{kind}/{names.run(below)}/{METRICS_FILE}"
    if name in (METRICS_FILE, RECORD_FILE):
        # Only to refuse what no job makes.
        names.run(folder)
    if name == DECLARATION_FILE and folder != f"train~{names.training}":
        raise UserError(f"{path} does not declare the training of this study")
    return path


def _of_timing(path: str, below: str, names: Names) -> str:
    folder, _, rest = below.partition("/")
    name = rest.removesuffix(f"/{TIMING_FILE}")
    if not name:
        return path
    names.timed(folder, name)
    return f"{names.results}/timing/{folder}/{name}/{TIMING_FILE}"


def _of_study(target: str, path: str, below: str, names: Names) -> str:
    name, _, rest = below.partition("/")
    if name != names.study:
        raise UserError(
            f"{target} is the folder of study {name}, and this is study {names.study}; name the "
            f"file of study {name} with --configfile"
        )
    if not rest:
        return f"{path}/{REPORT_FILE}"
    folder, _, file = rest.rpartition("/")
    hypothesis = file.removesuffix(".json")
    if folder == "tuning" and hypothesis not in names.tuned:
        known = nearest(hypothesis, names.tuned) if names.tuned else "no hypothesis here has `tune`"
        raise UserError(f"{target}: {hypothesis!r} is no tuned hypothesis of this study; {known}")
    return path


def _prepared(path: str, names: Names) -> str:
    name, _, file = os.path.relpath(path, names.prepared).partition("/")
    if name == os.curdir:
        return path
    names.data(name)
    return path if file else f"{path}/{FACTS_FILE}"


def unmade(target: str, rules: Iterable[str], files: Iterable[str]) -> UserError:
    """The message for a target that no job makes.

    Args:
        rules: names of the rules that may be asked for.
        files: paths of the files that may be, where they can be listed.
    """
    near = match(os.path.relpath(target), files, 0.8) if "/" in target else match(target, rules)
    hint = (
        f"did you mean {near}?"
        if near
        else "ask for a file or folder of the study (results/studies/NAME), of a run "
        "(results/runs/...) or of prepared data (resources/prepared/NAME), or for nothing: then "
        "the report is made"
    )
    return UserError(f"no job makes {target}; {hint}")
