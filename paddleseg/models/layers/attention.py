"""Attention between the places of feature maps."""

from __future__ import annotations

import paddle
import paddle.nn.functional as F

from paddleseg.models.layers.graph_ops import matmul


def attend(query: paddle.Tensor, key: paddle.Tensor, value: paddle.Tensor, scale: float = 1.0) -> paddle.Tensor:
    """The mean of `value` for each place of `query`, weighed by how much `key` resembles it (Wang et al., CVPR 2018).

    Args:
        scale: Factor of the products before the softmax.

    Shape:
        query (N, K, L), key (N, K, M), value (N, C, M); returns (N, C, L).
    """
    weights = F.softmax(scale * matmul(query, key, transpose_x=True), axis=-1)  # (N, L, M)
    return matmul(value, weights, transpose_y=True)
