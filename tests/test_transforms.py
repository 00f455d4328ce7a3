"""Every registered transform: what all of them promise. What each one is for: test_transforms_each.py."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from transform_cases import make

import paddleseg.transforms as T
from paddleseg.errors import DataError
from paddleseg.registry import TRANSFORMS
from paddleseg.transforms.base import Spatial

PHOTOS = Path(__file__).parent.parent / "data" / "portrait_mini" / "images"
# Arguments under which a transform always does something to a photo of 200 x 160.
ACTIVE: dict[str, dict] = {
    "AddEdgeLabel": {},
    "AddMultiLabelAuxiliaryCategory": {},
    "ComposePortrait": {"backgrounds": str(PHOTOS), "prob": 1, "empty_prob": 0},
    "GenerateInstanceTargets": {"num_classes": 2},
    "LimitLong": {"max_long": 120},
    "LimitShort": {"max_short": 100},
    "LoadImages": {},
    "Normalize": {},
    "Padding": {"target_size": [256, 240]},
    "PaddingByAspectRatio": {"aspect_ratio": 1.5},
    "RandomAffine": {"size": [180, 150]},
    "RandomBlur": {"prob": 1},
    "RandomCenterCrop": {"retain_ratio": [0.7, 0.8]},
    "RandomCrop": {"crop_size": [100, 90]},
    "RandomCropByAlpha": {"crop_size": [100, 90], "prob": 1},
    "RandomDistort": {f"{name}_prob": 1 for name in ("brightness", "contrast", "saturation", "hue", "sharpness")},
    "RandomHorizontalFlip": {"prob": 1},
    "RandomJPEG": {"prob": 1},
    "RandomLowLight": {"prob": 1},
    "RandomMotionBlur": {"prob": 1},
    "RandomNoise": {"prob": 1},
    "RandomOcclusion": {"prob": 1},
    "RandomPaddingCrop": {"crop_size": [150, 220]},
    "RandomReJpeg": {"prob": 1},
    "RandomResize": {"scale": [0.5, 0.8]},
    "RandomRotate90": {"prob": 1},
    "RandomRotation": {"max_rotation": 30},
    "RandomScaleAspect": {},
    "RandomSharpen": {"prob": 1},
    "RandomVerticalFlip": {"prob": 1},
    "RandomVideoCodec": {"prob": 1},
    "RandomWhiteBalance": {"prob": 1},
    "Resize": {"target_size": [150, 130]},
    "ResizeByLong": {"long_size": 130},
    "ResizeToArea": {"target_size": [140, 100]},
    "ResizeByShort": {"short_size": [100, 130]},
    "ResizeRangeScaling": {"min_value": 120, "max_value": 150},
    "ResizeStepScaling": {"scale_step_size": 0},
    "ResizeToIntMult": {},
    "ScalePadding": {"target_size": [144, 150]},
}
NAMES = sorted(ACTIVE)
# Those that draw something into the photo, and the label with it.
DRAWING = {"ComposePortrait", "RandomOcclusion"}
SPATIAL = [name for name in NAMES if issubclass(TRANSFORMS[name], Spatial)]
RANDOM = {*DRAWING, *(name for name in NAMES if name.startswith("Random")), "ResizeRangeScaling", "ResizeStepScaling"}


def build(name: str) -> object:
    return TRANSFORMS[name](**ACTIVE[name])


def fit(name: str, pair: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """The pair, with the label in the form that the transform takes."""
    image, label = pair
    return image, (np.stack([label, 1 - label], axis=2) if name == "AddMultiLabelAuxiliaryCategory" else label)


OF_MATTES = {"ComposeMatte", "MakeTrimap"}  # which need an alpha: test_matting.py


def test_every_transform_is_covered_here_and_reachable_by_name():
    assert {*NAMES, "Compose", *OF_MATTES} == set(TRANSFORMS.names())
    for name in TRANSFORMS.names():
        assert getattr(T, name) is TRANSFORMS[name]
    with pytest.raises(AttributeError, match="NoSuchThing"):
        _ = T.NoSuchThing


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_same_result_and_no_other_randomness(name: str, pair):
    random.seed(1)
    np.random.seed(1)
    states = random.getstate(), np.random.get_state()[1].copy()
    image, label = fit(name, pair)
    first, again, other = (build(name)(make(image, label, seed)) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.image, again.image)
    np.testing.assert_array_equal(first.label, again.label)
    assert first.geometry == again.geometry
    assert random.getstate() == states[0] and (np.random.get_state()[1] == states[1]).all()
    if name in RANDOM - {"RandomHorizontalFlip", "RandomVerticalFlip"}:
        assert first.image.shape != other.image.shape or (first.image != other.image).any()


@pytest.mark.parametrize("name", NAMES)
def test_it_says_whether_it_draws_and_whether_the_image_stays(name: str, pair):
    transform, sample = build(name), make(*fit(name, pair))
    before = str(sample.rng.bit_generator.state)
    transform(sample)
    assert transform.draws == (str(sample.rng.bit_generator.state) != before)
    assert transform.label_only == name.startswith(("Add", "Generate"))
    assert not transform.label_only or sample.image is pair[0] or (sample.image == pair[0]).all()


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channels", [3, 1])
def test_shapes_types_and_the_record(name: str, channels: int, pair):
    image, label = fit(name, pair)
    image = image if channels == 3 else image[..., :1]
    sample = make(image, label)
    sample.extra["more"] = pair[1].copy()
    changed = build(name)(sample)
    assert changed is sample
    assert sample.image.dtype == (np.float32 if name == "Normalize" else np.uint8)
    assert sample.image.ndim == 3 and sample.image.shape[2] == channels
    assert sample.label.dtype == np.uint8 and sample.label.shape[:2] == sample.size
    assert sample.geometry.size == sample.size
    more = sample.extra["more"]
    assert more.shape == sample.size
    if name != "AddMultiLabelAuxiliaryCategory":
        # What is drawn has a soft edge, beyond which other maps have nothing to give.
        assert (more != sample.label).mean() <= (0.001 if name in DRAWING else 0)
    if name not in ("AddEdgeLabel", "AddMultiLabelAuxiliaryCategory", "GenerateInstanceTargets", "LoadImages") and not (
        name == "RandomWhiteBalance" and channels == 1
    ):
        assert sample.image.shape != image.shape or (sample.image != image).any()
    if name not in {*SPATIAL, *DRAWING, "AddMultiLabelAuxiliaryCategory"}:
        np.testing.assert_array_equal(sample.label, label)


@pytest.mark.parametrize("name", SPATIAL)
@pytest.mark.parametrize("seed", range(5))
def test_image_and_label_move_together(name: str, seed: int, pair):
    label = pair[1]
    painted = np.repeat(np.where(label == 1, 240, 20).astype(np.uint8)[..., None], 3, axis=2)
    sample = build(name)(make(painted, label, seed))
    known = sample.label != 255
    assert known.mean() > 0.3
    # Interpolation mixes the two greys within half a pixel of the contour.
    clear = (sample.image[..., 0] < 60) | (sample.image[..., 0] > 200)
    seen = sample.image[..., 0] > 130
    assert (seen != sample.label)[known & clear].mean() < 0.0005
    assert (seen != sample.label)[known].mean() < 0.012
    back = sample.geometry.invert(sample.label, "nearest", fill=255)
    assert (back != label)[back != 255].mean() < 0.02


@pytest.mark.parametrize("name", NAMES)
def test_it_works_without_a_label_and_on_a_plugins_float_image(name: str, pair):
    sample = build(name)(make(pair[0].astype(np.float32), None))
    assert sample.label is None and not sample.extra
    assert sample.image.dtype in (np.uint8, np.float32)
    plain = build(name)(make(pair[0], None))
    # Cubic interpolation overshoots, which only a float image can hold.
    found = sample.image if name == "Normalize" else np.clip(sample.image, 0, 255)
    assert np.abs(found.astype(float) - plain.image).max() <= 2


@pytest.mark.parametrize("name", NAMES)
def test_labels_of_many_classes_move_as_planes(name: str, pair):
    planes = np.stack([pair[1] == k % 2 for k in range(6)], axis=2).astype(np.uint8)
    if name in {"AddEdgeLabel", "AddMultiLabelAuxiliaryCategory", *DRAWING}:
        return
    sample = build(name)(make(pair[0], planes))
    single = build(name)(make(pair[0], planes[..., 0]))
    assert sample.label.shape == (*sample.size, 6)
    np.testing.assert_array_equal(sample.label[..., 4], single.label)


BAD = [
    ("Resize", {"target_size": 192}, "two whole numbers"),
    ("Resize", {"target_size": [192]}, "two whole numbers"),
    ("Resize", {"target_size": [0, 4]}, "two whole numbers"),
    ("Resize", {"interp": "BICUBIC"}, "one of NEAREST, LINEAR, CUBIC, AREA, LANCZOS4, RANDOM"),
    ("Resize", {"size_divisor": 0}, "size_divisor should be a number from 1"),
    ("ResizeByLong", {"long_size": 0}, "long_size"),
    ("ResizeToArea", {"size_divisor": 0}, "size_divisor"),
    ("ResizeByShort", {"short_size": [100, 0]}, "short_size"),
    ("LimitLong", {"max_long": 10, "min_long": 20}, r"min_long \(20\) should not be larger than max_long \(10\)"),
    ("ResizeRangeScaling", {"min_value": 9, "max_value": 5}, "min_value"),
    ("ResizeStepScaling", {"min_scale_factor": 2, "max_scale_factor": 1}, "min_scale_factor"),
    ("ResizeStepScaling", {"min_scale_factor": 0}, "above 0"),
    ("ResizeStepScaling", {"scale_step_size": -1}, "scale_step_size"),
    ("RandomHorizontalFlip", {"prob": 1.5}, "prob should lie between 0 and 1"),
    ("RandomVerticalFlip", {"prob": -1}, "prob"),
    ("Padding", {"target_size": "big"}, "two whole numbers"),
    ("Padding", {"target_size": [4, 4], "im_padding_value": "grey"}, "im_padding_value"),
    ("PaddingByAspectRatio", {"aspect_ratio": 0}, "aspect_ratio"),
    ("RandomPaddingCrop", {"crop_size": [1.5, 2]}, "crop_size"),
    ("RandomPaddingCrop", {"category_max_ratio": 0}, "category_max_ratio"),
    ("RandomPaddingCrop", {"loop_times": 0}, "loop_times"),
    ("RandomCenterCrop", {"retain_ratio": 0.5}, "two numbers"),
    ("RandomCenterCrop", {"retain_ratio": [0.5, 2]}, "up to 1"),
    ("RandomScaleAspect", {"min_scale": 2}, "min_scale"),
    ("RandomRotation", {"max_rotation": -5}, "max_rotation"),
    ("RandomAffine", {"min_scale_factor": 0}, "min_scale_factor"),
    ("RandomAffine", {"translation_offset": -1}, "translation_offset"),
    ("RandomDistort", {"hue_prob": 7}, "hue_prob"),
    ("RandomDistort", {"brightness_range": -1}, "brightness_range"),
    ("RandomBlur", {"blur_type": "motion"}, "one of gaussian, median, blur, random"),
    ("RandomNoise", {"max_sigma": -1}, "max_sigma"),
    ("Normalize", {"std": [0, 1, 1]}, "std should be above 0"),
    ("Normalize", {"mean": float("nan")}, "mean and std should be numbers"),
    ("Resize", {"target_size": [10**9, 4]}, "sides up to 32767"),
    ("Resize", {"target_size": [True, 4]}, "two whole numbers"),
    ("ResizeByLong", {"long_size": float("inf")}, "long_size should be a number from 1 to 32767"),
    ("ResizeByShort", {"short_size": []}, "short_size"),
    ("ResizeByShort", {"short_size": 4, "max_size": float("inf")}, "max_size"),
    ("LimitLong", {"max_long": "100"}, "max_long"),
    ("ResizeRangeScaling", {"max_value": 1e9}, "max_value"),
    ("ResizeStepScaling", {"max_scale_factor": float("nan")}, "max_scale_factor should be a number"),
    ("RandomRotation", {"max_rotation": float("inf")}, "max_rotation"),
    ("RandomRotation", {"label_padding_value": 70000}, "label_padding_value should be a whole number from 0 to 65535"),
    ("Padding", {"target_size": [4, 4], "label_padding_value": -1}, "label_padding_value"),
    ("Padding", {"target_size": [4, 4], "im_padding_value": [float("nan")]}, "im_padding_value"),
    ("PaddingByAspectRatio", {"aspect_ratio": float("inf")}, "aspect_ratio"),
    ("RandomOcclusion", {"label_value": 256}, "label_value"),
    ("RandomHorizontalFlip", {"prob": "often"}, "prob should lie between 0 and 1"),
    ("RandomMotionBlur", {"length_range": ["a", "b"]}, r"length_range should be \[least, largest\]"),
    ("RandomLowLight", {"electrons": float("inf")}, "electrons"),
    ("RandomVideoCodec", {"max_frames": 10**9}, "max_frames"),
    ("Normalize", {"mean": [0.5, 0.5], "std": [1, 1, 1]}, "one for each channel"),
]


@pytest.mark.parametrize(("name", "arguments", "message"), BAD)
def test_bad_arguments_are_refused_when_it_is_made(name: str, arguments: dict, message: str):
    with pytest.raises(ValueError, match=message):
        TRANSFORMS[name](**arguments)


def test_a_picture_of_absurd_size_is_refused_before_memory_is_asked_for(pair):
    for transform in (T.ResizeStepScaling(1e4, 1e4), T.PaddingByAspectRatio(1e-6), T.Resize([30000, 30000])):
        with pytest.raises(DataError, match=r"transforms: ask for an image of \d+x\d+ pixels"):
            transform(make(*pair))
    wide = np.zeros((2, 40000, 3), np.uint8)
    assert T.LimitLong()(make(wide, None)).size == (2, 40000)  # as it was read
