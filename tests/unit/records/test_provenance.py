"""What a report states of the runs it rests on."""

from dataclasses import replace

import pytest
from hyperverdict.records.provenance import provenance_of
from hyperverdict.runs.layout import read_record

from tests.unit.verdicts.synthetic import REFLECTION, all_arms, study_from, write_synthetic


@pytest.mark.parametrize(
    ("commit", "dirty", "said"),
    [
        ("0123456789abcdef", False, "0123456789ab"),
        ("0123456789abcdef", True, "0123456789ab with local changes"),
        ("", False, "unknown commit"),
        (None, False, "unknown commit"),
    ],
)
def test_the_commit_is_short_and_told_where_it_is_unknown(tmp_path, commit, dirty, said):
    study = study_from(REFLECTION, tmp_path)
    configuration, seeds = next(iter(all_arms(study).values()))
    write_synthetic(configuration, seeds, tmp_path)
    record = read_record(tmp_path / configuration.path)
    [session] = record.sessions
    record = replace(record, sessions=[{**session, "commit": commit, "dirty": dirty}])
    assert provenance_of([record])["code"] == [said]
