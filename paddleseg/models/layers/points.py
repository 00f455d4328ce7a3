"""Points of a picture, and what maps hold there (PointRend, Kirillov et al., CVPR 2020)."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F

from paddleseg.models.layers.upsample import spatial_size


def sample_points(x: paddle.Tensor, points: paddle.Tensor, align_corners: bool = False) -> paddle.Tensor:
    """The map at each point, bilinear between pixels, 0 outside.

    Args:
        align_corners: Whether 0 and 1 stand for the centres of the outer pixels, or for the map's edges.

    Shape:
        x (N, C, H, W), points (N, P, 2) of x and y in [0, 1]; returns (N, C, P).
    """
    return F.grid_sample(x, 2 * points.unsqueeze(2) - 1, align_corners=align_corners).squeeze(3)


def uncertainty(logits: paddle.Tensor) -> paddle.Tensor:
    """How near the two highest classes are to each other: 0 at most (section 3.1).

    Shape:
        logits (N, C, ...) with C > 1; returns (N, ...).
    """
    highest = paddle.topk(logits, 2, axis=1)[0]
    return highest[:, 1] - highest[:, 0]


def uncertain_points(logits: paddle.Tensor, count: int) -> tuple[paddle.Tensor, paddle.Tensor]:
    """The `count` least certain pixels, or all where there are fewer: their numbers in the flat map, and their centres.

    Shape:
        logits (N, C, H, W). Returns (N, P) int64, and (N, P, 2) of x and y in [0, 1].
    """
    h, w = spatial_size(logits)
    pixels = h * w
    ranked = uncertainty(logits).flatten(1)
    if isinstance(pixels, int):
        numbers = paddle.topk(ranked, min(pixels, count), axis=1)[1]
    else:  # a graph of open size; where all pixels are chosen, the first one fills up
        filled = paddle.concat([ranked, paddle.full_like(ranked[:, :1], -1e30).expand([-1, count])], axis=1)
        numbers = paddle.topk(filled, count, axis=1)[1]
        numbers = paddle.where(numbers < pixels, numbers, paddle.zeros_like(numbers))
    x, y = numbers % w, numbers // w
    centres = [(each.astype("float32") + 0.5) / size for each, size in ((x, w), (y, h))]
    return numbers, paddle.stack(centres, axis=2)


def put_points(x: paddle.Tensor, numbers: paddle.Tensor, values: paddle.Tensor) -> paddle.Tensor:
    """The map with `values` at the pixels of these numbers.

    Shape:
        x (N, C, H, W), numbers (N, P), values (N, C, P); returns (N, C, H, W).
    """
    h, w = spatial_size(x)
    pixels = x.flatten(2).transpose([0, 2, 1]).flatten(0, 1)  # (NHW, C)
    starts = paddle.arange(numbers.shape[0] if numbers.shape[0] > 0 else paddle.shape(numbers)[0]) * (h * w)
    places = (numbers + starts.astype(numbers.dtype).unsqueeze(1)).flatten()
    pixels = paddle.scatter(pixels, places, values.transpose([0, 2, 1]).flatten(0, 1))
    return pixels.reshape([-1, h * w, x.shape[1]]).transpose([0, 2, 1]).reshape([0, 0, h, w])
