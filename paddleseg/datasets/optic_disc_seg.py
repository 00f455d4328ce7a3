"""OpticDiscSeg, the small set of PaddleSeg's first lesson."""

from __future__ import annotations

from paddleseg.datasets.layout import ListFile
from paddleseg.datasets.published import Published
from paddleseg.registry import DATASETS


@DATASETS.register
class OpticDiscSeg(Published):
    """267 + 76 + 38 photos of the back of the eye, with the optic disc; pairs in `train_list.txt` and its like."""

    CLASSES = ("background", "optic disc")
    SOURCE = "unpack PaddleSeg's optic_disc_seg.zip (paddleseg.bj.bcebos.com/dataset/optic_disc_seg.zip)"
    URL = "https://paddleseg.bj.bcebos.com/dataset/optic_disc_seg.zip"
    TERMS = "of the iChallenge-AMD set: research"
    SPLITS = {mode: (ListFile(f"{mode}_list.txt"),) for mode in ("train", "val", "test")}
    COUNTS = {"published": {"train": 267, "val": 76, "test": 38}}
