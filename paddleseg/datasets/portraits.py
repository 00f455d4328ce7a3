"""Portraits with hard masks, each set in the layout in which it is handed out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from paddleseg.datasets.layout import ListFile, Pattern
from paddleseg.datasets.published import Published
from paddleseg.registry import DATASETS
from paddleseg.transforms.fields import CLASSES
from paddleseg.transforms.sample import Sample

_PERSON = dict.fromkeys(range(1, 256), 1)


class TwoView(Published):
    """A data set with PaddleSeg's arguments for PortraitNet, which was meant to see every image twice.

    Args:
        common_transforms: Applied in order, before `transforms1`.
        transforms1: What makes the network's input of it.
        transforms2: Accepted for PaddleSeg's files. Its second view reached no loss there either, so none is made.
        transforms: As of any data set, instead of the first two.
        **given: As `Published`: `dataset_root`, `mode`, `edge`.
    """

    def __init__(
        self,
        common_transforms: Sequence[Callable[[Sample], Sample]] | None = None,
        transforms1: Sequence[Callable[[Sample], Sample]] | None = None,
        transforms2: Sequence[Callable[[Sample], Sample]] | None = None,
        dataset_root: str | Path | None = None,
        mode: str = "train",
        edge: bool = False,
        transforms: Sequence[Callable[[Sample], Sample]] = (),
    ):
        steps = [*(common_transforms or ()), *(transforms1 or ()), *(transforms or ())]
        super().__init__(steps, dataset_root, mode, edge)


@DATASETS.register
class EG1800(TwoView):
    """1,800 upright portraits of 600x800 (w x h) from Flickr (Shen et al., Eurographics 2016).

    `Images`, `Labels`, and the names of each part in `eg1800_train.txt` and `eg1800_test.txt`, as the PortraitNet
    authors pack it. Values of 2 to 254 are background, as PaddleSeg has it.
    """

    SOURCE = "the photos and masks are linked at github.com/dong-x16/PortraitNet and xiaoyongshen.me/webpage_portrait"
    TERMS = "masks for research; the photos belong to their Flickr authors: not to be redistributed"
    LABEL_MAP = dict.fromkeys(range(2, 255), 0)
    SPLITS = {
        mode: (ListFile(f"eg1800_{part}.txt", "Images/{line}", "Labels/{line}"),)
        for mode, part in (("train", "train"), ("val", "test"), ("test", "test"))
    }
    COUNTS = {
        "published": {"train": 1500, "val": 300, "test": 300},
        "PortraitNet's copy": {"train": 1447, "val": 289, "test": 289},
    }


class SuperviselyList(ListFile):
    """A list of images; the label of one in a folder `img` lies in the folder `ann` beside it."""

    def find(self, root: Path) -> tuple[list[Any], list[Any]]:
        entries, problems = super().find(root)
        return [(image, _swap(image, root)) for image, _ in entries], problems


def _swap(image: Path, root: Path) -> Path:
    return root / image.relative_to(root).as_posix().replace("/img/", "/ann/")


@DATASETS.register
class SUPERVISELY(TwoView):
    """The portraits among the Supervisely Person photos, as the PortraitNet authors chose them.

    `supervisely_face_train_easy.txt` and `supervisely_face_test_easy.txt` name images such as
    `<any>/ds1/img/photo.png`, whose label is `ds1/ann/photo.png`; every value but 0 is person.
    """

    SOURCE = "ask for Supervisely Person at supervise.ly; the lists come with github.com/dong-x16/PortraitNet"
    TERMS = "Supervisely Person: research only, not to be redistributed"
    LABEL_MAP = _PERSON
    SPLITS = {
        mode: (SuperviselyList(f"supervisely_face_{part}_easy.txt", "{line}", "{line}", drop=1),)
        for mode, part in (("train", "train"), ("val", "test"), ("test", "test"))
    }


@DATASETS.register
class MiniSupervisely(Published):
    """The few Supervisely photos that PaddleSeg hands out, `mini_supervisely`, with lists of pairs."""

    SOURCE = "unpack PaddleSeg's mini_supervisely.zip (contrib/PP-HumanSeg/src/download_data.py)"
    TERMS = "as Supervisely Person: research only, not to be redistributed"
    SPLITS = {mode: (ListFile(f"{mode}.txt"),) for mode in ("train", "val", "test")}


@DATASETS.register
class Maadaa(Published):
    """The portraits of video conferences that maadaa.ai hands out on request.

    How the archive is laid out is agreed with each customer, so it has to be brought into this one: `images/<person>/*`
    beside `masks/<person>/*.png`, with every value but 0 as person. `paddleseg data prepare` divides by person.
    """

    SOURCE = "ask for the portrait segmentation set at maadaa.ai; put it into images/<person>/ and masks/<person>/"
    TERMS = "by agreement with maadaa.ai"
    LABEL_MAP = _PERSON
    WHOLE = Pattern("images/{person}/{name}.*", "masks/{person}/{name}.png", "{person}")


@DATASETS.register
class EasyPortrait(Published):
    """40,000 photos of people before their cameras, with the parts of their faces (Kvanchiani et al., 2023).

    `images/<part>/*.jpg` beside `annotations/<part>/*.png`, divided by person.

    Args:
        num_classes: 2 for person and background, 9 for the parts of `FACE_CLASSES`.
        **given: As `Published`.
    """

    FACE_CLASSES = (*Published.CLASSES, "skin", "left brow", "right brow", "left eye", "right eye", "lips", "teeth")
    SOURCE = "download images.zip and annotations.zip from github.com/hukenovs/easyportrait"
    TERMS = "a variant of CC BY-SA 4.0: see license/en_us.pdf in its repository"
    SPLITS = {
        part: (Pattern(f"images/{part}/{{name}}.jpg", f"annotations/{part}/{{name}}.png"),)
        for part in ("train", "val", "test")
    }
    COUNTS = {
        "version 2": {"train": 30000, "val": 4000, "test": 6000},
        "version 1": {"train": 14000, "val": 2000, "test": 4000},
    }

    def __init__(self, *args: Any, num_classes: int = 2, **given: Any):
        if num_classes not in (2, len(self.FACE_CLASSES)):
            raise ValueError(f"num_classes should be 2 or {len(self.FACE_CLASSES)}, not {num_classes!r}")
        self.NUM_CLASSES = num_classes
        # In a mirrored picture the left eye is the right one.
        pairs = tuple((n, n + 1) for n, name in enumerate(self.FACE_CLASSES) if name.startswith("left"))
        self.FIELDS = {"label": replace(CLASSES, mirror=() if num_classes == 2 else pairs)}
        self.LABEL_MAP = dict.fromkeys(range(2, len(self.FACE_CLASSES)), 1) if num_classes == 2 else None
        super().__init__(*args, **given)
