"""HyperVerdict: claims about hyperparameters become verdicts that hold up.

Data flows one way, and a module imports only from packages before its own:

    errors, runs, vocabulary, stats, effects, words, claims, study, design, training, records,
    ledger, outcomes, checks, verdicts, foreign, figures, report
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from hyperverdict.compare import compare as compare


def __getattr__(name: str) -> Any:
    """`hyperverdict.compare`, loaded when first used: it needs pandas and scipy."""
    if name == "compare":
        from hyperverdict.compare import compare

        # Importing the module has put it under this name; the function takes its place.
        globals()[name] = compare
        return compare
    raise AttributeError(f"module 'hyperverdict' has no attribute {name!r}")
