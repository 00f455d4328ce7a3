"""Backbones, each under its registry name: `from paddleseg.models.backbones import ResNet50_vd`."""

from paddleseg import absent
from paddleseg.registry import BACKBONES

__getattr__, __dir__ = absent.with_refusals(__name__, (BACKBONES, absent.BACKBONES))
