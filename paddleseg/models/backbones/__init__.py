"""Backbones, each under its registry name: `from paddleseg.models.backbones import ResNet50_vd`."""

from paddleseg.registry import BACKBONES

__getattr__, __dir__ = BACKBONES.as_module(__name__)
