"""Maps cut into blocks of a fixed size."""

from __future__ import annotations

from typing import Any

import paddle
import paddle.nn.functional as F

from paddleseg.models.layers.upsample import spatial_size


def padded_to_blocks(x: paddle.Tensor, rows: int, columns: int) -> tuple[paddle.Tensor, list[Any], list[Any]]:
    """`x` with zeros on all sides, so that it divides into blocks of `rows` by `columns`.

    Returns:
        The padded map, how many blocks there are [down, across], and where `x` begins in it [above, left].
    """
    h, w = spatial_size(x)
    down, across = (h + rows - 1) // rows, (w + columns - 1) // columns
    above, left = (down * rows - h) // 2, (across * columns - w) // 2
    below, right = down * rows - h - above, across * columns - w - left
    margins: Any = [left, right, above, below]
    if not isinstance(h, int):  # the older form of graph takes values as one tensor only
        margins = paddle.stack(margins).flatten().astype("int32")
    return F.pad(x, margins), [down, across], [above, left]
