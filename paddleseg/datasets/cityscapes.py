"""Cityscapes, street scenes of 50 cities (Cordts et al., CVPR 2016)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from paddleseg.datasets.base import Dataset, Entry
from paddleseg.errors import DataError, Problem
from paddleseg.registry import DATASETS
from paddleseg.sources import is_leftover
from paddleseg.transforms.sample import Sample

_IMAGE, _CLASSES, _IDS = "_leftImg8bit.png", "_gtFine_labelTrainIds.png", "_gtFine_labelIds.png"
# The benchmark's classes in order, by the ids that the annotators used (the data set's scripts, helpers/labels.py).
_EVALUATED_IDS = (7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33)
_IGNORED = 255
_CLASS_OF_ID = dict.fromkeys(range(256), _IGNORED) | {value: index for index, value in enumerate(_EVALUATED_IDS)}
_FOLDER_HINT = (
    "unpack leftImg8bit_trainvaltest.zip and gtFine_trainvaltest.zip (cityscapes-dataset.com) into dataset_root"
)
_LABEL_HINT = (
    f"make the *{_CLASSES} of every city with `csCreateTrainIdLabelImgs` (pip install cityscapesscripts), "
    f"or delete all of them: *{_IDS} are read as well"
)


@DATASETS.register
class Cityscapes(Dataset):
    """2,975 + 500 finely labelled photos of 2048x1024 (w x h), and 1,525 for the benchmark's server.

    Images are `leftImg8bit/<mode>/<city>/*_leftImg8bit.png`, labels `gtFine/<mode>/<city>/*_gtFine_labelTrainIds.png`.
    Without any of the latter the `*_gtFine_labelIds.png` that the archive holds are read, and their ids become the
    benchmark's classes. Photos of the test part may be without labels.

    Args:
        transforms: Applied in order to every sample.
        dataset_root: The folder that holds `leftImg8bit` and `gtFine`.
        mode: "train", "val" or "test".
        edge: Give training samples the map "edge".

    Raises:
        DataError: A folder or labels are missing.
    """

    NUM_CLASSES = 19

    def __init__(
        self,
        transforms: Sequence[Callable[[Sample], Sample]] = (),
        dataset_root: str | Path | None = None,
        mode: str = "train",
        edge: bool = False,
    ):
        if dataset_root is None:
            raise ValueError(f"dataset_root is missing; {_FOLDER_HINT}")
        labels = Path(dataset_root) / "gtFine" / mode.lower()
        self._label_ending = _CLASSES if any(labels.glob(f"*/*{_CLASSES}")) else _IDS
        label_map = _CLASS_OF_ID if self._label_ending == _IDS else None
        super().__init__(
            mode, dataset_root, transforms, self.NUM_CLASSES, ignore_index=_IGNORED, edge=edge, label_map=label_map
        )

    def find_entries(self) -> tuple[list[Entry], list[Problem]]:
        photos, labels = self.root / "leftImg8bit" / self.mode, self.root / "gtFine" / self.mode
        images = sorted(path for path in photos.glob(f"*/*{_IMAGE}") if not is_leftover(path.relative_to(photos)))
        if not images:
            raise DataError(str(photos), f"holds no <city>/*{_IMAGE}", _FOLDER_HINT)
        beside = [labels / image.parent.name / image.name.replace(_IMAGE, self._label_ending) for image in images]
        entries: list[Entry] = [
            (image, label if label.is_file() else None) for image, label in zip(images, beside, strict=True)
        ]
        missing = [expected for (_, label), expected in zip(entries, beside, strict=True) if label is None]
        if missing and self.mode != "test":
            what = f"{len(missing)} of {len(images)} photos have no label; the first is {missing[0]}"
            raise DataError(str(labels), what, _LABEL_HINT if labels.is_dir() else _FOLDER_HINT)
        return entries, []
