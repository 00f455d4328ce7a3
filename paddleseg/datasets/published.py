"""What published data sets have in common: a layout, class names, counts, and terms to know before use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from paddleseg.datasets.base import Dataset, Entry
from paddleseg.datasets.layout import ListFile, Pattern, Source
from paddleseg.datasets.split import MODES, split_groups
from paddleseg.errors import DataError, Problem
from paddleseg.transforms.sample import Sample

PREPARED: dict[str, tuple[Source, ...]] = {mode: (ListFile(f"{mode}.txt"),) for mode in ("train", "val", "test")}
"""The lists that `paddleseg data prepare` writes for data that come without a split."""


class Published(Dataset):
    """A data set in the layout in which its authors hand it out; subclasses describe it in class attributes.

    Args:
        transforms: Applied in order to every sample.
        dataset_root: The unpacked folder.
        mode: One of `SPLITS`.
        edge: Give training samples the map "edge".

    Raises:
        ValueError: `dataset_root` is missing, or there is no such mode.
        DataError: The folder, its images or its labels are missing.
    """

    NUM_CLASSES: int = 2
    IGNORE_INDEX: ClassVar[int] = 255
    CLASSES: ClassVar[tuple[str, ...]] = ("background", "person")
    LABEL_MAP: Mapping[int, int] | None = None
    SPLITS: ClassVar[Mapping[str, tuple[Source, ...]]] = PREPARED
    """What is read in each mode: the first of these that is there."""
    WHOLE: ClassVar[Pattern | None] = None
    """All images of a set without an official split, which `paddleseg data prepare` divides."""
    SHARES: ClassVar[tuple[float, float, float]] = (0.8, 0.1, 0.1)
    COUNTS: ClassVar[Mapping[str, Mapping[str, int]]] = {}
    """Images by mode as published, for each version of the set; "all" is their number before a division."""
    SOURCE: ClassVar[str] = ""
    """Where to get it."""
    URL: ClassVar[str] = ""
    """The archive, where anybody may fetch it: it unpacks to `dataset_root`."""
    TERMS: ClassVar[str] = ""

    def __init__(
        self,
        transforms: Sequence[Callable[[Sample], Sample]] = (),
        dataset_root: str | Path | None = None,
        mode: str = "train",
        edge: bool = False,
    ):
        if isinstance(transforms, (str, Path)):  # some of PaddleSeg's take the folder first
            transforms, dataset_root = dataset_root, transforms  # type: ignore[assignment]
        if dataset_root is None:
            raise ValueError(f"dataset_root is missing; {self.SOURCE}")
        self.split = mode.lower()
        if self.split not in self.SPLITS:
            raise ValueError(f"mode should be one of {', '.join(self.SPLITS)}, not {mode!r}")
        # "trainval" and the like are for training too; the base class knows three modes.
        plain = "train" if self.split.startswith("train") else self.split
        super().__init__(
            plain,
            dataset_root,
            transforms or (),
            self.NUM_CLASSES,
            ignore_index=self.IGNORE_INDEX,
            edge=edge,
            label_map=self.LABEL_MAP,
        )

    def find_entries(self) -> tuple[list[Entry], list[Problem]]:
        return find_split(type(self), self.root, self.split)

    @classmethod
    def remarks(cls, root: Path, parts: Mapping[str, Sequence[Entry]]) -> list[str]:
        """What `paddleseg data prepare` should say of the pairs of each mode."""
        return []

    @classmethod
    def divide(cls, root: Path, seed: int) -> dict[str, list[Entry]]:
        """The pairs of each mode, for data without an official split; nothing where the data have one.

        Raises:
            DataError: There are no images where the layout has them, or too few groups of them.
        """
        if cls.WHOLE is None:
            return {}
        if not cls.WHOLE.exists(root):
            raise DataError(str(root), f"holds no {cls.WHOLE}", cls.SOURCE)
        found = cls.WHOLE.find_groups(root)
        parts = split_groups(Counter(group for *_, group in found), cls.SHARES, seed)
        mode_of = {group: mode for mode, groups in zip(MODES, parts, strict=True) for group in groups}
        return {
            mode: [(image, label) for image, label, group in found if mode_of[group] == mode]
            for mode, groups in zip(MODES, parts, strict=True)
            if groups
        }


def names(text: str) -> tuple[str, ...]:
    """Class names from a text with commas between them."""
    return tuple(" ".join(text.split()).split(", "))


def find_split(dataset: type[Published], root: Path, split: str) -> tuple[list[Entry], list[Problem]]:
    """The pairs of a split, and what of them is missing on disk.

    Raises:
        DataError: The folder is missing, holds nothing of the kind, or photos of it have no label.
    """
    if not root.is_dir():
        raise no_folder(dataset, root)
    sources = dataset.SPLITS[split]
    source = next((source for source in sources if source.exists(root)), None)
    if source is None:
        hint = dataset.SOURCE
        if dataset.SPLITS is PREPARED:
            hint = f"`paddleseg data prepare {dataset.__name__} --root {root}` makes the lists; {hint}"
        if len(sources) == 1 and isinstance(sources[0], ListFile):
            raise DataError(str(root / sources[0].file), "there is no such list file", hint)
        raise DataError(str(root), f"holds no {' and no '.join(map(str, sources))}", hint)
    entries, problems = source.find(root)
    return entries, problems + missing_files(entries, root, dataset.SOURCE)


def no_folder(dataset: type[Published], root: Path) -> DataError:
    """That the data set's folder is not there, and how to get it."""
    fetching = f"`paddleseg data prepare {dataset.__name__} --root {root} --download` fetches it; or "
    return DataError(str(root), "there is no such folder", f"{fetching if dataset.URL else ''}{dataset.SOURCE}")


def missing_files(entries: Sequence[Entry], root: Path, hint: str) -> list[Problem]:
    """Images and labels that are not there, each kind as one problem that counts them and names the first."""
    problems = []
    for kind, paths in (("images", [image for image, _ in entries]), ("labels", [label for _, label in entries])):
        missing = [path for path in paths if path is not None and not path.is_file()]
        if missing:
            what = f"{len(missing)} of {len(paths)} {kind} are missing; the first is {missing[0]}"
            problems.append(Problem(str(root), what, hint))
    return problems
