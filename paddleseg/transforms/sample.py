"""What travels through the transforms: an image, its label, and where its randomness comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from paddleseg.geometry import Geometry

# PaddleSeg hands its transforms a dict; plugins written for it find its keys here.
_ATTRIBUTES = {"img": "image", "label": "label", "trans_info": "trans_info", "gt_fields": "label_names"}


@dataclass
class Sample:
    """One image on its way into a network.

    Args:
        image: RGB uint8 (H, W, C) until `Normalize`, float32 after it.
        label: Integer classes (H, W), or (H, W, K) where a pixel may belong to several of K classes; None where
            nothing is known.
        rng: The only source of randomness that transforms may use.
        geometry: What has happened to the image's size so far.
        path: The image file, for messages.
        label_path: The label file.
        extra: More maps that move with the label, by name, such as "edge".
        notes: What plugins store here that is no map.
        room: Memory (C, H, W) float32 that waits for the finished image; what puts it there saves a copy.
        trans_info: Size changes as a PaddleSeg plugin reports them, until `Compose` has put them into `geometry`.

    Example:
        >>> sample["img"] is sample.image  # PaddleSeg's spelling
        True
    """

    image: np.ndarray
    label: np.ndarray | None
    rng: np.random.Generator
    geometry: Geometry
    path: str = ""
    label_path: str = ""
    extra: dict[str, np.ndarray] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    room: np.ndarray | None = None
    trans_info: list[tuple[str, tuple[int, int]]] = field(default_factory=list)

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) of the image."""
        return self.image.shape[0], self.image.shape[1]

    @property
    def label_names(self) -> list[str]:
        """Names of all maps that move with the image."""
        return [*(["label"] if self.label is not None else []), *self.extra]

    def __getitem__(self, key: str) -> Any:
        if key in _ATTRIBUTES:
            return getattr(self, _ATTRIBUTES[key])
        return self.extra[key] if key in self.extra else self.notes[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if key == "gt_fields":
            return  # every map moves with the label, named there or not
        if key in _ATTRIBUTES:
            setattr(self, _ATTRIBUTES[key], value)
        elif isinstance(value, np.ndarray) and value.shape[:2] == self.size:
            self.extra[key] = value
        else:
            self.notes[key] = value

    def __contains__(self, key: str) -> bool:
        return key in self.keys()

    def keys(self) -> list[str]:
        """The keys that PaddleSeg's dict would have."""
        return ["img", "trans_info", "gt_fields", *self.label_names, *self.notes]

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self.keys() else default
