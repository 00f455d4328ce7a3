"""Attention between the places of feature maps."""

from __future__ import annotations

import itertools

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.models.layers.graph_ops import matmul
from paddleseg.models.layers.layer_libs import ConvBNReLU


def attend(query: paddle.Tensor, key: paddle.Tensor, value: paddle.Tensor, scale: float = 1.0) -> paddle.Tensor:
    """The mean of `value` for each place of `query`, weighed by how much `key` resembles it (Wang et al., CVPR 2018).

    Args:
        scale: Factor of the products before the softmax.

    Shape:
        query (N, K, L), key (N, K, M), value (N, C, M); returns (N, C, L).
    """
    weights = F.softmax(scale * matmul(query, key, transpose_x=True), axis=-1)  # (N, L, M)
    return matmul(value, weights, transpose_y=True)


class AttentionBlock(nn.Layer):
    """PaddleSeg's: every place of the queries takes the values of the keys that are like it (Vaswani et al., 2017).

    Args:
        channels: Of queries and keys.
        share_key_query: One projection for both.
        query_downsample: A layer that shrinks the queries, or None; `key_downsample` keys and values.
        key_query_num_convs: Convolutions of a projection.
        key_query_norm: Whether these have batch norm and ReLU.
        matmul_norm: Divide products by the root of `channels`.
        with_out: Whether a projection follows.
    """

    def __init__(
        self,
        key_in_channels: int,
        query_in_channels: int,
        channels: int,
        out_channels: int,
        share_key_query: bool,
        query_downsample: nn.Layer | None,
        key_downsample: nn.Layer | None,
        key_query_num_convs: int,
        value_out_num_convs: int,
        key_query_norm: bool,
        value_out_norm: bool,
        matmul_norm: bool,
        with_out: bool,
    ):
        super().__init__()
        if share_key_query and key_in_channels != query_in_channels:
            raise ValueError("a shared projection needs keys and queries of as many channels")
        self.channels, self.out_channels, self.with_out = channels, out_channels, with_out
        self.key_project = self.build_project(key_in_channels, channels, key_query_num_convs, key_query_norm)
        self.query_project = (
            self.key_project
            if share_key_query
            else self.build_project(query_in_channels, channels, key_query_num_convs, key_query_norm)
        )
        values = channels if with_out else out_channels
        self.value_project = self.build_project(key_in_channels, values, value_out_num_convs, value_out_norm)
        self.out_project = (
            self.build_project(channels, out_channels, value_out_num_convs, value_out_norm) if with_out else None
        )
        self.query_downsample, self.key_downsample, self.matmul_norm = query_downsample, key_downsample, matmul_norm

    def build_project(self, in_channels: int, channels: int, num_convs: int, use_conv_module: bool) -> nn.Layer:
        """1x1 convolutions, with or without norm."""
        widths = [in_channels, *[channels] * num_convs]
        units = [
            ConvBNReLU(before, after, 1, bias_attr=False) if use_conv_module else nn.Conv2D(before, after, 1)
            for before, after in itertools.pairwise(widths)
        ]
        return units[0] if len(units) == 1 else nn.Sequential(*units)

    def forward(self, query_feats: paddle.Tensor, key_feats: paddle.Tensor) -> paddle.Tensor:
        query, key, value = (
            self.query_project(query_feats),
            self.key_project(key_feats),
            self.value_project(key_feats),
        )
        if self.query_downsample is not None:
            query = self.query_downsample(query)
        if self.key_downsample is not None:
            key, value = self.key_downsample(key), self.key_downsample(value)
        size = query.shape[2:]
        likeness = paddle.matmul(query.flatten(2), key.flatten(2), transpose_x=True)
        if self.matmul_norm:
            likeness = likeness * self.channels**-0.5
        found = paddle.matmul(value.flatten(2), F.softmax(likeness, axis=-1), transpose_y=True)
        found = found.reshape([0, found.shape[1], *size])
        return found if self.out_project is None else self.out_project(found)
