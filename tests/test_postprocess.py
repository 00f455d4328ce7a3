"""From a network's output to masks, probabilities and mattes of the photo's size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from paddleseg.card import Output
from paddleseg.geometry import Geometry, Resize
from paddleseg.images.paint import flatten
from paddleseg.images.pieces import pieces
from paddleseg.inference import postprocess
from paddleseg.inference.post.chain import Frame
from paddleseg.inference.post.steps import DropFaint

SOFTMAX, SIGMOID = Output(), Output(activation="sigmoid")
MULTILABEL = Output(activation="sigmoid", multilabel=True)


def without_specks(prob: np.ndarray, threshold: float, smallest: float) -> np.ndarray:
    inside = postprocess.above(prob[-1], threshold)
    return postprocess.clear(prob, inside, postprocess.specks(inside, smallest))


class TestPostprocess:
    def test_probabilities_are_resized_before_a_class_is_chosen(self):
        foreground = np.array([[0.1, 0.1, 0.9, 0.9]] * 4, np.float32)
        geometry = Geometry((64, 64))
        geometry.add(Resize((4, 4)))
        prob = postprocess.restore(np.stack([1 - foreground, foreground]), geometry, SOFTMAX)
        expected = cv2.resize(foreground, (64, 64), interpolation=cv2.INTER_LINEAR)
        np.testing.assert_allclose(prob, np.stack([1 - expected, expected]), atol=1e-6)
        np.testing.assert_array_equal(postprocess.to_mask(prob, SOFTMAX), expected > 0.5)

    def test_many_classes_are_resized_each_and_the_largest_wins(self):
        rng = np.random.default_rng(0)
        scores = rng.random((7, 5, 6)).astype(np.float32)
        prob = scores / scores.sum(axis=0)
        geometry = Geometry((20, 33))
        geometry.add(Resize((5, 6)))
        whole = postprocess.restore(prob, geometry, SOFTMAX)
        expected = np.stack([cv2.resize(plane, (33, 20), interpolation=cv2.INTER_LINEAR) for plane in prob])
        np.testing.assert_allclose(whole, expected, atol=1e-6)
        assert (postprocess.to_mask(whole, SOFTMAX) == expected.argmax(axis=0)).mean() > 0.999

    @pytest.mark.parametrize("classes", [2, 3, 19])
    def test_rounding_of_a_runtime_does_not_break_ties(self, classes: int):
        rng = np.random.default_rng(0)
        tie = np.full((classes, 40, 40), 1 / classes, np.float32)
        noisy = (tie + rng.normal(0, 1e-6, tie.shape)).astype(np.float32)
        assert not postprocess.to_mask(noisy, SOFTMAX).any()

    def test_a_threshold_moves_the_border(self):
        prob = np.linspace(0, 1, 11, dtype=np.float32).reshape(1, 1, 11)
        assert postprocess.to_mask(prob, SIGMOID, 0.25).sum() == 8
        assert postprocess.to_mask(np.concatenate([1 - prob, prob]), SOFTMAX, 0.75).sum() == 3

    def test_small_pieces_are_dropped_with_their_rims(self):
        disc = np.zeros((64, 64), np.float32)
        for centre, radius in [((20, 20), 14), ((50, 50), 7), ((8, 56), 2)]:
            cv2.circle(disc, centre, radius, 1.0, -1)
        soft = cv2.GaussianBlur(disc, (5, 5), 1)
        for prob in (soft[None], np.stack([1 - soft, soft])):
            cleaned = without_specks(prob.copy(), 0.5, 0.1)
            assert cleaned[-1][50:62, 2:14].max() < 0.05  # the small disc is gone, its rim too
            assert np.array_equal(cleaned[-1][:44], soft[:44]) and cleaned[-1][50, 50] == 1
            np.testing.assert_allclose(cleaned.sum(axis=0), prob.sum(axis=0) if len(prob) == 2 else cleaned[0])
            assert without_specks(prob.copy(), 0.5, 0.4)[-1][40:].max() < 0.1
            np.testing.assert_array_equal(without_specks(prob.copy(), 0.5, 0.001), prob)
        empty = np.zeros((1, 8, 8), np.float32)
        assert not without_specks(empty, 0.5, 0.1).any()

    def test_pieces_that_are_nowhere_sure_are_dropped_with_their_rims(self):
        soft = np.zeros((64, 64), np.float32)
        for centre, radius, prob in [((20, 20), 14, 0.9), ((50, 50), 7, 0.99), ((8, 56), 2, 0.95)]:
            cv2.circle(soft, centre, radius, prob, -1)
        cv2.circle(soft, (20, 20), 5, 0, -1)
        soft[20, 20] = 0.99  # in the ring's hole: a piece of its own
        soft = cv2.GaussianBlur(soft, (3, 3), 0.3)
        for prob in (soft[None], np.stack([1 - soft, soft])):
            frame = Frame(prob.copy(), np.zeros((64, 64, 3), np.uint8), Geometry((64, 64)), SOFTMAX, 0.5)
            DropFaint(0.93)(frame)
            left = frame.values[-1]
            assert left[:35, :19].max() < 0.05  # the large ring is gone, its rim too
            assert np.array_equal(left[36:], soft[36:])  # the other two are as they were
            assert left[20, 20] == soft[20, 20] > 0.93
            np.testing.assert_array_equal(frame.inside, postprocess.above(left, 0.5))
            DropFaint(0.999)(frame)
            assert not postprocess.above(frame.values[-1], 0.5).any()

    def test_small_holes_are_filled_and_gaps_stay(self):
        prob = np.zeros((1, 60, 60), np.float32)
        prob[0, 5:55, 5:55] = 0.9
        prob[0, 10:13, 10:13] = 0.1  # 9 pixels of some 2,000: noise
        prob[0, 30:50, 30:50] = 0.1  # 400: between arm and body
        filled = postprocess.fill_holes(prob.copy(), 0.5, 0.01)
        assert (filled[0, 10:13, 10:13] == 1).all()
        np.testing.assert_array_equal(filled[0, 20:], prob[0, 20:])
        pair = postprocess.fill_holes(np.concatenate([1 - prob, prob]), 0.5, 0.01)
        np.testing.assert_allclose(pair.sum(axis=0), 1)
        np.testing.assert_array_equal(pair[1] > 0.5, filled[0] > 0.5)

    def test_pieces_are_those_that_labelling_finds(self):
        rng = np.random.default_rng(0)
        for _ in range(200):
            h, w, smooth = (int(number) for number in rng.integers((1, 1, 1), (40, 40, 6)))
            mask = (cv2.blur(rng.random((h, w)), (smooth, smooth)) > rng.uniform(0.3, 0.6)).astype(np.uint8)
            count, numbers, statistics, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
            found = pieces(mask)
            assert len(found) == count - 1
            for piece in found:
                drawn = np.zeros_like(mask)
                piece.draw(drawn)
                x, y = piece.outline[0, 0]
                np.testing.assert_array_equal(drawn == 1, numbers == numbers[y, x])
                assert piece.area == statistics[numbers[y, x], cv2.CC_STAT_AREA]

    def test_independent_classes_may_overlap(self):
        prob = np.array([[[0.9, 0.1]], [[0.8, 0.2]]], np.float32)
        mask = postprocess.to_mask(prob, MULTILABEL)
        np.testing.assert_array_equal(mask, [[[1, 0]], [[1, 0]]])
        np.testing.assert_array_equal(flatten(mask), [[2, 0]])
        np.testing.assert_allclose(postprocess.foreground(prob, MULTILABEL), [[0.9, 0.2]])

    def test_logits_become_the_probabilities_that_the_graph_would_give(self):
        import paddle
        import paddle.nn.functional as F

        logits = np.random.default_rng(0).normal(0, 30, (2, 3, 4, 5)).astype(np.float32)
        for name in ("softmax", "sigmoid"):
            want = F.softmax(paddle.to_tensor(logits), 1) if name == "softmax" else F.sigmoid(paddle.to_tensor(logits))
            np.testing.assert_allclose(postprocess.activate(logits, name), want.numpy(), atol=1e-6)

    def test_the_matte_is_soft_between_nothing_and_everything(self):
        alpha = postprocess.to_alpha(np.linspace(0, 1, 101, dtype=np.float32))
        assert (alpha[:21] == 0).all()
        assert (alpha[80:] == 1).all()
        assert alpha[50] == pytest.approx(0.5)
        assert (np.diff(alpha) >= 0).all()
