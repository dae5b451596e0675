"""Was the claim stated before its results existed?"""

from __future__ import annotations

from dataclasses import replace

from hyperverdict.checks.registration import post_hoc
from hyperverdict.ledger.status import LedgerStatus

from tests.unit.checks.contexts import look


def test_post_hoc(depth_context):
    assert look(post_hoc, depth_context) is None
    late = replace(
        depth_context,
        status=LedgerStatus(registered="post hoc", registration_note="registered late"),
    )
    assert look(post_hoc, late).sentence == "Post hoc: registered late."
