"""Which study an invocation is about, and how it is run; what it says stands in its file alone.

Both come from the command line (`--configfile`, `--config`) or, where another workflow uses this
one as a module, from the module's `config:`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hyperverdict.errors import UserError, nearest
from hyperverdict.exporting.destination import KEY as MLFLOW
from hyperverdict.exporting.destination import Destination, read_destination
from hyperverdict.study.model import Smoke
from hyperverdict.study.strict_yaml import read_yaml
from hyperverdict.vocabulary.budget import KINDS, Budget

RESULTS = "results"
# Results of smoke runs, apart from all others.
SMOKE_RESULTS = f"{RESULTS}/smoke"
DEFAULT_STUDY = Path("config/config.yaml")
TENSORBOARD, RETRAIN, SEEDS, PDF, LARGE = "tensorboard", "retrain", "seeds", "pdf", "large"
# Configurations from which a study is only run when `large` says that it is meant.
LARGE_FROM = 100_000
# Keys of a module's `config:` besides `tensorboard`, `retrain`, `pdf`, `large` and `mlflow`.
STUDY, SMOKE = "study", "smoke"
EXAMPLE = 'config: {"study": "config/my_study.yaml"}'


@dataclass(frozen=True)
class Options:
    """How a study is run.

    Attributes:
        retrain: name of a training, model or data set whose runs of other code or data train again.
        smoke: how little a smoke run trains; None for the study as it is stated.
        pdf: whether the report is printed; None where it can be.
        mlflow: where runs and verdicts are exported to; None for nowhere.
        large: more than `LARGE_FROM` configurations are meant.
    """

    tensorboard: bool = True
    retrain: str = ""
    smoke: Smoke | None = None
    pdf: bool | None = None
    mlflow: Destination | None = None
    large: bool = False

    @property
    def results(self) -> str:
        """The folder of all results."""
        return SMOKE_RESULTS if self.smoke else RESULTS


def read_options(raw: Mapping[str, object], kinds: Collection[str] = KINDS) -> Options:
    """The options that `--config` sets.

    Args:
        raw: name -> value.
        kinds: units in which the study's budgets may be written.

    Raises UserError for an unknown option, naming the nearest, and for a value that is not allowed.
    """
    known = {TENSORBOARD, RETRAIN, SEEDS, PDF, LARGE, MLFLOW, *kinds}
    for name, value in raw.items():
        if name not in known:
            raise UserError(
                f"--config {name}={value}: the study is stated in its file alone, and there is no "
                f"option {name!r}; {nearest(name, known)}"
            )
    return Options(
        tensorboard=_true_or_false(TENSORBOARD, raw.get(TENSORBOARD, True)),
        large=_true_or_false(LARGE, raw.get(LARGE, False)),
        retrain=str(raw.get(RETRAIN, "")),
        pdf=_yes_or_no(raw.get(PDF)),
        mlflow=_destination(raw),
        smoke=read_smoke({name: raw[name] for name in raw if name in (SEEDS, *kinds)}),
    )


def read_module_options(config: Mapping[str, object], kinds: Collection[str] = KINDS) -> Options:
    """The options in a module's `config:`, which may hold keys of the workflow that uses it, too.

    So smoke runs have one key, ``smoke: {steps: 10, seeds: 2}``, and unknown keys are not ours.
    """
    smoke = config.get(SMOKE) or {}
    if not isinstance(smoke, Mapping):
        raise UserError(f"config: {SMOKE}: {smoke!r} must read like {{steps: 10, seeds: 2}}")
    unknown = smoke.keys() - {SEEDS, *kinds}
    if unknown:
        raise UserError(f"config: {SMOKE}: {nearest(min(unknown), {SEEDS, *kinds})}")
    return Options(
        tensorboard=_true_or_false(TENSORBOARD, config.get(TENSORBOARD, True)),
        large=_true_or_false(LARGE, config.get(LARGE, False)),
        retrain=str(config.get(RETRAIN, "")),
        pdf=_yes_or_no(config.get(PDF)),
        mlflow=_destination(config),
        smoke=read_smoke(smoke),
    )


def study_of_command_line(configfiles: Sequence[str | Path]) -> Path:
    """The study that `--configfile` names; without one, config/config.yaml."""
    files = [Path(file) for file in configfiles] or [DEFAULT_STUDY]
    if len(files) > 1:
        named = ", ".join(map(str, files))
        raise UserError(f"one study at a time: --configfile names {len(files)} files ({named})")
    return files[0]


def study_of_module(config: Mapping[str, object], configfiles: Sequence[str | Path]) -> Path:
    """The study that a module's `config:` names; without one, the study that `--configfile` names.

    Files that `--configfile` names and that are no study belong to the workflow that uses the
    module. Raises UserError where no study is named, and where the two name different ones.
    """
    studies = [Path(file) for file in configfiles if _is_study(Path(file))]
    if STUDY not in config:
        if len(studies) != 1:
            raise UserError(f"the module's config names no study; write {EXAMPLE}")
        return studies[0]
    named = config[STUDY]
    file = Path(named) if isinstance(named, str | Path) else None
    if file is None or not file.is_file():
        raise UserError(
            f"the module's config says study: {named!r}, which is not a file; name the study's "
            f"file, such as {EXAMPLE}"
        )
    for other in studies:
        if not other.samefile(file):
            raise UserError(
                f"the module's config names the study {file}, and --configfile names {other}; "
                "remove one of the two"
            )
    return file


def _is_study(file: Path) -> bool:
    """Whether a file claims or draws something, as far as it can be read."""
    try:
        content: Any = read_yaml(file)[0]
    except UserError:
        return False
    return isinstance(content, dict) and bool({"hypotheses", "explore"} & content.keys())


def read_smoke(raw: Mapping[str, object], option: str = "--config ") -> Smoke | None:
    """A smoke run from a budget in one unit, a number of seeds, or both; None from neither.

    Args:
        option: what stands before its words on the command line.
    """
    if not raw:
        return None
    counts = {name: _count(option, name, value) for name, value in raw.items()}
    budgets = [Budget(kind, n) for kind, n in counts.items() if kind != SEEDS]
    if len(budgets) > 1:
        given = " ".join(f"{budget.kind}={budget.amount}" for budget in budgets)
        raise UserError(f"{option}{given}: a smoke run has one budget; keep one of these")
    return Smoke(budgets[0] if budgets else None, counts.get(SEEDS))


def smoke_of_words(words: Iterable[str], kinds: Collection[str] = KINDS) -> Smoke | None:
    """A smoke run as a command names it: ``steps=10 seeds=2``."""
    raw: dict[str, object] = {}
    for word in words:
        name, _, value = word.partition("=")
        if name not in (SEEDS, *kinds):
            raise UserError(f"--smoke {word}: {nearest(name, {SEEDS, *kinds})}")
        raw[name] = int(value) if value.isascii() and value.isdigit() else value
    return read_smoke(raw, "--smoke ")


def _count(option: str, name: str, value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise UserError(f"{option}{name}={value}: must be a whole number, at least 1")
    return value


def _yes_or_no(value: object) -> bool | None:
    """What `pdf` says; None where it says nothing."""
    if value is None:
        return None
    text = str(value).lower()
    if text not in ("yes", "no", "true", "false"):
        raise UserError(f"--config {PDF}={value}: must be yes or no")
    return text in ("yes", "true")


def _destination(raw: Mapping[str, object]) -> Destination | None:
    """What `mlflow` says; an empty value is none, and refused."""
    return read_destination(raw[MLFLOW] or "") if MLFLOW in raw else None


def _true_or_false(name: str, value: object) -> bool:
    text = str(value).lower()
    if text not in ("true", "false"):
        raise UserError(f"--config {name}={value}: must be true or false")
    return text == "true"
