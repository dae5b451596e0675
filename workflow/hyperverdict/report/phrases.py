"""What a verdict means for a claim, as templates: one entry per claim type and evidence.

Slots: {where} "at 300 steps" or "in these runs"; {size} the smallest effect of interest; {metric};
{grade} what is known of the size; {failing} the parts of a trade-off that do not hold; {how} what
refutes a trend.
"""

from __future__ import annotations

from collections.abc import Mapping

ARITHMETIC = "The claim is true by arithmetic: no training run could contradict it."

MEANING: Mapping[str, Mapping[str, str]] = {
    "definitional": {
        "refuted": "The claim is wrong by arithmetic: no training run could rescue it.",
    },
    "comparison": {
        "supported": "The claim holds {where}: the difference has the claimed direction{grade}.",
        "refuted": "The claim does not hold {where}: the difference goes the other way.",
        "no meaningful effect": "The claim does not hold {where} in any size that matters: the "
        "difference, if there is one, is below {size}.",
        "inconclusive": "These runs do not decide the claim {where}: they fit no difference as "
        "well "
        "as one that matters.",
    },
    "trade-off": {
        "supported": "The whole trade-off holds {where}: every part of it has the claimed "
        "direction.",
        "refuted": "The trade-off does not hold {where}: {failing}.",
        "no meaningful effect": "The trade-off does not hold {where}: {failing}.",
        "inconclusive": "The trade-off is undecided {where}: {failing}.",
    },
    "trend": {
        "supported": "The trend holds over the tested levels {where}; nothing is known beyond "
        "them.",
        "refuted": "The trend in {metric} does not hold {where}: {how}.",
        "no meaningful effect": "There is no trend that matters {where}: over the whole tested "
        "range "
        "the change is below {size}.",
        "inconclusive": "The trend is undecided {where}: the changes between levels are smaller "
        "than "
        "these seeds can tell apart.",
    },
    "universal": {
        "supported": "The claim holds in every context that was tested {where}. More than that "
        "“always” cannot mean here: other contexts were not tried.",
        "refuted": "“Always” is wrong {where}: at least one tested context shows the opposite, "
        "or no "
        "effect that matters.",
        "no meaningful effect": "“Always” is wrong {where}: in the tested contexts the effect is "
        "below "
        "{size}.",
        "inconclusive": "“Always” is neither confirmed nor contradicted {where}: no context speaks "
        "against it, but at least one is undecided.",
    },
    "interaction": {
        "supported": "The effect depends on the other factor {where}, in the claimed way.",
        "refuted": "The effect depends on the other factor {where}, but in the opposite way.",
        "no meaningful effect": "The effect does not depend on the other factor {where} in any "
        "size "
        "that matters: it changes by less than {size}.",
        "inconclusive": "Whether the effect depends on the other factor is undecided {where}.",
    },
    "conditional": {
        "supported": "“Only” holds {where}: the effect is there in the named contexts, not in the "
        "others, and the two differ.",
        "refuted": "“Only” is wrong {where}: the effect is missing where it was claimed, or "
        "present "
        "where it was excluded.",
        "no meaningful effect": "“Only” does not hold {where}: the contexts differ by less than "
        "{size}.",
        "inconclusive": "“Only” is undecided {where}: of its three parts (an effect in the named "
        "contexts, none in the others, a difference between them) at least one is open.",
    },
    "importance": {
        "supported": "Over the tested ranges the first group of hyperparameters matters more "
        "{where}. "
        "Other ranges could change that.",
        "refuted": "Over the tested ranges the second group of hyperparameters matters more "
        "{where}, "
        "against the claim. Other ranges could change that.",
        "no meaningful effect": "Over the tested ranges both groups of hyperparameters matter "
        "about "
        "equally {where}: their shares of the variance differ by less than {size}.",
        "inconclusive": "Which group of hyperparameters matters more is undecided {where}.",
    },
    "learning curve": {
        "supported": "Every step along training does what the claim says {where}.",
        "refuted": "Not every step along training does what the claim says {where}.",
        "no meaningful effect": "The steps along training change {metric} by less than {size} "
        "{where}.",
        "inconclusive": "Whether every step along training does what the claim says is undecided "
        "{where}: at least one step is too close to call.",
    },
    "strategy": {
        "supported": "At equal cost the claimed search strategy does better {where}.",
        "refuted": "At equal cost the claimed search strategy does worse {where}.",
        "no meaningful effect": "At equal cost both search strategies do equally well {where}, to "
        "within {size}.",
        "inconclusive": "Which search strategy does better at equal cost is undecided {where}.",
    },
    "optimum": {
        "supported": "The claimed level is within {size} of the best tested level {where}.",
        "refuted": "The claimed level is not the best {where}: at least one other tested level is "
        "better by more than {size}.",
        "no meaningful effect": "All tested levels do equally well {where}, to within {size}, so "
        "the "
        "claimed one is no better than the others.",
        "inconclusive": "Whether the claimed level is within {size} of the best is undecided "
        "{where}.",
    },
}

ESTIMATED = (
    "With so few seeds these are estimates and no verdict {where}: take the direction as a guess."
)

FAILURES = (
    "Failed runs decide the question {where}: the finished ones speak for the survivors only, so "
    "there "
    "is no verdict on the claim."
)

SETTLED = (
    "More seeds of the same configurations are unlikely to change this; another budget, learning "
    "rate "
    "or data set may: the verdict speaks for its scope only."
)
OPEN_SIZE = (
    "The direction is settled, the size is not: with more seeds the effect may turn out too "
    "small to "
    "matter."
)

# The null hypothesis of one effect, by type.
NULLS: Mapping[str, str] = {
    "comparison": "both arms have the same mean {metric}",
    "trade-off": "both arms have the same mean {metric}",
    "trend": "{metric} does not change with the level",
    "universal": "{metric} is the same on average in both arms of a context",
    "interaction": "the effect on {metric} is the same at both levels of the other factor",
    "conditional": "the effect on {metric} is zero",
    "importance": "both groups explain the same share of the variance in {metric}",
    "learning curve": "{metric} stays the same from one step to the next",
    "strategy": "both strategies reach the same {metric}",
    "optimum": "both levels have the same mean {metric}",
}

# What to do about a check that fired, by its number.
ADVICE: Mapping[str, str] = {
    "1": "Train all arms for the same budget, or declare the budget as the factor.",
    "2": "Make the arms equal in everything but the claimed factor.",
    "3": "Train at least two seeds per arm; ten settle most effects that matter.",
    "4": "Raise the number of seeds to ten.",
    "5": "Train all arms on the same seeds.",
    "6": "Tune the learning rate of each arm on seeds of its own (`tune:` in the study file).",
    "6b": "Judge the claim at a second budget as well, such as equal samples (`at_equal:`).",
    "7": "Extend the learning-rate grid beyond its best edge.",
    "8": "Give every arm the same number of tuning trials.",
    "9": "Evaluate the tuned arms on fresh seeds.",
    "10": "Train longer, or judge the claim at a larger budget as well.",
    "11": "Judge the claim at several budgets, because the order changes during training.",
    "12": "Stop earlier, or add regularisation to the overfitting arm.",
    "13": "Report the final evaluation, or the one chosen on validation, instead of the maximum.",
    "14": "Choose on the validation set and score the test set once.",
    "15": "Time the arms in one exclusive job on one machine.",
    "16": "Compare cells of one fidelity only.",
    "17": "Add levels up to where the claim reaches.",
    "18": "Use harder data or a smaller budget, so that differences can show.",
    "20": "Add contexts; each one narrows the exceptions that are still possible.",
    "21": "Use a larger test set, or claim a larger effect.",
    "22": "Find out why runs fail before comparing the survivors.",
    "23": "Train the missing runs.",
    "24": "Add seeds: a single one decides now.",
    "26": "Compare arms of equal parameter count as well.",
    "27": "Retrain all arms with one version of code and data.",
    "28": "Register the claim before its results exist: add a fresh set of seeds.",
    "29": "Find out why all runs of an arm are alike, and record scores with all their decimals.",
    "30": "Check that the factor reaches the training code.",
}

# The opening line's words for a headline.
OPENING: Mapping[str, str] = {
    "supported": "the claim holds",
    "refuted": "the claim is refuted",
    "no meaningful effect": "no effect that matters",
    "inconclusive": "no verdict yet",
    "estimated": "estimates only",
    "true by arithmetic": "true by arithmetic",
    "depends on the budget": "the answer depends on what you hold equal",
}
