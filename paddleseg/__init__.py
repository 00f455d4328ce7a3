"""Portrait and semantic segmentation on PaddlePaddle. Importing this package does not import Paddle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from paddleseg import moved
from paddleseg.version import __version__

if TYPE_CHECKING:
    from paddleseg.inference.predictor import Predictor

__all__ = ["Predictor", "__version__"]

moved.install()


def __getattr__(name: str) -> Any:
    if name == "Predictor":  # on demand: `import paddleseg` stays light
        from paddleseg.inference.predictor import Predictor

        return Predictor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
