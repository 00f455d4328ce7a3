"""Masks that follow the photo's edges: coarse labels should come back fine where the photo shows the person's edge."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from paddleseg import zoo
from paddleseg.card import Card, read_card
from paddleseg.errors import ConfigError
from paddleseg.geometry import Geometry
from paddleseg.images.io import read_image, read_label
from paddleseg.inference.edges import refine_edges
from paddleseg.inference.post.chain import Chain
from paddleseg.inference.predictor import Predictor
from paddleseg.metrics import BoundaryIoU

COARSE = 12
"""Pixels of the photo in one of the coarse label's."""


@pytest.fixture(scope="module")
def pairs(mini: Path) -> list[tuple[np.ndarray, np.ndarray]]:
    lines = (mini / "val.txt").read_text().splitlines()
    return [(read_image(mini / image), read_label(mini / label)) for image, label in map(str.split, lines)]


def coarse(label: np.ndarray) -> np.ndarray:
    """What a network that saw every person perfectly, but at a twelfth of the size, would give: (2, H, W)."""
    h, w = label.shape
    small = cv2.resize((label == 1).astype(np.float32), (w // COARSE, h // COARSE), interpolation=cv2.INTER_AREA)
    person = cv2.resize(small, (w, h), interpolation=cv2.INTER_LINEAR)
    return np.stack([1 - person, person])


def lit(image: np.ndarray, label: np.ndarray) -> np.ndarray:
    """The photo in the dark, with light on the person's label alone: labels by hand miss the true edge by pixels."""
    return np.where((label == 1)[..., None], image // 2 + 128, image // 4).astype(np.uint8)


def boundary_iou(masks: list[np.ndarray], labels: list[np.ndarray]) -> float:
    metric = BoundaryIoU(2)
    for mask, label in zip(masks, labels, strict=True):
        metric.update(mask.astype(np.uint8), label)
    return metric.compute()["boundary_IoU"]


def test_coarse_masks_come_nearer_to_the_labels(pairs: list[tuple[np.ndarray, np.ndarray]]):
    labels = [label for _, label in pairs]
    before = boundary_iou([coarse(label)[1] > 0.5 for label in labels], labels)
    refined = [refine_edges(coarse(label)[1], lit(image, label), COARSE).prob > 0.5 for image, label in pairs]
    assert boundary_iou(refined, labels) > before + 0.1


def test_a_photo_without_edges_moves_none(pairs: list[tuple[np.ndarray, np.ndarray]]):
    image, label = pairs[0]
    prob = coarse(label)
    refined = refine_edges(prob[1], np.full_like(image, 90), 3).prob
    far = np.abs(prob[1] - 0.5) > 0.2
    np.testing.assert_array_equal((refined > 0.5)[far], (prob[1] > 0.5)[far])


@pytest.mark.parametrize("radius", [0.4, 3, 50])
def test_any_radius_gives_probabilities(pairs: list[tuple[np.ndarray, np.ndarray]], radius: float):
    image, label = pairs[1]
    refined = refine_edges(coarse(label)[1], image, radius).prob
    assert refined.dtype == np.float32
    assert refined.shape == label.shape
    assert 0 <= refined.min() <= refined.max() <= 1


def test_a_grey_photo_is_its_own_brightness(pairs: list[tuple[np.ndarray, np.ndarray]]):
    image, label = pairs[1]
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    prob = coarse(label)[1]
    np.testing.assert_array_equal(
        refine_edges(prob, grey[..., None], COARSE).prob, refine_edges(prob, image, COARSE).prob
    )


def test_the_radius_is_in_pixels_of_the_network(pairs: list[tuple[np.ndarray, np.ndarray]]):
    image, _ = pairs[0]
    card = read_card(zoo.card_path("portrait"))
    plain = card.with_finish(edge_radius=3, smallest_part=0, faintest_part=0)
    predictor = Predictor(plain, Predictor.from_zoo("portrait").runtime)
    prepared = predictor.prepare(image)
    radius = 3 / prepared.geometry.zoom
    expected = refine_edges(predictor.run([prepared])[0][1], image, radius, card.finish.threshold).prob
    found = predictor(image)
    assert found.prob is not None
    np.testing.assert_array_equal(found.prob[1], expected)
    np.testing.assert_array_equal(found.mask, expected > card.finish.threshold)


def test_pixels_that_come_off_along_an_edge_are_dropped(pairs: list[tuple[np.ndarray, np.ndarray]]):
    predictor = Predictor.from_zoo("portrait")
    loose = Predictor(predictor.card.with_finish(smallest_part=0), predictor.runtime)

    def specks(of: Predictor) -> int:
        areas = [cv2.connectedComponentsWithStats(of(image).mask)[2][1:, cv2.CC_STAT_AREA] for image, _ in pairs]
        return sum((area < predictor.card.finish.smallest_part * area.max()).sum() for area in areas if len(area))

    assert specks(predictor) == 0 < specks(loose)


def test_zoom_counts_resizing_only():
    geometry = Geometry((480, 640))
    geometry.flip(horizontal=True)
    geometry.resize((120, 320))
    geometry.pad(4, 4, 0, 8)
    geometry.crop(0, 0, 100, 100)
    assert geometry.zoom == pytest.approx((0.25 * 0.5) ** 0.5)


def test_more_than_two_classes_are_refused():
    with pytest.raises(ConfigError, match=r"postprocess.1: refine_edges needs probabilities of two classes"):
        Chain(Card(classes=["a", "b", "c"]).with_finish(edge_radius=3))
