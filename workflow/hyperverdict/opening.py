"""How an invocation of the workflow starts: its options, its study, and data of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from hyperverdict.invocation import PREPARED, Invocation
from hyperverdict.options import (
    RESULTS,
    read_module_options,
    read_options,
    study_of_command_line,
    study_of_module,
)
from hyperverdict.preparing import Preparer
from hyperverdict.study.smoke import load
from hyperverdict.vocabulary.users import Users
from hyperverdict.vocabulary.vocabulary import Vocabulary
from hyperverdict.words.printing import tell


def open_invocation(
    configfiles: Sequence[str | Path],
    options: Mapping[str, object],
    main: bool,
    of_module: Mapping[str, object] | None = None,
    placed: Callable[[str], str] = str,
) -> Invocation:
    """Read the one study of this invocation and compile it.

    Args:
        configfiles: what `--configfile` named; none means config/config.yaml.
        options: what `--config` set.
        main: False in the process of a single job, which prints and forces nothing.
        of_module: the `config:` of the module that this workflow is used as; None when it is not.
        placed: where a path of ours really is, as below a module's prefix.
    """
    if of_module is None:
        file = study_of_command_line(configfiles)
    else:
        file = study_of_module(of_module, configfiles)
    file, runs = _relative(file), Path(placed(RESULTS)) / "runs"
    prepared = Path(placed(PREPARED))
    users = Users(prepared=prepared, preparer=Preparer(tell) if main else None)
    vocabulary = Vocabulary(users=users)
    study = load(file, runs, vocabulary=vocabulary)
    kinds = study.vocabulary.budget_kinds
    if of_module is None:
        chosen = read_options(options, kinds)
    else:
        chosen = read_module_options(of_module, kinds)
    if chosen.smoke:
        study = load(file, runs, chosen.smoke, vocabulary)
    return Invocation(
        study_file=study.path,
        study=study,
        options=chosen,
        main=main,
        results=Path(placed(chosen.results)),
        prepared=prepared,
    )


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
