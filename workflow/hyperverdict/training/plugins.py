"""A user's own data set or model, named as ``module:callable``."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable
from typing import Any

from hyperverdict.errors import UserError, nearest


def named_callable(name: str, what: str) -> Callable[..., Any]:
    """The callable that ``module:callable`` names; modules beside the Snakefile are found too.

    Raises UserError naming `what` when the module or the callable is missing.
    """
    module_name, _, attribute = name.partition(":")
    try:
        module = _import(module_name)
    except ImportError as error:
        raise UserError(
            f"{what} {name!r}: module {module_name!r} does not import: {error}"
        ) from error
    found = getattr(module, attribute, None)
    if not callable(found):
        public = [n for n in vars(module) if not n.startswith("_") and callable(vars(module)[n])]
        hint = nearest(attribute, public) if public else "it has no callables"
        raise UserError(f"{what} {name!r}: {module_name} has no callable {attribute!r}; {hint}")
    return found  # type: ignore[no-any-return]


def _import(name: str) -> Any:
    folder = os.getcwd()
    # Snakemake puts the script's folder on sys.path, not the one it was started in.
    if folder not in sys.path and "" not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)
