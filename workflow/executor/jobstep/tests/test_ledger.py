"""The lines of a ledger: damaged ones are not believed, and named."""

import json

import pytest
from snakemake_executor_plugin_submitit_jobstep.ledger import (
    LedgerReader,
    LedgerWriter,
    damage_of,
    last_events,
    parse_line,
    sealed_line,
)


@pytest.fixture
def ledger(tmp_path):
    writer = LedgerWriter(tmp_path / "ledger")
    writer.append("start", key="a", output=12)
    writer.append("done", key="a", outputs={"ö.txt": [3, 17]}, seconds=0.1)
    writer.append("failed", key="b", status=1)
    return writer.path


def test_every_flipped_bit_of_a_line_is_noticed_and_its_line_named(ledger):
    whole = ledger.read_bytes()
    entries = LedgerReader(ledger).new_entries()
    assert [entry["event"] for entry in entries] == ["start", "done", "failed"]
    assert entries[1]["outputs"] == {"ö.txt": [3, 17]}
    for position in range(len(whole) - 1):
        for bit in range(8):
            changed = bytearray(whole)
            changed[position] ^= 1 << bit
            ledger.write_bytes(changed)
            reader = LedgerReader(ledger)
            read = reader.new_entries()
            assert len(read) < 3
            assert all(entry in entries for entry in read)
            line = whole[:position].count(b"\n") + 1
            assert reader.damaged[0] == line, (position, bit)


def test_a_line_of_an_earlier_version_is_read(ledger):
    with ledger.open("a") as file:
        file.write(json.dumps({"event": "done", "key": "b", "time": 1.0, "node": "n"}) + "\n")
    reader = LedgerReader(ledger)
    assert last_events(reader.new_entries())["b"]["event"] == "done"
    assert reader.damaged == []
    assert damage_of(ledger, reader.damaged) is None


def test_the_checksum_is_no_part_of_the_entry():
    entry = {"event": "done", "words": "sha256-of-this-line:0000000000000000", "n": 1e-7}
    assert parse_line(sealed_line(entry)) == entry
    for wrong in ("[]", "{}", '{"event": 1}', "[" * 100_000):
        with pytest.raises((ValueError, RecursionError)):
            parse_line(wrong)


def test_damage_in_words(ledger):
    assert damage_of(ledger, [2]).startswith(f"line 2 of {ledger} cannot be read and counts for")
    assert damage_of(ledger, [2, 5]).startswith(f"lines 2, 5 of {ledger} cannot be read and count ")


def test_damaged_lines_that_come_later_have_their_number(ledger):
    reader = LedgerReader(ledger)
    assert len(reader.new_entries()) == 3
    with ledger.open("a") as file:
        file.write("{torn\n")
    assert reader.new_entries() == []
    LedgerWriter(ledger).append("done", key="c")
    assert [entry["key"] for entry in reader.new_entries()] == ["c"]
    assert reader.damaged == [4]


def test_a_ledger_that_was_cut_or_made_anew_is_read_from_its_start(ledger):
    reader = LedgerReader(ledger)
    assert len(reader.new_entries()) == 3
    ledger.write_bytes(ledger.read_bytes().splitlines(keepends=True)[0])
    assert [entry["event"] for entry in reader.new_entries()] == ["start"]
    ledger.unlink()
    assert reader.new_entries() == []
    LedgerWriter(ledger).append("done", key="a")
    assert [entry["event"] for entry in reader.new_entries()] == ["done"]
