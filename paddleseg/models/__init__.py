"""Networks, each under its registry name: `from paddleseg.models import PPHumanSegLite`."""

from paddleseg.registry import MODELS

__getattr__, __dir__ = MODELS.as_module(__name__)
