"""`hyperverdict check` on models and data sets of the user's own: each is tried once.

So that a typo is found before anything is scheduled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from hyperverdict.design.plan import make_plan
from hyperverdict.errors import UserError
from hyperverdict.preparing import Preparer, prepare_apart
from hyperverdict.study.load import load_study
from hyperverdict.study.model import Study
from hyperverdict.vocabulary.configuration import Configuration
from hyperverdict.vocabulary.datasets import FACTS_FILE
from hyperverdict.vocabulary.hyperparameters import is_callable_name
from hyperverdict.vocabulary.users import Users, model_arguments
from hyperverdict.vocabulary.vocabulary import Vocabulary
from hyperverdict.words.numbers import count

# Networks that are built at most: of a model with many levels not all combinations.
MAX_NETWORKS = 20


def check_study(path: Path, say: Callable[[str], None]) -> Study:
    """Read and check a study, prepare its own data sets and build its own models once.

    Args:
        say: is told what was tried.

    Raises UserError for what is wrong, with the line of the study or of the user's code.
    """
    preparer = Preparer(say, every=True)
    study = load_study(path, Vocabulary(users=Users(preparer=preparer)))
    if study.vocabulary.users.any:
        configurations = [run.configuration for run in make_plan(study).all_runs]
        for line in (*_data_lines(configurations, study), *_model_lines(configurations)):
            say(line)
    return study


def _data_lines(configurations: list[Configuration], study: Study) -> Iterator[str]:
    own = study.vocabulary.users.data
    for name in dict.fromkeys(c.prepared for c in configurations if c.data in own):
        facts = study.vocabulary.facts(name)
        if facts is None:
            raise UserError(f"data set {name!r} was prepared, and its facts cannot be read")
        train, validation, test = facts.sizes()
        shape = " x ".join(map(str, facts.shape))
        classes = count(len(facts.class_counts), "class")
        yield (
            f"{name}: {classes}, {train:,} training, {validation:,} validation and {test:,} test "
            f"images of {shape}"
        )


def _model_lines(configurations: list[Configuration]) -> Iterator[str]:
    """Builds each distinct network of the user's own, and trains it on two images."""
    distinct: dict[tuple[Any, ...], tuple[Configuration, dict[str, Any]]] = {}
    for configuration in configurations:
        name = configuration["model"]
        if is_callable_name(name):
            model = configuration.vocabulary.users.models[name]
            # The older contract may read anything of the configuration.
            takes = configuration.levels if model.whole else ()
            arguments = model_arguments(model, configuration)
            on = (configuration.prepared, configuration["classes"])
            key = (name, str(arguments), str(takes), *on)
            distinct.setdefault(key, (configuration, arguments))
    for configuration, arguments in islice(distinct.values(), MAX_NETWORKS):
        given = ", ".join(f"{name} {value}" for name, value in arguments.items())
        described = f" with {given}" if given else ""
        parameters = _try(configuration)
        yield (
            f"{configuration['model']}{described} on {configuration.prepared}: "
            f"{count(parameters, 'parameter')}"
        )


def _try(configuration: Configuration) -> int:
    from hyperverdict.training.dataset import load_for
    from hyperverdict.training.own_network import try_network

    users = configuration.vocabulary.users
    folder = users.prepared / configuration.prepared
    if not (folder / FACTS_FILE).exists():
        prepare_apart(configuration.prepared, users)
    data = load_for(configuration, folder)
    images = data.normalise(data.train.images[:2])
    return try_network(configuration, data.shape, data.classes, images)
