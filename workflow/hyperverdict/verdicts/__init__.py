"""Verdicts: judged from outcomes and checks, and stored."""
