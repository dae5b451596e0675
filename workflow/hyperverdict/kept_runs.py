"""Runs with the seeds that interrupted jobs have kept, for a report of what exists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hyperverdict.errors import UserError
from hyperverdict.identities import Identities
from hyperverdict.runs.kept import PARTIAL_FOLDER
from hyperverdict.study.model import Study
from hyperverdict.training.so_far import write_so_far
from hyperverdict.vocabulary.configuration import parse_path
from hyperverdict.words.numbers import count


@dataclass(frozen=True)
class KeptRuns:
    """Copies of runs to which kept seeds were added.

    Attributes:
        folders: kind of the run -> its path -> folder of the copy.
        seeds: that were added to all of them.
    """

    folders: Mapping[str, Mapping[str, Path]] = field(default_factory=dict)
    seeds: int = 0

    def folder(self, results: Path, kind: str, path: str) -> Path:
        """Where a run is read: its copy, or its own folder below `results`."""
        return self.folders.get(kind, {}).get(path, results / kind / path)

    @property
    def words(self) -> str:
        """That the report holds them, as a line; "" where there are none."""
        if not self.seeds:
            return ""
        return f"It includes {count(self.seeds, 'seed')} kept by interrupted jobs.\n"


def add_kept(
    study: Study, paths: Mapping[str, Iterable[str]], results: Path, copies: Path
) -> KeptRuns:
    """Copy runs that interrupted jobs have not ended into `copies`, with their finished seeds.

    Args:
        paths: configuration paths by kind: those below results/runs and those below results/tuning.
    """
    vocabulary, training = study.vocabulary, study.vocabulary.training
    identities = Identities(vocabulary, vocabulary.users.prepared)
    # Without them, an interrupted job would stop once it goes on.
    scores = [*training.scores.values(), *training.validation.values()] if training else []
    found: dict[str, dict[str, Path]] = {}
    seeds = 0
    for kind, of_kind in paths.items():
        for path in of_kind:
            run = results / kind / path
            if not (run / PARTIAL_FOLDER).is_dir():
                continue
            configuration, copy = parse_path(path, vocabulary), copies / kind / path
            try:
                made_of = identities.of(configuration) or {}
            except UserError:
                # Its code or data are gone: nobody knows whether the seeds are of the present ones.
                continue
            added = write_so_far(run, {"path": configuration.path, **made_of}, scores, copy)
            if added:
                found.setdefault(kind, {})[path] = copy
                seeds += len(added)
    return KeptRuns(found, seeds)
