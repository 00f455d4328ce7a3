"""Losses, each under its registry name: `from paddleseg.losses import CrossEntropyLoss`."""

from paddleseg import absent
from paddleseg.registry import LOSSES

__getattr__, __dir__ = absent.with_refusals(__name__, (LOSSES, absent.LOSSES))
