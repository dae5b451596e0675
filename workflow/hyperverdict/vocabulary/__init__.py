"""The words a study may use, as values: budgets, hyperparameters, metrics, data sets, configurations."""
