"""PSSL: ImageNet's photos with masks that classifiers explain themselves by (Li et al., Machine Learning, 2022)."""

from __future__ import annotations

import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from paddleseg.datasets.base import Dataset, Entry
from paddleseg.errors import DataError, Problem
from paddleseg.files import open_file
from paddleseg.geometry import Size
from paddleseg.images.head import MAX_PIXELS
from paddleseg.images.io import read_lines
from paddleseg.registry import DATASETS
from paddleseg.transforms.sample import Sample

_BACKGROUND = 1000
_LIST, _SYNSETS, _ARRAY = "train.txt", "imagenet_lsvrc_2015_synsets.txt", "arr_0"
_IMAGE = ".JPEG"
_WIDEST = 8  # bytes a pixel
_SOURCE = "paddleseg@baidu.com hands the masks out; image-net.org the photos"


@DATASETS.register
class PSSLDataset(Dataset):
    """1,281,121 photos of ImageNet's training part, each with the mask of the one thing that its folder is named after.

    To train a network's backbone and head before it sees a smaller data set. Classes 0 to 999 are ImageNet's, in the
    order of `imagenet_lsvrc_2015_synsets.txt`; 1000 is background, and 1001 is ignored: `label_padding_value: 1001`.

    Args:
        transforms: Applied in order to every sample.
        imagenet_root: The folder that holds `train/n01440764/n01440764_10026.JPEG`.
        pssl_root: The folder that holds `train/n01440764/n01440764_10026.JPEG_eiseg.npz`, `train.txt` that lists them,
            and `imagenet_lsvrc_2015_synsets.txt`.
        mode: "train".
        edge: Give samples the map "edge".

    Raises:
        ValueError: A folder is not named, or another mode is.
        DataError: A folder or a list is missing, or lines of a list name none of ImageNet's photos.
    """

    NUM_CLASSES = 1001
    IGNORE_INDEX = 1001

    def __init__(
        self,
        transforms: Sequence[Callable[[Sample], Sample]] = (),
        imagenet_root: str | Path | None = None,
        pssl_root: str | Path | None = None,
        mode: str = "train",
        edge: bool = False,
    ):
        if imagenet_root is None or pssl_root is None:
            name = "imagenet_root" if imagenet_root is None else "pssl_root"
            raise ValueError(f"{name} is missing; {_SOURCE}")
        if mode.lower() != "train":
            raise ValueError(f"mode should be train, which is all that PSSL has, not {mode!r}")
        self.photos, self.masks = Path(imagenet_root), Path(pssl_root)
        self.class_of: dict[str, int] = {}
        super().__init__(
            "train", imagenet_root, transforms, self.NUM_CLASSES, ignore_index=self.IGNORE_INDEX, edge=edge
        )

    def find_entries(self) -> tuple[list[Entry], list[Problem]]:
        for root in (self.photos, self.masks):
            if not root.is_dir():
                raise DataError(str(root), "there is no such folder", _SOURCE)
        self.class_of = self._classes()
        entries: list[Entry] = []
        problems = []
        for number, line in enumerate(_lines(self.masks / _LIST), 1):
            name, found, _ = line.partition(_IMAGE)
            if not found or _synset(name) not in self.class_of:
                what = f"{line!r} is none of ImageNet's classes" if found else f"{line!r} names no {_IMAGE}"
                hint = "lines are as train/n01440764/n01440764_10026.JPEG_eiseg.npz"
                problems.append(Problem(f"{self.masks / _LIST}:{number}", what, hint))
            else:
                entries.append((self.photos / (name + _IMAGE), self.masks / line))
        return entries, problems + list(self._missing(entries))

    def _classes(self) -> dict[str, int]:
        names = list(_lines(self.masks / _SYNSETS))
        twice = [name for name, count in Counter(names).items() if count > 1]
        if len(names) > _BACKGROUND or twice:
            what = f"names {len(names)} classes" + (f", {twice[0]} twice" if twice else "")
            raise DataError(str(self.masks / _SYNSETS), what, f"{_BACKGROUND} are ImageNet's, a line each")
        return {name: number for number, name in enumerate(names)}

    def _missing(self, entries: Sequence[Entry]) -> Iterator[Problem]:
        """Folders that are not there; to look for each of 2.5 million files would take many minutes."""
        for root, column in ((self.photos, 0), (self.masks, 1)):
            folders = sorted({path.parent for pair in entries if (path := pair[column])})
            missing = [folder for folder in folders if not folder.is_dir()]
            if missing:
                what = f"{len(missing)} of {len(folders)} folders are missing; the first is {missing[0]}"
                yield Problem(str(root), what, _SOURCE)

    def read_label(self, path: Path, size: Size | None) -> np.ndarray:
        mask = _read_mask(path)
        return np.where(mask == 1, np.uint16(self.class_of[_synset(path.name)]), np.uint16(_BACKGROUND))


def _synset(path: str) -> str:
    return Path(path).name.partition("_")[0]


def _lines(path: Path) -> Iterator[str]:
    if not path.is_file():
        raise DataError(str(path), "there is no such list file", _SOURCE)
    return (line.strip() for line in read_lines(path) if line.strip())


def _read_mask(path: Path) -> np.ndarray:
    """The array of an archive of NumPy's, (H, W): 1 where the thing is.

    Raises:
        DataError: Missing, broken, too large, or without such an array.
    """
    try:
        with open_file(path) as file, zipfile.ZipFile(file) as archive:
            if archive.getinfo(f"{_ARRAY}.npy").file_size > _WIDEST * MAX_PIXELS:
                raise DataError(str(path), f"holds more than {MAX_PIXELS:,} pixels", "replace the file")
            with archive.open(f"{_ARRAY}.npy") as member:
                mask = np.lib.format.read_array(member, allow_pickle=False)  # an array of objects would run code
    except (OSError, ValueError, KeyError, EOFError, MemoryError, zipfile.BadZipFile, zlib.error) as error:
        raise DataError(str(path), f"cannot be read: {error}", "unpack PSSL again") from error
    if mask.dtype.kind not in "biuf" or mask.ndim != 2:
        raise DataError(str(path), f"holds no mask (H, W) in {_ARRAY}, but {mask.dtype} {mask.shape}", _SOURCE)
    return mask
