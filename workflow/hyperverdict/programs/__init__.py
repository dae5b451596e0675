"""Trainings of the user's own: commands and functions, run seed after seed."""
