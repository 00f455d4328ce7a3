"""Transforms one by one: what each is for. What all of them promise: test_transforms.py."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from PIL import Image, ImageEnhance
from transform_cases import make

import paddleseg.transforms as T
from paddleseg.errors import DataError
from paddleseg.geometry import Warp
from paddleseg.transforms import functional
from paddleseg.transforms.base import Compose, Move, joined
from paddleseg.transforms.colour_change import ColourChange


def size_after(transform, h: int, w: int) -> tuple[int, int]:
    return transform(make(np.zeros((h, w, 3), np.uint8), None)).size


def test_resize_takes_w_and_h():
    assert size_after(T.Resize([192, 144]), 100, 100) == (144, 192)
    assert size_after(T.Resize([192, 144], keep_ratio=True), 100, 400) == (48, 192)
    assert size_after(T.Resize([192, 144], keep_ratio=True), 400, 100) == (144, 36)
    assert size_after(T.Resize([190, 140], size_divisor=32), 100, 100) == (160, 192)
    assert size_after(T.Resize([190, 140], keep_ratio=True, size_divisor=32), 100, 400) == (64, 192)


@pytest.mark.parametrize("interp", [*functional.INTERPOLATIONS, "RANDOM"])
def test_resize_interpolates_as_told(interp: str, pair):
    results = {
        name: cv2.resize(pair[0], (90, 70), interpolation=flag) for name, flag in functional.INTERPOLATIONS.items()
    }
    seen = [T.Resize([90, 70], interp=interp)(make(*pair, seed)).image for seed in range(40)]
    if interp == "RANDOM":
        assert {next(name for name, wanted in results.items() if (wanted == image).all()) for image in seen} == {
            *results
        }
    else:
        assert all((image == results[interp]).all() for image in seen)


def test_resizing_by_a_side():
    assert size_after(T.ResizeByLong(120), 300, 200) == (120, 80)
    assert size_after(T.ResizeByShort(120), 300, 200) == (180, 120)
    assert size_after(T.ResizeToArea([256, 144]), 720, 1280) == (144, 256)
    assert size_after(T.ResizeToArea([256, 144]), 1280, 720) == (256, 144)
    assert size_after(T.ResizeToArea([256, 144]), 480, 640) == (160, 224)
    assert size_after(T.ResizeToArea([100, 100], size_divisor=1), 50, 200) == (50, 200)
    capped = T.ResizeByShort(120, max_size=150)
    assert size_after(capped, 300, 200) == (150, 100)
    assert size_after(capped, 200, 200) == (120, 120)  # one long image does not change what the next ones get
    assert {T.ResizeByShort([50, 60])(make(np.zeros((80, 90, 3), np.uint8), None, k)).size[0] for k in range(20)} == {
        50,
        60,
    }
    limit = T.LimitLong(max_long=120, min_long=60)
    assert [size_after(limit, *size) for size in [(300, 200), (40, 30), (100, 90)]] == [(120, 80), (60, 45), (100, 90)]
    sides = [
        max(T.ResizeRangeScaling(100, 140)(make(np.zeros((80, 90, 3), np.uint8), None, k)).size) for k in range(60)
    ]
    assert min(sides) >= 100 and max(sides) <= 140 and len(set(sides)) > 20


def test_step_scaling_draws_from_its_steps():
    def heights(**arguments) -> set[int]:
        transform = T.ResizeStepScaling(**arguments)
        return {transform(make(np.zeros((100, 50, 3), np.uint8), None, k)).size[0] for k in range(200)}

    assert heights(min_scale_factor=0.5, max_scale_factor=2.0, scale_step_size=0.25) == {
        50,
        75,
        100,
        125,
        150,
        175,
        200,
    }
    assert heights(min_scale_factor=0.5, max_scale_factor=1.0, scale_step_size=0.1) == {50, 60, 70, 80, 90, 100}
    anything = heights(min_scale_factor=0.5, max_scale_factor=2.0, scale_step_size=0)
    assert min(anything) >= 50 and max(anything) <= 200 and len(anything) > 70


def test_padding_goes_to_the_bottom_and_the_right(pair):
    sample = T.Padding([180, 230], im_padding_value=[1, 2, 3], label_padding_value=7)(make(*pair))
    assert sample.size == (230, 180) and sample.geometry.content == (0, 0, 200, 160)
    np.testing.assert_array_equal(sample.image[:200, :160], pair[0])
    assert (sample.image[200:] == [1, 2, 3]).all() and (sample.label[:, 160:] == 7).all()
    with pytest.raises(DataError, match="image of 160x200, larger than its target_size 100x100"):
        T.Padding([100, 100])(make(*pair))


def test_padding_to_a_shape(pair):
    assert T.PaddingByAspectRatio(1)(make(*pair)).size == (200, 200)
    assert T.PaddingByAspectRatio(2)(make(*pair)).size == (200, 400)
    assert T.PaddingByAspectRatio(0.5)(make(*pair)).size == (320, 160)
    assert T.PaddingByAspectRatio(160 / 200)(make(*pair)).size == (200, 160)
    centred = T.ScalePadding([100, 100], im_padding_value=0)(make(*pair))
    assert centred.size == (100, 100) and centred.geometry.content == (0, 10, 100, 80)
    assert set(np.unique(centred.label)) <= {0, 1, 255}


def test_the_crop_pads_first_and_can_ask_for_a_mix_of_classes(pair):
    sample = T.RandomPaddingCrop([300, 100], im_padding_value=9)(make(*pair))
    assert sample.size == (100, 300) and (sample.image[:, 160:] == 9).all() and (sample.label[:, 160:] == 255).all()
    label = np.zeros((200, 160), np.uint8)
    label[:40, :40] = 1
    mixed = T.RandomPaddingCrop([60, 60], category_max_ratio=0.9, loop_times=200)
    for seed in range(20):
        sample = mixed(make(pair[0], label, seed))
        assert 0.1 <= sample.label.mean() <= 0.9
        window = sample.geometry.steps[0]
        np.testing.assert_array_equal(functional.move(pair[0], window), sample.image)
        np.testing.assert_array_equal(functional.move_label(label, window), sample.label)


def test_center_crop_retains_its_share(pair):
    crops = [T.RandomCenterCrop([0.5, 0.9])(make(*pair, seed)).geometry.steps[0] for seed in range(50)]
    assert min(crop.w for crop in crops) >= 80 and min(crop.h for crop in crops) >= 180
    assert len({(crop.h, crop.w) for crop in crops}) > 30
    assert {(crop.y == 0, crop.x == 0) for crop in crops} >= {(True, False), (False, False)}
    assert all(crop.y + crop.h <= 200 and crop.x + crop.w <= 160 for crop in crops)
    assert T.RandomCenterCrop([1, 1])(make(*pair)).size == (200, 160)


def test_rotation_keeps_the_whole_picture(pair):
    white = np.full((200, 160, 3), 255, np.uint8)
    for seed in range(10):
        sample = T.RandomRotation(40, im_padding_value=0)(make(white, pair[1], seed))
        assert abs((sample.image[..., 0] / 255).sum() - 200 * 160) < 0.01 * 200 * 160
    assert T.RandomRotation(0)(make(*pair)).geometry.steps == []
    turned = [bool(T.RandomRotation(40, prob=0.3)(make(*pair, seed)).geometry.steps) for seed in range(100)]
    assert 0.2 < np.mean(turned) < 0.4


def test_affine_at_scale_one_fills_the_result(pair):
    still = T.RandomAffine([160, 200], max_rotation=0, min_scale_factor=1, max_scale_factor=1)(make(*pair))
    assert np.abs(still.image.astype(int) - pair[0]).max() <= 1
    moved = T.RandomAffine([160, 200], 10, 0, 1, 1)(make(*pair, 5))
    (_, _, x), (_, _, y) = moved.geometry.steps[0].matrix
    assert 0 < abs(x) <= 10 and 0 < abs(y) <= 10


@pytest.mark.parametrize("times", [1, 3])
def test_normalize_is_exact(times: int, pair):
    image = np.tile(pair[0], (times, times, 1))
    assert (image.size > functional._LARGE) == (times > 1)
    sample = T.Normalize(mean=[0.485, 0.456, 0.406], std=[0.229, 0.224, 0.225])(make(image, None))
    wanted = (image / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(sample.image, wanted, atol=2e-6)
    assert T.Normalize()(make(image, None)).image.transpose(2, 0, 1).flags["C_CONTIGUOUS"]
    with pytest.raises(DataError, match="has 3 means or stds, but the image has 1 channels"):
        T.Normalize([0.5] * 3, [0.5] * 3)(make(pair[0][..., :1], None))


@pytest.mark.parametrize("factor", [0.0, 0.6, 1.0, 1.4])
@pytest.mark.parametrize(
    ("change", "reference", "tolerance"),
    [
        (ColourChange.brightness, ImageEnhance.Brightness, 1),
        (ColourChange.contrast, ImageEnhance.Contrast, 1),
        (ColourChange.saturation, ImageEnhance.Color, 2),
        (ColourChange.sharpness, ImageEnhance.Sharpness, 2),
    ],
)
def test_colour_changes_agree_with_pillow(factor: float, change, reference, tolerance: int, pair):
    wanted = np.asarray(reference(Image.fromarray(pair[0])).enhance(factor)).astype(int)
    found = change(ColourChange(pair[0]), factor).result().astype(int)
    inside = np.s_[1:-1, 1:-1]  # Pillow does not soften the outermost pixels
    assert np.abs(found - wanted)[inside].max() <= tolerance


def test_hue_turns_colours_round_the_circle():
    primaries = np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255], [90, 90, 90]]], np.uint8)
    third = ColourChange(primaries).hue(256 / 3).result()
    np.testing.assert_allclose(third, primaries[:, [1, 2, 0, 3]], atol=1)
    np.testing.assert_allclose(ColourChange(third).hue(-256 / 3).result(), primaries, atol=1)


def test_colour_changes_come_in_the_order_of_the_calls(pair):
    pale = ColourChange(pair[0]).brightness(0.6).contrast(0.5)
    first = ColourChange(ColourChange(pair[0]).brightness(0.6).result()).contrast(0.5)
    assert np.abs(pale.result().astype(int) - first.result()).max() <= 1
    other = ColourChange(pair[0]).saturation(0).hue(40).result()
    assert np.ptp(other.astype(int), axis=2).max() <= 1  # what is grey has no hue to turn
    for step in ("brightness", "contrast", "saturation", "hue", "sharpness"):
        grey = getattr(ColourChange(pair[0][..., :1]), step)(1.3).result()
        assert grey.shape == (*pair[0].shape[:2], 1)


def test_probabilities_are_kept(pair):
    image = pair[0][:40, :40]
    for transform, prob in [(T.RandomBlur(0.3), 0.3), (T.RandomNoise(0.5), 0.5), (T.RandomHorizontalFlip(0.2), 0.2)]:
        changed = [(transform(make(image, None, seed)).image != image).any() for seed in range(600)]
        assert abs(np.mean(changed) - prob) < 0.06
    assert all((T.RandomDistort(*[0.5, 0] * 3, 18, 0)(make(image, None, k)).image == image).all() for k in range(5))


@pytest.mark.parametrize("kind", ["gaussian", "median", "blur", "random"])
def test_blur_removes_detail(kind: str, pair):
    def detail(image: np.ndarray) -> float:
        return float(cv2.Laplacian(image, cv2.CV_32F).std())

    assert all(detail(T.RandomBlur(1, kind)(make(*pair, k)).image) < 0.8 * detail(pair[0]) for k in range(5))


def test_noise_has_the_spread_it_drew():
    grey = np.full((100, 100, 3), 128, np.uint8)
    spreads = [(T.RandomNoise(1, 20)(make(grey, None, k)).image.astype(float) - 128).std() for k in range(40)]
    assert 8 < np.mean(spreads) < 12 and max(spreads) < 21


def test_edges_lie_along_the_contour(pair):
    sample = T.AddEdgeLabel()(make(*pair))
    edge, label = sample.extra["edge"], pair[1]
    contour = cv2.morphologyEx(label, cv2.MORPH_GRADIENT, np.ones((3, 3), np.uint8))
    assert 0 < edge.mean() < 0.15 and (edge[cv2.dilate(contour, np.ones((5, 5), np.uint8)) == 0] == 0).all()
    assert (edge[6:-6, 6:-6][contour[6:-6, 6:-6] == 1] == 1).all() and edge[:6].max() == edge[:, -6:].max() == 0
    ignored = label.copy()
    ignored[50:100] = 255
    edge = T.AddEdgeLabel()(make(pair[0], ignored)).extra["edge"]
    assert (edge[50:100] == 255).all() and (edge[49, 10:20] == 0).all()


def test_the_auxiliary_class_is_none_of_the_others(pair):
    planes = np.zeros((200, 160, 2), np.uint8)
    planes[:50, :, 0], planes[40:90, :, 1] = 1, 1
    label = T.AddMultiLabelAuxiliaryCategory()(make(pair[0], planes)).label
    assert label.shape == (200, 160, 3) and (label[90:, :, 0] == 1).all() and (label[:90, :, 0] == 0).all()
    np.testing.assert_array_equal(label[..., 1:], planes)


HUMAN = [
    T.Resize([96, 96]),
    T.ResizeStepScaling(0.75, 1.5, 0),
    T.RandomRotation(),
    T.RandomPaddingCrop([96, 96]),
    T.RandomHorizontalFlip(),
]


@pytest.mark.parametrize("seed", range(6))
def test_joined_moves_come_to_the_same_as_one_after_another(seed: int, pair):
    smooth = cv2.GaussianBlur(pair[0], (31, 31), 0)
    at_once, in_turn = make(smooth, pair[1], seed), make(smooth, pair[1], seed)
    Compose(HUMAN)(at_once)
    for transform in HUMAN:
        transform(in_turn)
    assert at_once.size == in_turn.size == (96, 96)
    assert sum(isinstance(step, Warp) for step in at_once.geometry.steps) == 1 and len(at_once.geometry.steps) <= 2
    both = (at_once.label != 255) & (in_turn.label != 255)
    assert both.mean() > 0.4
    inner = cv2.erode(both.astype(np.uint8), np.ones((5, 5))) == 1
    assert np.quantile(np.abs(at_once.image.astype(int) - in_turn.image)[inner], 0.98) <= 6
    assert (at_once.label != in_turn.label)[both].mean() < 0.03
    assert (at_once.label == 255).mean() == pytest.approx((in_turn.label == 255).mean(), abs=0.02)


def test_only_what_comes_to_the_same_is_joined():
    rng = np.random.default_rng(0)
    warp = T.RandomRotation(20).plan((100, 100), rng)[0]
    resize, cubic = (Move(T.Resize([100, 100]).plan((50, 60), rng)[0].step, interp) for interp in ("LINEAR", "CUBIC"))
    pad, other = (T.Padding([200, 200], fill).plan(warp.step.size, rng)[0] for fill in (127.5, 0))
    assert len(joined([resize, warp, pad], (50, 60))) == 1
    assert joined([cubic, warp], (50, 60)) == [cubic, warp]
    assert joined([warp, other], (100, 100)) == [warp, other]
    assert joined([pad, resize], (100, 100)) == [pad, resize]


class Shrink:
    """As a PaddleSeg plugin is written."""

    def __call__(self, data):
        data["trans_info"].append(("resize", data["img"].shape[0:2]))
        data["img"] = cv2.resize(data["img"], (80, 60))
        for key in data.get("gt_fields", []):
            data[key] = cv2.resize(data[key], (80, 60), interpolation=cv2.INTER_NEAREST)
        data["trans_info"].append(("padding", data["img"].shape[0:2]))
        data["img"] = cv2.copyMakeBorder(data["img"], 0, 20, 0, 10, cv2.BORDER_CONSTANT)
        for key in data.get("gt_fields", []):
            data[key] = cv2.copyMakeBorder(data[key], 0, 20, 0, 10, cv2.BORDER_CONSTANT, value=255)
        if "label" in data.keys():  # noqa: SIM118 - as plugins write it
            data["gt_fields"].append("person")
            data["person"] = (data["label"] == 1).astype("uint8")
        data["name"] = "a note"
        return data


def test_a_paddleseg_plugin_works_among_our_transforms(pair):
    sample = Compose([T.Resize([100, 100]), Shrink(), T.RandomHorizontalFlip(1), T.Normalize()])(make(*pair))
    assert sample.size == sample.geometry.size == (80, 90)
    assert sample.geometry.content == (0, 10, 60, 80)
    assert sample.label_names == ["label", "person"] and sample["name"] == "a note"
    np.testing.assert_array_equal(sample.extra["person"] == 1, sample.label == 1)
    assert sample["img"] is sample.image and "label" in sample and sample.get("nothing", 5) == 5
    untouched = Compose([Shrink()])(make(pair[0], None))
    assert "label" not in untouched and untouched.extra == {}
