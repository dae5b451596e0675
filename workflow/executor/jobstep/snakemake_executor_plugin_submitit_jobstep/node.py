"""`python -m snakemake` for the nodes, which starts faster and takes targets of any spelling.

Snakemake imports every executor plugin that is installed, to offer its options, and some import
pandas. The call of an array task uses only those of this package.

Its own `--target-jobs rule:name=value,...` cannot hold a value with a comma or an equals sign: a
target is JSON here.
"""

from __future__ import annotations

import gc
import json
import pkgutil
import sys
from collections.abc import Iterable, Iterator, Mapping
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


def encode_target(rule: str, wildcards: Mapping[str, Any]) -> str:
    """A job as one argument of `--target-jobs`."""
    return json.dumps([rule, {name: str(value) for name, value in wildcards.items()}])


def decode_targets(arguments: Iterable[str] | None) -> list[Any] | None:
    """Inverse of `encode_target` over all arguments: Snakemake's own target specifications."""
    from snakemake_interface_executor_plugins.utils import TargetSpec

    return None if arguments is None else [TargetSpec(*json.loads(text)) for text in arguments]


def main() -> None:
    """Run Snakemake with this process' arguments."""
    # Nothing that imports make is garbage: collecting meanwhile would be for nothing.
    gc.disable()
    hide_other_executors()
    from snakemake import cli

    gc.enable()
    cli.parse_target_jobs_cli_args = decode_targets
    sys.argv[0] = "snakemake"
    cli.main()


if __name__ == "__main__":
    main()
