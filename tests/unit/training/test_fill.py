"""At whatever step a job is interrupted: the seeds that it has finished are never trained again.

Snakemake deletes the table and the record of a job that was interrupted, or puts back those that
were there before it, also where the job had written all of them and had only not ended yet.
"""

import os
import shutil
from pathlib import Path

import pytest
from hyperverdict.runs.layout import TRAINING_VERSION, RunRecord, SeedRecord, read_record
from hyperverdict.training.fill import fill_run, remove_copies
from hyperverdict.training.partial import PartialFolder

IDENTITY = {"path": "a/b", "data_checksum": "x", "training_version": TRAINING_VERSION}
OUTPUTS = ("metrics.parquet", "record.json")


class Interrupt(BaseException):
    """What ends a job."""


class Trainer:
    """Writes one row for a seed; `finished` are those that it has kept."""

    def __init__(self, holds: bool) -> None:
        self.trained: list[int] = []
        self.finished: list[int] = []
        self.holds = holds

    def empty_record(self):
        return RunRecord(
            **IDENTITY, configuration={}, steps=1, parameters=0, flops_per_sample=0, train_size=0,
            test_size=0, seeds={},
        )  # fmt: skip

    def train(self, seeds, partial, earlier):
        for seed in seeds:
            partial.begin(seed, 1)
            self.trained.append(seed)
            session = {"started": f"at {seed}", "ended": f"at {seed}", "wall_seconds": 1.0}
            keep = partial.hold if self.holds else partial.keep
            keep(seed, [row(seed)], SeedRecord("finished", 1, 1.0, 0), session)
            if not self.holds:
                self.finished.append(seed)


def row(seed):
    return {"seed": seed, "step": 1, "split": "test", "loss": float(seed)}


class Steps:
    """Counts changes of files, and interrupts before or after one of them."""

    CALLS = ((os, "replace"), (os, "rename"), (os, "unlink"), (os, "rmdir"), (Path, "replace"),
             (Path, "rename"), (Path, "unlink"))  # fmt: skip

    def __init__(self, monkeypatch, at: int, after: bool) -> None:
        self.count = 0
        for owner, name in self.CALLS:
            monkeypatch.setattr(owner, name, self._counted(getattr(owner, name), at, after))

    def _counted(self, call, at, after):
        def counted(*args, **options):
            self.count += 1
            mine = self.count
            if mine == at and not after:
                raise Interrupt
            result = call(*args, **options)
            if mine == at:
                raise Interrupt
            return result

        return counted


def interrupted(folder, wanted, holds, at, after) -> Trainer | None:
    """A job that is interrupted at a step, and what Snakemake does then; None where it ends."""
    before = {name: (folder / name).read_bytes() for name in OUTPUTS if (folder / name).exists()}
    trainer = Trainer(holds)
    with pytest.MonkeyPatch.context() as patch:
        Steps(patch, at, after)
        try:
            fill_run(folder, IDENTITY, wanted, trainer)
        except Interrupt:
            ended = False
        else:
            ended = True
    if ended:
        return None
    for name in OUTPUTS:
        (folder / name).unlink(missing_ok=True)
        if name in before:
            (folder / name).write_bytes(before[name])
    return trainer


@pytest.mark.parametrize("earlier", [(), (0, 1)], ids=["first", "topped up"])
@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_finished_seed_is_never_trained_again(tmp_path, earlier, after):
    wanted = [*earlier, 4, 5, 6]
    for at in range(1, 200):
        folder = tmp_path / str(at)
        if earlier:
            fill_run(folder, IDENTITY, earlier, Trainer(False))
            remove_copies(folder)
        first = interrupted(folder, wanted, False, at, after)
        if first is None:
            break
        again = Trainer(False)
        written = fill_run(folder, IDENTITY, wanted, again)
        assert not set(again.trained) & set(first.finished), at
        assert sorted(map(int, written.seeds)) == wanted
        assert sum(len(session["seeds"]) for session in written.sessions) == len(wanted)
        remove_copies(folder)
        assert sorted(path.name for path in folder.iterdir()) == sorted(OUTPUTS)
    assert at > 8


def test_seeds_that_are_held_in_memory_are_kept_before_the_table(tmp_path):
    wanted = [4, 5, 6]
    fill_run(tmp_path, IDENTITY, wanted, Trainer(True))
    for name in OUTPUTS:
        (tmp_path / name).unlink()
    again = Trainer(True)
    fill_run(tmp_path, IDENTITY, wanted, again)
    assert again.trained == []


def test_a_job_that_is_made_again_keeps_one_session_for_a_seed(tmp_path):
    fill_run(tmp_path, IDENTITY, [0, 1], Trainer(False))
    written = fill_run(tmp_path, IDENTITY, [0, 1, 2], Trainer(False))
    assert [session["seeds"] for session in written.sessions] == [[0], [1], [2]]
    # What the first job kept is in the table that the second one found.
    assert sorted(PartialFolder(tmp_path / "partial", IDENTITY).seeds()) == [2]


def test_copies_stay_while_the_table_lacks_a_seed(tmp_path):
    fill_run(tmp_path, IDENTITY, [0, 1], Trainer(False))
    table = {name: (tmp_path / name).read_bytes() for name in OUTPUTS}
    fill_run(tmp_path, IDENTITY, [0, 1, 2], Trainer(False))
    for name, content in table.items():
        (tmp_path / name).write_bytes(content)
    remove_copies(tmp_path)
    assert (tmp_path / "partial").exists()
    for name in OUTPUTS:
        (tmp_path / name).unlink()
    remove_copies(tmp_path)
    assert (tmp_path / "partial").exists()
    shutil.rmtree(tmp_path / "partial")
    remove_copies(tmp_path)
    assert read_record(tmp_path) is None


@pytest.mark.parametrize("code", [{"code_checksum": "c"}, {"code_checksum": ""}, {}])
def test_copies_of_any_maker_are_removed(tmp_path, code):
    identity = {**IDENTITY, "data_checksum": "", **code}
    trainer = Trainer(False)
    empty = trainer.empty_record()
    trainer.empty_record = lambda: RunRecord(**{**vars(empty), **identity})
    fill_run(tmp_path, identity, [0], trainer)
    assert PartialFolder(tmp_path / "partial", identity).seeds()
    remove_copies(tmp_path)
    assert not (tmp_path / "partial").exists()


def test_seeds_are_on_disk_while_others_of_their_file_are_discarded(tmp_path):
    """Seeds of one file, of which some are discarded: the others are there at every step."""
    for at in range(1, 50):
        place = tmp_path / str(at)
        folder = PartialFolder(place, IDENTITY)
        for seed in (0, 1, 2, 3):
            folder.hold(seed, [row(seed)], SeedRecord("finished", 1, 1.0, 0), {})
        folder.write_held()
        with pytest.MonkeyPatch.context() as patch:
            Steps(patch, at, after=True)
            try:
                folder.discard([0, 2])
            except Interrupt:
                pass
            else:
                break
        assert {1, 3} <= PartialFolder(place, IDENTITY).seeds().keys(), at
    assert at > 2
    assert PartialFolder(place, IDENTITY).seeds().keys() == {1, 3}
