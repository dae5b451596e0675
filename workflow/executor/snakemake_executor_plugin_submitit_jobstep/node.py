"""`python -m snakemake` for the nodes, which starts faster.

Snakemake imports every executor plugin that is installed, to offer its options, and some import
pandas. The call of an array task uses only those of this package.
"""

from __future__ import annotations

import gc
import pkgutil
import sys
from collections.abc import Iterable, Iterator
from typing import Any

EXECUTOR_PREFIX = "snakemake_executor_plugin_"
OWN_PREFIX = f"{EXECUTOR_PREFIX}submitit"


def own_executors_only(modules: Iterable[Any]) -> Iterator[Any]:
    """The modules without executor plugins of other packages."""
    for module in modules:
        if not module.name.startswith(EXECUTOR_PREFIX) or module.name.startswith(OWN_PREFIX):
            yield module


def hide_other_executors() -> None:
    """Let Snakemake's search for plugins find no executor of another package."""
    found = pkgutil.iter_modules

    def iter_modules(*args: Any, **kwargs: Any) -> Iterator[Any]:
        return own_executors_only(found(*args, **kwargs))

    pkgutil.iter_modules = iter_modules


def main() -> None:
    """Run Snakemake with this process' arguments."""
    # Nothing that imports make is garbage: collecting meanwhile would be for nothing.
    gc.disable()
    hide_other_executors()
    from snakemake.cli import main as snakemake

    gc.enable()
    sys.argv[0] = "snakemake"
    snakemake()


if __name__ == "__main__":
    main()
