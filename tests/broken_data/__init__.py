"""Kinds of broken data sets, made of real photos: what is done to a good one, and what the doctor should say of it."""

from broken_data import copies, files, labels, lists, notes  # noqa: F401  (importing them lists their kinds)
from broken_data.kinds import FAULTS, NOTES, TRAIN, VAL, DataSet

__all__ = ["FAULTS", "NOTES", "TRAIN", "VAL", "DataSet"]
