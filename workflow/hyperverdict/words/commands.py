"""Commands to type, as they work in the present folder."""

from __future__ import annotations

import shlex
from pathlib import Path

_SNAKEFILE, _PROFILE = "Snakefile", "profiles/local"
# The clone that this package lies in; an installed copy has none.
CLONE = Path(__file__).resolve().parents[3]


def snakemake(study: str | Path, *, target: str = "", clone: Path = CLONE) -> str:
    """The call of Snakemake for a study file.

    In a clone it is the short one. Elsewhere it names the files of the clone.

    Args:
        target: what to make; "" for the whole study.
    """
    words = ["snakemake", *([target] if target else [])]
    profile = Path(_PROFILE)
    here = Path(_SNAKEFILE).is_file() and profile.is_dir()
    if not here and (clone / _SNAKEFILE).is_file():
        words += ["--snakefile", shlex.quote(str(clone / _SNAKEFILE))]
        profile = clone / _PROFILE
    words += ["--profile", shlex.quote(str(profile)), "--configfile", shlex.quote(str(study))]
    return " ".join(words)


def time_again(study: str | Path) -> str:
    """The call that measures the times of a study's arms once more, and judges them."""
    return f"{snakemake(study)} --forcerun time_contrast"
