"""The text of a study for a command or function that exists, written from what its source says."""
