"""PASCAL Context: the photos of PASCAL VOC 2010 with all their pixels named."""

from __future__ import annotations

from paddleseg.datasets.layout import ListFile
from paddleseg.datasets.published import Published, names
from paddleseg.registry import DATASETS


@DATASETS.register
class PascalContext(Published):
    """4,998 + 5,105 photos with 59 classes and the background (Mottaghi et al., CVPR 2014).

    `dataset_root` is `VOC2010`, with `JPEGImages` in it. `paddleseg data pascal_context` draws the labels in `Context`
    and writes the lists `ImageSets/Segmentation/<part>_context.txt`.
    """

    NUM_CLASSES = 60
    CLASSES = names(
        """background, aeroplane, bag, bed, bedclothes, bench, bicycle, bird, boat, book, bottle, building, bus,
        cabinet, car, cat, ceiling, chair, cloth, computer, cow, cup, curtain, dog, door, fence, floor, flower,
        food, grass, ground, horse, keyboard, light, motorbike, mountain, mouse, person, plate, platform, potted
        plant, road, rock, sheep, shelves, sidewalk, sign, sky, snow, sofa, table, track, train, tree, truck, tv
        monitor, wall, water, window, wood"""
    )
    SOURCE = "unpack VOCtrainval_03-May-2010.tar, and run `paddleseg data pascal_context` on trainval_merged.json"
    TERMS = "photos under Flickr's terms of use: research"
    SPLITS = {
        mode: (ListFile(f"ImageSets/Segmentation/{mode}_context.txt", "JPEGImages/{line}.jpg", "Context/{line}.png"),)
        for mode in ("train", "val", "trainval")
    }
    COUNTS = {"published": {"train": 4998, "val": 5105, "trainval": 10103}}
