"""Losses of mattes once more, in plain NumPy: float64 maps (N, C, H, W), trimaps in [0, 1]."""

from __future__ import annotations

import cv2
import numpy as np


def unknown(trimap):
    return np.rint(trimap * 255) == 128


def mean_where(values, where=None):
    if where is None:
        return values.mean()
    chosen = values[np.broadcast_to(where, values.shape)]
    return chosen.sum() / max(chosen.size, 1)


def mrsd(matte, alpha, where=None, eps=1e-6):
    return mean_where(np.sqrt((matte - alpha) ** 2 + eps), where)


def l1(matte, alpha, where=None):
    return mean_where(np.abs(matte - alpha), where)


def composition(matte, alpha, foreground, background, where=None, eps=1e-6):
    made, true = (share * foreground + (1 - share) * background for share in (matte, alpha))
    return mean_where(np.sqrt((made - true) ** 2 + eps), where)


def sobel(plane, eps=1e-6):
    x, y = (cv2.Sobel(plane, cv2.CV_64F, dx, 1 - dx, ksize=3, borderType=cv2.BORDER_REPLICATE) / 8 for dx in (1, 0))
    return np.sqrt(x * x + y * y + eps)


def gradient(matte, alpha, where=None):
    lengths = [
        np.stack([sobel(plane) for plane in x[:, 0] * (1 if where is None else where[:, 0])]) for x in (matte, alpha)
    ]
    off = np.abs(lengths[0] - lengths[1])
    return off.mean() if where is None else off.sum() / (where.sum() + 1e-6)


def halved(plane):
    h, w = (side // 2 * 2 for side in plane.shape)
    return plane[:h, :w].reshape(h // 2, 2, w // 2, 2).mean((1, 3))


def laplacian(matte, alpha, where=None, levels=5):
    planes = [x[:, 0] * (1 if where is None else where[:, 0]) for x in (matte, alpha)]
    bell = np.array([1, 4, 6, 4, 1]) / 16
    total, previous = 0.0, planes[0].shape[1:]
    for level in range(levels + 1):
        last = level == levels or (level > 0 and min(previous) < 2)
        if last:
            return total + np.abs(planes[0] - planes[1]).mean()
        blurred = [
            np.stack([cv2.sepFilter2D(plane, -1, bell, bell, borderType=cv2.BORDER_REPLICATE) for plane in x])
            for x in planes
        ]
        difference = (planes[0] - blurred[0]) - (planes[1] - blurred[1])
        total += np.abs(difference).mean()
        previous = planes[0].shape[1:]
        if min(previous) >= 2:
            planes = [np.stack([halved(plane) for plane in x]) for x in blurred]
    raise AssertionError


def small(plane, size):
    """Bilinear by an even factor: the mean of the two middle rows and columns of each block."""
    fy, fx = plane.shape[0] // size[0], plane.shape[1] // size[1]
    blocks = plane.reshape(size[0], fy, size[1], fx)[:, fy // 2 - 1 : fy // 2 + 1, :, fx // 2 - 1 : fx // 2 + 1]
    return blocks.mean((1, 3))


def blurred(plane):
    # scipy.ndimage.gaussian_filter of a one in the middle of 3x3 zeros, sigma 0.8
    bell = np.array([0.25022103, 0.49955794, 0.25022103])
    return cv2.sepFilter2D(plane, -1, bell, bell, borderType=cv2.BORDER_REFLECT_101)


def semantic(matte, alpha):
    true = np.stack([blurred(small(plane, matte.shape[2:])) for plane in alpha[:, 0]])
    return ((matte[:, 0] - true) ** 2).mean()


def detail(matte, alpha, trimap):
    where = unknown(trimap)
    return np.abs((matte - alpha) * where).mean() / (where.mean() + 1e-6)


def fusion(matte, alpha, trimap, image):
    near = np.where(unknown(trimap), matte, alpha)
    shown = [np.abs(x * image - alpha * image).mean() for x in (matte, near)]
    return np.abs(matte - alpha).mean() + 4 * np.abs(near - alpha).mean() + shown[0] + 4 * shown[1]


def consistency(matte, coarse, trimap):
    size = coarse.shape[2:]
    made = np.stack([blurred(small(plane, size)) for plane in matte[:, 0]])[:, None]
    steps = [whole // part for whole, part in zip(matte.shape[2:], size, strict=True)]
    made = np.where(unknown(trimap)[:, :, :: steps[0], :: steps[1]], coarse, made)
    return ((made - coarse) ** 2).mean()


def trimap_entropy(prob, trimap):
    steps = [whole // part for whole, part in zip(trimap.shape[2:], prob.shape[2:], strict=True)]
    found = np.rint(trimap[:, 0, :: steps[0], :: steps[1]] * 255).astype(int)
    index = np.select([found == 255, found == 128], [0, 1], 2)
    return -np.log(np.take_along_axis(prob, index[:, None], axis=1) + 1e-6).mean()


def error(expected, matte, alpha):
    return ((expected - np.abs(matte - alpha)) ** 2).mean()


def foreground(colors, alpha, true):
    return np.abs(colors - true)[np.broadcast_to(alpha > 0, colors.shape)].mean()
