"""From a study file to a `Study`: its text, its structure, its vocabulary, then its parts."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from hyperverdict.runs.declaration import RUNS
from hyperverdict.study.model import Study
from hyperverdict.study.own import own_vocabulary
from hyperverdict.study.problems import Problems, needed
from hyperverdict.study.reader import Reader, is_broken_key
from hyperverdict.study.strict_yaml import parse_document, read_text
from hyperverdict.study.structure import Source, check_parts
from hyperverdict.study.users import DECLARED, users_vocabulary
from hyperverdict.vocabulary.training import TRAIN
from hyperverdict.vocabulary.vocabulary import OURS, Vocabulary


def load_study(path: str | Path, vocabulary: Vocabulary = OURS, runs: Path = RUNS) -> Study:
    """Read and check a study file; UserError with one message when something is wrong.

    Args:
        path: the study file.
        vocabulary: what it may name. With that of a table from elsewhere it may claim about any
            metric, and claims that their design cannot answer are not refused: where the runs
            exist already, that is a caveat.
        runs: where runs are, with the frozen defaults of trainings of the user's own.
    """
    raw, source, problems = _parts_of_file(Path(path))
    return _read(raw, source, vocabulary, problems, runs)


def read_study_file(path: Path) -> tuple[dict[str, Any], Source]:
    """The content of a study file, its structure checked, and where its values stand."""
    raw, source, problems = _parts_of_file(path)
    problems.raise_any()
    return raw, source


def study_of(
    raw: dict[str, Any],
    source: Source,
    vocabulary: Vocabulary = OURS,
    *,
    runs: Path = RUNS,
    to_judge: bool = True,
) -> Study:
    """The study of a content whose structure is checked; see `load_study`.

    Args:
        to_judge: refuse claims that their design cannot answer. False where nothing is judged.
    """
    return _read(raw, source, vocabulary, Problems(source.path), runs, to_judge)


def _read(
    raw: dict[str, Any],
    source: Source,
    vocabulary: Vocabulary,
    problems: Problems,
    runs: Path,
    to_judge: bool = True,
) -> Study:
    """The study, in the vocabulary of its own training where it has one."""
    if vocabulary.ours and (TRAIN in raw or is_broken_key(TRAIN, problems)):
        if any(is_broken_key(key, problems) for key in (TRAIN, "hyperparameters")):
            problems.raise_any()
        vocabulary = own_vocabulary(raw, source, problems, runs)
    elif vocabulary.ours:
        if is_broken_key("data_sets", problems):
            problems.raise_any()
        read = partial(users_vocabulary, raw, source, vocabulary, runs.parent / DECLARED)
        users = problems.attempt(read)
        if users is None:
            problems.raise_any()
        vocabulary = needed(users)
    return Reader(raw, source, vocabulary, problems, to_judge).study()


def _parts_of_file(path: Path) -> tuple[dict[str, Any], Source, Problems]:
    """The parts of a study file whose structure is right, and what is wrong with the others."""
    document = parse_document(read_text(path), path)
    source, problems = Source(path, document.lines), Problems(path)
    content = document.content
    for place, error in document.errors:
        problems.add(error)
        if isinstance(content, dict):
            content = problems.take_out(content, place)
    return check_parts(content, source, problems), source, problems
