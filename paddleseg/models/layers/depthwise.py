"""Depth-wise convolution."""

from __future__ import annotations

from typing import Any, Literal

from paddle import nn


class DepthwiseConv2D(nn.Conv2D):
    """One filter per channel, no bias; the parameter is `weight` (C, 1, k, k).

    Args:
        padding: On all sides, or "SAME" for outputs of ceil(size / stride) with an odd row of padding below and an odd
            column to the right.

    Raises:
        ValueError: The padding is so wide that outputs would see nothing but padding.
    """

    def __init__(
        self,
        channels: int,
        kernel_size: int,
        *,
        stride: int = 1,
        padding: int | Literal["SAME"] = 0,
        dilation: int = 1,
        **kwargs: Any,
    ):
        if padding != "SAME" and not 0 <= padding <= dilation * (kernel_size - 1):
            raise ValueError(f"padding {padding} of a {kernel_size}x{kernel_size} kernel with dilation {dilation}")
        super().__init__(
            channels,
            channels,
            kernel_size,
            stride=stride,
            padding=padding,
            dilation=dilation,
            groups=channels,
            bias_attr=False,
            **kwargs,
        )
