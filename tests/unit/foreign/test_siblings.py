"""Situations met in people's tables, each in several shapes: other words, exports and files.

Every test says what is right: a headline with its estimate, or what must not be concluded.
"""

from __future__ import annotations

import json
import re

import numpy as np
import pandas as pd
import pytest
import yaml
from hyperverdict.errors import UserError
from hyperverdict.foreign.files import read_runs
from hyperverdict.foreign.judge import judge_table

from tests.unit.foreign.asking import fired, first

NOISE = np.random.default_rng(5).normal(0, 0.01, (2, 20))


def score(arm, seed, effect=0.03):
    """A score with 5 decimals: seeds are shared by the arms, with noise of their own."""
    return round(0.8 + NOISE[0, seed] + 0.2 * NOISE[1, seed] * arm + effect * arm, 5)


def rows(levels, seeds=6, effect=0.03, name="lr", metric="test_acc", **more):
    """One row for each level and seed; cells may be functions of (arm, seed)."""
    return pd.DataFrame(
        {
            name: level,
            "seed": seed,
            metric: score(arm, seed, effect),
            **{c: value(arm, seed) if callable(value) else value for c, value in more.items()},
        }
        for arm, level in enumerate(levels)
        for seed in range(seeds)
    )


def difference(seeds=6, effect=0.03):
    return float(np.mean([score(1, s, effect) - score(0, s, effect) for s in range(seeds)]))


def study(claim, direction="higher", metric="accuracy", data="some_images", **more):
    """A study of one hypothesis; `claim` is factor -> (from, to), or terms."""
    terms = claim
    if not any(key in claim for key in ("trend", "best", "compare")):
        terms = {"compare": {k: {"from": a, "to": b} for k, (a, b) in claim.items()}}
    hypothesis = {"says": "As stated.", **terms, "expect": {metric: direction}}
    if "at_equal" in more:
        hypothesis["at_equal"] = more.pop("at_equal")
    return {"study": "s", "data": data, "hypotheses": {"H1": hypothesis}, **more}


def verdict(table, stated, file=None):
    return first(judge_table(table if file is None else read_runs([file]), stated))


def concludes(found, headline="supported", estimate=None):
    assert found.headline == headline, fired(found)
    if estimate is not None:
        assert found.judgement.effects[0].estimate == pytest.approx(estimate, abs=1e-9)


def blocked(found, check):
    assert found.headline.startswith("inconclusive ("), found.headline
    level, sentence = fired(found)[check]
    assert level == "blocks"
    return sentence


# One column is one factor, whatever word the study uses.


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("config.learning_rate", "lr"), ("config.lr", "learning_rate"), ("config.lr", "config.lr"),
        ("optimizer.lr", "lr"), ("Learning Rate", "learning_rate"), ("base_lr", "lr"),
    ],
)  # fmt: skip
def test_a_claim_may_use_any_word_for_a_column(column, said):
    table = rows([0.001, 0.01], name=column, epochs=20)
    concludes(verdict(table, study({said: (1e-3, 1e-2)})), estimate=difference())


def test_an_mlflow_column_under_its_short_name():
    table = rows([64, 512], epochs=20).rename(
        columns={"lr": "params.bs", "seed": "params.seed", "test_acc": "metrics.test_acc"}
    )
    table["run_id"] = [f"{i:032x}" for i in range(len(table))]
    concludes(verdict(table, study({"batch_size": (64, 512)})), estimate=difference())


@pytest.mark.parametrize("said", ["heads", "n_attention_heads"])
def test_the_studys_own_word_for_a_column(said):
    table = rows([4, 8], name="n_attention_heads", epochs=20)
    stated = study({said: (4, 8)}, columns={"heads": "n_attention_heads"})
    concludes(verdict(table, stated), estimate=difference())


def test_a_word_for_two_columns_is_refused_with_both():
    table = rows([1, 2], name="model.lr", epochs=20).assign(**{"head.lr": lambda t: t["model.lr"]})
    with pytest.raises(UserError, match=r"'lr' may be 'model.lr' or 'head.lr'"):
        verdict(table, study({"lr": (1, 2)}))


# Arms that trained for different lengths, in whatever unit.


@pytest.mark.parametrize(
    "column",
    ["training_iteration", "timesteps_total", "num_episodes", "tokens_seen", "env_steps", "rounds"],
)
def test_arms_at_unlike_points_of_any_progress_block(column):
    lengths = lambda arm, seed: 10 if arm == 0 or seed > 4 else 3  # noqa: E731
    table = rows([1e-3, 1e-2], effect=-0.1, **{column: lengths})
    blocked(verdict(table, study({"lr": (1e-3, 1e-2)}, "lower")), "unlike_progress")


@pytest.mark.parametrize("column", ["epochs", "global_step", "samples_seen"])
def test_arms_at_unlike_lengths_block_without_a_stated_budget(column):
    lengths = lambda arm, seed: 1000 if arm == 0 else 300  # noqa: E731
    table = rows([1e-3, 1e-2], effect=-0.1, **{column: lengths})
    found = verdict(table, study({"lr": (1e-3, 1e-2)}, "lower"))
    assert found.headline == "inconclusive (confounded)"


def _ticks():
    return pd.DataFrame(
        {"lr": lr, "seed": seed, "ticks": tick, "test_acc": score(arm, seed) + tick / 100}
        for arm, lr in enumerate([1e-3, 1e-2])
        for seed in range(6)
        for tick in range(1, 11 if arm == 0 else 6)
    )


def test_a_column_that_rises_along_every_run_is_progress():
    table = _ticks()
    table["run_id"] = table["lr"].astype(str) + table["seed"].astype(str)
    assert "ticks" in blocked(verdict(table, study({"lr": (1e-3, 1e-2)})), "unlike_progress")


def test_a_column_that_may_be_progress_or_a_setting_is_refused_with_both_readings():
    with pytest.raises(UserError, match=r"columns: {ticks: ticks} for a setting, or a unit"):
        verdict(_ticks(), study({"lr": (1e-3, 1e-2)}))
    steps = study({"lr": (1e-3, 1e-2)}, columns={"steps": "ticks"}, at_equal=["5 steps"])
    concludes(verdict(_ticks(), steps), estimate=difference())


def test_early_stopped_trials_of_optuna_are_no_runs():
    table = rows([1e-3, 1e-2], seeds=8, name="params_lr", metric="value", effect=-0.1)
    table = table.rename(columns={"seed": "user_attrs_seed"}).assign(number=range(16))
    table["state"] = ["COMPLETE"] * 8 + ["COMPLETE", "PRUNED"] * 4
    blocked(verdict(table, study({"lr": (1e-3, 1e-2)}, "lower")), "survivors_only")


# What the study states selects rows, or is refused by name, or taken on trust.


def _two_settings(name, levels):
    """At the second level of another setting the effect is turned round."""
    right = rows(["no", "yes"], name="use_aug", epochs=20).assign(**{name: levels[0]})
    wrong = rows(["no", "yes"], name="use_aug", epochs=20, effect=-0.2).assign(**{name: levels[1]})
    return pd.concat([right, wrong], ignore_index=True)


@pytest.mark.parametrize(
    ("column", "levels", "said", "level"),
    [
        ("dropout_rate", (0.5, 0.1), "dropout", 0.5),
        ("config/optim", ("torch.optim.adam.Adam", "torch.optim.sgd.SGD"), "optimizer", "adam"),
        ("hidden_units", ("[64, 64]", "[256]"), "hidden_units", [64, 64]),
        ("ema", ("True", "False"), "ema", True),
        ("arch", ("ResNet-18", "ViT"), "model", "resnet18"),
    ],
)
def test_the_baseline_selects_rows_in_any_spelling(column, levels, said, level):
    stated = study({"use_aug": ("no", "yes")}, baseline={said: level, "budget": "20 epochs"})
    concludes(verdict(_two_settings(column, levels), stated), estimate=difference())


def test_the_data_set_selects_rows():
    table = _two_settings("dataset", ("CIFAR-10", "ImageNet"))
    concludes(verdict(table, study({"use_aug": ("no", "yes")}, data="cifar10")))
    with pytest.raises(UserError, match=r"data: no row has mnist; its levels are CIFAR-10 and"):
        verdict(table, study({"use_aug": ("no", "yes")}, data="mnist"))


def test_a_slip_in_the_baseline_is_refused_and_an_unknown_setting_is_taken_on_trust():
    table = _two_settings("dropout", (0.5, 0.1))
    with pytest.raises(UserError, match=r"no column holds 'droput'; did you mean 'dropout'\?"):
        verdict(table, study({"use_aug": ("no", "yes")}, baseline={"droput": 0.5}))
    stated = study({"use_aug": ("no", "yes")}, baseline={"dropout": 0.5, "warmup": 100})
    found = verdict(table, stated)
    concludes(found, estimate=difference())
    assert any("taken on trust: warmup 100" in sentence for sentence in found.scope)


# An arm at a budget holds only the runs that reached it, at that point of their training.


def _lengths(unit, lengths, effects):
    return pd.concat(
        rows([64, 256], name="width", effect=effect).assign(**{unit: length})
        for length, effect in zip(lengths, effects, strict=True)
    ).reset_index(drop=True)


@pytest.mark.parametrize(
    ("column", "unit", "ids"),
    [
        ("steps", "steps", True), ("config.epochs", "epochs", True), ("samples_seen", "samples", False),
        ("trainer/global_step", "steps", False),
    ],
)  # fmt: skip
def test_runs_of_several_lengths_are_judged_each_at_its_own(column, unit, ids):
    table = _lengths(column, (10, 50, 100), (-0.03, -0.01, 0.02))
    if ids:
        table["run_id"] = [f"r{i}" for i in range(len(table))]
    at = [f"10 {unit}", f"100 {unit}"]
    judged = judge_table(table, study({"width": (64, 256)}, at_equal=at))
    early, late = judged.report.hypotheses[0].verdicts
    concludes(early, "refuted", difference(effect=-0.03))
    concludes(late, "supported", difference(effect=0.02))
    assert any("12 runs of other lengths left out" in s for s in early.scope) == ids


@pytest.mark.parametrize("ids", [True, False])
def test_pieces_of_a_resumed_run_are_one_run(ids):
    log = pd.DataFrame(
        {"lr": lr, "seed": seed, "epoch": epoch, "test_acc": score(arm, seed) - (10 - epoch) / 50,
         "piece": piece}
        for arm, lr in enumerate([1e-3, 1e-2])
        for seed in range(6)
        for piece, epochs in (("a", range(1, 7)), ("b", range(6, 11)))
        for epoch in epochs
    )  # fmt: skip
    # What the first piece scored last is not what the run that went on had there.
    log.loc[(log["piece"] == "a") & (log["epoch"] == 6), "test_acc"] -= 0.3
    if ids:
        log["run_id"] = log["lr"].astype(str) + log["seed"].astype(str) + log["piece"]
    table = log.drop(columns="piece")
    judged = judge_table(table, study({"lr": (1e-3, 1e-2)}, at_equal=["6 epochs", "10 epochs"]))
    for found in judged.report.hypotheses[0].verdicts:
        concludes(found, estimate=difference())
        assert found.judgement.effects[0].n == 6


def test_a_score_between_evaluations_is_none():
    table = pd.DataFrame(
        {"lr": lr, "seed": seed, "epoch": epoch, "test_acc": score(arm, seed)}
        for arm, lr in enumerate([1e-3, 1e-2])
        for seed in range(6)
        for epoch in (5, 10)
    )
    sentence = blocked(
        verdict(table, study({"lr": (1e-3, 1e-2)}, at_equal=["8 epochs"])), "off_budget"
    )
    assert "its runs were scored at 5 and 10 epochs" in sentence


# Copies.


@pytest.mark.parametrize("names", [("a; b", 'c "d"'), ("<b>x</b>", "🦄"), ("x - y", "y - x")])
def test_arms_of_odd_names_with_equal_scores_block(names):
    table = rows(names, name="backbone", effect=0, seeds=10, epochs=20)
    table["test_acc"] = [score(0, s) for s in range(10)] * 2
    blocked(verdict(table, study({"backbone": names})), "same_results")


def test_a_run_that_stands_twice_under_other_ids_counts_once():
    table = rows([1e-3, 1e-2], epochs=20)
    table = pd.concat([table, table]).reset_index(drop=True)
    table["id"] = [f"r{i}" for i in range(len(table))]
    found = verdict(table, study({"lr": (1e-3, 1e-2)}))
    concludes(found, estimate=difference())
    assert found.judgement.effects[0].n == 6


@pytest.mark.parametrize("metric", ["test_acc", "test_f1"])
def test_half_an_arm_copied_from_the_other_blocks(metric):
    table = rows([1e-3, 1e-2], seeds=8, metric=metric, epochs=20)
    table.loc[8:11, metric] = table.loc[0:3, metric].to_numpy()
    name = metric.removeprefix("test_").replace("acc", "accuracy")
    stated = study({"lr": (1e-3, 1e-2)}, metric=name, metrics={name: {"matters_from": 0.01}})
    blocked(verdict(table, stated), "copied_runs")


# Files.


def _write(tmp_path, table, kind):
    file = tmp_path / f"runs.{kind.split()[0]}"
    comma = table.to_csv(sep=";", decimal=",", index=False)
    content = {
        "csv semicolons": comma.encode(),
        "tsv decimal commas": table.to_csv(sep="\t", decimal=",", index=False).encode(),
        "csv utf-16": comma.encode("utf-16"),
        "csv bom": b"\xef\xbb\xbf" + table.to_csv(index=False).encode(),
        "txt pipes": table.to_csv(sep="|", index=False).encode(),
        "txt spaces": table.to_csv(sep=" ", index=False).encode(),
        "csv excel": b"sep=;\r\n" + comma.replace("\n", "\r\n").encode(),
        "csv comments": b"# a run of mine\n" + table.to_csv(index=False).encode(),
        "json records": table.to_json(orient="records").encode(),
        "json columns": table.to_json().encode(),
        "json split": table.to_json(orient="split").encode(),
        "jsonl lines": table.to_json(orient="records", lines=True).encode(),
    }
    if kind in content:
        file.write_bytes(content[kind])
    elif kind == "parquet":
        table.to_parquet(file)
    elif kind == "xlsx":
        table.to_excel(file, index=False)
    else:
        table.to_csv(tmp_path / f"runs.csv.{kind}", index=False)
        return tmp_path / f"runs.csv.{kind}"
    return file


@pytest.mark.parametrize(
    "kind",
    ["csv semicolons", "tsv decimal commas", "csv utf-16", "csv bom", "txt pipes", "txt spaces",
     "csv excel", "csv comments", "json records", "json columns", "json split", "jsonl lines",
     "parquet", "xlsx", "gz", "bz2", "xz", "zip"],
)  # fmt: skip
def test_files_of_every_kind(tmp_path, kind):
    file = _write(tmp_path, rows([0.001, 0.01], name="learning_rate", epochs=20), kind)
    concludes(verdict(None, study({"lr": (1e-3, 1e-2)}), file), estimate=difference())


# Levels.


@pytest.mark.parametrize("level", ["none", None, "None"])
@pytest.mark.parametrize("cell", ["", "None", "null", None])
def test_an_empty_cell_is_the_level_none(cell, level):
    table = rows([cell, "cosine"], name="lr_scheduler", epochs=20)
    concludes(verdict(table, study({"lr_scheduler": (level, "cosine")})), estimate=difference())


def test_an_empty_cell_among_numbers_is_the_level_none():
    table = rows([np.nan, 0.5], name="dropout", epochs=20)
    concludes(verdict(table, study({"dropout": ("none", 0.5)})), estimate=difference())


@pytest.mark.parametrize(
    ("name", "cells", "levels"),
    [
        ("lr", np.array([0.001, 0.01], np.float32), (1e-3, 1e-2)),
        ("lr", (0.0010000000474974513, 0.009999999776482582), ("1e-3", 0.01)),
        ("lr", (0.0010000000474974513, 0.01), (1e-3, 1e-2)),
        ("lr", np.geomspace(1e-3, 1e-2, 2) * (1 + 1e-15), (1e-3, 1e-2)),
        ("lr", ("1e-15", "1e-14"), (1e-15, 1e-14)),
        ("train_size", ("1,000", "10,000"), (1000, 10000)),
        ("train_size", ("1 000", "10 000"), (1000, 10000)),
        ("layers", ("[64, 64]", "[256, 256]"), ([64, 64], [256, 256])),
        ("layers", ("(64, 64)", "(256, 256)"), ([64, 64], [256, 256])),
        ("layers", ((64, 64), (256, 256)), ([64, 64], [256, 256])),
        ("layers", ("64-64", "256-256"), ([64, 64], [256, 256])),
        ("acts", ("[relu, tanh]", "[gelu, gelu]"), (["relu", "tanh"], ["gelu", "gelu"])),
        ("use_ema", (False, True), ("no", "yes")),
        ("use_ema", (0, 1), (False, True)),
        ("use_ema", ("no", "yes"), (False, True)),
        ("optimizer.name", ("torch.optim.sgd.SGD", "<class 'torch.optim.adam.Adam'>"), ("sgd", "adam")),
        ("act", ("ReLU()", "GELU()"), ("relu", "gelu")),
        ("dataset", ("CIFAR-10", "Fashion MNIST"), ("cifar10", "fashion_mnist")),
        ("dataset", ("/data/cifar10/", "/data/svhn/"), ("cifar10", "svhn")),
    ],
)  # fmt: skip
def test_levels_in_any_spelling(name, cells, levels):
    table = rows(list(cells), name=name, epochs=20)
    # Optimizers need a tuned learning rate; the study says that there was one.
    stated = study({name: levels}, data="")
    stated["hypotheses"]["H1"]["tune"] = {"lr": [1e-3, 1e-2]} if "optim" in name else {}
    if not stated["hypotheses"]["H1"]["tune"]:
        del stated["hypotheses"]["H1"]["tune"]
    found = verdict(table, stated)
    assert found.judgement.effects[0].estimate == pytest.approx(difference())
    assert found.judgement.effects[0].evidence == "supported"


@pytest.mark.parametrize(
    ("name", "cells", "levels", "words"),
    [
        (
            "lr",
            (0.00123456, 0.0109876),
            (1e-3, 1e-2),
            "no row has 0.001; .* the nearest is 0.00123456",
        ),
        ("optim", ("adam", "sgd"), ("adm", "sgd"), "no row has adm; .* the nearest is adam"),
        ("layers", ("[64, 64]", "[256]"), ([64], [256]), r"no row has \[64\]"),
        ("use_ema", ("a", "b"), ("yes", "b"), "no row has yes; its levels are a and b"),
        ("lr", ("1e-15", "1e-14"), (1e-15, 1e-13), "no row has 1e-13"),
    ],
)
def test_a_level_that_no_row_has_names_those_there_are(name, cells, levels, words):
    with pytest.raises(UserError, match=words) as refusal:
        verdict(rows(list(cells), name=name, epochs=20), study({name: levels}))
    assert "seeds" not in str(refusal.value)


def test_a_level_of_a_context_that_no_row_has_is_refused():
    table = rows([1e-3, 1e-2], epochs=20).assign(dropout=0.1)
    claim = {"compare": {"lr": {"from": 1e-3, "to": 1e-2}}, "in_every": {"dropout": [0.1, 0.2]}}
    with pytest.raises(UserError, match=r"dropout: no row has 0.2; its level is 0.1"):
        verdict(table, study(claim))


# Epochs that count from 0.


def _log(start=1, epochs=10, **more):
    return pd.DataFrame(
        {"batch_size": bs, "seed": seed, "epoch": epoch + start - 1,
         "val_acc": score(arm, seed, 0.05 if epoch <= 5 else -0.02) - (epochs - epoch) / 40, **more}
        for arm, bs in enumerate([64, 512])
        for seed in range(6)
        for epoch in range(1, epochs + 1)
    )  # fmt: skip


def _both(table, **more):
    stated = study({"batch_size": (64, 512)}, "lower", at_equal=["5 epochs", "10 epochs"], **more)
    return judge_table(table, stated).report.hypotheses[0].verdicts


@pytest.mark.parametrize(
    ("start", "more"),
    [
        (1, {}),
        (0, {}),
        (0, {"columns": {"epochs": "epoch + 1", "accuracy": "val_acc"}}),
    ],
)
def test_the_fifth_epoch_is_found_wherever_the_count_starts(start, more):
    early, late = _both(_log(start), **more)
    concludes(early, "refuted", difference(effect=0.05))
    concludes(late, "supported", difference(effect=-0.02))
    assert any("counts from 0" in s for s in early.scope) == (start == 0)


def test_a_planned_number_of_epochs_tells_where_the_count_starts():
    early, late = _both(_log(0, 12, **{"config.epochs": 12}))
    concludes(early, "refuted", difference(effect=0.05))
    concludes(late, "supported", difference(effect=-0.02))


def test_a_count_from_zero_that_may_be_either_is_refused_with_both_readings():
    with pytest.raises(UserError, match=r"columns: {epochs: epoch \+ 1} for the first"):
        _both(_log(0, 12))
    early, _ = _both(_log(0, 12), columns={"epochs": "epoch"})
    concludes(early, "supported", difference(effect=-0.02))


def test_a_keras_log_is_judged_on_validation_and_its_training_scores_are_no_claim():
    table = _log(0).rename(columns={"val_acc": "val_accuracy"})
    table = table.assign(accuracy=0.99, loss=0.1, val_loss=0.2)
    early, late = _both(table)
    concludes(early, "refuted", difference(effect=0.05))
    concludes(late, "supported", difference(effect=-0.02))


# Lightning: rows of validation and of training, folders of versions.


def _lightning(start=0):
    for arm, bs in enumerate([64, 512]):
        for seed in range(6):
            log = []
            for epoch in range(10):
                at = {"epoch": epoch, "step": 100 * (epoch + 1) - 1}
                log.append({**at, "val_acc": score(arm, seed, -0.02) - (9 - epoch) / 50})
                log.append({**at, "train_acc": 0.99, "train_loss_epoch": 0.1})
            end = score(arm, seed, -0.05)
            log.append({"epoch": 10, "step": 1000, "test_acc": end})
            yield bs, seed, pd.DataFrame(log)


@pytest.mark.parametrize(
    ("columns", "effect"),
    [({"accuracy": "val_acc"}, -0.02), ({}, -0.05), ({"accuracy": "test_acc"}, -0.05)],
)
@pytest.mark.parametrize("shape", ["table", "folder"])
def test_a_lightning_log(tmp_path, shape, columns, effect):
    parts = []
    for version, (bs, seed, log) in enumerate(_lightning()):
        if shape == "table":
            parts.append(log.assign(version=f"version_{version}", batch_size=bs, seed=seed))
            continue
        folder = tmp_path / "lightning_logs" / f"version_{version}"
        folder.mkdir(parents=True)
        log.to_csv(folder / "metrics.csv", index=False)
        (folder / "hparams.yaml").write_text(yaml.dump({"batch_size": bs, "seed": seed}))
    table = pd.concat(parts) if parts else read_runs([tmp_path / "lightning_logs"])
    stated = study({"batch_size": (64, 512)}, "lower", at_equal=["10 epochs"], columns=columns)
    concludes(verdict(table, stated), estimate=difference(effect=effect))


# Replication.


def _grid(name="weight_bits", levels=(2, 4, 8, 16), drop=0):
    table = pd.DataFrame(
        {"act_bits": act, name: level, "test_acc": score(arm, i) + 0.05 * i}
        for arm, act in enumerate([4, 8])
        for i, level in enumerate(levels)
    )
    return table.iloc[: len(table) - drop]


@pytest.mark.parametrize(
    ("name", "levels"),
    [
        ("config.weight_bits", (2, 4, 8, 16)),
        ("fold", (0, 1, 2, 3)),
        ("dataset", ("a", "b", "c", "d")),
    ],
)
def test_without_seeds_arms_are_paired_on_the_settings_of_a_full_grid(name, levels):
    found = verdict(_grid(name, levels), study({"act_bits": (4, 8)}, data=""))
    concludes(found, estimate=float(np.mean([score(1, i) - score(0, i) for i in range(4)])))
    assert found.replicate == "setting combination"
    assert found.judgement.effects[0].paired
    assert not re.search(
        r"\d seeds", " ".join([*found.scope, *(s for _, s in fired(found).values())])
    )


def test_runs_that_differ_in_settings_and_make_no_grid_are_no_replicates():
    sentence = blocked(
        verdict(_grid("config.weight_bits", drop=1), study({"act_bits": (4, 8)})),
        "no_replication_by_settings",
    )
    assert sentence.startswith("7 runs that differ in weight bits are no replicates")


def test_a_random_search_without_seeds_is_no_replication():
    random = np.random.default_rng(0)
    table = rows([4, 8], name="params.act_bits").drop(columns="seed")
    table["params.lr"], table["metrics.test_acc"] = (
        random.uniform(1e-4, 1e-2, 12),
        table.pop("test_acc"),
    )
    found = verdict(table, study({"act_bits": (4, 8)}))
    assert found.headline == "inconclusive (no replication)"


@pytest.mark.parametrize("seeds", [42, "42", None])
def test_one_seed_number_in_all_runs_is_no_replication(seeds):
    table = rows([1e-3, 1e-2], epochs=20).assign(seed=seeds, run_id=[f"r{i}" for i in range(12)])
    if seeds is None:
        table = table.drop(columns="seed")
    found = verdict(table, study({"lr": (1e-3, 1e-2)}))
    if seeds is None:
        assert (found.replicate, found.headline) == ("run", "supported")
        assert not found.judgement.effects[0].paired
    else:
        blocked(found, "one_seed_number")


def test_the_seeds_that_a_study_lists_select_runs():
    table = rows([1e-3, 1e-2], seeds=8, epochs=20)
    found = verdict(table, study({"lr": (1e-3, 1e-2)}, seeds=[0, 1, 2, 3, 4]))
    concludes(found, estimate=difference(5))
    assert found.judgement.effects[0].n == 5
    with pytest.raises(UserError, match="seeds: no run has seed 9; it has 0 to 7"):
        verdict(table, study({"lr": (1e-3, 1e-2)}, seeds=[0, 1, 9]))


# Other settings that go with the arms.


@pytest.mark.parametrize(
    "cell",
    [
        lambda arm, seed: "strong" if arm else "weak",
        lambda arm, seed: "strong" if arm and seed > 3 else "weak",
        lambda arm, seed: arm * (seed % 2),
    ],
)
@pytest.mark.parametrize("name", ["augment", "weight_decay", "config.warmup"])
def test_a_setting_that_goes_with_the_arms_wholly_or_in_part_blocks(name, cell):
    table = rows([1e-3, 1e-2], epochs=20, **{name: cell})
    found = verdict(table, study({"lr": (1e-3, 1e-2)}))
    assert found.headline == "inconclusive (confounded)"
    named = {"weight_decay": "weight decay", "config.warmup": "warmup"}.get(name, name)
    assert named in " ".join(sentence for _, sentence in fired(found).values())
    ignored = verdict(table, study({"lr": (1e-3, 1e-2)}, ignore=[name]))
    concludes(ignored, estimate=difference())


@pytest.mark.parametrize(
    "name", ["warmup_steps", "eval_steps", "steps_per_epoch", "config.warmup_epochs"]
)
def test_a_setting_named_like_progress_is_a_setting(name):
    table = rows([1e-3, 1e-2], epochs=20, **{name: lambda arm, seed: (100, 500)[seed % 2]})
    concludes(verdict(table, study({"lr": (1e-3, 1e-2)})), estimate=difference())
    along = rows([1e-3, 1e-2], epochs=20, **{name: lambda arm, seed: (100, 500)[arm]})
    assert verdict(along, study({"lr": (1e-3, 1e-2)})).headline == "inconclusive (confounded)"


def test_the_best_epoch_is_a_result():
    table = rows([1e-3, 1e-2], epochs=20, best_epoch=lambda arm, seed: 5 + 10 * arm + seed % 5)
    concludes(verdict(table, study({"lr": (1e-3, 1e-2)})), estimate=difference())


@pytest.mark.parametrize("kind", ["Int64", "category", "string", "float32", "bool"])
def test_data_frames_of_every_dtype(kind):
    levels = {"bool": (False, True), "float32": (0.001, 0.01)}.get(kind, (64, 512))
    table = rows(levels, name="factor", epochs=20)
    table["factor"] = table["factor"].astype(kind)
    if kind == "Int64":
        table = table.astype({"seed": "Int64", "epochs": "Int64", "test_acc": "Float64"})
    concludes(verdict(table, study({"factor": levels})), estimate=difference())


def test_a_setting_may_be_held_equal_instead():
    table = pd.concat([
        rows([1e-3, 1e-2], epochs=20, augment="weak"),
        rows([1e-2], epochs=20, augment="strong", effect=0.0),
    ])  # fmt: skip
    assert verdict(table, study({"lr": (1e-3, 1e-2)})).headline == "inconclusive (confounded)"
    held = study({"lr": (1e-3, 1e-2)}, baseline={"augment": "weak"})
    concludes(verdict(table, held), estimate=difference())


def test_costs_remarks_and_results_may_differ_between_the_arms():
    table = rows(
        [1e-3, 1e-2], epochs=20, runtime=lambda a, s: 100 + 50 * a + s, host=lambda a, s: f"n{a}",
        notes=lambda a, s: f"try {a}", train_loss=lambda a, s: 0.1 + a + s / 100,
        num_params=lambda a, s: 1000 + a, created_at=lambda a, s: f"2024-01-0{a + 1} 10:00:0{s}",
    )  # fmt: skip
    concludes(verdict(table, study({"lr": (1e-3, 1e-2)})), estimate=difference())


# States.

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


# Folders, several files, nested cells.


def test_a_folder_of_runs_with_settings_beside_them_or_in_their_names(tmp_path):
    for place in ("ray", "names", "hydra"):
        for _, row in rows([1e-3, 1e-2], epochs=20).iterrows():
            name = f"lr={row['lr']:g},seed={int(row['seed'])}"
            folder = (
                tmp_path
                / place
                / (name if place != "ray" else f"trial_{name[3:8]}_{row['seed']:g}")
            )
            folder.mkdir(parents=True)
            metrics = [
                {"epochs": e, "test_acc": row["test_acc"] - (20 - e) / 100} for e in (10, 20)
            ]
            pd.DataFrame(metrics).to_csv(folder / "progress.csv", index=False)
            settings = {"lr": float(row["lr"]), "seed": int(row["seed"])}
            if place == "ray":
                (folder / "params.json").write_text(json.dumps(settings))
                (folder / "result.json").write_text("{}")
            if place == "hydra":
                (folder / ".hydra").mkdir()
                (folder / ".hydra" / "config.yaml").write_text(yaml.dump({"optim": settings}))
        found = verdict(None, study({"lr": (1e-3, 1e-2)}, at_equal=["20 epochs"]), tmp_path / place)
        concludes(found, estimate=difference())


def test_several_files_are_one_table(tmp_path):
    files = []
    for level, part in rows([1e-3, 1e-2], epochs=20).groupby("lr"):
        files.append(tmp_path / f"runs_lr={level:g}.csv")
        part.drop(columns="lr").to_csv(files[-1], index=False)
    found = first(judge_table(read_runs(files), study({"lr": (1e-3, 1e-2)})))
    concludes(found, estimate=difference())


def test_scalars_of_tensorboard_are_joined_by_run_and_tag(tmp_path):
    files = []
    for arm, lr in enumerate([0.001, 0.01]):
        for seed in range(6):
            for tag in ("test_acc", "loss"):
                steps = pd.DataFrame(
                    {"Wall time": 1.7e9, "Step": [100, 200], "Value": score(arm, seed)}
                )
                files.append(tmp_path / f"run-lr={lr},seed={seed}-tag-{tag}.csv")
                steps.to_csv(files[-1], index=False)
    table = read_runs(files)
    concludes(first(judge_table(table, study({"lr": (1e-3, 1e-2)}, at_equal=["200 steps"]))),
              estimate=difference())  # fmt: skip


def test_the_public_api_of_wandb_gives_cells_that_are_mappings():
    table = rows([1e-3, 1e-2], epochs=20)
    cells = pd.DataFrame(
        {
            "name": f"run-{i}", "state": "finished",
            "config": {"lr": row["lr"], "seed": row["seed"], "optimizer": {"name": "adam"}},
            "summary": {"test_acc": row["test_acc"], "_step": 100, "epochs": row["epochs"]},
        }
        for i, row in enumerate(table.to_dict("records"))
    )  # fmt: skip
    concludes(verdict(cells, study({"lr": (1e-3, 1e-2)})), estimate=difference())
    as_text = cells.astype({"config": str, "summary": str})
    concludes(verdict(as_text, study({"lr": (1e-3, 1e-2)})), estimate=difference())


def test_one_row_a_score_is_turned_into_one_column_a_metric():
    table = rows([1e-3, 1e-2], epochs=20)
    long = pd.concat([
        table.rename(columns={"test_acc": "value"}).assign(metric="test_acc"),
        table.rename(columns={"test_acc": "value"}).assign(metric="train_acc", value=0.9),
    ])  # fmt: skip
    concludes(verdict(long, study({"lr": (1e-3, 1e-2)})), estimate=difference())
