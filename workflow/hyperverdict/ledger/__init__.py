"""The ledger: a chain of registrations and looks, and what it says of a question."""
