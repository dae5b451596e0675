"""Slips of a beginner, each with the words that say what to write."""

from __future__ import annotations

import pytest

from tests.unit.study.slips import COMPARE, said

# Value of one key -> what is said.
TOP = {  # a line after `data`
    "learning_rate: 0.001": "unknown key 'learning_rate': write it under baseline, as in baseline: "
    "{learning_rate: 0.001}",
    "lr: 1e-3": "unknown key 'lr': write it under baseline, as in baseline: {learning_rate: 0.001}",
    "epochs: 5": "unknown key 'epochs': write budget: 5 epochs under baseline",
    "max_steps: 300": "unknown key 'max_steps': write budget: 300 steps under baseline",
    "budget: 300 steps": "unknown key 'budget': write budget: 300 steps under baseline",
    "expect: {accuracy: higher}": "unknown key 'expect': it belongs under a hypothesis",
    "expct: {accuracy: higher}": "unknown key 'expct'; did you mean 'expect'? It belongs under a "
    "hypothesis",
    "at_equal: [5 epochs]": "unknown key 'at_equal': it belongs under a hypothesis",
    "grid: {width: [1, 2]}": "unknown key 'grid': it belongs under a heatmap of explore",
    "matters_from: 0.01": "unknown key 'matters_from': it belongs under metrics, as in metrics: "
    "{accuracy: {matters_from: 0.01}}, or in a line of expect, as in expect: {accuracy: {is: "
    "higher, matters_from: 0.01}}",
    "command: python train.py": "unknown key 'command': it belongs under train",
    "H2: {says: x}": "unknown key 'H2': it looks like a hypothesis; indent it below hypotheses",
    "e: {grid: {width: [1, 2]}}": "unknown key 'e': it looks like a heatmap; indent it below "
    "explore",
    "dataset: digits": "unknown key 'dataset': write data",
    "seed: 3": "unknown key 'seed'; did you mean 'seeds'?",
    "n_runs: 10": "unknown key 'n_runs': write seeds",
    "claims: {}": "unknown key 'claims': write hypotheses",
    "quick: yes": "'yes' must be true or false; write true",
    "alpha: 5%": "'5%' must be a number; write 0.05",
    "looks: 10": "10 must be a list; write looks: [10]",
    "looks: 5, 10": "'5, 10' must be a list; write looks: [5, 10]",
    "seeds: 10 seeds": "'10 seeds' must be a whole number; write 10",
    "seeds: '10'": "'10' must be a whole number; write 10 without quotes",
    "seeds: 0..3": "'0..3' must be a whole number; write seeds: [0, 1, 2, 3]",
    "seeds: [0,001]": "a decimal comma? write 0.001",
    "seeds: [01, 2]": "01 starts with a zero; write 1",
    "title: 42": '42 must be text; put the text in quotes: title: "42"',
    "explore: {grid: {width: [1, 2]}}": "stands directly below explore; give the heatmap an id such "
    "as size, and indent it below",
    "explore: {a b: {grid: {width: [1, 2]}}}": "'a b' is not a name (letters, digits, _ and -); "
    "write a_b",
}
HYPOTHESIS = {  # a line before `expect`
    "epochs: 5": "unknown key 'epochs': write at_equal: [5 epochs]",
    "steps: [300, 600]": "unknown key 'steps': write at_equal: [300 steps, 600 steps]",
    "budget: 300 steps": "unknown key 'budget': write at_equal: [300 steps]",
    "epoch: 1..5": "unknown key 'epoch': write each: {epoch: 1..5}",
    "metric: loss": "unknown key 'metric': write expect: {loss: lower}",
    "metrics: [accuracy]": "unknown key 'metrics': write expect: {accuracy: higher}",
    "accuracy: lower": "unknown key 'accuracy': write expect: {accuracy: lower}",
    "units: 64": "unknown key 'units': what all arms share stands under baseline (width: 64), what "
    "the claim varies under its verb, as in compare: {width: {from: A, to: B}}",
    "lr: {from: 1, to: 2}": "unknown key 'lr': it belongs below a verb, as in compare: "
    "{learning_rate: {from: 1, to: 2}}",
    "from: 4": "unknown key 'from': it belongs below a verb, as in compare: {batch_size: {from: 4, "
    "to: 128}}",
    "baseline: {depth: 3}": "unknown key 'baseline': it belongs at the top level of the file",
    "description: hi": "unknown key 'description': write says",
    "why: updates": "unknown key 'why': write because",
    "because: fewer updates": "'fewer updates' is not allowed; write updates",
    "primary: on": "'on' must be true or false; write true",
    "saw: {accuracy: [0.5, 0.6]}": "[0.5, 0.6] must be a mapping; write accuracy: {from: 0.5, to: "
    "0.6}",
    "saw: {accuracy: {from: 51%}}": "'51%' must be a number; write 0.51",
    "tune: {learning_rate: 0.1}": "0.1 must be a list; write learning_rate: [0.1, ...]",
    "tune: {lr: [0.1, 0.2]}": "unknown hyperparameter 'lr': write learning_rate",
    "H2: {says: x}": "unknown key 'H2': it looks like a hypothesis; indent it like the other "
    "hypotheses",
}
BASELINE = {  # beside `depth`
    "lr: 0.1": "unknown hyperparameter 'lr': write learning_rate",
    "Learning-Rate: 0.1": "unknown hyperparameter 'Learning-Rate'; did you mean 'learning_rate'?",
    "layers: 3": "unknown hyperparameter 'layers': write depth",
    "n_layers: 3": "unknown hyperparameter 'n_layers': write depth",
    "layers: [64, 64]": "unknown hyperparameter 'layers': write hidden_units",
    "units: 32": "unknown hyperparameter 'units': write width",
    "neurons: 32": "unknown hyperparameter 'neurons': write width",
    "hidden_size: 32": "unknown hyperparameter 'hidden_size': write width",
    "bs: 32": "unknown hyperparameter 'bs': write batch_size",
    "opt: adam": "unknown hyperparameter 'opt': write optimizer",
    "wd: 0.1": "unknown hyperparameter 'wd': write weight_decay",
    "l2: 0.1": "unknown hyperparameter 'l2': write weight_decay",
    "dropout_rate: 0.1": "unknown hyperparameter 'dropout_rate': write dropout",
    "scheduler: cosine": "unknown hyperparameter 'scheduler'; did you mean 'schedule'?",
    "lr_schedule: cosine": "unknown hyperparameter 'lr_schedule'; did you mean 'schedule'?",
    "lr_policy: cosine": "unknown hyperparameter 'lr_policy': write schedule",
    "grad_clip: 1": "unknown hyperparameter 'grad_clip': write clip_norm",
    "epochs: 5": "unknown hyperparameter 'epochs': write budget: 5 epochs",
    "iterations: 300": "unknown hyperparameter 'iterations': write budget: 300 steps",
    "seed: 1": "unknown hyperparameter 'seed': seeds stand at the top level of the file, as in "
    "seeds: 10",
    "seeds: 3": "unknown hyperparameter 'seeds': seeds stand at the top level of the file, as in "
    "seeds: 3",
    "dataset: digits": "the data set is named by the study's own key 'data'",
    "accuracy: 0.1": "unknown hyperparameter 'accuracy': it is a metric; write it under expect",
    "quick: true": "unknown hyperparameter 'quick': it belongs at the top level of the file",
    "optimizer: SGD": "optimizer: 'SGD' is not allowed; did you mean 'sgd'? (allowed: sgd, "
    "sgd_momentum, adam, adamw, rmsprop)",
    "dropout: 0,5": "a decimal comma? write dropout: 0.5",
    "learning_rate: 0,001": "a decimal comma? write learning_rate: 0.001",
    "batch_size: 1,024": "a comma separates entries here; write batch_size: 1024",
    "batch_size: '1,024'": "batch_size: '1,024' is not a number; write 1024 or 1.024",
    "batch_size: 64 images": "batch_size: '64 images' is not a number; write 64",
    "hidden_units: 64, 32": "a list stands in brackets; write hidden_units: [64, 32]",
    "learning_rate: 10^-3": "learning_rate: '10^-3' is not a number; write 1e-3",
    "learning_rate: 2·10⁻⁴": "learning_rate: '2·10⁻⁴' is not a number; write 2e-4",
    "learning_rate: 1e−3": "learning_rate: '1e−3' is not a number; write 1e-3",
    "dropout: 10 %": "dropout: '10 %' is not a number; write 0.1",
    "dropout: 1/4": "dropout: '1/4' is not a number; write 0.25",
    "dropout: ~": "dropout: None is not a number; write a value, or leave the line out",
    "dropout: None": "dropout: 'None' is not a number; leave the line out for the default",
    "nesterov: yes": "nesterov: 'yes' must be true or false; write true",
    "batch_size:64": "a space is missing after the colon; write batch_size: 64",
    "batch_size:": "a value is missing after batch_size",
    "batch_size = 64": "a colon is missing after the key; write batch_size: 64",
    "batch_size": "a colon and a value are missing after batch_size",
    "batch_size:\u00a064": "a non-breaking space stands in it; write batch_size: 64",
    "optimizer: “adam”": '“adam” is in typographic quotes; write adam, or straight quotes: "adam"',
    "optimizer: adam\u200b": "an invisible character stands at 'adam'; type it again with ordinary "
    "spaces",
}
CLAIM = {  # instead of `compare`
    "compare: {batch_size: [4, 128]}": "[4, 128] must be a mapping; write batch_size: {from: 4, to: "
    "128}",
    "compare: {batch_size: 4 -> 128}": "'4 -> 128' must be a mapping; write batch_size: {from: 4, "
    "to: 128}",
    "compare: {batch_size: 4 to 128}": "'4 to 128' must be a mapping; write batch_size: {from: 4, "
    "to: 128}",
    "compare: {optimizer: sgd vs. adam}": "'sgd vs. adam' must be a mapping; write optimizer: "
    "{from: sgd, to: adam}",
    "compare: {batch_size: [4, 16, 128]}": "[4, 16, 128] must be a mapping; it takes two levels, "
    "{from: A, to: B}; for more write trend: {batch_size: [4, 16, 128]} with a shape, or best: "
    "{batch_size: [4, 16, 128]} with is",
    "compare: {batch_size: 128}": "128 must be a mapping; write batch_size: {from: ..., to: 128}",
    "compare: {batch_size: (4, 128)}": "a list stands in brackets; write batch_size: [4, 128]",
    "compare: {batch_size: {4, 128}}": "a list stands in square brackets; write [4, 128]",
    "compare: {batch_size: {from 4, to 128}}": "a colon is missing after the key; write from: 4",
    "compare: batch_size": "'batch_size' must be a mapping; write it as in compare: {batch_size: "
    "{from: 4, to: 128}}",
    "compare: {batch_size: {from: [4, 8], to: 16}}": "batch_size: [4, 8] is not a number; write one "
    "number, not a list",
    "compare: {epochs: {from: 5, to: 10}}": "unknown hyperparameter 'epochs': write budget, with "
    "its unit in the level, such as 5 epochs",
    "compare: {seed: {from: 5, to: 10}}": "unknown hyperparameter 'seed': no claim varies the seeds; "
    "write seeds beside says, such as seeds: 10",
    "compare: {lr: {from: 0.1, to: 1}}": "unknown hyperparameter 'lr': write learning_rate",
    "compare: {batch_size: {from: 4, to: 128}, seeds: 3}": "'seeds' belongs beside compare, not in "
    "it",
    "compare:\n      batch_size: {from: 4, to: 128}\n      because: updates": "'because' belongs "
    "beside compare, not in it",
    "compare:": "None must be a mapping; nothing stands under it: indent the lines that belong to "
    "it, or leave it out",
    "compare:\n      - batch_size: 4": '[{\'batch_size\': 4}] must be a mapping; write its lines '
    'without "- "',
    "trend: {depth: 1..4}": "'1..4' must be a list; write depth: [1, 2, 3, 4]",
    "trend: {depth: 1, 2, 3}": "a list stands in brackets; write depth: [1, 2, 3]",
    "trend: {depth: {from: 1, to: 3}}": "{'from': 1, 'to': 3} must be a list; write a list of "
    "levels, as in depth: [1, 3]",
    "trend: {width: [8,16], depth: [1, 2]}": "width, depth: it takes at most 1 entry, not 2 (one "
    "factor with its levels from smallest to largest, at least 3)",
    "each: {epoch: 5}": "5 must be text or a list; write a range, as in epoch: 1..5",
}  # fmt: skip
EXPECT = {  # instead of {accuracy: lower}
    "accuracy higher": "'accuracy higher' must be a mapping; write expect: {accuracy: higher}",
    "[loss]": "['loss'] must be a mapping; write expect: {loss: lower}",
    "higher": "'higher' must be a mapping; write expect: {accuracy: higher}",
    "{accuracy: up}": "'up' is not allowed; write higher",
    "{accuracy: increase}": "'increase' is not allowed; write higher",
    "{accuracy: better}": "'better' is not allowed; write higher",
    "{loss: better}": "'better' is not allowed; write lower",
    "{accuracy: '>'}": "'>' is not allowed; write higher",
    "{accuracy: not worse}": "'not worse' is not allowed; write not_lower",
    "{accuracy: same}": "'same' is not allowed; that nothing changes is claimed by two lines, "
    "not_higher and not_lower",
    "{accuracy: '+0.01'}": "'+0.01' is not allowed; write higher, or with a size {is: higher, "
    "matters_from: 0.01}",
    "{accuracy: -0.01}": "-0.01 is not allowed; write lower, or with a size {is: lower, "
    "matters_from: 0.01}",
    "{higher: accuracy}": "'accuracy' is not allowed; write accuracy: higher",
    "{accuracy: {higher: 0.02}}": "unknown key 'higher': write is: higher, matters_from: 0.02",
    "{accuracy: {is: higher, by: 0.02}}": "unknown key 'by': write matters_from",
    "{accuracy:}": "a value is missing after accuracy",
    "{test_acc: higher}": "no run records the metric 'test_acc': write accuracy",
    "{runtime: lower}": "no run records the metric 'runtime': write train_time",
    "{accuracy: lower, at_equal: [5 epochs]}": "'at_equal' belongs beside expect, not in it",
}
AT_EQUAL = {  # instead of [300 steps]
    "300 steps": "'300 steps' must be a list; write at_equal: [300 steps]",
    "300": "300 must be a list; write it with a unit, as in at_equal: [300 steps]",
    "[300]": "300 must be text; write the unit too: 300 steps, samples, epochs or seconds",
    "{steps: 300}": "{'steps': 300} must be a list; write at_equal: [300 steps]",
    "300 steps, 5 epochs": "'300 steps, 5 epochs' must be a list; write at_equal: [300 steps, 5 "
    "epochs]",
    "\n      300 steps\n      5 epochs": "'300 steps 5 epochs' must be a list; write at_equal: [300 "
    "steps, 5 epochs]",
    "\n      -300 steps": "'-300 steps' must be a list; write at_equal: [300 steps]",
    "[38,400 samples]": "a comma separates entries here; write 38400 samples",
    "[300steps]": "budget '300steps' must read like '300 steps'; write 300 steps",
    "[300 iterations]": "budget '300 iterations': unknown kind 'iterations'; write 300 steps",
    "[5 min]": "budget '5 min': unknown kind 'min'; write 300 seconds",
    "['2,5 epochs']": "budget '2,5 epochs': '2,5' is not a number; a decimal comma? write 2.5",
    "[1.000 steps]": "budget '1.000 steps': '1.000' is not a number; write 1000 steps",
}
METRICS = {  # instead of {accuracy: {matters_from: 0.01}}
    "{accuracy: 0.01}": "0.01 must be a mapping; write accuracy: {matters_from: 0.01}",
    "{accuracy: {matters_from: 1%}}": "'1%' is not a number; write 0.01",
    "{accuracy: {matters_from: 1 point}}": "'1 point' is not a number; write 0.01",
    "{train_time: {matters_from: 10 %}}": "'10 %' is not a number; write 1.1x",
    "{accuracy: {matters_from: 0,01}}": "a decimal comma? write matters_from: 0.01",
    "{accuracy: {sesoi: 0.01}}": "unknown key 'sesoi': write matters_from",
    "{loss: {matters_from: 1, better: down}}": "'down' is not allowed; write lower",
    "{acc: {matters_from: 0.01}}": "no run records the metric 'acc': write accuracy",
    "{matters_from: 0.01}": "stands directly below metrics; name the metric, as in accuracy: "
    "{matters_from: 0.01}",
}
WHERE = {
    "top": (TOP, "data: digits\n", "data: digits\n{}\n"),
    "hypothesis": (HYPOTHESIS, "    expect", "    {}\n    expect"),
    "baseline": (BASELINE, "depth: 2", "depth: 2, {}"),
    "claim": (CLAIM, COMPARE, "{}"),
    "expect": (EXPECT, "{accuracy: lower}", "{}"),
    "at_equal": (AT_EQUAL, "[300 steps]", "{}"),
    "metrics": (METRICS, "{accuracy: {matters_from: 0.01}}", "{}"),
}
CASES = [(old, new, slip, words) for t, old, new in WHERE.values() for slip, words in t.items()]


@pytest.mark.parametrize(("old", "new", "slip", "words"), CASES, ids=[case[2] for case in CASES])
def test_a_slip_gets_one_message_that_says_what_to_write(tmp_path, old, new, slip, words):
    message = said(tmp_path, old, new.replace("{}", slip))
    assert len(message.splitlines()) == 1, message
    assert message.startswith("line ")
    assert message.partition(": ")[2] == words
