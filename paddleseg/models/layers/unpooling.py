"""Max pooling that remembers where the largest numbers stood, and its way back (SegNet, PAMI 2017, section 3)."""

from __future__ import annotations

import paddle

from paddleseg.models.layers.basic import max_pool
from paddleseg.models.layers.upsample import spatial_size


def pool_with_places(x: paddle.Tensor) -> tuple[paddle.Tensor, list[paddle.Tensor]]:
    """The largest number of each 2x2 cell, and where it stood: the first place where several are alike.

    Not Paddle's mask of indices, which converters to ONNX do not know.

    Shape:
        x (N, C, H, W), H and W even. Returns (N, C, H / 2, W / 2), and four maps of 0 and 1 in that shape, one for each
        place of a cell.
    """
    cells = [x[:, :, row::2, column::2] for row in (0, 1) for column in (0, 1)]
    largest = max_pool(x, 2, stride=2, padding=0)
    places: list[paddle.Tensor] = []
    free = paddle.ones_like(largest)
    for cell in cells:
        here = (cell == largest).astype(x.dtype) * free
        here.stop_gradient = True
        places.append(here)
        free = free - here
    return largest, places


def unpool(x: paddle.Tensor, places: list[paddle.Tensor]) -> paddle.Tensor:
    """Each number of `x` at its place in a 2x2 cell, zeros around it.

    Shape:
        x (N, C, H, W), places as of `pool_with_places`; returns (N, C, 2 H, 2 W).
    """
    h, w = spatial_size(x)
    upper, lower = (
        paddle.stack([x * places[index], x * places[index + 1]], axis=4).reshape([0, 0, h, 2 * w]) for index in (0, 2)
    )
    return paddle.stack([upper, lower], axis=3).reshape([0, 0, 2 * h, 2 * w])


def divisible(x: paddle.Tensor, divisor: int) -> list[int | paddle.Tensor]:
    """The height and width of `x`, each the next multiple of `divisor`."""
    return [(size + divisor - 1) // divisor * divisor for size in spatial_size(x)]
