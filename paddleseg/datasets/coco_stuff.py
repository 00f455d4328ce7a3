"""COCO-Stuff: the photos of COCO 2017 with all their pixels named."""

from __future__ import annotations

from paddleseg.datasets.layout import Pattern
from paddleseg.datasets.published import Published, names
from paddleseg.registry import DATASETS

_THINGS = """person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, fire hydrant,
stop sign, parking meter, bench, bird, cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, backpack, umbrella,
handbag, tie, suitcase, frisbee, skis, snowboard, sports ball, kite, baseball bat, baseball glove, skateboard,
surfboard, tennis racket, bottle, wine glass, cup, fork, knife, spoon, bowl, banana, apple, sandwich, orange,
broccoli, carrot, hot dog, pizza, donut, cake, chair, couch, potted plant, bed, dining table, toilet, tv,
laptop, mouse, remote, keyboard, cell phone, microwave, oven, toaster, sink, refrigerator, book, clock, vase,
scissors, teddy bear, hair drier, toothbrush"""
_STUFF = """banner, blanket, branch, bridge, building, bush, cabinet, cage, cardboard, carpet, ceiling, tiled ceiling,
cloth, clothes, clouds, counter, cupboard, curtain, desk, dirt, door, fence, marble floor, floor, stone floor,
tiled floor, wooden floor, flower, fog, food, fruit, furniture, grass, gravel, ground, hill, house, leaves,
light, mat, metal, mirror, moss, mountain, mud, napkin, net, paper, pavement, pillow, plant, plastic, platform,
playing field, railing, railroad, river, road, rock, roof, rug, salad, sand, sea, shelf, sky, skyscraper, snow,
solid, stairs, stone, straw, structure, table, tent, textile, towel, tree, vegetable, brick wall, concrete wall,
wall, panelled wall, stone wall, tiled wall, wooden wall, water, waterdrops, blind, window, wood"""


@DATASETS.register
class CocoStuff(Published):
    """118,287 + 5,000 photos with 171 kinds of things and stuff (Caesar et al., CVPR 2018).

    `images/<part>2017/*.jpg` beside `annotations/<part>2017/*.png`, whose numbers are the classes, as
    `paddleseg data cocostuff` writes them.
    """

    NUM_CLASSES = 171
    CLASSES = names(_THINGS + ", " + _STUFF)
    SOURCE = "unpack train2017.zip, val2017.zip and stuffthingmaps_trainval2017.zip (github.com/nightrome/cocostuff)"
    TERMS = "annotations CC BY 4.0; every photo has its own Flickr licence, many of them NC or ND"
    SPLITS = {
        mode: (Pattern(f"images/{mode}2017/{{name}}.jpg", f"annotations/{mode}2017/{{name}}.png"),)
        for mode in ("train", "val")
    }
    COUNTS = {"published": {"train": 118287, "val": 5000}}
