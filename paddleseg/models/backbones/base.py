"""What all backbones have."""

from __future__ import annotations

from paddle import nn


class Backbone(nn.Layer):
    """Gives feature maps from fine to coarse.

    Attributes:
        out_channels: Channels of each map.
        strides: Of each map.
    """

    out_channels: list[int]
    strides: list[int]

    @property
    def feat_channels(self) -> list[int]:
        """`out_channels` by the name that networks written for PaddleSeg read."""
        return self.out_channels
