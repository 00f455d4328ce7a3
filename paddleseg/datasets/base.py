"""A data set as PaddleSeg's list files describe it: one `image label` pair a line."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from paddleseg.datasets.checks import MOST_CLASSES, check_size, check_values, whole_numbers
from paddleseg.datasets.file_list import FileList
from paddleseg.datasets.lists import Entry as Entry
from paddleseg.datasets.lists import read_list as read_list
from paddleseg.datasets.lists import split_line as split_line
from paddleseg.datasets.maps import map_file, read_map
from paddleseg.errors import DataError, Problem
from paddleseg.files import is_file
from paddleseg.geometry import Geometry, Size
from paddleseg.images.io import read_image, read_label
from paddleseg.registry import DATASETS
from paddleseg.transforms.base import Compose
from paddleseg.transforms.fields import KINDS, PLAIN, Field, Kind
from paddleseg.transforms.functional import edge_map
from paddleseg.transforms.paddleseg_dict import dict_of
from paddleseg.transforms.sample import Sample

_EDGE_WINDOW = (np.hypot(*np.mgrid[-2:3, -2:3]) <= 2).astype(np.uint8)


@DATASETS.register
class Dataset:
    """Images and labels from a list file.

    Args:
        mode: "train", "val" or "test"; chooses among the three list files. Only "train" moves labels with the image:
            evaluation compares at the label's own size.
        dataset_root: The folder that the list's paths are relative to.
        transforms: Applied in order to every sample.
        num_classes: Classes, background included.
        img_channels: 3 for RGB, 1 for grey.
        train_path: List file of the training pairs; likewise `val_path` and `test_path`.
        separator: What stands between image and label in a line.
        ignore_index: Label value of pixels that count for nothing.
        edge: Give training samples the map "edge": 1 within two pixels of a class border.
        soft_root: A folder of soft labels, of two classes: beside each image's path a grey PNG of the foreground's
            probability, 0 to 254, and 255 where it is not known, as `paddleseg data soft_labels` writes them. They
            become the map "soft" of training samples.
        label_map: Changes label values on reading, such as `{255: 1}` for masks of 0 and 255.
        fields: More maps of training and validation samples: for each name a folder that holds, beside each image's
            path, a `.png`, `.tif` or `.npy` of the image's size. `{depth: my_depth}` is all that a new map needs.

    Attributes:
        FIELDS: The kinds of a class's maps by name, where `paddleseg.transforms.fields.KINDS` has none of that name or
            another one; those without a folder in `fields` are found by the class's own `field_file`.
        target: The map that a list's second column names: "label", or "alpha" of mattes.
        entries: The pairs. PaddleSeg's `file_list` is a view of them.

    Raises:
        ValueError: An argument is missing or out of range.
        DataError: The list file is missing, or some of its lines are no pairs (`ListError`); all such lines are named.

    Example:
        >>> dataset = Dataset("train", "data/portrait_mini", [Resize([192, 192])], 2, train_path="train.txt")
        >>> dataset.read(0).image.shape
        (480, 640, 3)
    """

    FIELDS: Mapping[str, Kind] = {}
    target = "label"
    # What a plugin leaves out that fills in its attributes by itself, as PaddleSeg's data sets do.
    mode = "train"
    img_channels, ignore_index, edge = 3, 255, False
    separator = " "
    root, roots = Path(), dict[str, Path]()
    label_map: Mapping[int, int] = {}
    _table: np.ndarray | None = None
    _list_file: str | Path | None = None

    def __init__(
        self,
        mode: str = "train",
        dataset_root: str | Path = ".",
        transforms: Sequence[Callable[[Sample], Sample]] = (),
        num_classes: int = 2,
        img_channels: int = 3,
        train_path: str | Path | None = None,
        val_path: str | Path | None = None,
        test_path: str | Path | None = None,
        separator: str = " ",
        ignore_index: int = 255,
        edge: bool = False,
        label_map: Mapping[int, int] | None = None,
        soft_root: str | Path | None = None,
        fields: Mapping[str, str | Path] | None = None,
    ):
        lists = {"train": train_path, "val": val_path, "test": test_path}
        self.mode = mode.lower()
        if self.mode not in lists:
            raise ValueError(f"mode should be train, val or test, not {mode!r}")
        if num_classes < 1 or num_classes > MOST_CLASSES:
            raise ValueError(f"num_classes should lie between 1 and {MOST_CLASSES}, not {num_classes!r}")
        if not separator:
            raise ValueError("separator should not be empty")
        if img_channels not in (1, 3):
            raise ValueError(f"img_channels should be 1 or 3, not {img_channels!r}")
        self.root = Path(dataset_root)
        self.num_classes, self.img_channels, self.ignore_index = num_classes, img_channels, ignore_index
        self.edge = edge
        self.roots = {name: Path(folder) for name, folder in (fields or {}).items()}
        if soft_root and self.mode == "train":
            self.roots["soft"] = Path(soft_root)
        self.transforms = Compose(transforms or ())
        self.transforms.attach(self)
        self._check_fill()
        self.label_map = dict(label_map or {})
        self._table = _lookup(label_map)
        self._list_file, self.separator = lists[self.mode], separator
        self.entries, problems = self.find_entries()
        if problems:
            raise ListError(problems, self)

    def _check_fill(self) -> None:
        for transform in self.transforms.transforms:
            fill = getattr(transform, "label_fill", 0)
            if fill > 255 and fill >= self.num_classes and fill != self.ignore_index:
                what = f"label_padding_value {fill} is neither a class nor ignore_index {self.ignore_index}"
                raise ValueError(f"{type(transform).__name__}: {what}")

    def find_entries(self) -> tuple[list[Entry], list[Problem]]:
        """The pairs of this mode, and what in the list is none; data sets without list files have their own way.

        Raises:
            ValueError: No list file is named.
            DataError: There is no such file, or nothing in it.
        """
        if self._list_file is None:
            raise ValueError(f"mode {self.mode} needs {self.mode}_path")
        return read_list(self._find(self._list_file), self.root, self.separator, labels=self.mode != "test")

    @property
    def list_file(self) -> Path | None:
        """Where the pairs are listed; None for data sets that know their folders."""
        return None if self._list_file is None else self._find(self._list_file)

    def _find(self, list_file: str | Path) -> Path:
        """The list file, as PaddleSeg takes it, or else below `dataset_root`."""
        path = Path(list_file)
        return self.root / path if not path.exists() and (self.root / path).is_file() else path

    def __len__(self) -> int:
        return len(self.entries)

    def read(self, index: int, rng: np.random.Generator | None = None) -> Sample:
        """The decoded image and its maps, untransformed; transforms will draw from `rng`.

        Raises:
            DataError: A file is missing or broken, sizes differ, or the label holds values that are no class.
        """
        path, label_path = self.entries[index]
        image = read_image(path, self.img_channels)
        size: Size = image.shape[:2]
        rng = rng or np.random.default_rng(0)
        sample = Sample(image, None, rng, Geometry(size), str(path), str(label_path or ""))
        if label_path is not None:
            sample.fields[self.target] = self.checked(self.read_label(label_path, size), size, path, label_path)
        for name in self.field_names:
            file = self.field_file(name, path)
            sample.fields[name] = Field(read_map(file, kind := self.kind_of(name)), kind)
            check_size(sample.fields[name].array.shape[:2], size, path, file)
        return sample

    def checked(self, label: np.ndarray, size: Size, path: Path, label_path: str | Path) -> Field:
        """The label of an image of `size` as a field.

        Raises:
            DataError: It is of another size, or holds values that are no class.
        """
        label = whole_numbers(label, str(label_path))
        check_size(label.shape[:2], size, path, label_path)
        check_values(label, self.num_classes, self.ignore_index, label_path)
        return Field(label, self.kind_of("label"))

    @property
    def field_names(self) -> list[str]:
        """The maps that are read beside the label."""
        return (
            []
            if self.mode == "test"
            else [name for name in {**self.FIELDS, **self.roots} if name not in ("label", self.target)]
        )

    def kind_of(self, name: str) -> Kind:
        """The kind of a map."""
        return self.FIELDS.get(name) or KINDS.get(name, PLAIN)

    def field_file(self, name: str, image: Path) -> Path:
        """Where a map of an image lies.

        Raises:
            DataError: It has no folder, or the image lies outside of `dataset_root`.
        """
        if name not in self.roots:
            raise DataError(name, "has no folder", f"add `fields: {{{name}: its_folder}}` to the data set")
        if not image.is_relative_to(self.root):
            raise DataError(str(image), f"lies outside of dataset_root, so it has no map {name!r}", "move it there")
        return map_file(self.roots[name] / image.relative_to(self.root))

    def files(self, index: int) -> tuple[Path, ...]:
        """All files that a sample is read from."""
        image, label = self.entries[index]
        return (image, *([label] if label else []), *(self.field_file(name, image) for name in self.field_names))

    def read_label(self, path: Path, size: Size | None) -> np.ndarray:
        """The label of an image of `size`, where that is known, with `label_map` applied; not checked."""
        label = read_label(path)
        if self._table is not None:
            label = self._table[label]
        return label if size is None else self._split(label, size)

    def _split(self, label: np.ndarray, size: Size) -> np.ndarray:
        """PaddleSeg's multi-label masks lie side by side in one file, a class each; as (H, W, K) from here on."""
        h, w = size
        count = label.shape[1] // w
        beside = label.shape == (h, count * w) and count > 1 and self.num_classes - count in (0, 1)
        if not beside or self.num_classes < 3:  # with two classes it is rather a wrong file
            return label
        return np.ascontiguousarray(label.reshape(h, count, w).transpose(0, 2, 1))

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        """The transformed sample; all its random draws come from `rng`.

        Raises:
            DataError: As `read`, or a transform cannot work with this image; the file is named.
        """
        return self.prepare(self.read(index, rng))

    def prepare(self, sample: Sample, transforms: Compose | None = None) -> Sample:
        """A sample as `read` gives it, transformed, by others than the data set's own `transforms` where given."""
        sample = self.transformed(sample, transforms or self.transforms)
        if self.mode == "train" and self.edge and sample.label is not None:
            sample.extra["edge"] = edge_map(sample.label, _EDGE_WINDOW, self.ignore_index)
        return sample

    def transformed(self, sample: Sample, transforms: Compose) -> Sample:
        """A sample after `transforms`, which see all its maps in training, and the image alone otherwise."""
        held = {} if self.mode == "train" else {name: sample.fields.pop(name) for name in sample.label_names}
        try:
            sample = transforms(sample)
        except DataError as error:
            # What names a file already, such as a broken background, is at fault there and not in this sample.
            found = [
                problem if is_file(problem.where) else replace(problem, where=f"{sample.path}: {problem.where}")
                for problem in error.problems
            ]
            raise DataError(found) from error
        sample.fields |= held
        return sample

    @property
    def file_list(self) -> FileList:
        """PaddleSeg's form of `entries`; what is changed in it is changed there."""
        return FileList(self)

    @file_list.setter
    def file_list(self, pairs: Iterable[Any]) -> None:
        self.entries = list(pairs)

    @property
    def dataset_root(self) -> Path:
        """PaddleSeg's name of `root`."""
        return self.root

    @dataset_root.setter
    def dataset_root(self, folder: str | Path | None) -> None:
        self.root = Path(folder or ".")

    def __getitem__(self, index: int) -> Any:
        """The transformed sample as PaddleSeg's scripts and `paddle.io.DataLoader` want it, with draws of its own."""
        sample = self.sample(index, np.random.default_rng())
        if not isinstance(self.transforms, Compose):  # `adopt` looks at what a class does with it
            return sample
        return dict_of(sample, training=self.mode == "train")


class ListError(DataError):
    """Lines of a list file that are no pairs; `dataset` holds the pairs of all other lines."""

    def __init__(self, problems: Sequence[Problem], dataset: Dataset | None = None):
        super().__init__(problems)
        self.dataset = dataset


def _lookup(label_map: Mapping[int, int] | None) -> np.ndarray | None:
    if not label_map:
        return None
    table = np.arange(256, dtype=np.uint8)
    for value, target in label_map.items():
        if not (0 <= int(value) <= 255 and 0 <= int(target) <= 255):
            raise ValueError(f"label_map should map values of 0..255, not {value}: {target}")
        table[int(value)] = int(target)
    return table
