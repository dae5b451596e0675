"""The vocabulary of a study: its hyperparameters and the facts of its data sets, as one value."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from hyperverdict.errors import TYPING_ERROR, UserError, match, nearest
from hyperverdict.vocabulary.aliases import is_seed, length_unit, metric_meant, own_name
from hyperverdict.vocabulary.budget import KINDS, Budget, BudgetKind, parse_budget
from hyperverdict.vocabulary.datasets import DATASETS, DatasetFacts, prepared_facts
from hyperverdict.vocabulary.hyperparameters import (
    HANDLES,
    HYPERPARAMETERS,
    MAX_COMPONENT_BYTES,
    Hyperparameter,
    Level,
    is_callable_name,
    spell_any,
    undescribed,
)
from hyperverdict.vocabulary.metrics import RECORDED
from hyperverdict.vocabulary.training import TRAIN, Training
from hyperverdict.vocabulary.users import MARK, Users, own_handles, own_rows

# The factor that is no hyperparameter: how long a run trains.
BUDGET = "budget"


@dataclass(frozen=True)
class Vocabulary:
    """What a study may name.

    Attributes:
        hyperparameters: by name, in the order of paths.
        handles: names that each set a part of a hyperparameter (width and depth).
        data_sets: facts of the data sets that are known without opening them.
        complete: a configuration has a level for each hyperparameter, its default where none is
            given. Not so for runs from elsewhere, of which only the named levels are known.
        aliases: other names of a factor -> its own, as in tables from elsewhere.
        training: the user's own training that runs are made with; None for our own loop.
        users: models and data sets of the user's own for our own loop; `knowing` adds to them.
    """

    hyperparameters: Mapping[str, Hyperparameter] = field(default_factory=lambda: HYPERPARAMETERS)
    handles: Mapping[str, Hyperparameter] = field(default_factory=lambda: HANDLES)
    data_sets: Mapping[str, DatasetFacts] = field(default_factory=lambda: DATASETS)
    complete: bool = True
    aliases: Mapping[str, str] = field(default_factory=dict)
    training: Training | None = None
    users: Users = field(default_factory=Users)

    @property
    def factors(self) -> tuple[str, ...]:
        """All that a claim may vary."""
        return (*(n for n in self.hyperparameters if n != TRAIN), *self.handles, BUDGET)

    @property
    def ours(self) -> bool:
        """Whether runs are made by our own loop, on data and with a batch size that we know."""
        return self.complete and self.training is None

    @property
    def budget_kinds(self) -> tuple[BudgetKind, ...]:
        """The units in which a study may state budgets."""
        return KINDS if self.training is None else (self.training.unit,)

    @property
    def path_kinds(self) -> tuple[BudgetKind, ...]:
        """The units of budgets in the paths of runs."""
        return ("steps", "seconds") if self.training is None else (self.training.unit,)

    def knowing(self, models: Iterable[str] = (), data: Iterable[str] = ()) -> Vocabulary:
        """The same with these models and data sets known, where they are the user's own.

        Raises UserError for what cannot be found, called or declared.
        """
        models, data = tuple(models), tuple(data)
        if not self.ours or self.users.knows(models, data):
            return self
        users = self.users.knowing(models, data)
        rows, handles = own_rows(users), own_handles(users)
        return replace(self, users=users, hyperparameters=rows, handles=handles)

    def resolve(self, factor: str) -> str:
        """A factor's own name."""
        return self.aliases.get(factor, factor)

    @cached_property
    def described(self) -> Mapping[str, Hyperparameter]:
        """The hyperparameters and the handles on them."""
        return {**self.handles, **self.hyperparameters}

    def read(self, factor: str, raw: object) -> Level:
        """The canonical level of a factor; UserError names what is allowed."""
        if factor == BUDGET:
            return raw if isinstance(raw, Budget) else parse_budget(raw, self.budget_kinds)
        row = self._row(factor, raw)
        try:
            level = row.read(raw)
            if factor == "data" and self.ours:
                self.check_data(level)
        except UserError as error:
            raise UserError(f"{factor}: {error}", about=factor) from None
        return level

    def check_data(self, name: str) -> None:
        """Refuse a data set that is neither known here nor the user's own with UserError."""
        known = (*self.data_sets, *self.users.data_sets)
        if name not in known and not is_callable_name(name):
            raise UserError(f"unknown data set {name!r}; {nearest(name, known)}")

    def check_factor(self, factor: str, raw: object = None) -> None:
        """Refuse a word that is no factor with UserError, naming the one that is meant.

        Args:
            raw: the level that is written for it.
        """
        if factor != BUDGET:
            self._row(factor, raw)

    def _row(self, factor: str, raw: object = None) -> Hyperparameter:
        row = self.described.get(factor)
        if row is not None:
            return row
        hint = self.users.hint(factor)
        if hint:
            raise UserError(f"unknown hyperparameter {factor!r}; {hint}", about=factor)
        if self.complete:
            raise unknown_factor(factor, self.factors, raw)
        raise UserError(
            f"no column holds {factor!r}; {nearest(factor, self.factors)} Say which one does under "
            f"`columns:`, such as columns: {{{factor}: THEIR_NAME}}.",
            about=factor,
        )

    def parse(self, factor: str, text: str) -> Level:
        """The canonical level that a path spells."""
        row = self.hyperparameters.get(factor)
        if row is None or row.parse is None:
            return self.read(factor, text)
        try:
            return row.parse(text)
        except UserError as error:
            raise UserError(f"{factor}: {error}", about=factor) from None

    def spell(self, factor: str, level: Level) -> str:
        """The text of a canonical level, as in labels and paths."""
        if factor == BUDGET:
            return str(level)
        row = self.described.get(factor)
        text = row.spell(level) if row is not None else spell_any(level)
        if self.complete and len(f"{factor}~{text}".encode()) > MAX_COMPONENT_BYTES:
            raise UserError(
                f"{factor}: spelled {text[:40]}..., longer than a path component may be"
            )
        return text

    def show(self, factor: str, level: Level) -> str:
        """The text of a canonical level for people."""
        row = self.hyperparameters.get(factor)
        if row is not None and not isinstance(level, tuple) and level in row.words:
            return row.words[level]
        return self.spell(factor, level)

    def facts(self, data: str) -> DatasetFacts | None:
        """The facts of a data set; None for one of the user's own that is not prepared yet.

        Args:
            data: its name; for one of the user's own that of its prepared copy.
        """
        if not self.ours or data in self.data_sets:
            return self.data_sets.get(data)
        if data.partition(MARK)[0] not in self.users.data:
            return None
        if self.users.preparer is not None:
            self.users.preparer.meet(data, self.users)
        return prepared_facts(data, self.users.prepared)

    def needed_facts(self, data: str) -> DatasetFacts | None:
        """The same, prepared for it where that can be done; None where it cannot."""
        facts = self.facts(data)
        if facts is None and self.users.preparer is not None:
            self.users.preparer.need(data, self.users)
            facts = self.facts(data)
        return facts


def unknown_factor(word: str, factors: Iterable[str], raw: object = None) -> UserError:
    """The message for a word that is no factor, with the word to write.

    Args:
        raw: the level that is written for it.
    """
    known = tuple(factors)
    own, unit = own_name(word, known, raw), length_unit(word)
    near = match(word, known, TYPING_ERROR)
    if near:
        hint = f"; did you mean {near!r}?"
    elif own and own != word:
        hint = f": write {own}"
    elif unit:
        amount = raw if isinstance(raw, (int, str)) and str(raw).isdigit() else 300
        hint = f": write {BUDGET}, with its unit in the level, such as {amount} {unit}"
    elif is_seed(word):
        hint = ": no claim varies the seeds; write seeds beside says, such as seeds: 10"
    elif metric_meant(word, RECORDED):
        hint = ": it is a metric; write it under expect"
    else:
        hint = f"; {nearest(word, known)}"
    return UserError(f"unknown hyperparameter {word!r}{hint}", about=word)


OURS = Vocabulary()


def of_columns(names: Iterable[str], aliases: Mapping[str, str] | None = None) -> Vocabulary:
    """The vocabulary of a table from elsewhere: its columns, with any levels."""
    rows = {name: undescribed(name) for name in dict.fromkeys(("data", *names)) if name != BUDGET}
    return Vocabulary(rows, {}, DATASETS, complete=False, aliases=aliases or {})


def of_users(plain: Mapping[str, Any]) -> Vocabulary:
    """Our vocabulary in a job, which finds the user's own models and data where its study does.

    Args:
        plain: what `Users.plain` gave in the process that read the study.
    """
    return Vocabulary(users=Users.of_plain(plain))
