"""Losses of a matte against the true one, pixel by pixel."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

import paddle
import paddle.nn.functional as F
from paddle import nn

from paddleseg.losses.base import masked_mean
from paddleseg.registry import LOSSES

Target: TypeAlias = "paddle.Tensor | Mapping[str, paddle.Tensor]"
"""A map (N, H, W) or (N, 1, H, W), or several by their fields' names."""


def as_map(field: paddle.Tensor) -> paddle.Tensor:
    """A field (N, H, W) as a map (N, 1, H, W)."""
    return field.unsqueeze(1) if field.ndim == 3 else field


def unknown(trimap: paddle.Tensor) -> paddle.Tensor:
    """1 where a trimap in [0, 1] is 128 / 255, which is neither foreground nor background, else 0; (N, 1, H, W)."""
    trimap = as_map(trimap)
    return ((trimap > 0.25).logical_and(trimap < 0.75)).astype(trimap.dtype)


def resized(x: paddle.Tensor, size: list[int], mode: str) -> paddle.Tensor:
    """`x` at another size; itself where that is its own."""
    return x if x.shape[2:] == list(size) else F.interpolate(x, size, mode=mode)


class MatteLoss(nn.Layer):
    """A loss of a matte against the field `alpha`, which is brought to the matte's size.

    Args:
        region: "all" pixels, or those that the field `trimap` leaves "unknown".
        resize: How the truth is brought to the size of a smaller matte.

    Shape:
        matte (N, 1, h, w), alpha and trimap (N, H, W), all in [0, 1]. Returns a scalar.
    """

    head_kinds = ("alpha",)

    def __init__(
        self, region: Literal["all", "unknown"] = "all", resize: Literal["area", "bilinear"] = "area", eps: float = 1e-6
    ):
        super().__init__()
        self.region, self.resize, self.eps = region, resize, eps
        self.label_key = "alpha" if region == "all" else ("alpha", "trimap")

    def forward(self, matte: paddle.Tensor, target: Target, mask: paddle.Tensor | None = None) -> paddle.Tensor:
        """`mask` (1 for pixels that count) is for callers from PaddleSeg; it stands for `region`."""
        size = matte.shape[2:]
        alpha = as_map(target["alpha"] if isinstance(target, Mapping) else target)
        if isinstance(target, Mapping) and self.region == "unknown":
            mask = unknown(target["trimap"])
        where = None if mask is None else resized(as_map(mask).astype(matte.dtype), size, "nearest")
        return self.value(matte, resized(alpha, size, self.resize), where)

    def value(self, matte: paddle.Tensor, alpha: paddle.Tensor, where: paddle.Tensor | None) -> paddle.Tensor:
        """The loss of maps of one size; where there is a mask `where`, over its pixels."""
        losses = self.pixel_losses(matte, alpha)
        return losses.mean() if where is None else masked_mean(losses, where.expand_as(losses))

    def pixel_losses(self, matte: paddle.Tensor, alpha: paddle.Tensor) -> paddle.Tensor:
        raise NotImplementedError


@LOSSES.register
class MRSD(MatteLoss):
    """Mean of root of squared difference: the absolute difference, smooth at 0 (Xu et al., CVPR 2017, section 4.1).

    Args:
        eps: What is added to squares, so that a perfect matte costs its root.
        region: "all" pixels, or those that the field `trimap` leaves "unknown".
        resize: How the truth is brought to the size of a smaller matte.
    """

    def __init__(
        self, eps: float = 1e-6, region: Literal["all", "unknown"] = "all", resize: Literal["area", "bilinear"] = "area"
    ):
        super().__init__(region, resize, eps)

    def pixel_losses(self, matte: paddle.Tensor, alpha: paddle.Tensor) -> paddle.Tensor:
        return ((matte - alpha) ** 2 + self.eps).sqrt()


@LOSSES.register
class MatteL1Loss(MatteLoss):
    """Mean absolute difference of mattes."""

    def __init__(self, region: Literal["all", "unknown"] = "all", resize: Literal["area", "bilinear"] = "area"):
        super().__init__(region, resize)

    def pixel_losses(self, matte: paddle.Tensor, alpha: paddle.Tensor) -> paddle.Tensor:
        return (matte - alpha).abs()


@LOSSES.register
class CompositionLoss(nn.Layer):
    """MRSD of what mattes compose of the fields `foreground` and `background` (Xu et al., CVPR 2017, section 4.1).

    Args:
        eps: What is added to squares.
        region: "all" pixels, or those that the field `trimap` leaves "unknown".

    Shape:
        matte (N, 1, H, W), alpha and trimap (N, H, W), foreground and background (N, 3, H, W), all in [0, 1]. Returns a
        scalar.
    """

    head_kinds = ("alpha",)

    def __init__(self, eps: float = 1e-6, region: Literal["all", "unknown"] = "all"):
        super().__init__()
        self.eps, self.region = eps, region
        self.label_key = ("alpha", "foreground", "background", *(["trimap"] if region == "unknown" else []))

    def forward(self, matte: paddle.Tensor, target: Mapping[str, paddle.Tensor]) -> paddle.Tensor:
        difference = (matte - as_map(target["alpha"])) * (target["foreground"] - target["background"])
        losses = (difference**2 + self.eps).sqrt()
        if self.region == "all":
            return losses.mean()
        return masked_mean(losses, unknown(target["trimap"]).expand_as(losses))


@LOSSES.register
class ForegroundLoss(nn.Layer):
    """Mean absolute difference of colours from the field `foreground`, where it can be seen.

    Shape:
        colours (N, 3, H, W), alpha (N, H, W), foreground (N, 3, H, W), all in [0, 1]. Returns a scalar.
    """

    head_kinds, label_key = ("values",), ("alpha", "foreground")

    def forward(self, colors: paddle.Tensor, target: Mapping[str, paddle.Tensor]) -> paddle.Tensor:
        losses = (colors - target["foreground"]).abs()
        return masked_mean(losses, (as_map(target["alpha"]) > 0).expand_as(losses))
