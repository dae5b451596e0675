"""Was the choice made on what then scores it?"""

from __future__ import annotations

from hyperverdict.checks.context import CheckContext
from hyperverdict.checks.model import NOT_APPLICABLE, Check, Found, blocks, check
from hyperverdict.words.numbers import seeds_text


@check(
    "blocks",
    title="Tuned values scored on fresh seeds",
    explains="Seeds that tuning used: a winner scored on the seeds that chose it looks better than "
    "it is.",
    remedy="Evaluate the tuned arms on fresh seeds.",
)
def tuned_on_evaluation_seeds(context: CheckContext) -> Found:
    """Tuning seeds overlap evaluation seeds."""
    if not context.trials:
        return NOT_APPLICABLE
    shared = {seed for trial in context.trials for seed in trial.seeds} & set(
        context.question.seeds
    )
    if not shared:
        return None
    noun = "seed" if len(shared) == 1 else "seeds"
    sentence = f"The winner is scored on seeds that chose it ({noun} {seeds_text(shared)})."
    return blocks(sentence, "leak", 9.5)


@check(
    "blocks",
    title="Reported split chose nothing",
    explains="Tables from elsewhere: whether the split that is reported also chose the epoch or "
    "the settings.",
    remedy="Choose on the validation set, and score the test set once.",
)
def selected_on_reported_split(context: CheckContext) -> Found:
    """Selection and report share a split."""
    if context.elsewhere is None:
        return NOT_APPLICABLE
    maximum = context.elsewhere.maximum.lower()
    if "test" in maximum:
        return blocks(f"The test set was used to choose ({maximum}).", "leak", 9.2)
    held = (context.elsewhere.metric_columns.get(m.name, "") for m in context.metrics)
    column = next((name.lower() for name in held if "val" in name.lower()), "")
    if context.notes.tuned and column:
        sentence = (
            "The settings were chosen on the validation split, which is also the split that is "
            f"reported ({column})."
        )
        return blocks(sentence, "leak", 9.2)
    return None


CHECKS: tuple[Check, ...] = (tuned_on_evaluation_seeds, selected_on_reported_split)
