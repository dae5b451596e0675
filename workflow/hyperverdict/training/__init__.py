"""Data, networks, the training loop, timing: from a configuration to a run's folder."""
