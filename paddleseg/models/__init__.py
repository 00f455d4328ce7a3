"""Networks, each under its registry name: `from paddleseg.models import PPHumanSegLite`.

Backbones and losses are here too, where PaddleSeg has them. Its components that we lack refuse on first use.
"""

from paddleseg import absent
from paddleseg.registry import BACKBONES, LOSSES, MODELS

__getattr__, __dir__ = absent.with_refusals(
    __name__, (MODELS, absent.NETWORKS), (BACKBONES, absent.BACKBONES), (LOSSES, absent.LOSSES)
)
