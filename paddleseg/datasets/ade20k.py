"""ADE20K, scenes parsed into 150 classes (Zhou et al., CVPR 2017)."""

from __future__ import annotations

from paddleseg.datasets.layout import Pattern
from paddleseg.datasets.published import Published, names
from paddleseg.registry import DATASETS

_NAMES = """wall, building, sky, floor, tree, ceiling, road, bed, windowpane, grass, cabinet, sidewalk, person, earth,
door, table, mountain, plant, curtain, chair, car, water, painting, sofa, shelf, house, sea, mirror, rug, field,
armchair, seat, fence, desk, rock, wardrobe, lamp, bathtub, railing, cushion, base, box, column, signboard,
chest of drawers, counter, sand, sink, skyscraper, fireplace, refrigerator, grandstand, path, stairs, runway, case,
pool table, pillow, screen door, stairway, river, bridge, bookcase, blind, coffee table, toilet, flower, book, hill,
bench, countertop, stove, palm, kitchen island, computer, swivel chair, boat, bar, arcade machine, hovel, bus, towel,
light, truck, tower, chandelier, awning, streetlight, booth, television receiver, airplane, dirt track, apparel, pole,
land, bannister, escalator, ottoman, bottle, buffet, poster, stage, van, ship, fountain, conveyer belt, canopy, washer,
plaything, swimming pool, stool, barrel, basket, waterfall, tent, bag, minibike, cradle, oven, ball, food, step, tank,
trade name, microwave, pot, animal, bicycle, lake, dishwasher, screen, blanket, sculpture, hood, sconce, vase,
traffic light, tray, ashcan, fan, pier, crt screen, plate, monitor, bulletin board, shower, radiator, glass, clock,
flag"""


@DATASETS.register
class ADE20K(Published):
    """20,210 + 2,000 scenes of the SceneParsing benchmark, `ADEChallengeData2016`.

    `images/training/*.jpg` beside `annotations/training/*.png`, likewise `validation`. In the files 0 means "other" and
    classes begin at 1; here 0 is ignored and classes begin at 0, as the benchmark counts.
    """

    NUM_CLASSES = 150
    CLASSES = names(_NAMES)
    LABEL_MAP = {0: 255, **{value: value - 1 for value in range(1, 151)}}
    SOURCE = "unpack ADEChallengeData2016.zip (sceneparsing.csail.mit.edu)"
    URL = "http://data.csail.mit.edu/places/ADEchallenge/ADEChallengeData2016.zip"
    TERMS = "photos for non-commercial research and education; annotations BSD 3-clause"
    SPLITS = {
        mode: (Pattern(f"images/{part}/{{name}}.jpg", f"annotations/{part}/{{name}}.png"),)
        for mode, part in (("train", "training"), ("val", "validation"))
    }
    COUNTS = {"published": {"train": 20210, "val": 2000}}
