"""The photos of COCO that show people."""

from __future__ import annotations

from pathlib import Path

from paddleseg.datasets.annotations import Annotations
from paddleseg.datasets.base import Entry
from paddleseg.datasets.published import Published
from paddleseg.errors import DataError, Problem
from paddleseg.images.io import write_png
from paddleseg.progress import progress
from paddleseg.registry import DATASETS
from paddleseg.targets import plan


@DATASETS.register
class COCOPerson(Published):
    """The photos of COCO 2017 that show people, everything else being background (Lin et al., ECCV 2014).

    `annotations/instances_<part>2017.json` beside the photos in `train2017` and `val2017`. `paddleseg data prepare`
    draws `person_masks/<part>2017/*.png`; crowds that are marked as one region are ignored.
    """

    SOURCE = "unpack train2017.zip, val2017.zip and annotations_trainval2017.zip (cocodataset.org)"
    TERMS = "annotations CC BY 4.0; every photo has its own Flickr licence, many of them NC or ND"
    COUNTS = {"published": {"train": 64115, "val": 2693}}

    @classmethod
    def divide(cls, root: Path, seed: int) -> dict[str, list[Entry]]:
        found: dict[str, list[Entry]] = {}
        problems: list[Problem] = []
        for part in ("train", "val"):
            file = root / "annotations" / f"instances_{part}2017.json"
            if not file.is_file():
                continue
            labels = root / "person_masks" / f"{part}2017"
            annotations = Annotations.load(file)
            classes = annotations.classes(["person"])
            images = list(annotations.images(classes))
            photos = [(root / f"{part}2017" / image.name, Path(image.name).name) for image in images]
            found[part] = [*plan(labels, photos, ".png", inputs=[file])]
            targets = progress(found[part], f"Drawing {labels.name}")
            for image, (_, label) in zip(images, targets, strict=True):
                if label is None or label.is_file():  # a run that was cut short goes on where it ended
                    continue
                try:
                    write_png(label, image.mask(classes))
                except DataError as error:
                    problems += error.problems
        if problems:
            raise DataError(problems)
        if not found:
            raise DataError(str(root / "annotations"), "holds no instances_train2017.json", cls.SOURCE)
        return found
