"""Losses, each under its registry name: `from paddleseg.losses import CrossEntropyLoss`."""

from paddleseg.registry import LOSSES

__getattr__, __dir__ = LOSSES.as_module(__name__)
