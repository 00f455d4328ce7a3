"""Pictures made of a result, as the bytes of files: those that `paddleseg predict` writes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from paddleseg.images import compositing
from paddleseg.images.backgrounds import Background, Picture
from paddleseg.images.color import to_srgb
from paddleseg.images.io import as_photo, encode, encode_png
from paddleseg.inference.outputs import greys_from, in_greys
from paddleseg.inference.predictor import SegResult
from paddleseg.service.options import Kind
from paddleseg.service.photos import Upload

ENDINGS = {"jpeg": ".jpg", "png": ".png", "webp": ".webp"}


def background_of(colour: str | None, picture: Upload | None) -> Background:
    """What stands behind people: an uploaded picture, a colour, or the photo blurred."""
    if picture is None:
        return compositing.background_from(colour or "blur")
    return Picture(to_srgb(as_photo(picture.content, picture.where), picture.where, picture.content))


class Maker:
    """Makes the pictures of one request.

    Args:
        kinds: Which.
        behind: The background of composite.
        form: Its format, a key of `ENDINGS`.
        greys: The grey of each class in mask.
    """

    def __init__(self, kinds: Sequence[Kind], behind: Background, form: str, greys: Sequence[int] = ()):
        self.kinds, self._behind, self._ending, self._greys = kinds, behind, ENDINGS[form], greys_from(greys)
        self._makers: dict[Kind, Callable[[np.ndarray, SegResult], bytes]] = {
            "mask": lambda photo, result: encode_png(in_greys(result.mask, self._greys)),
            "alpha": lambda photo, result: encode_png(result.opacity),
            "cutout": lambda photo, result: encode_png(compositing.cutout(photo, result.opacity)),
            "composite": self._composite,
        }

    def ending(self, kind: Kind) -> str:
        return self._ending if kind == "composite" else ".png"

    def __call__(self, photo: np.ndarray, result: SegResult, upload: Upload) -> list[bytes]:
        """One file for each kind; `photo` as decoded, and overwritten."""
        shown = to_srgb(photo, upload.where, upload.content)
        return [self._makers[kind](shown, result) for kind in self.kinds]

    def _composite(self, photo: np.ndarray, result: SegResult) -> bytes:
        return encode(self._ending, compositing.compose(photo, result.opacity, self._behind), "composite")
