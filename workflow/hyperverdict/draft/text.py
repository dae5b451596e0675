"""The text of a study file, with comments where only its author can say what belongs there."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Sequence
from typing import Any

from hyperverdict.draft.model import Declared, Draft
from hyperverdict.draft.scores import Score
from hyperverdict.study.own import OPEN_WORD
from hyperverdict.vocabulary.metrics import BETTER, reported
from hyperverdict.words.commands import snakemake

TODO = OPEN_WORD
_WIDTH = 96
_SIZE = "the smallest difference you would act on"


def study_text(draft: Draft, file: str) -> str:
    """The content of the study file.

    Args:
        file: its name, for the commands in its first lines.
    """
    blocks = [
        _head(draft, file), _train(draft), _data(draft), _hyperparameters(draft), _metrics(draft),
        _plan(draft), _claim(draft),
    ]  # fmt: skip
    return "\n".join("\n".join(block) + "\n" for block in map(list, blocks) if block)


def open_lines(text: str) -> list[tuple[int, str]]:
    """(line, text) of everything that is left to the author."""
    lines = enumerate(text.splitlines(), 1)
    return [(n, line.partition(TODO)[2].strip(': "')) for n, line in lines if f"{TODO}:" in line]


def _head(draft: Draft, file: str) -> Iterator[str]:
    yield f"# Written by: hyperverdict new {shlex.quote(' '.join(draft.source.split()))}"
    yield f"# Lines with {TODO} need you. docs/own-training.md explains every key."
    yield "# Is it complete?    hyperverdict check " + file
    yield f"# What would train?  {snakemake(file)} -n"
    yield f"study: {draft.name}"


def _train(draft: Draft) -> Iterator[str]:
    yield "train:"
    if draft.call:
        yield f"  call: {draft.call}"
        yield from _missing(draft)
        if draft.package:
            yield f"packages: [{draft.package}]   # not in this folder: do you trust it?"
        return
    yield from _missing(draft)
    for flag, role in draft.to_give:
        also = ", and name its files under data" if role == "data" else ""
        yield f"  # {TODO}: {draft.script} requires {flag}; write its value for {TODO}{also}"
    yield from _command(draft.command)
    listed = ", ".join(map(scalar, draft.code))
    if draft.code:
        yield f"  code: [{listed}]   # runs of other code stay apart"
    else:
        yield f"  code: []   # {TODO}: the files that it is made of, such as [train.sh, src/]"
    for flag, reason in draft.left_out:
        yield f"  # not passed: {flag} ({reason})"


def _command(command: Sequence[str]) -> Iterator[str]:
    """The command as one folded text; in quotes where a word holds a line break."""
    words = [w if re.fullmatch(r"[\w{}=./:,@%+-]+", w) else shlex.quote(w) for w in command]
    if any("\n" in word for word in words):
        yield f"  command: {json.dumps(' '.join(words), ensure_ascii=False)}"
        return
    yield "  command: >-"
    line = ""
    for word in words:
        if line and len(line) + len(word) >= _WIDTH:
            yield f"    {line}"
            line = ""
        line = f"{line} {word}" if line else word
    yield f"    {line}"


def _missing(draft: Draft) -> Iterator[str]:
    """What to add to the script, in its own lines."""
    if "seed" in draft.missing and draft.call:
        yield f"  # {TODO}: add the argument `seed` to {draft.script}, for all random numbers"
    elif "seed" in draft.missing:
        yield f"  # {TODO}: {draft.script} takes no seed; add --seed {{seed}} below, and to it:"
        yield f'  #     {draft.names[0]}.add_argument("--seed", type=int, default=0)'
        yield from (f"  #     {line}" for line in _seeding(draft))
    if "metrics" not in draft.missing:
        return
    parser, args = draft.names
    if draft.writes is not None:
        file = json.dumps(draft.writes.file)
        yield (
            f"  # {TODO}: {draft.script} always writes {draft.writes.file}; "
            "add --out {metrics} below, and to it:"
        )
        yield f'  #     {parser}.add_argument("--out", default={file})'
        yield f"  #     {args}.out in the place of {file} in line {draft.writes.line}"
    else:
        yield f"  # {TODO}: {draft.script} has no output; add --out {{metrics}} below, and to it:"
        yield from (f"  #     {line}" for line in _csv_lines(draft))


_SEEDING = {
    "random": "random.seed({args}.seed)",
    "numpy": "numpy.random.seed({args}.seed)",
    "torch": "torch.manual_seed({args}.seed)",
    "tensorflow": "tensorflow.keras.utils.set_random_seed({args}.seed)",
    "sklearn": "...(random_state={args}.seed)  # in every estimator and split",
}


def _seeding(draft: Draft) -> list[str]:
    """How the libraries that the script imports are given a seed."""
    known = [name for name in draft.libraries if name in _SEEDING] or ["random"]
    return [_SEEDING[name].format(args=draft.names[1]) for name in known]


def _csv_lines(draft: Draft) -> Iterator[str]:
    """Python that writes scores to a CSV file."""
    unit = draft.unit.removesuffix("s") or "step"
    names = [score.reported for score in draft.scores[:2]] or ["accuracy", "loss"]
    cells = ", ".join(re.sub(r"\W", "_", name) for name in names)
    parser, args = draft.names
    yield f'{parser}.add_argument("--out", default="metrics.csv")'
    yield "import csv"
    yield f'with open({args}.out, "w", newline="") as file:  # around the training'
    yield "    table = csv.writer(file)"
    yield f"    table.writerow({json.dumps([unit, *names])})"
    yield f"    table.writerow([{unit}, {cells}])  # after every {unit}"


def _data(draft: Draft) -> Iterator[str]:
    if draft.data:
        yield f"data: [{', '.join(map(scalar, draft.data))}]   # runs on other data stay apart"
    else:
        yield "# data: [FOLDER]   # files and folders that it reads; runs on other data stay apart"


def _hyperparameters(draft: Draft) -> Iterator[str]:
    if not draft.declared or draft.call:
        return
    yield "hyperparameters:   # may also have: allowed: {from: 0, to: 1}, unit, title"
    for row in draft.declared:
        yield f"  {row.name}: {_entry(row)}"


def _entry(row: Declared) -> str:
    parts = [] if row.default is None else [f"default: {scalar(row.default)}"]
    parts += [f"type: {row.kind}"] if row.kind else []
    parts += [f"allowed: [{', '.join(map(scalar, row.allowed))}]"] if row.allowed else []
    parts += [f"flag: {scalar(row.flag)}"] if row.flag else []
    parts += [f"title: {scalar(row.title)}"] if row.title else []
    entry = "{" + ", ".join(parts) + "}"
    if row.default is None:
        return f"{entry}   # {TODO}: add default: its value where the study states none"
    return entry


def _metrics(draft: Draft) -> Iterator[str]:
    if not draft.scores:
        where = "with which the function reports it" if draft.call else "in the file of metrics"
        yield f"# {TODO}: the scores of your claims, each with the name {where}:"
        yield "# metrics:"
        yield f"#   accuracy: {{from: test_acc, better: higher, matters_from: 0.01}}   # {_SIZE}"
        return
    yield "metrics:"
    for score in draft.scores:
        yield f"  {score.metric}: {_metric(score)}"
        known = reported(score.metric, validated=False)
        if known.is_fraction:
            entry = f"from: {scalar(score.reported)}, better: {known.better}, matters_from: 1"
            yield f"  # or in percent: {score.metric}_percent: {{{entry}, unit: points}}"


def _metric(score: Score) -> str:
    size = reported(score.metric, validated=False).matters_from
    parts = [f"from: {scalar(score.reported)}"]
    parts += [f"validation: {scalar(score.validation)}"] if score.validation else []
    parts += [f"matters_from: {size:g}"] if size is not None else []
    entry = "{" + ", ".join(parts) + "}"
    if size is not None:
        return f"{entry}   # {TODO}: {_SIZE}"
    direction = "" if score.metric in BETTER else "better: higher or lower, and "
    return f"{entry}   # {TODO}: for claims, add {direction}matters_from: {_SIZE}"


def _plan(draft: Draft) -> Iterator[str]:
    if not draft.unit:
        yield f"# {draft.script} is not told how long to train, so a run is one training."
    elif draft.length is None:
        unit = draft.unit
        yield f"baseline: {{budget: LENGTH {unit}}}   # {TODO}: how long every run trains"
    else:
        yield f"baseline: {{budget: {draft.length:g} {draft.unit}}}   # how long every run trains"
    yield "seeds: 10"


def _claim(draft: Draft) -> Iterator[str]:
    yield "hypotheses:"
    yield "  H1:"
    yield f'    says: "{TODO}: your claim in your own words"'
    yield f"    compare: {{{_compared(draft)}}}   # {TODO}: what you vary, two levels"
    sized = [
        s for s in draft.scores if reported(s.metric, validated=False).matters_from is not None
    ]
    names = [s.metric for s in (sized or draft.scores)[:1]] or ["accuracy"]
    lines = [f"{name}: {BETTER.get(name, 'higher')}" for name in names]
    yield f"    expect: {{{', '.join(lines)}}}   # {TODO}: higher, lower, not_higher or not_lower"


def _compared(draft: Draft) -> str:
    """A hyperparameter with two levels; its default is the first."""
    for row in draft.declared:
        other = _other(row)
        if other is not None and row.default is not None:
            return f"{row.name}: {{from: {scalar(row.default)}, to: {scalar(other)}}}"
    name = draft.declared[0].name if draft.declared else "HYPERPARAMETER"
    return f"{name}: {{from: LEVEL, to: LEVEL}}"


def _other(row: Declared) -> Any:
    """A second level: another one that is allowed, or half of the default."""
    if row.allowed:
        return next((level for level in row.allowed if level != row.default), None)
    if isinstance(row.default, bool):
        return not row.default
    if not isinstance(row.default, (int, float)) or row.default <= 0:
        return None
    if row.kind == "whole":
        return row.default // 2 or 2
    return float(f"{row.default / 2:.6g}")


_PLAIN = re.compile(r"[A-Za-z_./]([\w./+ -]*[\w./+-])?")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n", "inf", "nan"})


def scalar(value: object) -> str:
    """A value as YAML writes it in one line; text is quoted where it needs to be."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"{value:.12g}"
    text = str(value)
    plain = _PLAIN.fullmatch(text) and text.lower().strip(".") not in _WORDS
    plain = plain and not re.fullmatch(r"\.?\d.*|\.", text)
    return text if plain else json.dumps(text, ensure_ascii=False)
