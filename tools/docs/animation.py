"""The moving picture of the README: a camera moves over bundled photos, and their backgrounds change.

python tools/docs/animation.py docs/images/video.webp
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import cv2
import numpy as np

from paddleseg.images.backgrounds import cover
from paddleseg.images.io import read_image
from paddleseg.inference.predictor import Predictor
from paddleseg.video import Compositor, Session
from paddleseg.video.source import open_source
from paddleseg.video.target import open_target

PHOTOS = Path(__file__).resolve().parents[2] / "data" / "portrait_mini" / "images"
SIZE, STEPS, RATE = (252, 336), 22, 10
SCENES = [("000000389812", "blur"), ("000000257896", "hills"), ("000000009483", "#00b140")]
HILLS = "000000407002"


def camera(photo: np.ndarray) -> Iterator[np.ndarray]:
    """A slow zoom with a sway, as of a camera held by hand."""
    h, w = SIZE
    top = photo[: round(photo.shape[1] * h / w)]  # of an upright photo, where the face is
    large = cover(top, (2 * h, 2 * w))
    for step in range(STEPS):
        part = step / (STEPS - 1)
        zoom = 0.55 + 0.08 * part
        x, y = w + 14 * np.sin(5 * part), h + 8 * np.cos(4 * part)
        matrix = np.array([[zoom, 0, w / 2 - zoom * x], [0, zoom, h / 2 - zoom * y]])
        yield cv2.warpAffine(large, matrix, (w, h), flags=cv2.INTER_AREA)


def pictures() -> Iterator[np.ndarray]:
    predictor = Predictor.from_zoo("portrait")
    for name, behind in SCENES:
        compositor = Compositor(read_image(PHOTOS / f"{HILLS}.jpg") if behind == "hills" else behind)
        session = Session(predictor, compositor=compositor)
        for frame in session.stream(camera(read_image(PHOTOS / f"{name}.jpg"))):
            yield np.concatenate([frame.image, frame.composite], axis=1)


def main() -> None:
    with closing(open_source(list(pictures()), rate=RATE)) as source, open_target(sys.argv[1], source) as target:
        for moment in source:
            target.write(moment.image, moment.time, moment.duration)


if __name__ == "__main__":
    main()
