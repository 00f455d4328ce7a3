"""What travels through the transforms: an image, the maps that belong to it, and where its randomness comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

import numpy as np

from paddleseg.geometry import Geometry
from paddleseg.transforms.fields import KINDS, PLAIN, Field

# PaddleSeg hands its transforms a dict; plugins written for it find its keys here.
_ATTRIBUTES = {"img": "image", "label": "label", "trans_info": "trans_info", "gt_fields": "label_names"}


class Sample:
    """One image on its way into a network.

    `fields` holds all maps by name, each with its kind; `image`, `label` and `extra` are views of it. What gives a
    name a new array keeps its kind; a new name's kind is that of `KINDS`, or else `PLAIN`.

    Args:
        image: RGB uint8 (H, W, C) until `Normalize`, float32 after it.
        label: Integer classes (H, W), or (H, W, K) where a pixel may belong to several of K classes; None where
            nothing is known.
        rng: The only source of randomness that transforms may use.
        geometry: What has happened to the image's size so far.
        path: The image file, for messages.
        label_path: The label file.
        extra: More maps that move with the image, by name, such as "edge".

    Attributes:
        notes: What plugins store here that is no map.
        room: Memory (C, H, W) float32 that waits for the finished image; what puts it there saves a copy.
        trans_info: Size changes as a PaddleSeg plugin reports them, until `Compose` has put them into `geometry`.

    Example:
        >>> sample["img"] is sample.image  # PaddleSeg's spelling
        True
        >>> sample.fields["depth"] = Field(depth, DEPTH)
    """

    def __init__(
        self,
        image: np.ndarray,
        label: np.ndarray | None,
        rng: np.random.Generator,
        geometry: Geometry,
        path: str = "",
        label_path: str = "",
        extra: Mapping[str, np.ndarray] | None = None,
    ):
        self.fields: dict[str, Field] = {}
        self.image, self.label = image, label
        self.rng, self.geometry = rng, geometry
        self.path, self.label_path = path, label_path
        self.extra = extra or {}
        self.notes: dict[str, Any] = {}
        self.room: np.ndarray | None = None
        self.trans_info: list[tuple[str, tuple[int, int]]] = []

    @property
    def image(self) -> np.ndarray:
        return self.fields["image"].array

    @image.setter
    def image(self, array: np.ndarray) -> None:
        self.put("image", array)

    @property
    def label(self) -> np.ndarray | None:
        held = self.fields.get("label")
        return None if held is None else held.array

    @label.setter
    def label(self, array: np.ndarray | None) -> None:
        if array is None:
            self.fields.pop("label", None)
        else:
            self.put("label", array)

    @property
    def extra(self) -> MutableMapping[str, np.ndarray]:
        """All maps but image and label."""
        return _Extra(self)

    @extra.setter
    def extra(self, maps: Mapping[str, np.ndarray]) -> None:
        for name in self.extra.keys() - maps.keys():
            del self.fields[name]
        for name, array in maps.items():
            self.put(name, array)

    def put(self, name: str, array: np.ndarray) -> None:
        """Give a map new values; its kind stays."""
        held = self.fields.get(name)
        if held is None:
            self.fields[name] = Field(array, KINDS.get(name, PLAIN))
        else:
            held.array = array

    @property
    def size(self) -> tuple[int, int]:
        """(h, w) of the image."""
        h, w = self.image.shape[:2]
        return h, w

    @property
    def label_names(self) -> list[str]:
        """Names of all maps that move with the image."""
        return [*(["label"] if "label" in self.fields else []), *self.extra]

    def __getitem__(self, key: str) -> Any:
        if key in _ATTRIBUTES:
            return getattr(self, _ATTRIBUTES[key])
        return self.fields[key].array if key in self.fields else self.notes[key]

    def __setitem__(self, key: str, value: Any) -> None:
        if key == "gt_fields":
            return  # every map moves with the label, named there or not
        if key in _ATTRIBUTES:
            setattr(self, _ATTRIBUTES[key], value)
        elif isinstance(value, np.ndarray) and (key in self.fields or value.shape[:2] == self.size):
            self.put(key, value)
        else:
            self.notes[key] = value

    def __contains__(self, key: str) -> bool:
        return key in self.keys()

    def keys(self) -> list[str]:
        """The keys that PaddleSeg's dict would have."""
        return ["img", "trans_info", "gt_fields", *self.label_names, *self.notes]

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self.keys() else default


class _Extra(MutableMapping[str, np.ndarray]):
    """The maps of a sample but image and label."""

    def __init__(self, sample: Sample):
        self._sample = sample

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._sample.fields if name not in ("image", "label"))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __getitem__(self, name: str) -> np.ndarray:
        if name in ("image", "label"):
            raise KeyError(name)
        return self._sample.fields[name].array

    def __setitem__(self, name: str, array: np.ndarray) -> None:
        self._sample.put(name, array)

    def __delitem__(self, name: str) -> None:
        del self._sample.fields[name]

    def __repr__(self) -> str:
        return repr(dict(self))
