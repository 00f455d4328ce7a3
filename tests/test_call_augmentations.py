"""What video calls do to pictures: each change is the one it is named after, and labels follow what is seen."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

import paddleseg.transforms as T
from paddleseg.datasets import Dataset
from paddleseg.errors import DataError
from paddleseg.geometry import Geometry
from paddleseg.images.io import read_image, read_label
from paddleseg.transforms.codec import jpeg, last_frame
from paddleseg.transforms.functional import motion_blur
from paddleseg.transforms.sample import Sample


@pytest.fixture(scope="module")
def photo(mini: Path) -> np.ndarray:
    return cv2.resize(read_image(mini / "images/000000000785.jpg"), (161, 201))


@pytest.fixture(scope="module")
def label(mini: Path) -> np.ndarray:
    mask = read_label(mini / "masks/000000000785.png")
    return cv2.resize(mask, (161, 201), interpolation=cv2.INTER_NEAREST_EXACT)


def sample_of(photo: np.ndarray, label: np.ndarray | None = None, seed: int = 0) -> Sample:
    label = None if label is None else label.copy()
    return Sample(photo.copy(), label, np.random.default_rng(seed), Geometry(photo.shape[:2]))


def noise(image: np.ndarray) -> float:
    """The standard deviation of what a smoothed picture leaves."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float((grey - cv2.GaussianBlur(grey, (0, 0), 1.5)).std())


def test_motion_blur_smears_along_its_line_only():
    dot = np.zeros((41, 41, 3), np.uint8)
    dot[20, 20] = 255
    for angle, axis in ((0.0, 0), (np.pi / 2, 1)):
        smeared = motion_blur(dot, 11, angle)[..., 0]
        across, along = np.count_nonzero(smeared.sum(axis=1 - axis)), np.count_nonzero(smeared.sum(axis=axis))
        assert along >= 10 and across <= 3
        ys, xs = np.nonzero(smeared)
        assert abs(ys.mean() - 20) < 0.5 and abs(xs.mean() - 20) < 0.5  # or the label would lie beside the person
    flat = np.full((9, 9, 1), 77, np.uint8)
    np.testing.assert_array_equal(motion_blur(flat, 4, 0.3), flat)


def test_motion_blur_grows_with_its_length(photo):
    sharpness = [noise(motion_blur(photo, length, 0.5)) for length in (1, 4, 12)]
    assert sharpness[0] > 1.2 * sharpness[1] > 1.44 * sharpness[2]


def test_jpeg_loses_more_at_lower_quality_and_keeps_colours(photo):
    error = {quality: np.abs(jpeg(photo, quality).astype(int) - photo).mean() for quality in (10, 50, 95)}
    assert error[10] > 1.5 * error[50] > 2.25 * error[95] and error[10] < 15
    red = np.full((32, 32, 3), (200, 30, 30), np.uint8)
    assert np.abs(jpeg(red, 90).astype(int) - red).max() < 6
    assert jpeg(photo[..., :1], 50).shape == (201, 161, 1)
    qualities = T.RandomJPEG(1, [15, 15])
    np.testing.assert_array_equal(qualities(sample_of(photo)).image, jpeg(photo, 15))


def test_the_video_codec_is_a_video_codec(photo):
    still = np.zeros((0, 2))
    error = [np.abs(last_frame(photo, still, strength).astype(int) - photo).mean() for strength in (1, 3, 8)]
    assert 0 < error[0] < error[1] < error[2] < 25
    moved = np.array([[6.0, 0], [3, 0]])
    after_motion = last_frame(photo, moved, 3)
    assert after_motion.shape == photo.shape
    assert (after_motion != last_frame(photo, still, 3)).any()  # predicted from frames before, not coded alone
    # Nothing has moved: the picture lies where its label is.
    shift, _ = cv2.phaseCorrelate(*(cv2.cvtColor(p, cv2.COLOR_RGB2GRAY).astype(float) for p in (photo, after_motion)))
    assert np.abs(shift).max() < 0.3
    np.testing.assert_array_equal(after_motion, last_frame(photo, moved, 3))
    assert T.RandomVideoCodec(1)(sample_of(photo[..., :1])).image.shape == (201, 161, 1)


def test_low_light_is_dark_or_noisy(photo):
    dim = [T.RandomLowLight(1, [3, 3])(sample_of(photo, seed=seed)).image for seed in range(12)]
    bright = np.array([image.mean() for image in dim])
    noisy = np.array([noise(image) for image in dim])
    assert bright.max() < photo.mean() + 3 and bright.min() < 0.6 * photo.mean()
    assert np.corrcoef(bright, noisy)[0, 1] > 0.8  # the gain that makes it bright shows the noise
    full = [T.RandomLowLight(1, [0, 0], electrons=e)(sample_of(photo)).image for e in (200, 1_000_000)]
    assert noise(full[0]) > noise(photo) + 1.5 and np.abs(full[1].astype(int) - photo).mean() < 1
    # Shot noise: brighter parts have more of it in electrons, and so have dark parts more of it after gamma.
    grey = np.repeat(np.repeat(np.uint8([[60], [200]]), 64, axis=0), 128, axis=1)[..., None].repeat(3, axis=2)
    dark, light = np.split(T.RandomLowLight(1, [2, 2], electrons=500)(sample_of(grey)).image.astype(float), 2)
    assert dark.std() > light.std() > 2


def test_white_balance_shifts_red_against_blue(photo):
    grey = np.full((4, 4, 3), 100, np.uint8)
    seen = np.array([T.RandomWhiteBalance(1, 1.5)(sample_of(grey, seed=seed)).image[0, 0] for seed in range(60)])
    assert np.corrcoef(seen[:, 0], seen[:, 2])[0, 1] < -0.9
    assert 65 <= seen.min() < 80 and 130 < seen.max() <= 150
    assert np.ptp(seen[:, 1]) < 0.5 * np.ptp(seen[:, 0])
    same = sample_of(photo[..., :1])
    np.testing.assert_array_equal(T.RandomWhiteBalance(1)(same).image, photo[..., :1])


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarter_turns_lose_nothing(photo, label, quarters: int):
    sample = T.RandomRotate90(1, [quarters])(sample_of(photo, label))
    np.testing.assert_array_equal(sample.image, np.rot90(photo, quarters))
    np.testing.assert_array_equal(sample.label, np.rot90(label, quarters))
    np.testing.assert_array_equal(sample.geometry.invert(sample.label, "nearest"), label)


def test_objects_lie_on_people_and_the_label_says_what_was_asked(photo, label):
    rows = np.flatnonzero(label.any(axis=1))
    for seed in range(20):
        hidden = T.RandomOcclusion(1)(sample_of(photo, label, seed))
        held = T.RandomOcclusion(1, label_value=1)(sample_of(photo, label, seed))
        np.testing.assert_array_equal(hidden.image, held.image)
        lost, gained = (label == 1) & (hidden.label == 0), (label == 0) & (held.label == 1)
        assert lost.sum() > 10 and not (hidden.label > label).any() and not (held.label < label).any()
        changed = (hidden.image != photo).any(axis=2)
        assert changed[lost | gained].mean() > 0.9
        assert np.flatnonzero(lost.any(axis=1))[0] > rows[0]  # never the top of a head
        assert (lost | gained).sum() < 0.5 * (label == 1).sum()


def test_surfaces_come_from_the_data_set_or_a_folder(mini: Path, photo, label):
    dataset = Dataset("train", mini, [T.RandomOcclusion(1)], train_path="train.txt")
    reads: list[int] = []
    read = dataset.read
    dataset.read = lambda index, rng=None: reads.append(index) or read(index, rng)  # type: ignore[method-assign]
    for seed in range(5):
        dataset.sample(0, np.random.default_rng(seed))
    assert len(set(reads)) > 3
    looks = [
        T.RandomOcclusion(1, pictures=pictures)(sample_of(photo, label)).image for pictures in (None, mini / "images")
    ]
    assert (looks[0] != looks[1]).any()


def test_what_cannot_be_done(photo, label):
    empty = T.RandomOcclusion(1)(sample_of(photo, label * 0))
    np.testing.assert_array_equal(empty.image, photo)
    with pytest.raises(DataError, match="needs labels of one class a pixel"):
        T.RandomOcclusion(1)(sample_of(photo, np.stack([label, label], axis=2)))
    for make, message in [
        (lambda: T.RandomJPEG(quality_range=[0, 50]), "quality_range"),
        (lambda: T.RandomVideoCodec(strength_range=[0.5, 2]), "strength_range"),
        (lambda: T.RandomVideoCodec(max_frames=-1), "max_frames"),
        (lambda: T.RandomMotionBlur(length_range=[0.2, 0.1]), "length_range"),
        (lambda: T.RandomLowLight(electrons=0), "electrons"),
        (lambda: T.RandomWhiteBalance(max_gain=0.5), "max_gain"),
        (lambda: T.RandomRotate90(turns=[4]), "turns"),
        (lambda: T.RandomOcclusion(size_range=[0, 0.5]), "size_range"),
    ]:
        with pytest.raises(ValueError, match=message):
            make()


def test_prob_is_how_often(photo, label):
    for name in ("MotionBlur", "JPEG", "VideoCodec", "LowLight", "WhiteBalance", "Rotate90", "Occlusion"):
        transform = getattr(T, f"Random{name}")(prob=0.5)
        small = cv2.resize(photo, (48, 64)), cv2.resize(label, (48, 64), interpolation=cv2.INTER_NEAREST)
        changed = [not np.array_equal(transform(sample_of(*small, seed)).image, small[0]) for seed in range(40)]
        assert 0.2 < np.mean(changed) < 0.8, name
