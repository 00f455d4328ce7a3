"""Portrait and semantic segmentation on PaddlePaddle. Importing this package does not import Paddle."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from paddleseg import moved
from paddleseg.version import __version__

if TYPE_CHECKING:
    from paddleseg.inference.predictor import Predictor

__all__ = ["Predictor", "__version__"]

moved.install()

# What `import paddleseg` brings along in PaddleSeg.
_PARTS = ("core", "cvlibs", "datasets", "deploy", "models", "optimizers", "transforms", "utils")


def __getattr__(name: str) -> Any:
    if name == "Predictor":  # on demand: `import paddleseg` stays light
        from paddleseg.inference.predictor import Predictor

        return Predictor
    if name in _PARTS:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
