"""What travels through the transforms: an image, its label, and where its randomness comes from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from paddleseg.geometry import Geometry

# PaddleSeg hands its transforms a dict with these keys; plugins written for it find them here.
_PADDLESEG_NAMES = {"img": "image", "label": "label", "trans_info": "geometry", "gt_fields": "label_names"}


@dataclass
class Sample:
    """One image on its way into a network.

    Args:
        image: RGB uint8 (H, W, C) until `Normalize`, float32 after it.
        label: Integer classes (H, W), or None where nothing is known.
        rng: The only source of randomness that transforms may use.
        geometry: What has happened to the image's size so far.
        path: The image file, for messages.
        label_path: The label file.
        extra: More maps that move with the label, by name, such as "edge".
    """

    image: np.ndarray
    label: np.ndarray | None
    rng: np.random.Generator
    geometry: Geometry
    path: str = ""
    label_path: str = ""
    extra: dict[str, np.ndarray] = field(default_factory=dict)

    @property
    def label_names(self) -> list[str]:
        """Names of all maps that move with the image."""
        return [*(["label"] if self.label is not None else []), *self.extra]

    def __getitem__(self, key: str) -> Any:
        return getattr(self, _PADDLESEG_NAMES[key]) if key in _PADDLESEG_NAMES else self.extra[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if key in _PADDLESEG_NAMES:
            setattr(self, _PADDLESEG_NAMES[key], value)
        else:
            self.extra[key] = value

    def __contains__(self, key: str) -> bool:
        return key in _PADDLESEG_NAMES or key in self.extra

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self else default
