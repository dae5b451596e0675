"""Statistics: numbers in, numbers out. Imports nothing of ours; scipy is reached lazily."""
