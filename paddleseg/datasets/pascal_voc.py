"""PASCAL VOC 2012, with or without the extra labels of SBD."""

from __future__ import annotations

from paddleseg.datasets.layout import Joined, ListFile
from paddleseg.datasets.published import Published, names
from paddleseg.registry import DATASETS

_PHOTOS = "VOC2012/JPEGImages/{line}.jpg"


def _listed(name: str, labels: str = "SegmentationClass") -> ListFile:
    return ListFile(f"VOC2012/ImageSets/Segmentation/{name}.txt", _PHOTOS, f"VOC2012/{labels}/{{line}}.png")


@DATASETS.register
class PascalVOC(Published):
    """1,464 + 1,449 photos with 20 kinds of objects (Everingham et al., IJCV 2015).

    `dataset_root` is `VOCdevkit`, with `VOC2012` in it. Labels are palette images, whose indices are the classes.
    "trainaug" adds the photos of `aug.txt` with labels in `SegmentationClassAug`, both made of SBD (Hariharan et al.,
    ICCV 2011) by `paddleseg data voc_augment`.
    """

    NUM_CLASSES = 21
    CLASSES = names(
        """background, aeroplane, bicycle, bird, boat, bottle, bus, car, cat, chair, cow, diningtable, dog, horse,
        motorbike, person, pottedplant, sheep, sofa, train, tvmonitor"""
    )
    SOURCE = "unpack VOCtrainval_11-May-2012.tar (host.robots.ox.ac.uk/pascal/VOC/voc2012)"
    URL = "http://host.robots.ox.ac.uk/pascal/VOC/voc2012/VOCtrainval_11-May-2012.tar"
    TERMS = "photos under Flickr's terms of use: research"
    SPLITS = {
        **{name: (_listed(name),) for name in ("train", "val", "trainval")},
        "trainaug": (Joined((_listed("train"), _listed("aug", "SegmentationClassAug"))),),
    }
    COUNTS = {"published": {"train": 1464, "val": 1449, "trainval": 2913, "trainaug": 10582}}
