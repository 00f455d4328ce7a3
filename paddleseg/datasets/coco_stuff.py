"""COCO-Stuff: the photos of COCO 2017 with all their pixels named."""

from __future__ import annotations

from paddleseg.datasets.layout import Pattern
from paddleseg.datasets.published import Published
from paddleseg.registry import DATASETS


@DATASETS.register
class CocoStuff(Published):
    """118,287 + 5,000 photos with 171 kinds of things and stuff (Caesar et al., CVPR 2018).

    `images/<part>2017/*.jpg` beside `annotations/<part>2017/*.png`, whose numbers are the classes, as
    `paddleseg data cocostuff` writes them.
    """

    NUM_CLASSES = 171
    CLASSES = ()
    SOURCE = "unpack train2017.zip, val2017.zip and stuffthingmaps_trainval2017.zip (github.com/nightrome/cocostuff)"
    TERMS = "annotations CC BY 4.0; every photo has its own Flickr licence, many of them NC or ND"
    SPLITS = {
        mode: (Pattern(f"images/{mode}2017/{{name}}.jpg", f"annotations/{mode}2017/{{name}}.png"),)
        for mode in ("train", "val")
    }
    COUNTS = {"published": {"train": 118287, "val": 5000}}
