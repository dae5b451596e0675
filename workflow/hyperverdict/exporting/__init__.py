"""Runs and verdicts of a study in MLflow: where they go, what they hold, how they are kept up."""
