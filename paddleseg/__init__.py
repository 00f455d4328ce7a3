"""Portrait and semantic segmentation on PaddlePaddle. Importing this package does not import Paddle."""

from paddleseg import moved
from paddleseg.version import __version__

__all__ = ["__version__"]

moved.install()
