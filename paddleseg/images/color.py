"""Photos of other colour spaces, such as Display P3 of phones, as sRGB.

Networks see a photo's numbers as they are, which are near enough. What is written for people to look at is sRGB: other
backgrounds and the colours of masks are, and every viewer shows sRGB right, with or without colour management.
"""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
from PIL import Image, ImageCms

from paddleseg.errors import DataError
from paddleseg.files import open_file
from paddleseg.images.decode import note
from paddleseg.images.head import format_of, pillow

_ROWS = 256
_SAME = 2  # grey levels
_MODES = {"RGB": "RGB", "GRAY": "L"}


def to_srgb(photo: np.ndarray, path: str | Path, content: bytes | None = None) -> np.ndarray:
    """The photo (H, W, 3 or 1) that was read from `path`, from the colours of the file's profile to sRGB.

    Args:
        photo: Overwritten.
        content: The file's bytes where they are in memory; then `path` is only what notes call it.

    Returns:
        `photo`.
    """
    transform = _transform(path, content)
    if transform is None:
        return photo
    mode, change = transform
    if mode == "L":
        table = _changed(np.arange(256, dtype=np.uint8)[None, :, None], change)[0, :, 0]
        for start in range(0, len(photo), _ROWS):
            photo[start : start + _ROWS] = table[photo[start : start + _ROWS]]
    elif photo.shape[2] == 3:
        for start in range(0, len(photo), _ROWS):
            photo[start : start + _ROWS] = _changed(photo[start : start + _ROWS], change)
    return photo


def _transform(path: str | Path, content: bytes | None) -> tuple[str, ImageCms.ImageCmsTransform] | None:
    """From the profile in a file to sRGB; None where it has none, or one that hardly differs."""
    profile = _profile(path, content)
    if not profile:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = _MODES.get(source.profile.xcolor_space.strip())
        if mode is None:  # of inks: what was decoded is no longer in its colours
            return None
        target = ImageCms.createProfile("sRGB")
        change = ImageCms.buildTransform(source, target, mode, "RGB")
        steps = [np.arange(0, 256, 51, dtype=np.uint8)] * 3
        colours = np.stack(np.meshgrid(*steps), axis=-1).reshape(6, 36, 3)
        samples = colours[..., :1] if mode == "L" else colours
        moved = np.abs(_changed(samples, change).astype(int) - samples).max()
    except Exception:  # a damaged profile, or a Pillow without LittleCMS
        note(str(path), "has a colour profile that cannot be used", "its colours are taken for sRGB")
        return None
    return (mode, change) if moved > _SAME else None


def _changed(pixels: np.ndarray, change: ImageCms.ImageCmsTransform) -> np.ndarray:
    channels = pixels.shape[2]
    picture = Image.fromarray(np.ascontiguousarray(pixels[..., 0] if channels == 1 else pixels))
    return np.asarray(ImageCms.applyTransform(picture, change))[..., :channels]


def _profile(path: str | Path, content: bytes | None) -> bytes:
    try:
        with open_file(path) if content is None else io.BytesIO(content) as file:
            form = format_of(file.read(32))
            file.seek(0)
            return pillow(file, form).info.get("icc_profile") or b""
    except (OSError, ValueError, DataError):
        return b""
