"""The portraits that come with the repository."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from paddleseg.datasets.base import Dataset
from paddleseg.errors import DataError
from paddleseg.registry import DATASETS
from paddleseg.transforms.sample import Sample

_BUNDLED = Path(__file__).parents[2] / "data" / "portrait_mini"


@DATASETS.register
class MiniPortrait(Dataset):
    """79 + 27 photos with masks: enough to see every command work, not to train a product from.

    Args:
        dataset_root: The folder `data/portrait_mini`; not needed where the package runs from a checkout.
        transforms: Applied in order to every sample.
        mode: "train" or "val".
        edge: Give training samples the map "edge".

    Raises:
        DataError: The folder is not there.
    """

    NUM_CLASSES = 2

    def __init__(
        self,
        dataset_root: str | Path | None = None,
        transforms: Sequence[Callable[[Sample], Sample]] = (),
        mode: str = "train",
        edge: bool = False,
    ):
        root = _BUNDLED if dataset_root is None else Path(dataset_root)
        if not root.is_dir():
            hint = "the photos are in the repository under data/portrait_mini; name that folder as dataset_root"
            raise DataError(str(root), "there is no such folder", hint)
        lists: dict[str, Any] = {"train_path": root / "train.txt", "val_path": root / "val.txt"}
        super().__init__(mode, root, transforms, self.NUM_CLASSES, edge=edge, **lists)
