"""Checks 9 and 14: was the choice made on what then scores it?"""

from __future__ import annotations

from hyperverdict.checks.context import Case
from hyperverdict.verdicts.model import Check
from hyperverdict.words.counting import seeds_text


def tuned_on_evaluation_seeds(case: Case) -> Check | None:
    """9 B: tuning seeds overlap evaluation seeds."""
    tuning = {seed for trial in case.trials for seed in trial.seeds}
    shared = tuning & set(case.question.hypothesis.seeds)
    if not shared:
        return None
    noun = "seed" if len(shared) == 1 else "seeds"
    sentence = f"The winner is scored on the seeds that chose it ({noun} {seeds_text(shared)})."
    return Check("9", "blocks", sentence, "leak", 9.5)


def selected_on_the_reported_split(case: Case) -> Check | None:
    """14 B: selection and report share a split."""
    maximum = str(case.source.get("maximum", "")).lower()
    column = str(case.source.get("column", "")).lower()
    if "test" in maximum:
        return Check("14", "blocks", f"The test set was used to choose ({maximum}).", "leak", 9.2)
    if case.said_to_be_tuned and "val" in column:
        sentence = (
            f"The validation split chose the settings and is the split that is reported ({column})."
        )
        return Check("14", "blocks", sentence, "leak", 9.2)
    return None


CHECKS = (tuned_on_evaluation_seeds, selected_on_the_reported_split)
