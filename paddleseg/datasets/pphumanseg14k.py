"""PP-HumanSeg14K, the teleconferencing portraits of the PP-HumanSeg paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from paddleseg.datasets.base import Dataset
from paddleseg.errors import DataError
from paddleseg.registry import DATASETS
from paddleseg.transforms.sample import Sample


@DATASETS.register
class PPHumanSeg14K(Dataset):
    """The 14,117 portraits of Chu et al. (WACV-W 2022, section 3), as its authors hand them out.

    Args:
        dataset_root: The unpacked folder, with `train.txt`, `val.txt` and `test.txt` in it.
        transforms: Applied in order to every sample.
        mode: "train", "val" or "test".
        edge: Give training samples the map "edge".

    Raises:
        DataError: The folder or one of its lists is missing.
    """

    NUM_CLASSES = 2

    def __init__(
        self,
        dataset_root: str | Path | None = None,
        transforms: Sequence[Callable[[Sample], Sample]] = (),
        mode: str = "train",
        edge: bool = False,
    ):
        hint = "the data set is given out by its authors on request; dataset_root names the unpacked folder"
        if dataset_root is None:
            raise ValueError(f"dataset_root is missing; {hint}")
        root = Path(dataset_root)
        if not root.is_dir():
            raise DataError(str(root), "there is no such folder", hint)
        lists: dict[str, Any] = {f"{name}_path": root / f"{name}.txt" for name in ("train", "val", "test")}
        super().__init__(mode, root, transforms, self.NUM_CLASSES, edge=edge, **lists)
