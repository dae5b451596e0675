"""What runs leave behind: writing, reading, collecting it."""
