"""PaddleSeg's form of a sample, `{"img": ..., "label": ..., "gt_fields": [...], "trans_info": [...]}`, and ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from paddleseg.geometry import Geometry, Pad, Resize
from paddleseg.images.io import read_image, read_label
from paddleseg.transforms.functional import as_uint8
from paddleseg.transforms.sample import Sample

_NOTES = (np.ndarray, int, float, str, Mapping)
_TOLD: dict[type, str] = {Resize: "resize", Pad: "padding"}


def decode(data: dict[str, Any], channels: int, label_of_file: Callable[[Path, tuple[int, int]], np.ndarray]) -> None:
    """Read the files that `data` names, into it: an RGB picture, and a label.

    Raises:
        ValueError: It has no "img", or one that is neither a file nor a picture.
    """
    image: Any = data.get("img")
    if isinstance(image, np.ndarray) and image.ndim in (2, 3):
        # PaddleSeg takes arrays in OpenCV's order of colours.
        image = as_uint8(image if image.ndim == 3 else image[..., None])
        image = np.ascontiguousarray(image[..., ::-1])
    elif isinstance(image, (str, Path)):
        image = read_image(image, channels)
    else:
        raise ValueError(f"'img' should be a file or a picture (H, W, C), not {type(image).__name__}")
    data["img"] = image
    if isinstance(data.get("label"), (str, Path)):
        data["label"] = label_of_file(Path(data["label"]), image.shape[:2])
    data.setdefault("trans_info", [])
    data.setdefault("gt_fields", [])


def transformed(data: dict[str, Any], transforms: Callable[[Sample], Sample], channels: int) -> dict[str, Any]:
    """`data` after transforms of samples: an image (C, H, W) float32, and the maps of `gt_fields` moved with it.

    Args:
        channels: Of a picture that is read.
    """
    decode(data, channels, lambda path, size: read_label(path))
    image: np.ndarray = data["img"]
    sample = Sample(image, None, np.random.default_rng(), Geometry(image.shape[:2]))
    for name in [name for name in data["gt_fields"] if data.get(name) is not None]:
        sample[name] = data[name]
    sample = transforms(sample)
    gt_fields = [*data["gt_fields"], *(name for name in sample.label_names if name not in data["gt_fields"])]
    data |= {name: _planes(sample[name]) for name in sample.label_names}
    data |= sample.notes
    data |= {
        "img": picture_of(sample),
        "gt_fields": gt_fields,
        "trans_info": data["trans_info"] + told(sample.geometry),
    }
    return data


def picture_of(sample: Sample) -> np.ndarray:
    """The image (C, H, W) float32."""
    image = sample.image if sample.image.ndim == 3 else sample.image[..., None]
    return np.ascontiguousarray(image.transpose(2, 0, 1), dtype=np.float32)


def dict_of(sample: Sample, *, training: bool) -> dict[str, Any]:
    """A finished sample as PaddleSeg's data sets give it.

    In evaluation the label is (1, H, W), and "trans_info" tells the way back; in training, where batches are made of
    it, "trans_info" is empty, since not every image has the same history.
    """
    data = {name: _planes(sample[name]) for name in sample.label_names}
    if not training and "label" in data and data["label"].ndim == 2:
        data["label"] = data["label"][None]
    notes = {name: value for name, value in sample.notes.items() if isinstance(value, _NOTES)}
    fields = sample.label_names if training else []
    told_of = [] if training else told(sample.geometry)
    return {"trans_info": told_of, "img": picture_of(sample), "gt_fields": fields, **data, **notes}


def told(geometry: Geometry) -> list[tuple[str, tuple[int, int]]]:
    """What happened to the size, as PaddleSeg tells it: ("resize" or "padding", the size (h, w) before)."""
    pairs = zip(geometry.steps, geometry.sizes(), strict=False)
    return [(_TOLD[type(step)], before) for step, before in pairs if type(step) in _TOLD]


def _planes(array: np.ndarray) -> np.ndarray:
    """A map (H, W), or (K, H, W) of one with planes."""
    return np.ascontiguousarray(array.transpose(2, 0, 1)) if array.ndim == 3 else array
