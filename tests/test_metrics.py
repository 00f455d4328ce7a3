"""Metrics against their definitions, pixel by pixel; merging; and what they do with nothing to measure."""

from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest

from paddleseg.images.io import read_label
from paddleseg.metrics import AucRoc, BoundaryIoU, Confusion, Connectivity, Flicker, Metric, confusion_matrix

IGNORED = 255


def maps(seed: int, classes: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A mask, a label with an ignored corner, and probabilities whose arg-max is the mask."""
    noise = np.random.default_rng(seed).normal(size=(2, classes, 30, 40))
    fields = np.stack([cv2.GaussianBlur(plane, (0, 0), 3) for plane in noise.reshape(-1, 30, 40)]).reshape(noise.shape)
    label = fields[0].argmax(axis=0)
    logits = 20 * (fields[0] + fields[1])
    label[:5, :7] = IGNORED
    prob = np.exp(logits) / np.exp(logits).sum(axis=0)
    return prob.argmax(axis=0), label, prob


class TestConfusion:
    def test_matrix_counts_pixels_by_label_and_mask(self):
        label = np.array([[0, 1, 1], [2, 255, 1]])
        mask = np.array([[0, 1, 0], [2, 2, 1]])
        np.testing.assert_array_equal(confusion_matrix(mask, label, 3), [[1, 0, 0], [1, 2, 0], [0, 0, 1]])

    def test_measures_are_their_definitions(self):
        mask, label, _ = maps(0)
        metric = Confusion(3)
        metric.update(mask, label)
        found, known = metric.compute(), label != IGNORED
        m, g = mask[known], label[known]
        inside = [((m == c), (g == c)) for c in range(3)]
        iou = [(a & b).sum() / (a | b).sum() for a, b in inside]
        assert found["class_IoU"] == pytest.approx(iou)
        assert found["mIoU"] == pytest.approx(np.mean(iou))
        dice = [2 * (a & b).sum() / (a.sum() + b.sum()) for a, b in inside]
        assert found["class_dice"] == pytest.approx(dice) and found["dice"] == pytest.approx(np.mean(dice))
        assert found["class_precision"] == pytest.approx([(a & b).sum() / a.sum() for a, b in inside])
        assert found["class_recall"] == pytest.approx([(a & b).sum() / b.sum() for a, b in inside])
        assert found["pixel_accuracy"] == pytest.approx((m == g).mean())
        assert found["foreground_IoU"] == pytest.approx(((m > 0) & (g > 0)).sum() / ((m > 0) | (g > 0)).sum())
        chance = sum(a.mean() * b.mean() for a, b in inside)
        assert found["kappa"] == pytest.approx(((m == g).mean() - chance) / (1 - chance))

    def test_an_absent_class_has_no_iou_and_no_part_in_the_mean(self):
        metric = Confusion(4)
        metric.update(np.array([[0, 1]]), np.array([[0, 1]]))
        found = metric.compute()
        assert found["mIoU"] == 1 and found["dice"] == 1
        assert np.isnan(found["class_IoU"][2:]).all()

    def test_nothing_seen_is_nan(self):
        found = Confusion(2).compute()
        assert all(np.isnan(value) for value in found.values() if isinstance(value, float))

    @pytest.mark.parametrize(("mask", "label", "name"), [(2, 0, "mask has class 2"), (0, 3, "label has class 3")])
    def test_a_class_beyond_the_last_is_named(self, mask: int, label: int, name: str):
        with pytest.raises(ValueError, match=name):
            confusion_matrix(np.array([[mask]]), np.array([[label]]), 2)

    def test_sizes_must_agree(self):
        with pytest.raises(ValueError, match="differ in size"):
            confusion_matrix(np.zeros((2, 3), int), np.zeros((3, 2), int), 2)


class TestBoundaryIoU:
    def by_distance(self, region: np.ndarray, width: int) -> np.ndarray:
        """Pixels whose chess-board distance to the outside of a region is at most `width`, found one by one."""
        near = np.zeros_like(region)
        for y, x in np.argwhere(region):
            for v in range(y - width, y + width + 1):
                for u in range(x - width, x + width + 1):
                    within = 0 <= v < region.shape[0] and 0 <= u < region.shape[1]
                    near[y, x] |= not (within and region[v, u])
        return near

    @pytest.mark.parametrize("classes", [2, 3])
    def test_is_the_iou_of_bands_along_contours(self, classes: int):
        mask, label, _ = maps(1, classes)
        metric = BoundaryIoU(classes, share=0.04)
        metric.update(mask, label)
        known, expected = label != IGNORED, []
        for c in [1] if classes == 2 else range(classes):
            bands = [self.by_distance((each == c) & known, 2) for each in (mask, label)]  # 4 % of 50 pixels
            expected.append((bands[0] & bands[1]).sum() / (bands[0] | bands[1]).sum())
        assert metric.compute()["boundary_IoU"] == pytest.approx(np.mean(expected))

    def test_sees_a_shift_that_iou_hardly_sees(self, mini):
        label = read_label(mini / "masks" / "000000172877.png")
        shifted = np.roll(label, 4, axis=1)
        plain, thin = Confusion(2), BoundaryIoU(2)
        for metric in (plain, thin):
            metric.update(shifted, label)
        assert plain.compute()["class_IoU"][1] > thin.compute()["boundary_IoU"] + 0.1

    def test_two_empty_maps_have_none(self):
        metric = BoundaryIoU(2)
        metric.update(np.zeros((8, 8), int), np.zeros((8, 8), int))
        assert np.isnan(metric.compute()["boundary_IoU"])


class TestAucRoc:
    def exact(self, score: np.ndarray, truth: np.ndarray) -> float:
        """The share of (inside, outside) pairs in the right order."""
        inside, outside = score[truth], score[~truth]
        difference = inside[:, None] - outside[None]
        return float(((difference > 0) + 0.5 * (difference == 0)).mean())

    @pytest.mark.parametrize("classes", [2, 3])
    def test_is_the_share_of_pairs_in_order(self, classes: int):
        mask, label, prob = maps(2, classes)
        metric = AucRoc(classes)
        metric.update(mask, label, prob)
        known = label != IGNORED
        wanted = [1] if classes == 2 else range(classes)
        expected = np.mean([self.exact(prob[c][known], label[known] == c) for c in wanted])
        assert metric.compute()["auc_roc"] == pytest.approx(expected, abs=2e-4)

    def test_needs_probabilities(self):
        with pytest.raises(ValueError, match="probabilities"):
            AucRoc(2).update(np.zeros((2, 2), int), np.zeros((2, 2), int))


class TestFlicker:
    LABEL = np.array([[0, 0, 1, 1], [0, 0, 1, IGNORED]])

    def test_is_the_share_of_changes_that_the_label_does_not_make(self):
        moved = np.array([[0, 0, 0, 1], [0, 0, 1, 1]])  # the label itself changes at one pixel, and is ignored at one
        flicker = Flicker()
        flicker.update(np.array([[0, 0, 1, 1], [0, 0, 1, 0]]), self.LABEL)
        flicker.update(np.array([[1, 0, 0, 1], [0, 0, 1, 1]]), moved)
        assert flicker.compute()["flicker"] == pytest.approx(1 / 6)

    def test_clips_do_not_run_into_each_other(self):
        flicker = Flicker()
        for mask in (0, 1):
            flicker.restart()
            flicker.update(np.full((2, 4), mask), self.LABEL)
        assert np.isnan(flicker.compute()["flicker"])
        assert np.isnan(flicker.of(np.zeros((2, 4)), self.LABEL).compute()["flicker"])


@pytest.mark.parametrize(
    "metric", [Confusion(3), BoundaryIoU(3), Connectivity(3), AucRoc(3)], ids=lambda m: type(m).__name__
)
class TestContract:
    def flat(self, result: dict) -> list[float]:
        return [number for value in result.values() for number in np.ravel(value)]

    def test_images_may_be_spread_over_processes(self, metric: Metric):
        whole, shares = metric.fresh(), [metric.fresh(), metric.fresh()]
        for seed in range(5):
            whole.update(*maps(seed))
            shares[seed % 2].update(*maps(seed))
        merged = metric.fresh()
        for share in shares:
            merged.merge_state(share.state())
        assert self.flat(merged.compute()) == pytest.approx(self.flat(whole.compute()), nan_ok=True)

    def test_one_image_alone_leaves_the_sums_as_they_were(self, metric: Metric):
        sums, once = metric.fresh(), metric.fresh()
        sums.update(*maps(0))
        once.update(*maps(1))
        before = {name: total.copy() for name, total in sums.totals.items()}
        alone = sums.of(*maps(1))
        assert self.flat(alone.compute()) == pytest.approx(self.flat(once.compute()), nan_ok=True)
        for name, total in sums.totals.items():
            np.testing.assert_array_equal(total, before[name])

    def test_a_perfect_mask_scores_one(self, metric: Metric):
        _, label, _ = maps(3)
        mask = np.where(label == IGNORED, 0, label)
        result = metric.of(mask, label, (mask == np.arange(3)[:, None, None]).astype(float)).compute()
        scores = {name: value for name, value in result.items() if not name.endswith("components")}
        np.testing.assert_allclose(self.flat(scores), 1.0)


def test_metrics_need_no_paddle():
    code = "import sys, paddleseg.metrics; sys.exit('paddle' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
