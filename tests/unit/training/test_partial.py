"""What an unfinished job leaves: seeds on disk, several to a file, and the plan."""

import shutil

import pytest
from hyperverdict.runs.layout import SeedRecord
from hyperverdict.training import partial
from hyperverdict.training.partial import PartialFolder

IDENTITY = {"path": "train~own/steps~1", "data_checksum": ""}


def rows(seed: int, count: int = 2) -> list[dict]:
    return [
        {"seed": seed, "step": i, "split": "test", "score": seed + i / 10} for i in range(count)
    ]


def record(seed: int) -> SeedRecord:
    return SeedRecord("finished", seed, seed / 2, 0, f"seed {seed}")


def hold(folder: PartialFolder, *seeds: int, **options: int) -> None:
    for seed in seeds:
        folder.hold(seed, rows(seed, **options), record(seed), {"started": "now", "ended": seed})


def found(folder: PartialFolder) -> dict[int, tuple]:
    return {
        seed: ([row["score"] for row in part.rows.to_pylist()], part.record, part.session["ended"])
        for seed, part in folder.seeds().items()
    }


def expected(*seeds: int, count: int = 2) -> dict[int, tuple]:
    return {s: ([s + i / 10 for i in range(count)], record(s), s) for s in seeds}


@pytest.fixture
def place(tmp_path):
    return tmp_path / "partial"


def files(place) -> list[str]:
    return sorted(path.name for path in place.glob("*.parquet"))


def test_seeds_that_end_within_a_second_are_one_file(place):
    folder = PartialFolder(place, IDENTITY)
    hold(folder, 3, 0, 1)
    assert found(folder) == expected(3, 0, 1)
    assert files(place) == []
    folder.write_held()
    assert len(files(place)) == 1
    assert found(PartialFolder(place, IDENTITY)) == expected(0, 1, 3)


def test_a_seed_without_rows_is_kept_beside_others(place):
    folder = PartialFolder(place, IDENTITY)
    hold(folder, 0, 2)
    folder.hold(1, [], SeedRecord("failed", 0, 0.0, 0, "no"), {"ended": 1})
    folder.write_held()
    again = PartialFolder(place, IDENTITY).seeds()
    assert {seed: len(part.rows) for seed, part in again.items()} == {0: 2, 1: 0, 2: 2}
    assert again[1].record.message == "no"


def test_writing_takes_a_few_per_cent_of_the_time_at_most(place, monkeypatch):
    monkeypatch.setattr(partial, "HELD_SECONDS", 0.0)
    folder = PartialFolder(place, IDENTITY)
    hold(folder, 0)
    assert len(files(place)) == 1
    monkeypatch.setattr(partial, "HELD_FACTOR", 1e9)
    hold(folder, 1, 2)
    assert len(files(place)) == 1
    monkeypatch.setattr(partial, "HELD_FACTOR", 0.0)
    hold(folder, 3)
    assert len(files(place)) == 2
    assert found(PartialFolder(place, IDENTITY)) == expected(0, 1, 2, 3)


def test_seeds_that_are_discarded_leave_the_others_of_their_file(place):
    folder = PartialFolder(place, IDENTITY)
    hold(folder, 0, 1, 2, 3)
    folder.write_held()
    hold(folder, 4, 5)
    folder.discard([1, 5])
    assert found(folder) == expected(0, 2, 3, 4)
    assert found(PartialFolder(place, IDENTITY)).keys() == {0, 2, 3, 4}
    folder.discard([0, 2, 3, 4])
    assert files(place) == []


def test_seeds_of_another_run_are_not_taken(place):
    folder = PartialFolder(place, IDENTITY)
    hold(folder, 0, 1)
    folder.write_held()
    assert PartialFolder(place, {**IDENTITY, "path": "other"}).seeds() == {}


def test_the_plan_is_that_of_the_last_seed_that_began(place):
    folder = PartialFolder(place, IDENTITY)
    for seed in (8, 12345, 7, 10):
        folder.begin(seed, 3)
        assert PartialFolder(place, IDENTITY).plan()["seed"] == seed
    assert PartialFolder(place, {**IDENTITY, "path": "other"}).plan() == {}


def test_a_plan_whose_folder_was_removed_is_written_again(place):
    folder = PartialFolder(place, IDENTITY)
    folder.begin(0, 1)
    shutil.rmtree(place)
    folder.begin(1, 1)
    assert folder.plan()["seed"] == 1
