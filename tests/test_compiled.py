"""Compiled passes give what their plain forms give: the same bits, or for colours of clips within a grey level."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from paddleseg import compiled
from paddleseg.images import compositing
from paddleseg.images.backgrounds import Blur, Picture, Plain
from paddleseg.images.io import read_image
from paddleseg.inference.predictor import Predictor
from paddleseg.video.colour import Colour, FromRgb, ToRgb
from paddleseg.video.smoothing import Adaptive

pytest.importorskip("numba")

Both = Callable[[Callable[[], Any]], tuple[Any, Any]]
SIZES = [(480, 640), (479, 641), (999, 333), (720, 1280), (53, 37), (200, 16), (3, 5), (1, 1)]
"""(h, w): sides that the small copy divides and others, upright, tiny."""


@pytest.fixture
def both() -> Iterator[Both]:
    """What a function returns by the plain forms, and by the compiled ones."""
    assert compiled.load()
    modules = [(passes, passes.loaded) for passes in compiled._known]

    def run(function: Callable[[], Any]) -> tuple[Any, Any]:
        for passes, _ in modules:
            passes.loaded = None
        plain = function()
        for passes, module in modules:
            passes.loaded = module
        return plain, function()

    yield run
    for passes, module in modules:
        passes.loaded = module


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    return Predictor.from_zoo("portrait", threads=1)


@pytest.fixture(scope="module")
def photos(mini: Path) -> list[np.ndarray]:
    names = [line.split()[0] for line in (mini / "val.txt").read_text().splitlines()]
    return [read_image(mini / name) for name in names]


def resized(photos: list[np.ndarray]) -> list[np.ndarray]:
    return [cv2.resize(photos[k % len(photos)], size[::-1]) for k, size in enumerate(SIZES)]


def test_masks_probabilities_and_mattes_have_the_same_bits(predictor: Predictor, photos: list, both: Both):
    people = 0
    for photo in [*photos, *resized(photos)]:
        plain, fast = both(lambda photo=photo: predictor(photo))
        np.testing.assert_array_equal(plain.values, fast.values, str(photo.shape))
        np.testing.assert_array_equal(plain.mask, fast.mask)
        np.testing.assert_array_equal(plain.opacity, fast.opacity)
        people += 0.1 < fast.mask.mean() < 0.9
    assert people > len(photos) / 2


@pytest.mark.parametrize(
    "behind", [Blur(), Blur(0.05), Plain((0, 177, 64)), None], ids=["blur", "weak", "colour", "cut"]
)
def test_composites_have_the_same_bits(predictor: Predictor, photos: list, both: Both, behind: Any):
    for photo in resized(photos):
        matte = predictor(photo).opacity

        def made(photo: np.ndarray = photo, matte: np.ndarray = matte) -> np.ndarray:
            return compositing.cutout(photo, matte) if behind is None else compositing.compose(photo, matte, behind)

        plain, fast = both(made)
        np.testing.assert_array_equal(plain, fast, str(photo.shape))


def test_pictures_that_may_not_be_written_to_and_views_serve(photos: list, both: Both):
    photo = photos[0].copy()
    matte = cv2.resize(np.array([[0, 255], [90, 255]], np.uint8), photo.shape[1::-1])
    photo.flags.writeable = matte.flags.writeable = False
    view, of_view = photo[::-1, 3:], matte[::-1, 3:]
    for seen, alpha in ((photo, matte), (view, of_view)):
        plain, fast = both(lambda seen=seen, alpha=alpha: compositing.compose(seen, alpha, Picture(photos[1])))
        np.testing.assert_array_equal(plain, fast)


def test_steady_masks_have_the_same_bits(both: Both):
    rng = np.random.default_rng(0)
    frames = [rng.random((1, 45, 81), dtype=np.float32) ** 3 for _ in range(3)]

    def steady() -> list[np.ndarray]:
        adaptive = Adaptive()
        return [adaptive(frame, frame[0]) for frame in frames]

    plain, fast = both(steady)
    np.testing.assert_array_equal(plain, fast)


@pytest.mark.parametrize("colour", [Colour(1), Colour(6), Colour(5, full=True), Colour(9)])
@pytest.mark.parametrize("size", [(480, 640), (66, 130), (16, 18), (65, 131), (8, 8)])
def test_colours_of_clips_are_ffmpegs(photos: list, both: Both, colour: Colour, size: tuple[int, int]):
    noise = np.random.default_rng(0).integers(0, 256, (*size, 3), np.uint8)
    for picture in (cv2.resize(photos[0], size[::-1]), noise):
        frames = both(lambda picture=picture: FromRgb(colour, "yuv420p")(picture, Fraction(1, 25)))
        planes = [frame.to_ndarray().astype(int) for frame in frames] if size[0] % 2 == 0 else []
        assert not planes or np.abs(planes[0] - planes[1]).max() <= 1
        assert len({(frame.color_range, frame.time_base, frame.format.name) for frame in frames}) == 1
        plain, fast = both(lambda frames=frames: ToRgb(colour, size)(frames[0]))
        assert np.abs(plain.astype(int) - fast).max() <= 1


def run(code: str, **environment: str) -> None:
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | environment)


def test_without_numba_and_when_switched_off_the_plain_forms_serve():
    code = """
import sys
{before}
import numpy as np
from paddleseg.inference.predictor import Predictor
from paddleseg.video import Compositor, Session
session = Session(Predictor.from_zoo("portrait", threads=1), compositor=Compositor("blur"))
assert session(np.zeros((32, 48, 3), np.uint8)).composite.shape == (32, 48, 3)
from paddleseg import compiled
assert len(compiled._known) >= 4 and not any(passes.loaded for passes in compiled._known)
"""
    run(code.format(before='sys.modules["numba"] = None'))
    run(code.format(before=""), PADDLESEG_CPU_KERNELS="0")


def test_one_photo_does_not_wait_for_numba():
    code = """
import sys, numpy as np
from paddleseg.inference.predictor import Predictor
Predictor.from_zoo("portrait", threads=1)(np.zeros((32, 48, 3), np.uint8)).opacity
assert "numba" not in sys.modules
"""
    run(code)
