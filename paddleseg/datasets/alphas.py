"""Data sets whose second column is an alpha: how much of each pixel is the foreground's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np

from paddleseg.datasets.base import Dataset
from paddleseg.datasets.checks import check_size
from paddleseg.geometry import Size
from paddleseg.images.backgrounds import cover
from paddleseg.images.io import read_image
from paddleseg.images.mattes import read_alpha
from paddleseg.registry import DATASETS
from paddleseg.transforms.base import Compose
from paddleseg.transforms.compose_matte import ComposeMatte, put_before
from paddleseg.transforms.fields import COLOR, Field
from paddleseg.transforms.sample import Sample
from paddleseg.transforms.trimap import MakeTrimap, fraction


class Alphas(Dataset):
    """What such data sets have in common; put it before the class that finds the entries.

    A sample has the map "alpha" and no label. Where `backgrounds` are given, the images are foregrounds: training
    composes each anew before a random one, evaluation picture n before background n of the list, from its start again
    where it ends. Then there are the maps "foreground" and "background" too.

    Attributes:
        alpha_only: The matte is the alpha channel of a picture in colours, even where that is opaque.
        per_foreground: In evaluation, pictures that are composed of each foreground.
    """

    target = "alpha"
    alpha_only: ClassVar[bool] = False
    per_foreground = 1
    _composing: ComposeMatte | None = None

    def compose(self, backgrounds: str | Path | None, per_foreground: int = 1) -> None:
        """Take the images as foregrounds from now on.

        Args:
            backgrounds: As `ComposeMatte`'s; None leaves the images as they are.

        Raises:
            ValueError: `per_foreground` is not 1 or more.
            DataError: There are no backgrounds.
        """
        if per_foreground < 1:
            raise ValueError(f"per_foreground should be 1 or more, not {per_foreground!r}")
        if backgrounds is None:
            return
        self._composing = ComposeMatte(backgrounds)
        if self.mode == "train":
            self.transforms = Compose([self._composing, *self.transforms.transforms])
        else:
            self.per_foreground = per_foreground
            self.entries = [entry for entry in self.entries for _ in range(per_foreground)]

    @property
    def composes(self) -> bool:
        """Whether the images are foregrounds."""
        return self._composing is not None

    def read(self, index: int, rng: np.random.Generator | None = None) -> Sample:
        sample = super().read(index, rng)
        if self._composing is None or self.target not in sample.fields:
            return sample
        sample.fields["foreground"] = Field(sample.image, COLOR)
        if self.mode == "train":
            return sample
        behind = self._composing.backgrounds
        return put_before(sample, cover(read_image(behind[index % len(behind)]), sample.size))

    def read_label(self, path: Path, size: Size | None) -> np.ndarray:
        """The alpha, float32 (H, W) in [0, 1]: files of 8 and of 16 bits go together."""
        return fraction(read_alpha(path, alpha_only=self.alpha_only))

    def checked(self, label: np.ndarray, size: Size, path: Path, label_path: str | Path) -> Field:
        if self.target == "label":
            return super().checked(label, size, path, label_path)
        check_size(label.shape[:2], size, path, label_path)
        return Field(label, self.kind_of(self.target))


@DATASETS.register
class MattingDataset(Alphas):
    """Images and alphas from a list file, an `image alpha` pair a line, with PaddleSeg's names of arguments.

    Args:
        dataset_root: The folder that the list's paths are relative to.
        transforms: Applied in order to every sample.
        mode: "train", "val" or "test"; chooses among the three list files.
        train_path: List file of the training pairs; likewise `val_path` and `test_path`. `train_file` and `val_file`
            are PaddleSeg's names of them.
        separator: What stands between image and alpha in a line.
        fields: More maps, such as `{trimap: my_trimaps}`, as `Dataset`'s.
        backgrounds: Pictures, a folder or a `.txt` list: the images are foregrounds then, and are composed.
        per_foreground: In evaluation, pictures that are composed of each foreground.
        get_trimap: In training, make a trimap of each alpha at the end, where neither `fields` nor a transform does.

    Raises:
        ValueError: An argument is missing or out of range.
        DataError: The list file is missing, or some of its lines are no pairs; or there are no backgrounds.

    Example:
        >>> MattingDataset("data/mattes", mode="val", val_path="val.txt").read(0)["alpha"].shape
        (600, 800)
    """

    def __init__(
        self,
        dataset_root: str | Path = ".",
        transforms: Sequence[Callable[[Sample], Sample]] = (),
        mode: str = "train",
        train_path: str | Path | None = None,
        val_path: str | Path | None = None,
        test_path: str | Path | None = None,
        train_file: str | Path | None = None,
        val_file: str | Path | None = None,
        separator: str = " ",
        fields: Mapping[str, str | Path] | None = None,
        backgrounds: str | Path | None = None,
        per_foreground: int = 1,
        get_trimap: bool = True,
    ):
        held = "trimap" in (fields or {}) or any(isinstance(transform, MakeTrimap) for transform in transforms)
        super().__init__(
            mode,
            dataset_root,
            [*transforms, MakeTrimap()] if mode == "train" and get_trimap and not held else transforms,
            train_path=train_path or train_file,
            val_path=val_path or val_file,
            test_path=test_path,
            separator=separator,
            fields=fields,
        )
        self.compose(backgrounds, per_foreground)
