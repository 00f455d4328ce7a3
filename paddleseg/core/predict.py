"""`predict` over objects, with PaddleSeg's arguments."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import paddle

from paddleseg import compat
from paddleseg.core.val import predictor_of
from paddleseg.images.listing import Listing
from paddleseg.images.paint import palette
from paddleseg.inference.outputs import Writer
from paddleseg.inference.pictures import predict_files
from paddleseg.models.weights import load_weights
from paddleseg.targets import name_below


def partition_list(arr: Sequence[Any], m: int) -> list[list[Any]]:
    """`arr` in `m` runs of nearly equal length."""
    size = max(-(-len(arr) // m), 1)
    return [list(arr[start : start + size]) for start in range(0, len(arr), size)]


def predict(
    model: paddle.nn.Layer,
    model_path: str | None,
    transforms: Callable[[Any], Any],
    image_list: Sequence[str],
    image_dir: str | None = None,
    save_dir: str = "output",
    aug_pred: bool = False,
    scales: float | Sequence[float] = 1.0,
    flip_horizontal: bool = True,
    flip_vertical: bool = False,
    is_slide: bool = False,
    stride: Sequence[int] | None = None,
    crop_size: Sequence[int] | None = None,
    custom_color: Sequence[int] | None = None,
    use_multilabel: bool = False,
) -> None:
    """Write pseudo-colour masks and overlays of the images of `image_list` to `save_dir`.

    Args:
        model_path: Weights to load first; None keeps those in `model`.
        image_dir: Results are named below `save_dir` as images are below this folder; without it by the file's name.
        aug_pred: Whether `scales` and flips count.
        stride: Steps (w, h) of the sliding window `crop_size` (w, h), with `is_slide`.
        custom_color: RGB values of the classes in one list.
    """
    if model_path:
        load_weights(model, model_path)
    looks = {
        "aug_eval": aug_pred,
        "scales": scales,
        "flip_horizontal": flip_horizontal,
        "flip_vertical": flip_vertical,
        "is_slide": is_slide,
        "stride": stride,
        "crop_size": crop_size,
        "use_multilabel": use_multilabel,
    }
    predictor = predictor_of(model, None, looks, transforms)
    numbers = [] if custom_color is None else list(custom_color)
    colors = palette([numbers[i : i + 3] for i in range(0, len(numbers), 3)], compat.first_color())
    writer = Writer(save_dir, ["overlay", "pseudo_color"], colors)
    listed = Listing([(Path(image), _name(image, image_dir)) for image in image_list])
    predict_files(predictor, listed, writer).raise_if_any_failed()


def _name(image: str, folder: str | None) -> str:
    return name_below(os.path.relpath(image, folder) if folder else Path(image).name)
