"""The plan: what must be trained and timed, for what, at what cost."""
