"""Maps moved along a learned flow."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F

from paddleseg.models.layers.upsample import spatial_size


def along_flow(x: paddle.Tensor, flow: paddle.Tensor) -> paddle.Tensor:
    """`x` at the size of `flow`, each place taken from where the flow points (Li et al., ECCV 2020, section 3.2).

    Args:
        flow: To the right and down, in pixels of half the flow's map.

    Shape:
        x (N, C, H', W'), flow (N, 2, H, W); returns (N, C, H, W).
    """
    h, w = spatial_size(flow)
    rows, columns = (paddle.linspace(-1.0, 1.0, size) for size in (h, w))
    right = columns + flow[:, 0] / w
    down = rows.unsqueeze(1) + flow[:, 1] / h
    return F.grid_sample(x, paddle.stack([right, down], axis=3))
