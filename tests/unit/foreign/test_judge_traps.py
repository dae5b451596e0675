"""Tables that seem to prove what they do not: each was judged wrongly once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hyperverdict.errors import UserError
from hyperverdict.foreign.files import read_runs
from hyperverdict.foreign.levels import levels_of

from tests.unit.foreign.asking import first, judge

TWO = "compare: {batch_size: {from: 32, to: 128}}"


def _noise(*key):
    return float(np.random.default_rng(key).normal(0, 0.003))


def _table(score, seeds=10, epochs=(5,), batches=(32, 128)):
    """A row for each seed, batch size and epoch, with the cells that `score(batch, seed, epoch)`
    gives beside them."""
    rows = [
        {"seed": seed, "batch_size": batch, "epoch": epoch, **score(batch, seed, epoch)}
        for batch in batches
        for seed in range(seeds)
        for epoch in epochs
    ]
    return pd.DataFrame(rows)


def _verdict(tmp_path, table, expect="accuracy: higher", claim=TWO, more="", budget="5 epochs"):
    text = (
        f"study: trap\ndata: digits\n{more}\n"
        "hypotheses:\n  H:\n    says: c\n"
        f"    {claim}\n    expect: {{{expect}}}\n    at_equal: [{budget}]\n"
    )
    return first(judge(tmp_path, table, text))


def _sentences(verdict):
    return " ".join(check.sentence for check in verdict.fired)


def test_runs_that_diverge_late_failed(tmp_path):
    def score(batch, seed, epoch):
        lost = batch == 128 and seed < 7 and epoch > 7
        return {"accuracy": np.nan if lost else 0.8 + 0.01 * epoch + 0.05 * (batch == 128)}

    verdict = _verdict(tmp_path, _table(score, epochs=range(1, 11)), budget="10 epochs")
    assert verdict.headline == (
        "inconclusive (failures decide it: 7 of 10 runs of batch size 128 failed)"
    )


def test_evaluations_now_and_then_are_no_failures(tmp_path):
    def score(batch, seed, epoch):
        scored = epoch % 3 == 0
        return {"accuracy": 0.8 + 0.05 * (batch == 128) + _noise(seed, batch) if scored else np.nan}

    verdict = _verdict(tmp_path, _table(score, epochs=range(1, 11)), budget="9 epochs")
    assert verdict.headline == "supported"


def test_levels_in_other_shares_confound(tmp_path):
    def score(batch, seed, _epoch):
        low = (seed == 0) == (batch == 32)
        accuracy = (0.92 if low else 0.80) - 0.02 * (batch == 128) + _noise(seed, batch)
        return {"lr": 1e-3 if low else 1e-1, "accuracy": accuracy}

    verdict = _verdict(tmp_path, _table(score))
    assert verdict.headline == "inconclusive (confounded)"
    assert "The arms also differ in learning rate." in _sentences(verdict)


def test_levels_that_change_with_the_seed_alike_in_all_arms_do_not_confound(tmp_path):
    def score(batch, seed, _epoch):
        accuracy = 0.9 + 0.05 * (batch == 128) + 0.02 * (seed % 2) + _noise(seed, batch)
        return {"lr": (1e-3, 1e-1)[seed % 2], "optimizer": ("adam", "Adam")[batch > 32],
                "accuracy": accuracy}  # fmt: skip

    assert _verdict(tmp_path, _table(score)).headline == "supported"


def test_words_that_are_averaged_over_stay_visible(tmp_path):
    adam = _table(lambda b, s, _: {"optimizer": "adam", "accuracy": 0.9 + _noise(s, b)})
    sgd = _table(lambda b, s, _: {"optimizer": "sgd", "accuracy": 0.84 + _noise(s, b)})
    table = pd.concat([adam, sgd[sgd["batch_size"] == 128]])
    verdict = _verdict(tmp_path, table, "accuracy: lower")
    assert verdict.headline == "inconclusive (confounded)"


def test_an_unknown_column_that_all_but_separates_the_arms_is_said(tmp_path):
    def score(batch, seed, _epoch):
        weak = batch == 32 or seed == 0
        return {"augment": "weak" if weak else "strong", "accuracy": 0.9 + _noise(seed, batch)}

    assert "augment also differs between the arms" in _sentences(_verdict(tmp_path, _table(score)))


def test_an_id_that_counts_repeats_keeps_the_arms_apart(tmp_path):
    def score(batch, seed, _epoch):
        failed = batch == 128 and seed < 5
        accuracy = np.nan if failed else 0.88 + 0.05 * (batch == 128) + _noise(seed, batch)
        return {"run_id": seed, "accuracy": accuracy}

    verdict = _verdict(tmp_path, _table(score).drop(columns="seed"))
    assert "5 of 10 runs of batch size 128 failed" in verdict.headline
    assert not verdict.judgement.legs[0].effects[0].paired


def test_repeated_rows_without_seeds_are_left_out(tmp_path):
    table = _table(lambda b, s, _: {"accuracy": 0.88 + 0.03 * (b == 128) + _noise(s, b)}, seeds=3)
    verdict = _verdict(tmp_path, pd.concat([table.drop(columns="seed")] * 4))
    assert verdict.judgement.legs[0].effects[0].n == 3


def test_failed_rows_without_seeds_are_no_copies(tmp_path):
    def score(batch, seed, _epoch):
        failed = batch == 128 and seed < 6
        return {
            "accuracy": np.nan if failed else 0.88 + 0.03 * (batch == 128) + _noise(seed, batch)
        }

    verdict = _verdict(tmp_path, _table(score).drop(columns="seed"))
    assert "6 of 10 runs of batch size 128 failed" in verdict.headline


def test_a_logged_schedule_is_no_hyperparameter(tmp_path):
    def score(batch, seed, epoch):
        accuracy = 0.5 + 0.045 * epoch if batch == 32 else 0.9 - 0.004 * (10 - epoch)
        return {"lr": 0.1 * 0.5 ** (epoch // 2), "accuracy": accuracy + _noise(seed, batch)}

    verdict = _verdict(tmp_path, _table(score, epochs=range(1, 11)), budget="10 epochs")
    assert verdict.headline == "refuted"
    assert verdict.judgement.legs[0].effects[0].estimate == pytest.approx(-0.05, abs=0.005)


def test_fractions_and_percentages_in_one_column_are_refused(tmp_path):
    table = _table(lambda b, s, _: {"accuracy": (0.92 if b == 32 else 92.0) + _noise(s, b)})
    with pytest.raises(UserError, match=r"'accuracy' holds fractions and percentages: .*line 16"):
        _verdict(tmp_path, table)


def test_a_score_that_averaging_put_above_one_is_no_percentage(tmp_path):
    table = _table(lambda b, s, _: {"accuracy": 0.9 + 0.05 * (b == 128) + _noise(s, b)})
    table.loc[3, "accuracy"] = 1.0000001
    assert _verdict(tmp_path, table).headline == "supported"


def test_a_column_that_says_percent_holds_percentages(tmp_path):
    table = _table(lambda b, s, _: {"test error (%)": 0.62 + 0.07 * (b == 128) + _noise(s, b)})
    assert _verdict(tmp_path, table, "error: higher").headline == "no meaningful effect"


def test_a_ratio_where_the_metric_is_absolute_is_refused(tmp_path):
    table = _table(lambda b, s, _: {"accuracy": 0.9})
    with pytest.raises(UserError, match=r"'1.02x' is a ratio, but metrics.accuracy states"):
        _verdict(tmp_path, table, "accuracy: {is: lower, matters_from: 1.02x}")


def test_a_plain_score_beside_one_on_validation_may_be_of_training(tmp_path):
    table = _table(lambda b, s, _: {"accuracy": 0.99 + _noise(s, b), "val_accuracy": 0.9})
    with pytest.raises(UserError, match=r"columns: \{accuracy: val_accuracy\}"):
        _verdict(tmp_path, table)
    said = _verdict(tmp_path, table, more="columns: {accuracy: accuracy}")
    assert said.judgement.legs[0].effects[0].n == 10


def test_what_a_run_reached_goes_before_what_it_planned(tmp_path):
    table = _table(lambda b, s, _: {"accuracy": 0.9 - 0.03 * (b == 128) + _noise(s, b)})
    table["epoch"] = np.where(table["batch_size"] == 32, 19, 3)
    table["config.epochs"] = 20
    full = _verdict(tmp_path, table.assign(epoch=19), "accuracy: lower", budget="20 epochs")
    assert full.headline == "supported"
    stopped = _verdict(tmp_path, table, "accuracy: lower", budget="20 epochs")
    assert stopped.headline.startswith("inconclusive")


def test_dates_are_no_durations(tmp_path):
    table = _table(lambda b, s, _: {"wall_time": 1.79e9 + s})
    with pytest.raises(UserError, match="is a date"):
        _verdict(tmp_path, table, "train_time: lower")


def test_runs_that_averages_leave_out_block(tmp_path):
    table = pd.concat(
        _table(lambda b, s, _, k=k: {
            "run_id": f"{b}-{s}-{k}", "accuracy": 0.9 + 0.03 * (b == 128) + _noise(s, b, k),
            "status": "failed" if b == 128 and k else "finished",
        })
        for k in range(3)
    )  # fmt: skip
    verdict = _verdict(tmp_path, table)
    assert verdict.headline == "inconclusive (survivors only)"
    assert "20 of 30 runs of batch size 128 failed" in _sentences(verdict)


@pytest.mark.parametrize(
    ("word", "headline"),
    [("pruned", "inconclusive (survivors only)"), ("running", "supported")],
)
def test_pruned_runs_are_lost_and_running_ones_are_to_come(tmp_path, word, headline):
    def score(batch, seed, _epoch):
        accuracy = 0.9 + 0.03 * (batch == 128) + _noise(seed, batch)
        return {"accuracy": accuracy, "state": word if batch == 128 and seed < 4 else "finished"}

    assert _verdict(tmp_path, _table(score)).headline == headline


def test_failures_speak_for_nobody_where_better_is_unknown(tmp_path):
    def score(batch, seed, _epoch):
        failed = batch == 32 and seed < 4
        return {"quaintness": np.nan if failed else 5.0 + (batch == 128) + _noise(seed, batch)}

    more = "metrics: {quaintness: {matters_from: 0.01}}"
    verdict = _verdict(tmp_path, _table(score), "quaintness: higher", more=more)
    assert verdict.headline.startswith("inconclusive (failures decide it")


def test_a_column_of_failures_is_heard(tmp_path):
    def score(batch, seed, _epoch):
        return {"accuracy": 0.9 + _noise(seed, batch), "failed": batch == 128 and seed < 6}

    assert "6 of 10 runs of batch size 128" in _verdict(tmp_path, _table(score)).headline


def test_learning_curves_are_read_by_epoch(tmp_path):
    def score(batch, seed, epoch):
        return {"accuracy": (0.7 if epoch == 2 else 0.8) + _noise(seed, epoch)}

    table = _table(score, seeds=8, epochs=(2, 4, 6, 8, 10), batches=(32,))
    claims = {
        "[2, 4]": "supported",
        "[8, 10]": "no meaningful effect",
        "[1, 2]": "inconclusive",
    }
    for epochs, headline in claims.items():
        verdict = _verdict(tmp_path, table, claim=f"each: {{epoch: {epochs}}}")
        assert verdict.headline == headline
    assert "The table has no epoch 1; it has 2, 4, 6, 8 and 10." in _sentences(verdict)


def test_a_column_of_error_messages_is_no_metric(tmp_path):
    table = _table(lambda b, s, _: {"accuracy": 0.9 + 0.05 * (b == 128) + _noise(s, b)})
    table["error"] = np.where(table.index == 3, "CUDA out of memory", None)
    assert _verdict(tmp_path, table).headline == "supported"


def test_a_share_of_the_data_is_no_number_of_test_images(tmp_path):
    table = _table(lambda b, s, _: {"accuracy": 0.9 + 0.05 * (b == 128) + _noise(s, b)})
    assert _verdict(tmp_path, table.assign(test_size=0.2)).headline == "supported"


def test_none_is_a_level(tmp_path):
    file = tmp_path / "runs.csv"
    file.write_text("seed,schedule,accuracy\n1,None,0.9\n1,cosine,NaN\n2,None,\n")
    table = read_runs([file])
    assert levels_of("schedule", table.columns["schedule"]).values == ("none", "cosine")
    assert table.empty("accuracy").tolist() == [False, True, True]


@pytest.mark.parametrize(
    ("column", "headline"), [("test_acc", "supported"), ("val_acc", "inconclusive (leak)")]
)
def test_runs_that_the_study_calls_tuned_are_taken_on_trust(tmp_path, column, headline):
    def score(optimizer):
        return lambda b, s, _: {
            "optimizer": optimizer, "lr": 1e-3 if optimizer == "adam" else 0.1,
            column: 0.9 + 0.03 * (optimizer == "adam") + _noise(s, b, len(optimizer)),
        }  # fmt: skip

    table = pd.concat(_table(score(o), batches=(32,)) for o in ("adam", "sgd"))
    claim = "compare: {optimizer: {from: sgd, to: adam}}"
    plain = _verdict(tmp_path, table, claim=claim)
    assert plain.headline == "inconclusive (confounded)"
    tuned = _verdict(tmp_path, table, claim=f"{claim}\n    tune: {{learning_rate: [1e-3, 0.1]}}")
    assert tuned.headline == headline
    assert "tuned per arm according to the study" in _sentences(tuned)
