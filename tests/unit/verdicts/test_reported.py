"""What is remembered of the last report: read back, damaged, of an earlier version."""

import json
from dataclasses import replace

import pytest
from hyperverdict.ledger.chain import sha256_of
from hyperverdict.verdicts.reported import REPORTED_FILE, with_changes
from hyperverdict.verdicts.snapshot import from_plain, snapshot_of, to_plain

from tests.unit.report import samples
from tests.unit.verdicts.changing import judged, report, said, unjudged


def test_snapshots_survive_their_file():
    snapshot = snapshot_of(samples.whole()[1], "1", "2026-01-01 10:00")
    assert from_plain(json.loads(json.dumps(to_plain(snapshot)))) == snapshot


@pytest.fixture
def file(tmp_path):
    return tmp_path / REPORTED_FILE


def test_making_the_same_report_again_shows_the_same_changes(file):
    first, second = report(4, gap=0.006), report(10)
    assert with_changes(first, file).changes == ()
    changed = with_changes(second, file)
    assert changed.changes
    assert changed.since
    assert with_changes(second, file).changes == changed.changes
    assert with_changes(report(4, gap=0.006), file).changes != changed.changes


def test_a_provisional_report_is_compared_and_not_remembered(file):
    with_changes(report(10), file)
    content = file.read_bytes()
    provisional = replace(report(4, gap=0.006), provisional="2 of 20 runs are missing.")
    assert with_changes(provisional, file).changes
    assert file.read_bytes() == content


def resealed(content, **first):
    """A file whose checksum fits: the last report with other values."""
    stored = json.loads(content)
    stored["reports"][0].update(first)
    stored["sha256"] = sha256_of({"reports": stored["reports"]})
    return json.dumps(stored).encode()


DAMAGES = {
    "empty": (lambda content: b"", "it is not JSON: "),
    "cut off": (lambda content: content[:100], "it is not JSON: "),
    "list": (lambda content: b"[]", "it is not what HyperVerdict writes"),
    "number": (lambda content: b'{"reports": 3}', "it is not what HyperVerdict writes"),
    "edited": (lambda content: content.replace(b"H1", b"H9"), "its checksum does not fit"),
    "deep": (lambda content: b"[" * 100_000, "it is nested too deeply"),
    "not UTF-8": (lambda content: content + b"\xff", "it is not UTF-8 text"),
    "claims": (lambda content: resealed(content, claims=[]), "it is not what"),
    "claim": (lambda content: resealed(content, claims={"H1": {"says": 3}}), "it is not what"),
    "version": (lambda content: resealed(content, version=None), "it is not what"),
    "surrogate": (lambda content: resealed(content, version="\ud800"), "it is not what"),
}


@pytest.mark.parametrize(("damage", "why"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_memory_is_named_once_and_written_anew(file, damage, why):
    with_changes(report(4, gap=0.006), file)
    content = damage(file.read_bytes())
    file.write_bytes(content)
    provisional = with_changes(replace(report(10), provisional="some are missing"), file)
    assert why in provisional.changes[0]
    assert file.read_bytes() == content
    [sentence] = with_changes(report(10), file).changes
    assert sentence.startswith(
        f"What changed cannot be said: {REPORTED_FILE} is damaged ({why.rstrip()}"
    )
    assert sentence.endswith(" It was written anew.")
    assert with_changes(report(10), file).changes == ()
    assert with_changes(report(4, gap=0.006), file).changes


def test_every_wrong_type_of_a_memory_is_damage(file):
    """Each value of a snapshot replaced by one of another type."""
    whole = to_plain(snapshot_of(*judged()[:1], "1", "now", *judged()[1:]))

    def broken(content):
        if isinstance(content, (list, tuple)):
            yield 7
            for i, item in enumerate(content[:1]):
                yield from ([*content[:i], other, *content[i + 1 :]] for other in broken(item))
        elif isinstance(content, dict):
            yield 7
            for key, value in list(content.items())[:10]:
                yield from ({**content, key: other} for other in broken(value))
        elif content is not None:
            yield [7]

    content = json.loads(json.dumps(whole))
    assert from_plain(content)
    tried = list(broken(content))
    assert len(tried) > 50
    for damaged in tried:
        with pytest.raises((ValueError, KeyError, TypeError, AttributeError)):
            from_plain(damaged)


def test_a_memory_that_cannot_be_written_stops_no_report(file):
    file.mkdir()
    [sentence] = with_changes(report(10), file).changes
    assert "it cannot be read" in sentence
    assert "could not be remembered in reported.json" in sentence


def test_a_memory_of_an_earlier_version_is_still_compared(file):
    before, now = report(4, gap=0.006), report(10)
    with_changes(before, file)
    stored = json.loads(file.read_bytes())
    last = stored["reports"][0]
    del last["settings"]
    for claim in last["claims"].values():
        del claim["settings"], claim["failed_because"]
        for verdict in claim["verdicts"].values():
            del verdict["parts"]
            for arm in verdict["arms"].values():
                del arm["title"], arm["failed"]
    file.write_bytes(resealed(json.dumps(stored).encode()))
    assert with_changes(now, file).changes[0] == said(before, now)[0]


def test_a_verdict_is_compared_with_the_last_one_that_there_was(file):
    supported, refuted = report(), report(gap=-0.02)
    with_changes(supported, file)
    with_changes(unjudged(supported, "H1", "no run records f1"), file)
    found = with_changes(refuted, file).changes
    assert found[0].startswith("H1 could be judged again: refuted.")
    assert found[1].startswith("H1 at 300 steps: supported before, refuted now. Why: ")
