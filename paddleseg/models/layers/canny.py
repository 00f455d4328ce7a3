"""Canny's edges of pictures (Canny, PAMI 1986), as OpenCV finds them, in graphs too."""

from __future__ import annotations

import cv2
import numpy as np
import paddle
import paddle.nn.functional as F

from paddleseg.models.layers.upsample import spatial_size

# tan(22.5°) and tan(67.5°) in OpenCV's fixed point.
_ONE, _FLAT, _STEEP = 1 << 15, 13573, 13573 + (2 << 15)


def canny(x: paddle.Tensor, low: int, high: int) -> paddle.Tensor:
    """1 on edges, else 0: ridges of the slope above `high`, and what is above `low` and joined to them.

    Of several channels the steepest one counts at each place.

    Shape:
        x (N, C, H, W) of whole numbers from 0 to 255; returns (N, 1, H, W).
    """
    if paddle.in_dynamic_mode():
        pictures = x.numpy().transpose(0, 2, 3, 1).astype("uint8")
        found = np.stack([cv2.Canny(np.ascontiguousarray(each), low, high) for each in pictures])
        return paddle.to_tensor(found[:, None] > 0).astype(x.dtype)
    return _joined(*_ridges(x, low, high)).astype(x.dtype)


def _ridges(x: paddle.Tensor, low: int, high: int) -> tuple[paddle.Tensor, paddle.Tensor]:
    """Where the slope is the largest across the edge and above `low`, and where it is above `high` too."""
    h, w = spatial_size(x)
    pixels = x.reshape([-1, 1, h, w])
    padded = F.pad(pixels, [1, 1, 1, 1], mode="replicate")
    kernel = paddle.to_tensor([[[[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]]], x.dtype)
    slopes = [
        F.conv2d(padded, each).reshape([-1, x.shape[1], h, w]) for each in (kernel, kernel.transpose([0, 1, 3, 2]))
    ]
    steepness = slopes[0].abs() + slopes[1].abs()
    most = steepness.argmax(axis=1, keepdim=True)
    dx, dy = (paddle.take_along_axis(each, most, axis=1).astype("int32") for each in slopes)
    size = dx.abs() + dy.abs()
    around = F.pad(size.astype(x.dtype), [1, 1, 1, 1])

    def beside(down: int, right: int) -> paddle.Tensor:
        return around[:, :, 1 + down : 1 + down + h, 1 + right : 1 + right + w].astype("int32")

    flat = dy.abs() * _ONE < dx.abs() * _FLAT
    steep = dy.abs() * _ONE > dx.abs() * _STEEP
    level = (size > beside(0, -1)) & (size >= beside(0, 1))
    upright = (size > beside(-1, 0)) & (size >= beside(1, 0))
    falling = (size > beside(-1, -1)) & (size > beside(1, 1))
    rising = (size > beside(-1, 1)) & (size > beside(1, -1))
    opposed = ((dx < 0) & (dy >= 0)) | ((dx >= 0) & (dy < 0))
    sloped = (opposed & rising) | (~opposed & falling)
    ridge = (size > low) & ((flat & level) | (steep & upright) | (~flat & ~steep & sloped))
    return ridge, ridge & (size > high)


def _joined(weak: paddle.Tensor, strong: paddle.Tensor) -> paddle.Tensor:
    """Of the weak places those that touch a strong one, or one that does, and so on."""
    weak, strong = weak.astype("float32"), strong.astype("float32")

    def grown(found: paddle.Tensor) -> paddle.Tensor:
        return F.max_pool2d(found, 3, stride=1, padding=1) * weak

    return paddle.static.nn.while_loop(
        lambda found, before: (found - before).sum() > 0,
        lambda found, before: [grown(found), found],
        [grown(strong), strong],
    )[0]
