"""The only place that puts numbers, effects and contrasts into words."""
