"""Masks as pictures in PaddleSeg's palette, whose class 0 is dark red; `paddleseg.images.paint` leaves it black."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from paddleseg.images.io import read_image, writable, write_image
from paddleseg.images.paint import flatten, palette


def get_color_map_list(num_classes: int, custom_color: Sequence[int] | None = None) -> list[int]:
    """`num_classes` RGB colours as one flat list; `custom_color`, flat too, takes the place of the first."""
    colors = palette(first=1)[:num_classes].reshape(-1).tolist()
    if custom_color:
        colors[: len(custom_color)] = custom_color
    return colors


def get_pseudo_color_map(
    pred: np.ndarray, color_map: Sequence[int] | None = None, use_multilabel: bool = False
) -> Image.Image:
    """A mask (H, W), or (C, H, W) of independent classes, as a picture with a palette."""
    mask = flatten(np.asarray(pred)) if use_multilabel else np.asarray(pred)
    picture = Image.fromarray(mask.astype(np.uint8))
    picture.putpalette(list(get_color_map_list(256) if color_map is None else color_map))
    return picture


def visualize(
    image: str | Path,
    result: np.ndarray,
    color_map: Sequence[int],
    save_dir: str | Path | None = None,
    weight: float = 0.6,
    use_multilabel: bool = False,
) -> np.ndarray | None:
    """The photo under a coloured mask, BGR as OpenCV writes it; with `save_dir` it is written there instead.

    Args:
        image: A file.
        result: The mask, of the photo's size.
        color_map: As of `get_color_map_list`.
        weight: How much of the photo stays.
    """
    mask = flatten(result) if use_multilabel else result
    table = np.zeros((256, 3), np.uint8)
    colors = np.asarray(color_map, np.uint8).reshape(-1, 3)[:256]
    table[: len(colors)] = colors
    blended = cv2.addWeighted(read_image(image), weight, table[np.asarray(mask, np.uint8)], 1 - weight, 0)
    if save_dir is None:
        return np.ascontiguousarray(blended[..., ::-1])
    Path(save_dir).mkdir(parents=True, exist_ok=True)
    write_image(writable(Path(save_dir) / Path(image).name), blended)
    return None


def paste_images(image_list: Sequence[Image.Image]) -> Image.Image:
    """Pictures of one height side by side."""
    whole = Image.new("RGB", (sum(image.width for image in image_list), image_list[0].height))
    left = 0
    for image in image_list:
        whole.paste(image, (left, 0))
        left += image.width
    return whole
