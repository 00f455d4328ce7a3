"""The task of mattes: measures, fields, composition, trimaps, and a small network from training to export."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from paddleseg.metrics.matting import MattingErrors, connectivity_errors, gradient_errors


def mattes(seed: int, size: tuple[int, int] = (24, 31)) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A matte, the true one and what is unknown, all with soft edges, pieces and holes."""
    rng = np.random.default_rng(seed)
    planes = (cv2.GaussianBlur(rng.normal(size=size), (0, 0), 2) * 9 for _ in range(2))
    truth, off = (np.clip(plane + 0.5, 0, 1).astype(np.float32) for plane in planes)
    alpha = np.clip(truth + 0.4 * (off - 0.5), 0, 1).astype(np.float32)
    return alpha, truth, (truth > 0) & (truth < 1)


def plain_gradient(matte: np.ndarray) -> np.ndarray:
    """By a loop over a window of 9 by 9, written from the paper's text."""
    sigma = 1.4
    reach = int(np.ceil(sigma * np.sqrt(-2 * np.log(np.sqrt(2 * np.pi) * sigma * 0.01))))
    at = np.arange(-reach, reach + 1)
    bell = np.exp(-(at**2) / (2 * sigma**2)) / (sigma * np.sqrt(2 * np.pi))
    window = bell[:, None] * (-at * bell / sigma**2)[None]
    window = window / np.sqrt((window**2).sum())
    padded = np.pad(matte.astype(float), reach, mode="edge")
    found = np.empty((2, *matte.shape))
    for y in range(matte.shape[0]):
        for x in range(matte.shape[1]):
            around = padded[y : y + 2 * reach + 1, x : x + 2 * reach + 1]
            found[:, y, x] = (around * window).sum(), (around * window.T).sum()
    return np.sqrt((found**2).sum(axis=0))


def plain_largest(inside: np.ndarray) -> np.ndarray:
    """The largest piece by walking from pixel to pixel."""
    best: set[tuple[int, int]] = set()
    seen: set[tuple[int, int]] = set()
    for start in zip(*np.nonzero(inside), strict=True):
        piece, queue = set(), [tuple(map(int, start))]
        while queue:
            y, x = queue.pop()
            if (y, x) in seen or not (0 <= y < inside.shape[0] and 0 <= x < inside.shape[1]) or not inside[y, x]:
                continue
            seen.add((y, x))
            piece.add((y, x))
            queue += [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
        best = max(best, piece, key=len)
    result = np.zeros(inside.shape, bool)
    for place in best:
        result[place] = True
    return result


def plain_connectivity(alpha: np.ndarray, truth: np.ndarray) -> np.ndarray:
    level = np.full(alpha.shape, -1.0)
    for step in range(1, 11):
        lost = (level == -1) & ~plain_largest((alpha >= step * 0.1) & (truth >= step * 0.1))
        level[lost] = (step - 1) * 0.1
    level[level == -1] = 1
    phi = [1 - (matte - level) * (matte - level >= 0.15) for matte in (alpha, truth)]
    return np.abs(phi[0] - phi[1])


class TestMeasures:
    @pytest.mark.parametrize("seed", range(3))
    def test_each_is_its_definition(self, seed: int):
        alpha, truth, unknown = mattes(seed)
        np.testing.assert_allclose(
            gradient_errors(alpha, truth), (plain_gradient(alpha) - plain_gradient(truth)) ** 2, atol=1e-5
        )
        np.testing.assert_allclose(connectivity_errors(alpha, truth), plain_connectivity(alpha, truth), atol=1e-6)
        found = MattingErrors().of(alpha, truth, unknown).compute()
        off = np.abs(alpha.astype(float) - truth)
        grad, conn = (plain_gradient(alpha) - plain_gradient(truth)) ** 2, plain_connectivity(alpha, truth)
        for region, inside in (("", np.ones_like(unknown)), ("_unknown", unknown)):
            wanted = {
                "SAD": off[inside].sum() / 1000,
                "MSE": (off[inside] ** 2).mean(),
                "MAD": off[inside].mean(),
                "Grad": grad[inside].sum() / 1000,
                "Conn": conn[inside].sum() / 1000,
            }
            assert {name: found[name + region] for name in wanted} == pytest.approx(wanted, rel=1e-4)
        assert found["SAD_unknown"] < found["SAD"]

    def test_images_count_alike_however_they_are_shared(self):
        whole, shares = MattingErrors(thorough=False), [MattingErrors(thorough=False) for _ in range(2)]
        singles = []
        for seed, size in enumerate([(24, 31), (60, 40), (20, 20)]):
            given = mattes(seed, size)
            whole.update(*given)
            shares[seed % 2].update(*given)
            singles.append(MattingErrors(thorough=False).of(*given).compute())
        shares[0].merge(shares[1])
        assert shares[0].compute() == pytest.approx(whole.compute())
        for name, value in whole.compute().items():
            assert value == pytest.approx(np.mean([single[name] for single in singles]))

    def test_nothing_to_measure_is_no_number(self):
        plain = np.ones((5, 5), np.float32)
        found = MattingErrors().of(plain, plain, np.zeros((5, 5), bool)).compute()
        assert found["SAD"] == found["Grad"] == found["Conn"] == 0 and np.isnan(found["MSE_unknown"])
        with pytest.raises(ValueError, match="differ in size"):
            MattingErrors().update(plain, plain[1:])
