"""How opaque each pixel is, from whatever a matte or a black-and-white mask was saved as."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from paddleseg.errors import DataError
from paddleseg.images.io import open_picture

_GREY = 24
"""Channels of a grey picture differ by no more than that: what JPEG makes of black and white."""
_COLOURED = 0.005
"""Share of the pixels from which on a picture is one in colours."""
_LOSSY = {"JPEG", "WEBP", "AVIF", "JPEG2000"}
_DEEP = 257
"""65535 / 255: what 16 bits are divided by."""


@dataclass(frozen=True)
class Matte:
    """A matte as it was saved.

    Args:
        opacity: uint8 (H, W).
        lossy: Whether it is a JPEG or another format that changes values a little.
        shallow: Whether 16 bits hold no value above 255, so that they are taken as 8 bits.
    """

    opacity: np.ndarray
    lossy: bool = False
    shallow: bool = False


def read_matte(path: str | Path, *, alpha_only: bool = False) -> Matte:
    """The alpha channel of a picture that has one, its grey values otherwise.

    An alpha channel that is opaque everywhere says nothing, since many programs add one: then the grey values count.

    Args:
        alpha_only: The matte is the alpha channel, opaque or not.

    Raises:
        DataError: Missing, truncated, not an image, in colours, or with values that are no opacity.
    """
    picture = open_picture(path)
    lossy = picture.format in _LOSSY
    values = _alpha_or_grey(picture, path, alpha_only)
    if values.dtype == np.uint8:
        return Matte(values, lossy)
    return Matte(*_eight_bits(values, path))


def read_alpha(path: str | Path, *, alpha_only: bool = False) -> np.ndarray:
    """As `read_matte`, with all bits: uint8, uint16 or, of fractions, float32 (H, W)."""
    values = _alpha_or_grey(open_picture(path), path, alpha_only)
    if values.dtype == np.uint8:
        return values
    eight, _, shallow = _eight_bits(values, path)
    if np.issubdtype(values.dtype, np.floating):
        return values.astype(np.float32)
    return eight if shallow else values.astype(np.uint16)


def _alpha_or_grey(picture: Image.Image, path: str | Path, alpha_only: bool) -> np.ndarray:
    if picture.has_transparency_data:
        layered = picture if "A" in picture.getbands() else picture.convert("RGBA")
        alpha = np.asarray(layered.getchannel("A"))
        if alpha_only or alpha.min() < 255:
            return alpha
    return _values(picture, path)


def _values(picture: Image.Image, path: str | Path) -> np.ndarray:
    """The grey values, or the indices of a palette of colours where these are 0 and 1."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;"):
        return np.asarray(picture)
    if picture.mode == "P":
        indices = np.asarray(picture)
        shown = np.asarray(picture.convert("RGB"))
        if _is_grey(shown):
            return shown[..., 0]
        if indices.max(initial=0) <= 1:
            return indices
        what, hint = (
            "has a palette of colours",
            "its numbers may be classes already; else name the colours with --color",
        )
        raise DataError(str(path), what, hint)
    if picture.mode in ("1", "L", "LA"):
        return np.asarray(picture.convert("L"))
    shown = np.asarray(picture.convert("RGB"))
    if not _is_grey(shown):
        what = "is a picture in colours, neither black and white nor transparent"
        raise DataError(
            str(path), what, "say what its colours mean with --color or --voc, or take it out of the folder"
        )
    return shown[..., 1]


def _is_grey(shown: np.ndarray) -> bool:
    spread = shown.max(axis=2, initial=0) - shown.min(axis=2, initial=255)
    return bool((spread > _GREY).mean() <= _COLOURED)


def _eight_bits(values: np.ndarray, path: str | Path) -> tuple[np.ndarray, bool, bool]:
    """Wide integers and floats as opacity; whether that is lossy, and whether they held 8 bits only."""
    low, high = float(values.min()), float(values.max())
    if not (np.isfinite(values).all() and low >= 0):
        raise DataError(str(path), "holds values that are negative or no numbers", "save it as a grey PNG")
    if np.issubdtype(values.dtype, np.floating):
        if high > 1:
            what = f"holds fractions up to {high:g}, but a matte's end at 1"
            raise DataError(str(path), what, "save it as a grey PNG")
        return np.rint(values * 255).astype(np.uint8), False, False
    if high > 65535:
        raise DataError(str(path), f"holds the value {high:g}, but 16 bits end at 65535", "save it as a grey PNG")
    if high <= 255:
        return values.astype(np.uint8), False, high > 0
    return np.rint(values / _DEEP).astype(np.uint8), False, False


def opacity(alpha: np.ndarray) -> np.ndarray:
    """A matte, in [0, 1] or from 0 to 255 already, as uint8 (H, W) from 0 to 255."""
    return alpha if alpha.dtype == np.uint8 else cv2.convertScaleAbs(alpha, alpha=255)
