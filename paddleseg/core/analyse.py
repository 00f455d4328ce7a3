"""`analyse` over objects, with PaddleSeg's arguments; `paddleseg val --worst N` ranks the pictures besides."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import paddle

from paddleseg.core.val import predictor_of
from paddleseg.datasets.adopt import adopted
from paddleseg.datasets.base import Dataset
from paddleseg.engine.evaluate import error_panels
from paddleseg.errors import ConfigError
from paddleseg.images.io import writable, write_image
from paddleseg.inference.runtimes.dygraph import evaluating
from paddleseg.models.weights import load_weights


def analyse(
    model: paddle.nn.Layer,
    model_path: str | None,
    transforms: Callable[[Any], Any],
    val_dataset: Dataset,
    save_dir: str = "output",
    aug_pred: bool = False,
    scales: float | Sequence[float] = 1.0,
    flip_horizontal: bool = True,
    flip_vertical: bool = False,
    is_slide: bool = False,
    stride: Sequence[int] | None = None,
    crop_size: Sequence[int] | None = None,
    custom_color: Sequence[int] | None = None,
) -> None:
    """Draw where masks and labels differ, one picture for each image of `val_dataset`, in `save_dir`.

    Args:
        model_path: Weights to load first; None keeps those in `model`.
        aug_pred: Whether `scales` and flips count.
        stride: Steps (w, h) of the sliding window `crop_size` (w, h), with `is_slide`.
        custom_color: Refused: errors have colours of their own.

    Raises:
        ConfigError: `custom_color` is given.
    """
    if custom_color is not None:
        hint = "leave it out; predict() takes it"
        raise ConfigError("analyse(custom_color)", "errors are drawn in colours of their own", hint)
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
    }
    dataset, folder = adopted(val_dataset, needed=True), Path(save_dir)
    folder.mkdir(parents=True, exist_ok=True)
    with evaluating(model):
        predictor = predictor_of(model, dataset.num_classes, looks, transforms)
        for number, (path, picture) in enumerate(error_panels(predictor, dataset, range(len(dataset)))):
            # Numbered, since images of several folders may share a name.
            write_image(writable(folder / f"{number:05d}_{Path(path).name}"), picture)
