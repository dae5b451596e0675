"""The words a study may use: budgets, hyperparameters, metrics, data sets, configurations."""
