"""Models and data sets of the user's own, each tried once: by `hyperverdict check`, and before the
first job of a run.

So that a mistake in them is one message, and not the failure of every job.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from hyperverdict.apart import prepare_apart, try_networks_apart
from hyperverdict.design.plan import make_plan
from hyperverdict.errors import UserError
from hyperverdict.invocation import Invocation
from hyperverdict.preparing import Preparer
from hyperverdict.runs.files import why_unwritable
from hyperverdict.study.load import load_study
from hyperverdict.study.model import Study
from hyperverdict.vocabulary.configuration import Configuration, parse_path
from hyperverdict.vocabulary.datasets import FACTS_FILE, PREPARED
from hyperverdict.vocabulary.hyperparameters import is_callable_name
from hyperverdict.vocabulary.users import Users, model_arguments
from hyperverdict.vocabulary.vocabulary import Vocabulary
from hyperverdict.words.numbers import count
from hyperverdict.words.printing import tell

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
    users = study.vocabulary.users
    if users.any:
        configurations = [run.configuration for run in make_plan(study).all_runs]
        for line in _data_lines(configurations, study):
            say(line)
        for line in try_before_jobs(configurations, users):
            say(line)
    return study


def try_folders(run: Invocation) -> None:
    """Raises UserError where a folder into which jobs write may only be read."""
    places = (run.results, run.results / "runs", run.folder, Path(PREPARED))
    why = next(filter(None, map(why_unwritable, places)), "")
    if run.main and why:
        raise UserError(
            f"{why}, and this study writes there. Correct the rights of the folder, or how its disk"
            " is mounted, and call the same command again"
        )


def try_own(run: Invocation, say: Callable[[str], None] = tell) -> None:
    """Try the user's own data and models of an invocation whose runs are missing.

    Raises UserError for what would fail in a job.
    """
    users = run.study.vocabulary.users
    if run.main and users.any:
        missing = [state.run.configuration for state in run.states().values() if state.missing]
        try_before_jobs(missing, users, say)


def try_before_jobs(
    configurations: Sequence[Configuration],
    users: Users,
    say: Callable[[str], None] = lambda _: None,
) -> list[str]:
    """Prepare the user's own data and build the user's own models of configurations once.

    Args:
        say: is told what is prepared.

    Returns a line on each network. Raises UserError for what would fail in a job.
    """
    own = [c for c in configurations if c.data in users.data]
    tried = distinct_networks(configurations)
    for name in dict.fromkeys(c.prepared for c in (*own, *tried)):
        if not (users.prepared / name / FACTS_FILE).exists():
            say(f"Preparing {name}.")
            prepare_apart(name, users)
    return try_networks_apart([c.path for c in tried], users) if tried else []


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


def distinct_networks(configurations: Iterable[Configuration]) -> list[Configuration]:
    """One configuration for each network of the user's own, at most MAX_NETWORKS."""
    distinct: dict[tuple[Any, ...], Configuration] = {}
    for configuration in configurations:
        name = configuration["model"]
        if is_callable_name(name):
            model = configuration.vocabulary.users.models[name]
            # The older contract may read anything of the configuration.
            takes = configuration.levels if model.whole else ()
            arguments = model_arguments(model, configuration)
            on = (configuration.prepared, configuration["classes"])
            distinct.setdefault((name, str(arguments), str(takes), *on), configuration)
    return list(islice(distinct.values(), MAX_NETWORKS))


def try_networks(paths: Iterable[str], users: Users) -> list[str]:
    """Build networks and train each on two images, in this process; gives a line on each.

    Args:
        paths: canonical paths of their configurations, whose data are prepared.

    Raises UserError for the first that would fail in training.
    """
    vocabulary = Vocabulary(users=users)
    return [_tried(parse_path(path, vocabulary)) for path in paths]


def _tried(configuration: Configuration) -> str:
    from hyperverdict.training.dataset import load_for
    from hyperverdict.training.own_network import try_network

    name = configuration["model"]
    users = configuration.vocabulary.knowing([name]).users
    data = load_for(configuration, users.prepared / configuration.prepared)
    images = data.normalise(data.train.images[:2])
    parameters = try_network(configuration, data.shape, data.classes, images)
    arguments = model_arguments(users.models[name], configuration)
    given = ", ".join(f"{argument} {value}" for argument, value in arguments.items())
    described = f" with {given}" if given else ""
    return f"{name}{described} on {configuration.prepared}: {count(parameters, 'parameter')}"
