"""A registration is what it was: ledgers that were written by earlier versions still match."""

from __future__ import annotations

from hyperverdict.ledger.registration import register

from tests.unit.verdicts.synthetic import ALL, study_from

TUNED = """
  tuned:
    says: t
    compare: {hidden_units: {from: [16], to: 64x2}}
    expect: {error: not_higher}
    tune: {learning_rate: [1e-4, 0.001, 1e-2]}
    primary: true
    at_equal: [2 epochs]
"""
# The first digits of every question and registration, as version 0.1.0 wrote them.
WRITTEN = {
    "H1 at 300 steps": ("613122b84d1a97cd", "0918534b6ebcbcf3"),
    "H1 at 2 epochs": ("051fc17925a16dc8", "f4bf063040354f14"),
    "H1 at 5 seconds": ("1d74904419e39fd8", "35a600f9034f9d8a"),
    "trend at 300 steps": ("84e89fd99a635f4b", "04836947b050a619"),
    "always at 300 steps": ("16326da46ba22670", "3b3f9c56fccbbd14"),
    "together at 300 steps": ("9810ddd1819dc10e", "459b1940803a7d57"),
    "only at 300 steps": ("1a78b63172e191de", "dfec7d49803117d2"),
    "importance at 300 steps": ("4bca485ef4226301", "877662d27add51cf"),
    "epochs at 4 epochs": ("9ba981792e3e5eb9", "ca42cbf4a89733a1"),
    "search at 300 steps": ("1e812fb5876be190", "fd865ad2df6f0434"),
    "best at 300 steps": ("3b3b95dcb9258571", "5258e00c508da0b5"),
    "tuned at 2 epochs": ("6d6b22d741307a28", "d7a5f05d12322498"),
}


def test_registrations_of_every_claim_type_have_their_old_fingerprints(tmp_path):
    ledger = register(study_from(ALL + TUNED, tmp_path), tmp_path, tmp_path / "runs")
    found = {
        f"{line.content['hypothesis']} at {line.content['budget']}": (
            line.content["question"][:16],
            line.content["registration"][:16],
        )
        for line in ledger.lines
    }
    assert found == WRITTEN
