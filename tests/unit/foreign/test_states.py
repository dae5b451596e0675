"""How runs ended: what did not finish counts nowhere, unknown words are refused."""

from __future__ import annotations

import pytest
from hyperverdict.errors import UserError

from tests.unit.foreign.asking import blocked, concludes, difference, rows, study, verdict

HALF = {
    "state": ("COMPLETED", "CANCELLED by 1001"), "run_status": ("finished", "crashed"),
    "job_state": ("COMPLETED", "OUT_OF_ME+"), "JobState": ("COMPLETED", "NODE_FAIL"),
    "exit_code": (0, 137), "ExitCode": ("0:0", "1:0"), "completed": (True, False),
    "status": ("TERMINATED", "ERROR"), "trial_state": ("COMPLETE", "PRUNED"),
    "failed": ("no", "yes"), "slurm_state": ("COMPLETED", "TIMEOUT"),
    "outcome": ("success", "preempted"),
}  # fmt: skip


@pytest.mark.parametrize("column", HALF)
def test_half_trained_scores_of_runs_that_did_not_finish_count_nowhere(column):
    done, cut = HALF[column]
    table = rows(
        [1e-3, 1e-2], seeds=8, effect=0, **{column: lambda a, s: cut if a and s % 2 else done}
    )
    cut_off = table[column] == cut
    table.loc[cut_off, "test_acc"] = 0.6
    if column == "status":
        table = table.rename(columns={"lr": "config/lr"}).assign(trial_id=range(16))
    found = verdict(table, study({"lr": (1e-3, 1e-2)}, "lower", baseline={"budget": "20 epochs"}))
    assert found.headline.startswith("inconclusive")
    assert found.arms[1].means["accuracy"] > 0.7


def test_a_word_that_nobody_knows_is_refused_until_it_is_mapped():
    table = rows([1e-3, 1e-2], epochs=20, state=lambda a, s: "zombie" if a and s < 3 else "ok")
    with pytest.raises(UserError, match=r"'zombie' is no known state.*states: {zombie: stopped}"):
        verdict(table, study({"lr": (1e-3, 1e-2)}))
    mapped = study({"lr": (1e-3, 1e-2)}, states={"zombie": "finished"})
    concludes(verdict(table, mapped), estimate=difference())
    stopped = study({"lr": (1e-3, 1e-2)}, states={"zombie": "stopped"})
    blocked(verdict(table, stopped), "survivors_only")


def test_an_empty_state_beside_others_is_refused():
    table = rows([1e-3, 1e-2], epochs=20, state=lambda a, s: "" if a and s < 3 else "finished")
    with pytest.raises(
        UserError, match=r"column 'state' is empty for 3 runs.*states: {'': finished}"
    ):
        verdict(table, study({"lr": (1e-3, 1e-2)}))
