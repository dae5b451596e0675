"""Words, tables and pages: what a reader gets to see of a study."""
