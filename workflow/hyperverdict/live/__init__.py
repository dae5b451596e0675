"""What a user sees while a study runs: one line in a terminal, plain lines elsewhere."""
