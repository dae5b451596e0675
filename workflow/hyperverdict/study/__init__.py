"""The study file: what is claimed, and in which words."""
