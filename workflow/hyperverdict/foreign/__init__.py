"""Runs from elsewhere: tables that others wrote, understood and judged."""
