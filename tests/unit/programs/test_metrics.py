"""What programs report: files in every form, and rows in every order."""

import json
import math

import pytest
from hyperverdict.errors import UserError
from hyperverdict.programs.metrics import read_metrics

from tests.unit.programs.helpers import PYTHON


def write(tmp_path, text, name="metrics"):
    file = tmp_path / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return tmp_path / "metrics"


def read(tmp_path, text="", unit="epochs", amount=3):
    place = write(tmp_path, text) if text else tmp_path / "metrics"
    return read_metrics(place, 7, unit, amount)


def lines(*records):
    return "".join(json.dumps(record) + "\n" for record in records)


def along(reported, column):
    return [(row["step"], row[column]) for row in reported.rows[:-1] if column in row]


def test_a_table_becomes_rows_and_scores(tmp_path):
    reported = read(tmp_path, "epoch,eval/bleu,note\n1,20.5,a\n2,21.5,b\n3,22.0,c\n")
    assert reported.scores == {"epoch": 3, "eval/bleu": 22.0}
    assert along(reported, "eval/bleu") == [(1, 20.5), (2, 21.5), (3, 22.0)]
    assert reported.rows[-1] == {
        "seed": 7, "split": "test", "step": 3, "epoch": 3, "eval/bleu": 22.0,
    }  # fmt: skip
    assert reported.reached == 3


@pytest.mark.parametrize(
    "name", ["metrics", "metrics.csv", "metrics.jsonl", "metrics/log.csv", "metrics/a/b/x.csv"]
)
def test_metrics_are_found_whatever_ending_or_folder_they_have(tmp_path, name):
    write(tmp_path, "epoch,score\n3,0.5\n", name)
    assert read(tmp_path).scores["score"] == 0.5


def test_no_metrics_and_several_files_are_one_message(tmp_path):
    with pytest.raises(
        UserError, match=r"wrote no metrics to .*metrics: it has to write .* for \{metrics\} in"
    ):
        read(tmp_path)
    (tmp_path / "metrics").mkdir()
    (tmp_path / "metrics/model.pt").write_text("weights")
    with pytest.raises(UserError, match=r"wrote no metrics.*holds model\.pt"):
        read(tmp_path)
    write(tmp_path, "epoch,score\n1,1\n", "metrics/one.csv")
    write(tmp_path, "epoch,score\n1,1\n", "metrics/two.csv")
    with pytest.raises(UserError, match=r"one\.csv, two\.csv.*\{metrics\}/NAME\.csv"):
        read(tmp_path)


@pytest.mark.parametrize("text", ["", "no table\n", "name,note\na,b\n", "<html>"])
def test_what_is_no_table_of_numbers_is_refused(tmp_path, text):
    write(tmp_path, text)
    with pytest.raises(UserError):
        read(tmp_path)


@pytest.mark.parametrize(
    "text",
    [
        "epoch,score\n1,0.5\n2,nan\n",
        "epoch,score\n1,0.5\n2,NaN\n",
        "epoch,score\n1,nan\n2,nan\n",
        "epoch,score\n1,0.5\n2,None\n",
        lines({"epoch": 1, "score": 0.5}, {"epoch": 2, "score": math.nan}),
        lines({"epoch": 1, "score": 0.5}, {"epoch": 2, "score": None}),
        lines({"epoch": 1, "score": 0.5}, {"epoch": 2, "score": "NaN"}),
        lines({"epoch": 1, "score": None}, {"epoch": 2, "score": None}),
        json.dumps({"epoch": [1, 2], "score": [0.5, None]}),
    ],
)
def test_a_score_that_is_no_number_at_the_end_says_so(tmp_path, text):
    assert math.isnan(read(tmp_path, text, amount=2).scores["score"])


def test_an_infinite_score_stays_infinite(tmp_path):
    assert read(tmp_path, "epoch,score\n1,0.5\n2,inf\n").scores["score"] == math.inf
    text = '{"epoch": 1, "score": 1}\n{"epoch": 2, "score": -Infinity}\n'
    assert read(tmp_path, text).scores["score"] == -math.inf


@pytest.mark.parametrize(
    "text",
    [
        "epoch,loss,score\n1,0.3,0.5\n2,0.2,\n",
        "epoch,loss,score\n1,0.3,0.5\n2,0.2,NA\n",
        lines({"epoch": 1, "score": 0.5}, {"epoch": 2, "loss": 0.2}),
        # Nulls between numbers mean that nothing was measured there.
        lines(*({"epoch": e, "loss": 1, "score": 0.5 if e % 2 else None} for e in (1, 2, 3, 4))),
        # NaN once, and a number after it.
        "epoch,loss,score\n1,0.3,nan\n2,0.2,0.5\n",
    ],
)
def test_a_cell_that_is_empty_is_no_score(tmp_path, text):
    assert read(tmp_path, text).scores["score"] == 0.5


LIGHTNING = """epoch,step,train_loss,val_acc,val_loss
0,49,0.9,,
0,99,0.8,,
0,99,,0.61,0.7
1,149,0.6,,
1,199,0.5,,
1,199,,0.72,0.6
2,249,0.4,,
2,299,0.3,,
2,299,,0.74,0.5
"""


def test_lightning_writes_training_and_validation_apart_and_counts_from_0(tmp_path):
    write(tmp_path, LIGHTNING, "metrics/lightning_logs/version_0/metrics.csv")
    write(tmp_path, "lr: 0.1\n", "metrics/lightning_logs/version_0/hparams.yaml")
    reported = read(tmp_path)
    assert reported.scores["val_acc"] == 0.74
    assert reported.scores["train_loss"] == 0.3
    assert reported.reached == 3
    assert along(reported, "val_acc") == [(99, 0.61), (199, 0.72), (299, 0.74)]
    ends = [(row["epoch"], row["val_acc"]) for row in reported.rows[:-1] if "epoch" in row]
    assert ends == [(1, 0.61), (2, 0.72), (3, 0.74)]


def test_lightning_that_goes_on_from_a_checkpoint_starts_a_version(tmp_path):
    first = "".join(LIGHTNING.splitlines(keepends=True)[:8])  # in the middle of epoch 2
    header, *rows = LIGHTNING.splitlines(keepends=True)
    second = header + "".join(rows[3:]).replace("0.72", "0.73")
    for number, text in enumerate([first, *["epoch,step,train_loss\n"] * 9, second]):
        write(tmp_path, text, f"metrics/lightning_logs/version_{number}/metrics.csv")
    reported = read(tmp_path)
    assert along(reported, "val_acc") == [(99, 0.61), (199, 0.73), (299, 0.74)]


def test_keras_writes_na_for_what_it_did_not_measure(tmp_path):
    text = "epoch,accuracy,loss,val_accuracy\n0,0.5,0.7,NA\n1,0.6,0.6,0.55\n2,0.7,0.5,NA\n"
    write(tmp_path, text, "metrics.csv")
    reported = read(tmp_path)
    assert reported.scores["val_accuracy"] == 0.55
    assert reported.reached == 3
    assert [row["epoch"] for row in reported.rows[:-1]] == [1, 2, 3]


def test_keras_appends_after_a_backup_was_restored(tmp_path):
    text = "epoch,accuracy\n0,0.5\n1,0.6\n2,0.65\n2,0.7\n3,0.8\n"
    reported = read(tmp_path, text, amount=4)
    assert along(reported, "accuracy") == [(1, 0.5), (2, 0.6), (3, 0.7), (4, 0.8)]


HISTORY = [
    {"epoch": 0.5, "learning_rate": 2e-5, "loss": 0.69, "step": 50, "grad_norm": 1.5},
    {"epoch": 1.0, "eval_accuracy": 0.6, "eval_loss": 0.6, "eval_runtime": 3.2, "step": 100},
    {"epoch": 1.0, "learning_rate": 1e-5, "loss": 0.5, "step": 100, "grad_norm": 1.2},
    {"epoch": 2.0, "eval_accuracy": 0.7, "eval_loss": 0.5, "eval_runtime": 3.1, "step": 200},
    {"epoch": 2.0, "step": 200, "total_flos": 1e15, "train_loss": 0.55, "train_runtime": 80.1},
]


def state(history):
    return json.dumps(
        {"best_metric": None, "epoch": 2.0, "global_step": 200, "log_history": history}, indent=2
    )


@pytest.mark.parametrize(("unit", "amount"), [("epochs", 2), ("steps", 200)])
def test_hugging_face_writes_a_state_and_all_results(tmp_path, unit, amount):
    write(tmp_path, state(HISTORY[:2]), "metrics/checkpoint-100/trainer_state.json")
    write(tmp_path, state(HISTORY[:4]), "metrics/checkpoint-200/trainer_state.json")
    write(tmp_path, state(HISTORY), "metrics/trainer_state.json")
    results = {"epoch": 2.0, "eval_accuracy": 0.7, "predict_accuracy": 0.68}
    write(tmp_path, json.dumps(results), "metrics/all_results.json")
    for name in ("config", "training_args", "tokenizer_config", "special_tokens_map"):
        write(tmp_path, "{}", f"metrics/{name}.json")
    reported = read(tmp_path, unit=unit, amount=amount)
    assert reported.scores["eval_accuracy"] == 0.7
    assert reported.scores["predict_accuracy"] == 0.68
    assert reported.reached == amount
    assert along(reported, "eval_accuracy")[:2] == [(100, 0.6), (200, 0.7)]


def test_hugging_face_without_a_final_state_has_checkpoints(tmp_path):
    for step in (100, 200, 1000):
        history = [
            {"epoch": s / 100, "step": s, "eval_f1": s / 2000} for s in range(100, step + 1, 100)
        ]
        write(tmp_path, state(history), f"metrics/checkpoint-{step}/trainer_state.json")
    reported = read(tmp_path, amount=10)
    assert reported.scores["eval_f1"] == 0.5
    assert len(reported.rows) == 11


def test_rows_out_of_order_are_put_in_order(tmp_path):
    reported = read(tmp_path, "epoch,score\n3,0.3\n1,0.1\n2,0.2\n")
    assert along(reported, "score") == [(1, 0.1), (2, 0.2), (3, 0.3)]
    assert reported.scores["score"] == 0.3


def test_rows_written_twice_count_once(tmp_path):
    once = "1,0.1\n2,0.2\n3,0.3\n"
    reported = read(tmp_path, f"epoch,score\n{once}{once}2,0.2\n")
    assert along(reported, "score") == [(1, 0.1), (2, 0.2), (3, 0.3)]
    assert reported.reached == 3


def test_what_was_ahead_of_a_restart_is_void(tmp_path):
    # Resumed at 2, and ended earlier than the first call had come.
    reported = read(tmp_path, "epoch,score\n1,0.1\n2,0.2\n3,0.3\n4,0.9\n2,0.25\n3,0.35\n")
    assert along(reported, "score") == [(1, 0.1), (2, 0.25), (3, 0.35)]
    assert reported.scores["score"] == 0.35


def test_the_same_file_appended_by_two_calls_is_the_second(tmp_path):
    text = "epoch,score\n1,0.1\n2,0.9\n1,0.15\n2,0.2\n3,0.3\n"
    assert along(read(tmp_path, text), "score") == [(1, 0.15), (2, 0.2), (3, 0.3)]


def test_many_rows_of_one_epoch_count_as_its_last(tmp_path):
    text = "epoch,score\n1,0.1\n1,0.2\n2,0.3\n2,0.4\n3,0.5\n3,0.6\n"
    assert along(read(tmp_path, text), "score") == [(1, 0.2), (2, 0.4), (3, 0.6)]


def test_phases_that_share_a_column_are_told_apart(tmp_path):
    text = "epoch,phase,acc,lr\n1,train,0.9,1\n1,val,0.5,\n2,train,0.95,1\n2,val,0.6,\n"
    scores = read(tmp_path, text).scores
    assert (scores["train_acc"], scores["val_acc"], scores["lr"]) == (0.95, 0.6, 1)
    assert "acc" not in scores


def test_without_progress_rows_count_as_written(tmp_path):
    reported = read(tmp_path, "score\n0.1\n0.2\n")
    assert along(reported, "score") == [(1, 0.1), (2, 0.2)]
    assert reported.reached is None


def test_a_cut_last_line_of_json_lines_is_left_out(tmp_path):
    text = lines({"epoch": 1, "score": 0.1}, {"epoch": 2, "score": 0.2}) + '{"epoch": 3, "sc'
    assert read(tmp_path, text).reached == 2


def test_columns_that_have_a_meaning_here_are_left_out(tmp_path):
    reported = read(tmp_path, "epoch,correct,split,path,score\n1,5,1,2,0.5\n")
    assert set(reported.rows[0]) == {"epoch", "seed", "split", "step", "score"}


# What the seed's record says.


@pytest.mark.parametrize(
    ("rows", "status", "message"),
    [
        ("[(1, .1), (2, .2), (3, .3)]", "finished", ""),
        ("[(0, .1), (1, .2), (2, .3)]", "finished", ""),
        ("[(0, .1), (1, .2), (2, .3), (3, .4)]", "finished", ""),
        ("[(3, .3)]", "finished", ""),
        ("[(1, .1), (2, .2)]", "failed", "trained 2 of 3 epochs.*stops_early: true"),
        ("[(0, .1), (1, .2)]", "failed", "trained 2 of 3 epochs"),
        ("[(1, .1), (2, .2), (3, .3), (4, .4)]", "failed", "told to train 3 epochs.*reach 4"),
        ("[(1, .1), (2, .2), (3, 'nan')]", "diverged", "score is not a finite number"),
        ("[(1, .1), (2, .2), (3, 'inf')]", "diverged", "score is not a finite number"),
        ("[(1, 'nan'), (2, 'nan'), (3, 'nan')]", "diverged", "score is not a finite number"),
    ],
)  # fmt: skip
def test_what_is_reported_decides_how_a_seed_ended(own, rows, status, message):
    import re

    own.program(f"table({rows})")
    end = own.train([0]).seeds["0"]
    assert end.status == status
    assert re.search(message, end.message), end.message


def test_a_log_may_end_within_a_spacing_of_the_budget(own):
    own.epochs = 1050
    own.program("table([(e, e) for e in range(100, 1001, 100)])")
    assert own.train([0]).seeds["0"].status == "finished"


def test_a_program_may_stop_early_where_the_study_says_so(own):
    own.program("table([(1, 0.5), (2, 0.6)])")
    own.declare(stops_early=True)
    assert own.train([0]).seeds["0"].status == "finished"
    own.program("table([(1, 0.5), (2, 0.6), (3, 1), (4, 1)])")
    assert own.train([0], retrain=True).seeds["0"].status == "failed"


def test_another_seed_than_the_one_given_is_a_fault(own):
    own.program("table([(e, 0.5, 42) for e in (1, 2, 3)], 'epoch,score,seed')")
    end = own.train([0]).seeds["0"]
    assert (end.status, end.message) == ("failed", "the program reports seed 42, but was given 0")


def test_reported_training_time_is_believed(own):
    own.program("table([(e, 0.5, e * 100) for e in (1, 2, 3)], 'epoch,score,train_seconds')")
    assert own.train([0]).seeds["0"].train_seconds == 300


@pytest.mark.parametrize(
    "place", ["{metrics}.jsonl", "{metrics}/deep/x.jsonl", "--file={metrics}.x"]
)
def test_the_command_says_where_metrics_are(own, place):
    own.program(
        """
        place = [w for w in words if "metrics" in w][0].removeprefix("--file=")
        table([(3, 0.9)], out=place + ".old.csv")
        table([(3, 0.5)], out=place)
        """
    )
    command = f"{PYTHON} train.py --seed {{seed}} --epochs {{epochs}} --out x {place}"
    own.declare(command)
    own.train([0])
    assert own.scores() == {0: 0.5}


def test_a_claimed_metric_that_is_missing_stops_the_job_after_its_first_seed(own):
    own.program("open('calls', 'a').write(str(seed)); good()")
    own.declare(metrics={"bleu": {"from": "scor", "better": "higher", "matters_from": 1}})
    for _ in range(2):  # the second call trains nothing more
        with pytest.raises(UserError, match=r"metrics.bleu.*no 'scor'.*did you mean 'score'"):
            own.train([0, 1, 2])
        assert (own.folder / "calls").read_text() == "0"
    own.declare(metrics={"bleu": {"from": "score", "better": "higher", "matters_from": 1}})
    record = own.train([0, 1, 2])
    assert (own.folder / "calls").read_text() == "012"
    assert {end.status for end in record.seeds.values()} == {"finished"}


def test_a_missing_validation_score_is_named_by_its_key(own):
    own.program("good()")
    own.declare(metrics={"score": {"better": "higher", "matters_from": 1, "validation": "dev"}})
    with pytest.raises(UserError, match=r"metrics\.score\.validation: .*no 'dev'"):
        own.train([0])
