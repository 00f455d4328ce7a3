"""Checks of data before a run spends hours on it."""
