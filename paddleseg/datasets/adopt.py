"""Data sets in PaddleSeg's style: a class that fills `file_list` with [image, label] pairs by itself."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from paddleseg.datasets.base import Dataset
from paddleseg.datasets.lists import Entry
from paddleseg.errors import DataError
from paddleseg.geometry import Geometry, Size
from paddleseg.transforms.base import Compose
from paddleseg.transforms.paddleseg_dict import decode
from paddleseg.transforms.sample import Sample

_MODES = ("train", "val", "test")
_FACTS = ("mode", "num_classes", "NUM_CLASSES", "img_channels", "ignore_index", "edge", "transforms")
_DONE = "is decoded"
_PADDLESEGS = ("img", "label", "trans_info", "gt_fields", _DONE)


def adopted(dataset: Any, *, needed: bool = False) -> Any:
    """A data set as the loader, the evaluation and the doctor take it; ours are handed back as they are.

    A class that derives from `Dataset`, with or without a call of its constructor, gets what it left out. Any other
    class, and one with a `__getitem__` of its own, is wrapped.

    Args:
        needed: Whether one without pairs is refused, not handed back as it is.

    Raises:
        DataError: It has no pairs, does not say how many classes there are, or has a mode that is none.
    """
    if isinstance(dataset, Dataset) and (_reads_as_ours(type(dataset)) or isinstance(dataset, _Foreign)):
        return _completed(dataset)
    return _Foreign(dataset) if needed or hasattr(dataset, "file_list") else dataset


def _reads_as_ours(cls: type[Dataset]) -> bool:
    return cls.__getitem__ is Dataset.__getitem__ or cls.read is not Dataset.read


def _reads_itself(cls: type) -> bool:
    own = getattr(cls, "__getitem__", None)
    return own is not None and own.__module__.partition(".")[0] != "paddle"  # whose base class has one that raises


def _completed(dataset: Any, name: str = "") -> Any:
    """The data set with its attributes in the forms that ours have."""
    name = name or type(dataset).__name__
    pairs = getattr(dataset, "entries", None)
    if not pairs:
        hint = "fill self.file_list with [image, label] pairs in its __init__"
        raise DataError(name, "has no `file_list`" if pairs is None else "has an empty `file_list`", hint)
    if not all(type(pair) is tuple for pair in pairs):
        dataset.entries = [_entry(pair, name) for pair in pairs]
    mode = str(dataset.mode).lower()
    if mode not in _MODES:
        mode = "train" if mode.startswith("train") else mode
    if mode not in _MODES:
        raise DataError(name, f"has the mode {dataset.mode!r}", f"known: {', '.join(_MODES)}")
    if mode != dataset.mode:
        dataset.mode = mode
    if getattr(dataset, "num_classes", None) is None:
        count = getattr(dataset, "NUM_CLASSES", None)
        if count is None:
            raise DataError(name, "does not say how many classes there are", "set self.num_classes in its __init__")
        dataset.num_classes = count
    chain = getattr(dataset, "transforms", None)
    if not isinstance(chain, Compose):
        dataset.transforms = Compose([chain] if callable(chain) else chain or ())
        dataset.transforms.attach(dataset)
    return dataset


def _entry(pair: Any, name: str) -> Entry:
    paths = [pair] if isinstance(pair, (str, Path)) else list(pair)
    if not 1 <= len(paths) <= 2 or not isinstance(paths[0], (str, Path)):
        raise DataError(name, f"has {pair!r} in its `file_list`", "entries are [image, label], each a path")
    label = paths[1] if len(paths) == 2 else None
    return Path(paths[0]), Path(label) if label else None


class _Foreign(Dataset):
    """A data set of another class, which may read its samples itself.

    Its `__getitem__` runs with transforms that only decode what it hands them; what comes of it is transformed here,
    like all other samples. So what it adds and changes counts, and comes before the transforms.
    """

    def __init__(self, dataset: Any):
        self.name = type(dataset).__name__
        for fact in ("file_list", "dataset_root", *_FACTS):
            if hasattr(dataset, fact):
                setattr(self, fact, getattr(dataset, fact))
        if not hasattr(dataset, "img_channels"):
            self.img_channels = getattr(getattr(dataset, "transforms", None), "img_channels", 3)
        _completed(self, self.name)
        self.transforms.attach(self)
        self._places = {entry: place for place, entry in reversed(list(enumerate(self.entries)))}
        self._labels = {label: place for place, (_, label) in enumerate(self.entries) if label is not None}
        self._own: Any = None
        if _reads_itself(type(dataset)):
            self._own = copy.copy(dataset)
            self._own.transforms = _Decode(self.img_channels, self._label_of_file)
            self._own.edge = False  # the edges are drawn after the transforms, where `edge` asks for them

    def _label_of_file(self, path: Path, size: Size) -> np.ndarray:
        return super().read_label(path, size)

    def read_label(self, path: Path, size: Size | None) -> np.ndarray:
        if self._own is None or path not in self._labels:
            return super().read_label(path, size)
        label = self.read(self._labels[path]).label
        if label is None:
            raise DataError(str(path), f"is not read by {self.name}.__getitem__", "give data['label'] there")
        return label

    def read(self, index: int, rng: np.random.Generator | None = None) -> Sample:
        if self._own is None:
            return super().read(index, rng)
        path, label_path = entry = self.entries[index]
        given = self._own[self._places[entry]]
        rng = rng or np.random.default_rng(0)
        if isinstance(given, Sample):  # of `Dataset.__getitem__`
            given.rng = rng
            return given
        if not isinstance(given, Mapping) or "img" not in given:
            what = f"{self.name}.__getitem__ gives no dict with 'img'"
            raise DataError(str(path), what, "give {'img': ..., 'label': ..., 'gt_fields': [...]}, as PaddleSeg's do")
        data = self._own.transforms(dict(given))  # again, for one that never calls its transforms
        image, label = data["img"], data.get("label")
        label = label[0] if isinstance(label, np.ndarray) and label.ndim == 3 and len(label) == 1 else label
        if label is not None and image.shape[:2] != label.shape[:2] and image.shape[1:] == label.shape[:2]:
            what = f"{self.name}.__getitem__ gives a finished image (C, H, W)"
            raise DataError(str(path), what, "give the photo or its path, and call self.transforms(data)")
        size: Size = image.shape[:2]
        sample = Sample(image, None, rng, Geometry(size), str(path), str(label_path or ""))
        if label is not None:
            sample.fields["label"] = self.checked(label, size, path, str(label_path or path))
        for name in [name for name in data if name not in _PADDLESEGS]:
            sample[name] = data[name]
        return sample

    def files(self, index: int) -> tuple[Path, ...]:
        return tuple(path for path in self.entries[index] if path is not None)


class _Decode:
    """Stands for PaddleSeg's `Compose` with no transforms in it: reads the files that a dict names."""

    def __init__(self, channels: int, read_label: Callable[[Path, Size], np.ndarray]):
        self.channels, self.read_label = channels, read_label
        self.transforms: list[Any] = []

    def __call__(self, data: Any) -> Any:
        if not isinstance(data, Sample) and _DONE not in data:
            decode(data, self.channels, self.read_label)
            data[_DONE] = True
        return data
