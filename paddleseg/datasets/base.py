"""A data set as PaddleSeg's list files describe it: one `image label` pair a line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from paddleseg.datasets.checks import check_label
from paddleseg.errors import DataError, Problem
from paddleseg.geometry import Geometry
from paddleseg.registry import DATASETS
from paddleseg.transforms.base import Compose
from paddleseg.transforms.image_io import read_image, read_label
from paddleseg.transforms.sample import Sample


@DATASETS.register
class Dataset:
    """Images and labels from a list file.

    Args:
        mode: "train", "val" or "test"; chooses among the three list files. Only "train" moves labels with the image:
            evaluation compares at the label's own size.
        dataset_root: The folder that the list's paths are relative to.
        transforms: Applied in order to every sample.
        num_classes: Classes, background included.
        img_channels: Channels of the images.
        train_path: List file of the training pairs; likewise `val_path` and `test_path`.
        separator: What stands between image and label in a line.
        ignore_index: Label value of pixels that count for nothing.
        label_map: Changes label values on reading, such as `{255: 1}` for masks of 0 and 255.

    Raises:
        DataError: The list file is missing or some of its lines are no pairs; all such lines are named.
    """

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
        label_map: Mapping[int, int] | None = None,
    ):
        lists = {"train": train_path, "val": val_path, "test": test_path}
        if mode not in lists:
            raise ValueError(f"mode should be train, val or test, not {mode!r}")
        list_file = lists[mode]
        if list_file is None:
            raise ValueError(f"mode {mode} needs {mode}_path")
        self.mode, self.root = mode, Path(dataset_root)
        self.num_classes, self.img_channels, self.ignore_index = num_classes, img_channels, ignore_index
        self.transforms = Compose(transforms)
        self.entries = read_list(Path(list_file), self.root, separator, labels=mode != "test")
        self._table = _lookup(label_map)

    def __len__(self) -> int:
        return len(self.entries)

    def read(self, index: int) -> Sample:
        """The decoded image and label, untransformed.

        Raises:
            DataError: A file is missing or broken, sizes differ, or the label holds values that are no class.
        """
        path, label_path = self.entries[index]
        image = read_image(path, self.img_channels)
        label = None
        if label_path is not None:
            label = self.map_label(read_label(label_path))
            check_label(label, image.shape[:2], self.num_classes, self.ignore_index, path, label_path)
        geometry = Geometry(image.shape[:2])
        return Sample(image, label, np.random.default_rng(0), geometry, str(path), str(label_path or ""))

    def map_label(self, label: np.ndarray) -> np.ndarray:
        """A label as it stands in its file, with `label_map` applied."""
        return label if self._table is None else self._table[label]

    def sample(self, index: int, rng: np.random.Generator) -> Sample:
        """The transformed sample; all its random draws come from `rng`."""
        sample = self.read(index)
        sample.rng = rng
        if self.mode == "train":
            return self.transforms(sample)
        label, sample.label = sample.label, None
        sample = self.transforms(sample)
        sample.label = label
        return sample


def read_list(file: Path, root: Path, separator: str, *, labels: bool) -> list[tuple[Path, Path | None]]:
    """The (image, label) paths of a list file; the label is None where a line of an unlabelled list has none."""
    if not file.is_file():
        raise DataError(str(file), "no such list file", "one `image label` pair a line, relative to dataset_root")
    entries: list[tuple[Path, Path | None]] = []
    problems = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        columns = line.strip().split(separator)
        if len(columns) == 2:
            entries.append((root / columns[0], root / columns[1]))
        elif len(columns) == 1 and not labels:
            entries.append((root / columns[0], None))
        else:
            what = (
                f"{len(columns)} column{'s' * (len(columns) > 1)} instead of `image{separator}label`: {line.strip()!r}"
            )
            problems.append(Problem(f"{file}:{number}", what, "separator: sets what stands between the two paths"))
    if problems:
        raise DataError(problems)
    if not entries:
        raise DataError(str(file), "names no images", "one `image label` pair a line, relative to dataset_root")
    return entries


def _lookup(label_map: Mapping[int, int] | None) -> np.ndarray | None:
    if not label_map:
        return None
    table = np.arange(256, dtype=np.uint8)
    for value, target in label_map.items():
        table[int(value)] = int(target)
    return table
