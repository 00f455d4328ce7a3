"""What transforms did to an image is undone exactly where nothing was lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from paddleseg.geometry import Crop, Flip, Geometry, Pad, Resize, Step, Warp
from paddleseg.images.io import read_image, read_label
from paddleseg.transforms.affine import turn
from paddleseg.transforms.functional import move, move_label

STEPS: dict[str, list[Step]] = {
    "nothing": [],
    "resize": [Resize((90, 160))],
    "enlarge": [Resize((300, 500))],
    "pad": [Pad(3, 5, 7, 11)],
    "crop": [Crop(20, 30, 80, 90)],
    "left and right": [Flip(horizontal=True)],
    "top and bottom": [Flip(vertical=True)],
    "turn": [turn((120, 200), 20, 1.0, (190, 230))],
    "letterbox": [Resize((144, 240)), Pad(48, 48, 0, 0)],
    "training": [Resize((192, 192)), turn((192, 192), -10, 1.2, (260, 270)), Crop(20, 33, 192, 192), Flip(True)],
}


def coordinates(size: tuple[int, int]) -> np.ndarray:
    """(h, w, 2): every pixel holds its own y and x."""
    return np.stack(np.mgrid[: size[0], : size[1]], axis=-1).astype(np.float32)


def through(steps: list[Step], plane: np.ndarray, fill: float, apply: Callable = move) -> tuple[np.ndarray, Geometry]:
    geometry = Geometry(plane.shape[:2])
    for step in steps:
        plane = apply(plane, step, fill=fill)
        geometry.add(step)
    return plane, geometry


@pytest.mark.parametrize("name", STEPS)
@pytest.mark.parametrize("interpolation", ["linear", "nearest"])
def test_every_pixel_comes_back_to_its_place(name: str, interpolation: str):
    where = coordinates((120, 200))
    moved, geometry = through(STEPS[name], where, -1e6)
    assert moved.shape[:2] == geometry.size
    back = geometry.invert(moved, interpolation, fill=-1e6)
    assert back.shape == where.shape and back.dtype == where.dtype
    known = back.min(axis=2) >= 0
    # Enlarging and shrinking back is within a pixel; so is the nearest pixel of a smaller image, times its factor.
    assert np.abs(back - where)[known].max() <= (1.6 if interpolation == "linear" else 2.6)
    assert np.abs(back - where)[known].mean() < (0.15 if interpolation == "linear" else 0.8)
    kept = {"crop": 80 * 90 / (120 * 200), "training": 0.5}.get(name, 0.9)
    assert known.mean() >= kept


@pytest.mark.parametrize("name", STEPS)
def test_a_label_comes_back(name: str, mini: Path):
    label = read_label(mini / "masks" / "000000483667.png")
    moved, geometry = through(STEPS[name], label, 255, move_label)
    back = geometry.invert(moved, "nearest", fill=255)
    known = back != 255
    # The steps are made for another size, so that some of them squeeze this photo to a quarter.
    assert (back != label)[known].mean() < 0.03
    assert known.any()


def test_content_is_the_box_without_padding():
    geometry = Geometry((480, 640))
    geometry.resize((144, 192))
    geometry.pad(24, 24, 0, 0)
    assert geometry.size == (192, 192) and geometry.content == (24, 0, 144, 192)
    geometry.crop(0, 10, 100, 182)
    assert geometry.content == (24, 0, 76, 182)
    geometry.flip(vertical=True)
    assert geometry.content == (0, 0, 76, 182)


@pytest.mark.parametrize("name", STEPS)
def test_content_agrees_with_what_is_seen(name: str):
    seen, geometry = through(STEPS[name], np.full((120, 200), 200, np.float32), 0.0)
    rows, columns = np.flatnonzero((seen > 100).any(axis=1)), np.flatnonzero((seen > 100).any(axis=0))
    y, x, h, w = geometry.content
    found = np.array([rows[0], columns[0], rows[-1] + 1, columns[-1] + 1])
    np.testing.assert_allclose([y, x, y + h, x + w], found, atol=1.5)


@pytest.mark.parametrize("flip", [Flip(horizontal=True), Flip(vertical=True), Flip(True, True)])
def test_a_warp_takes_up_the_flip_after_it(flip: Flip):
    seen = coordinates((50, 70))
    warp = turn((50, 70), 12, 1.1, (60, 80), (3, -5))
    after, _ = through([warp, flip], seen, -1e6)
    at_once = move(seen, warp.flipped(flip), fill=-1e6)
    known = (after.min(axis=2) >= 0) & (at_once.min(axis=2) >= 0)
    assert known.mean() > 0.6
    assert np.abs(after - at_once)[known].max() < 0.1  # OpenCV places pixels to 1/32


def test_a_warp_takes_up_resizing_and_window(mini: Path):
    photo = read_image(mini / "images" / "000000483667.jpg")
    size = photo.shape[:2]
    warp = turn((192, 192), 12, 1.1, (240, 250), (3, -5))
    steps = [Resize((192, 192)), warp, Crop(20, 30, 160, 170)]
    whole, geometry = through(steps, coordinates(size), -1e6)
    at_once = warp.of_resized(size, (192, 192)).window(20, 30, (160, 170))
    assert isinstance(at_once, Warp) and at_once.after(size) == geometry.size == (160, 170)
    direct = move(coordinates(size), at_once, fill=-1e6)
    known = (whole.min(axis=2) >= 0) & (direct.min(axis=2) >= 0)
    assert known.mean() > 0.7
    # OpenCV places pixels to 1/32; the photo is about three times as large as the result.
    assert np.abs(whole - direct)[known].max() < 0.3


def test_the_box_of_a_warp_is_that_of_the_resizing_it_stands_for():
    still = Warp(((1, 0, 0), (0, 1, 0)), (50, 40))
    box = still.of_resized((100, 120), (50, 40)).box((0, 0, 100, 120), (100, 120))
    np.testing.assert_allclose(box, Resize((50, 40)).box((0, 0, 100, 120), (100, 120)), atol=1e-9)


def test_a_map_of_another_size_is_refused():
    geometry = Geometry((10, 20))
    geometry.resize((5, 5))
    with pytest.raises(ValueError, match=r"\(4, 4\) does not belong to an input of size \(5, 5\)"):
        geometry.invert(np.zeros((4, 4), np.float32))
