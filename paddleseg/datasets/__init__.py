"""Data sets, each under its registry name: `from paddleseg.datasets import Dataset`."""

from paddleseg.registry import DATASETS

__getattr__, __dir__ = DATASETS.as_module(__name__)
